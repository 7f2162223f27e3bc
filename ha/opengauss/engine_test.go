// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
)

// TestTheGuardHoldsWrites: a standby that somebody promotes behind the manager's
// back acknowledges nothing.
func TestTheGuardHoldsWrites(t *testing.T) {
	c := newMembers(t, 2)
	c.pair(t)
	if err := c[0].Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := c[1].engine.Tool().Failover(t.Context(), 77, limit); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c[1].Write(short, "behind the back"); err == nil {
		t.Error("a write was acknowledged")
	}
	o, err := c[1].engine.Observe(t.Context())
	if err != nil || o.Role != ha.RolePrimary || o.Sync.K != 1 || len(o.Sync.Members) != 0 || o.Timeline != 77 {
		t.Errorf("%+v, %v", o, err)
	}
	// The manager takes over what it finds.
	if err := c[1].engine.Promote(t.Context(), ha.PromoteSpec{Term: 2}); err != nil {
		t.Fatal(err)
	}
	if err := c[1].Write(t.Context(), "after"); err != nil {
		t.Error(err)
	}
}

// TestPromotionCarriesTheTimeline: what ha calls a timeline is the server's term,
// and lasts.
func TestPromotionCarriesTheTimeline(t *testing.T) {
	c := newMembers(t, 2)
	c.pair(t)
	ctx := t.Context()
	if err := c[0].engine.Stop(ctx, ha.StopFast); err != nil {
		t.Fatal(err)
	}
	if err := c[1].engine.Promote(ctx, ha.PromoteSpec{Term: 2, Timeline: 500}); err != nil {
		t.Fatal(err)
	}
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: c[1].Upstream()}); err != nil {
		t.Fatal(err)
	}
	if err := c[1].Write(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	await(t, "the term at the standby", func() bool {
		o, err := c[0].engine.Observe(ctx)
		return err == nil && o.Timeline == 500
	})
	if err := c[1].engine.Stop(ctx, ha.StopFast); err != nil {
		t.Fatal(err)
	}
	if o, err := c[1].engine.Observe(ctx); err != nil || o.Timeline != 500 || !o.Clean {
		t.Errorf("stopped: %+v, %v", o, err)
	}
}

// TestRejoinSparesForeignData: data of another database system is not replaced.
func TestRejoinSparesForeignData(t *testing.T) {
	c := newMembers(t, 2)
	ctx := t.Context()
	if err := errors.Join(c[1].Wipe(), c[1].engine.Init(ctx),
		c[1].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}), c[1].engine.Stop(ctx, ha.StopFast)); err != nil {
		t.Fatal(err)
	}
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); err != nil {
		t.Fatal(err)
	}
	before, err := c[1].engine.Observe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := c[1].engine.Rejoin(ctx, ha.RejoinSpec{Upstream: c[0].Upstream()}); !errors.Is(err, opengauss.ErrForeignData) {
		t.Errorf("rejoin: %v", err)
	}
	if o, err := c[1].engine.Observe(ctx); err != nil || o.SystemID != before.SystemID || o.Data != ha.DataPresent {
		t.Errorf("afterwards: %+v, %v", o, err)
	}
	if err := c[1].engine.Stop(ctx, ha.StopFast); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c[1].cfg.DataDir, "global", "pg_control"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if o, err := c[1].engine.Observe(ctx); err != nil || o.Problem == "" || o.LSN != 0 {
		t.Errorf("without a control file: %+v, %v", o, err)
	}
}

// TestConfigurationIsKept: what the engine does not manage stays, and what would
// keep the server from starting is found before.
func TestConfigurationIsKept(t *testing.T) {
	c := newMembers(t, 1)
	ctx := t.Context()
	path := filepath.Join(c[0].cfg.DataDir, "postgresql.conf")
	if err := conf.Edit(ctx, path, func(f *conf.File) error { return f.Set("checkpoint_timeout", "7min") }); err != nil {
		t.Fatal(err)
	}
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); err != nil {
		t.Fatal(err)
	}
	f, err := conf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := f.Get("checkpoint_timeout"); !ok || s.Value != "7min" {
		t.Errorf("%+v, %v", s, ok)
	}
	if s, ok := f.Get("application_name"); !ok || s.Value != string(c[0].cfg.Member) {
		t.Errorf("%+v, %v", s, ok)
	}
	if err := c[0].engine.Stop(ctx, ha.StopFast); err != nil {
		t.Fatal(err)
	}
	if err := conf.Edit(ctx, path, func(f *conf.File) error { return f.Set("no_such_parameter", "1") }); err != nil {
		t.Fatal(err)
	}
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); err == nil || !strings.Contains(err.Error(), "no_such_parameter") {
		t.Errorf("start: %v", err)
	}
	if o, err := c[0].engine.Observe(ctx); err != nil || o.Running {
		t.Errorf("%+v, %v", o, err)
	}
}
