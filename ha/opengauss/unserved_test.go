// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

// TestMarkerOfNewDataIsNotBelievedAlone: a marker that came back, as after a
// machine's crash before its removal was durable, or that stayed because
// somebody has started the server by hand, does not make data worthless that
// has been served.
func TestMarkerOfNewDataIsNotBelievedAlone(t *testing.T) {
	for name, how := range map[string]ha.StopMode{"stopped in order": ha.StopFast, "killed": ha.StopKill} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			c := newMembers(t, 2)
			m := c[1]
			marker := filepath.Join(m.cfg.DataDir+".run", "unserved")
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			served := func(when string) {
				t.Helper()
				if o, err := m.engine.Observe(ctx); err != nil || o.Unserved {
					t.Errorf("%s: %+v, %v", when, o, err)
				}
			}
			must(c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}))
			must(errors.Join(m.Wipe(), m.engine.Init(ctx)))
			text, err := os.ReadFile(marker)
			must(err)
			must(m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}))
			if _, err := os.Lstat(marker); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the marker of a server that serves: %v", err)
			}
			must(os.WriteFile(marker, text, 0o600))
			served("while it serves")
			conn, err := m.connect(ctx)
			must(err)
			_, err = conn.Exec(ctx, "CREATE TABLE rows (key text PRIMARY KEY)")
			must(errors.Join(err, conn.Close(ctx)))
			must(m.engine.Stop(ctx, how))
			served("stopped")
			// Recovered as a standby, data that was killed before its first
			// checkpoint would look like new; the marker goes before.
			must(m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby}))
			served("recovered")
			if err := m.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: c[0].Upstream(), Copy: true}); !errors.Is(err, opengauss.ErrForeignData) {
				t.Errorf("rejoin of data that was served: %v", err)
			}
			must(m.engine.Detach(ctx))
			for _, rubbish := range []string{"", "{", "{}", `{"systemId":"x"}`, `{"systemId":"1","checkpoint":"x"}`} {
				must(os.WriteFile(marker, []byte(rubbish), 0o600))
				served("marker " + rubbish)
			}
		})
	}
}

// TestInterruptedInit: what a manager has left that was killed while it made a
// database is not worth more than nothing, to Init and to Rejoin.
func TestInterruptedInit(t *testing.T) {
	ctx := t.Context()
	c := newMembers(t, 2)
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); err != nil {
		t.Fatal(err)
	}
	m := c[1]
	for name, do := range map[string]func() error{
		"init":   func() error { return m.engine.Init(ctx) },
		"rejoin": func() error { return m.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: c[0].Upstream()}) },
	} {
		t.Run(name, func(t *testing.T) {
			err := errors.Join(m.engine.Stop(ctx, ha.StopKill), m.Wipe(), m.engine.Init(ctx),
				os.WriteFile(filepath.Join(m.cfg.DataDir+".run", "incomplete"), []byte("initialisation\n"), 0o600),
				os.RemoveAll(filepath.Join(m.cfg.DataDir, "pg_xlog")))
			if err != nil {
				t.Fatal(err)
			}
			if o, err := m.engine.Observe(ctx); err != nil || o.Data != ha.DataNone || o.Unserved {
				t.Errorf("half made: %+v, %v", o, err)
			}
			if err := m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); !errors.Is(err, ha.ErrNeedsRejoin) {
				t.Errorf("start of half a database: %v", err)
			}
			if err := do(); err != nil {
				t.Fatal(err)
			}
			if o, err := m.engine.Observe(ctx); err != nil || o.Data != ha.DataPresent || o.Unserved != (name == "init") {
				t.Errorf("afterwards: %+v, %v", o, err)
			}
		})
	}
}

// TestCopyOverDataThatDoesNotStart: whose data it is the servers cannot say
// then; it is replaced where they have said so before.
func TestCopyOverDataThatDoesNotStart(t *testing.T) {
	ctx := t.Context()
	c := newMembers(t, 2)
	c.pair(t)
	damage := func() {
		t.Helper()
		err := errors.Join(c[1].engine.Stop(ctx, ha.StopFast), os.WriteFile(filepath.Join(c[1].cfg.DataDir, "pg_xlog", "000000010000000000000002"), nil, 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	damage()
	up := c[0].Upstream()
	if err := c[1].engine.Rejoin(ctx, ha.RejoinSpec{Upstream: up}); err == nil {
		t.Error("damaged data was made to follow")
	}
	if err := c[1].engine.Rejoin(ctx, ha.RejoinSpec{Upstream: up, Copy: true}); err != nil {
		t.Fatal(err)
	}
	damage()
	if err := os.WriteFile(filepath.Join(c[1].cfg.DataDir+".run", "system"), []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c[1].engine.Rejoin(ctx, ha.RejoinSpec{Upstream: up, Copy: true}); err == nil {
		t.Error("data was replaced that may be another database's")
	}
	if o, err := c[1].engine.Observe(ctx); err != nil || o.Data != ha.DataPresent {
		t.Errorf("%+v, %v", o, err)
	}
}
