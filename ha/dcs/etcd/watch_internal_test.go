// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"errors"
	"io"
	"testing"

	"github.com/gausskit/gausskit/ha/dcs"
)

// TestErrorDoesNotHideASnapshot is about a receiver that sleeps while a change
// comes and then the connection goes: it must learn both, in this order.
func TestErrorDoesNotHideASnapshot(t *testing.T) {
	type step struct {
		revision dcs.Revision // delivered; 0 is an error
	}
	for name, c := range map[string]struct {
		steps []step
		want  []step
	}{
		"snapshot, error":                  {[]step{{1}, {0}}, []step{{1}, {0}}},
		"two errors":                       {[]step{{0}, {0}}, []step{{0}}},
		"snapshot, two errors":             {[]step{{1}, {0}, {0}}, []step{{1}, {0}}},
		"error, snapshot":                  {[]step{{0}, {1}}, []step{{1}}},
		"two snapshots":                    {[]step{{1}, {2}}, []step{{2}}},
		"snapshot, error, snapshot, error": {[]step{{1}, {0}, {2}, {0}}, []step{{2}, {0}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := &watch{out: make(chan dcs.Update, 2)}
			for _, s := range c.steps {
				if s.revision == 0 {
					w.fail(io.EOF)
				} else {
					w.deliver(dcs.Snapshot{Revision: s.revision})
				}
			}
			for i, want := range c.want {
				select {
				case u := <-w.out:
					if (u.Err != nil) != (want.revision == 0) || u.Snapshot.Revision != want.revision || u.Err != nil && !errors.Is(u.Err, io.EOF) {
						t.Errorf("update %d: %+v, want revision %d", i, u, want.revision)
					}
				default:
					t.Fatalf("update %d is missing", i)
				}
			}
			if len(w.out) != 0 {
				t.Errorf("one more update: %+v", <-w.out)
			}
		})
	}
}
