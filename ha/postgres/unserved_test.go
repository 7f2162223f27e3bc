// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// TestMarkerOfNewDataIsNotBelievedAlone: a marker that came back, as after a
// machine's crash before its removal was durable, or that stayed because
// somebody has started the server by hand, does not make data worthless that
// has been served.
func TestMarkerOfNewDataIsNotBelievedAlone(t *testing.T) {
	needPostgres(t)
	for name, how := range map[string]ha.StopMode{"stopped in order": ha.StopFast, "killed": ha.StopKill} {
		t.Run(name, func(t *testing.T) {
			ctx := testContext(t)
			base := tempDir(t)
			m, primary := newMember(t, base, "m1"), newCopy(t, base, "m2")
			primary.start(ctx, t)
			must(t, m.engine.Init(ctx))
			marker := filepath.Join(m.cfg.DataDir+".run", "unserved")
			text, err := os.ReadFile(marker)
			must(t, err)
			m.start(ctx, t)
			if _, err := os.Lstat(marker); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the marker of a server that serves: %v", err)
			}
			must(t, os.WriteFile(marker, text, 0o600))
			if o := m.observe(ctx, t); o.Unserved {
				t.Errorf("while it serves: %+v", o)
			}
			must(t, m.engine.Stop(ctx, how))
			if o := m.observe(ctx, t); o.Unserved {
				t.Errorf("stopped: %+v", o)
			}
			// Recovered as a standby, data that was killed before its first
			// checkpoint would look like new; the marker goes before.
			must(t, m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby}))
			if o := m.observe(ctx, t); o.Unserved {
				t.Errorf("recovered: %+v", o)
			}
			if err := m.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream()}); !errors.Is(err, postgres.ErrForeignData) {
				t.Errorf("rejoin of data that was served: %v", err)
			}
			for _, rubbish := range []string{"", "{", "{}", `{"systemId":"1","checkpoint":"x"}`} {
				must(t, os.WriteFile(marker, []byte(rubbish), 0o600))
				if o := m.observe(ctx, t); o.Unserved || o.Problem != "" {
					t.Errorf("marker %q: %+v", rubbish, o)
				}
			}
		})
	}
}

// TestInterruptedInit: what a manager has left that was killed while it made a
// database is not worth more than nothing, to Init and to Rejoin.
func TestInterruptedInit(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	primary := newCopy(t, base, "m2")
	primary.start(ctx, t)
	for name, do := range map[string]func(*member) error{
		"init":   func(m *member) error { return m.engine.Init(ctx) },
		"rejoin": func(m *member) error { return m.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream()}) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMember(t, tempDir(t), "m1")
			short, cancel := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() { done <- m.engine.Init(short) }()
			saved := filepath.Join(m.cfg.DataDir+".run", "incomplete")
			eventually(ctx, t, func() bool {
				_, err := os.Stat(filepath.Join(m.cfg.DataDir, "PG_VERSION"))
				return err == nil
			})
			mark, err := os.ReadFile(saved)
			must(t, err)
			if o := m.observe(ctx, t); o.Data != ha.DataNone || o.Running {
				t.Errorf("half made: %+v", o)
			}
			cancel()
			if err := <-done; !ha.Uncertain(err) {
				t.Errorf("interrupted: %v", err)
			}
			// One that is killed cannot clear up.
			must(t, os.MkdirAll(filepath.Join(m.cfg.DataDir, "global"), 0o700))
			must(t, os.WriteFile(filepath.Join(m.cfg.DataDir, "PG_VERSION"), []byte("15\n"), 0o600))
			must(t, os.WriteFile(saved, mark, 0o600))
			if o := m.observe(ctx, t); o.Data != ha.DataNone {
				t.Errorf("half made: %+v", o)
			}
			if err := m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); !errors.Is(err, ha.ErrNeedsRejoin) {
				t.Errorf("start of half a database: %v", err)
			}
			must(t, do(m))
			if o := m.observe(ctx, t); o.Data != ha.DataPresent || o.Unserved != (name == "init") {
				t.Errorf("afterwards: %+v", o)
			}
		})
	}
}
