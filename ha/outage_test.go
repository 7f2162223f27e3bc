// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// refusing is a store that answers every request with an error, as long as
// there is one.
type refusing struct {
	dcs.Store
	err *atomic.Pointer[error]
}

func (s refusing) answer() error {
	if err := s.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (s refusing) Load(ctx context.Context, prefix string) (dcs.Snapshot, error) {
	if err := s.answer(); err != nil {
		return dcs.Snapshot{}, err
	}
	return s.Store.Load(ctx, prefix)
}

func (s refusing) Commit(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
	if err := s.answer(); err != nil {
		return 0, err
	}
	return s.Store.Commit(ctx, txn)
}

func (s refusing) Grant(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
	if err := s.answer(); err != nil {
		return 0, err
	}
	return s.Store.Grant(ctx, ttl)
}

func (s refusing) KeepAlive(ctx context.Context, id dcs.LeaseID) error {
	if err := s.answer(); err != nil {
		return err
	}
	return s.Store.KeepAlive(ctx, id)
}

func (s refusing) Revoke(ctx context.Context, id dcs.LeaseID) error {
	if err := s.answer(); err != nil {
		return err
	}
	return s.Store.Revoke(ctx, id)
}

// TestQuorumOutlivesEveryAnswer: whatever the store answers for two minutes, in
// quorum mode the primary stays where it is and acknowledges, and so it does
// when the store is well again.
func TestQuorumOutlivesEveryAnswer(t *testing.T) {
	for name, answer := range map[string]error{
		"conflict":             dcs.ErrConflict,
		"lease not found":      dcs.ErrLeaseNotFound,
		"unavailable":          &dcs.UnavailableError{Op: "commit", Cause: errors.New("no leader")},
		"unavailable, perhaps": &dcs.UnavailableError{Op: "commit", MayHave: true, Cause: errors.New("time-out")},
		"denied":               fmt.Errorf("commit: %w", dcs.ErrDenied),
		"invalid":              fmt.Errorf("commit: %w", dcs.ErrInvalid),
		"closed":               dcs.ErrClosed,
		"anything":             errors.New("etcdserver: mvcc: database space exceeded"),
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				var failing atomic.Pointer[error]
				primary := l.healthy(3, func(c *ha.Config) {
					c.Settings.Durability = ha.Durability{K: 1, Quorum: true}
					c.Store = refusing{c.Store, &failing}
				})
				l.eventually(time.Minute, "reliance on the standbys", func() bool { return l.nodes[primary].Status().Quorum })
				stays := func(minutes int, when string) {
					for i := range 60 * minutes {
						l.write(primary, fmt.Sprintf("%s %d", when, i))
						l.pass(time.Second)
						if st := l.nodes[primary].Status(); st.State != ha.StatePrimary || !st.Writable {
							l.Fatalf("%s, second %d: %+v", when, i, st)
						}
					}
				}
				failing.Store(&answer)
				stays(2, "refused")
				for m, n := range l.nodes {
					if st := n.Status(); st.Writable != (m == primary) {
						l.Errorf("%s: %+v", m, st)
					}
				}
				// A store that speaks of conflicts and leases does answer.
				answers := errors.Is(answer, dcs.ErrConflict) || errors.Is(answer, dcs.ErrLeaseNotFound)
				if st := l.nodes[primary].Status(); !answers && (st.StoreProblem == "" || st.StoreSince.IsZero()) {
					l.Errorf("nothing is said of the store: %+v", st)
				}
				failing.Store(nil)
				stays(1, "well again")
				if now := l.settled(3); now != primary {
					l.Errorf("%s is primary, %s was", now, primary)
				}
				if st := l.nodes[primary].Status(); st.StoreProblem != "" {
					l.Errorf("the store is well, and is said not to be: %+v", st)
				}
			})
		})
	}
}
