// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// look runs a probe's check once, as a node does.
func look(t testing.TB, p ha.Probe, limit time.Duration) (ha.ProbeVerdict, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return p.Check(ctx)
}

func wantVerdict(t testing.TB, p ha.Probe, limit time.Duration, want ha.ProbeVerdict, part string) {
	t.Helper()
	if v, detail := look(t, p, limit); v != want || !strings.Contains(detail, part) {
		t.Errorf("the probe says %v, %q; want %v and %q", v, detail, want, part)
	}
}

// TestWriteProbe on what a server is in its life.
func TestWriteProbe(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	m, s := newCopy(t, base, "m1"), newCopy(t, base, "m2")
	p := m.engine.WriteProbe(postgres.WriteProbeConfig{})
	if p.Name != "write" || p.Limit <= 0 || p.Uses != 0 {
		t.Errorf("%+v", p)
	}
	wantVerdict(t, p, limit, ha.ProbeUnknown, "does not run")
	m.start(ctx, t)
	least := ha.LSN(1 << 40) // the server itself writes now and then
	for range 5 {
		before := m.observe(ctx, t).LSN
		wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")
		least = min(least, m.observe(ctx, t).LSN-before)
	}
	if least == 0 || least > 512 {
		t.Errorf("a check writes %d bytes of log", least)
	}

	// No standby is there to confirm: clients wait, the probe does not.
	must(t, m.engine.SetSync(ctx, ha.SyncSet{K: 1, Members: []ha.MemberID{"m2"}}))
	soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := m.Write(soon, "waits"); err == nil {
		t.Error("a write was acknowledged without its standby")
	}
	wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")

	s.follow(ctx, t, m)
	wantVerdict(t, s.engine.WriteProbe(postgres.WriteProbeConfig{}), limit, ha.ProbeHealthy, "temporary file in")
	wantVerdict(t, m.engine.WriteProbe(postgres.WriteProbeConfig{Slow: time.Nanosecond}), limit, ha.ProbeSuspect, "commit")
	if got := m.ask(ctx, t, fmt.Sprintf(sessionsOf, "gausskit:probe")); got != "2" {
		t.Errorf("%s sessions of two probes", got)
	}

	must(t, m.engine.Stop(ctx, ha.StopFast))
	wantVerdict(t, p, limit, ha.ProbeUnknown, "does not run")
	m.start(ctx, t)
	wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")
}

// TestWriteProbeOfAFrozenServer: dead in time, with one connection however
// often it looks, and well as soon as the server is.
func TestWriteProbeOfAFrozenServer(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	p := m.engine.WriteProbe(postgres.WriteProbeConfig{Slow: limit})
	wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")
	must(t, m.Freeze())
	for range 3 {
		began := time.Now()
		wantVerdict(t, p, 200*time.Millisecond, ha.ProbeDead, "no answer for")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the check took %v", took)
		}
	}
	must(t, m.Thaw())
	wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")
	wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")
	if got := m.ask(ctx, t, fmt.Sprintf(sessionsOf, "gausskit:probe")); got != "1" {
		t.Errorf("%s sessions of the probe", got)
	}
	// Frozen again, and nobody thaws it before the engine is closed.
	must(t, m.Freeze())
	wantVerdict(t, p, 200*time.Millisecond, ha.ProbeDead, "no answer for")
	must(t, m.engine.Close())
	wantVerdict(t, p, limit, ha.ProbeUnknown, "closed")
	must(t, m.Thaw())
	m.engine = m.newEngine()
}

// TestWriteProbeOfAFullDisk: a directory in which nothing can be made stands
// for a disk on which there is no room. The server answers questions all along.
func TestWriteProbeOfAFullDisk(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	p := m.engine.WriteProbe(postgres.WriteProbeConfig{})
	wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")
	temporary := filepath.Join(m.cfg.DataDir, "base", "pgsql_tmp")
	must(t, os.Chmod(temporary, 0o500))
	wantVerdict(t, p, limit, ha.ProbeDead, "temporary file")
	if o := m.observe(ctx, t); !o.Answers || !o.Writable {
		t.Errorf("the server shall answer: %+v", o)
	}
	must(t, os.Chmod(temporary, 0o700))
	wantVerdict(t, p, limit, ha.ProbeHealthy, "commit")
}
