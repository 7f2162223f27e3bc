// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// native makes requests of a member's server.
func (m *member) native() (*opengauss.Native, *opengauss.Client) {
	m.t.Helper()
	cfg, err := pgx.ParseConfig(m.engine.ConnString("postgres") + " password=Gauss_123")
	if err != nil {
		m.t.Fatal(err)
	}
	if err := gausspgx.Configure(&cfg.Config, gausspgx.Options{}); err != nil {
		m.t.Fatal(err)
	}
	client := opengauss.NewClient(&cfg.Config)
	m.t.Cleanup(client.Close)
	var owner atomicfile.Owner
	if info, err := os.Stat(m.cfg.DataDir); err == nil && os.Getuid() == 0 {
		owner = ownerOf(info)
	}
	n, err := opengauss.NewNative(m.cfg.DataDir, client, m.engine.ServerRelease(), owner)
	if err != nil {
		m.t.Fatal(err)
	}
	return n, client
}

// pair starts members 0 and 1 as primary and standby, and waits until the one
// feeds the other.
func (c cluster) pair(t testing.TB) {
	t.Helper()
	ctx := t.Context()
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); err != nil {
		t.Fatal(err)
	}
	if err := c[1].engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: c[0].Upstream()}); err != nil {
		t.Fatal(err)
	}
	await(t, "streaming", func() bool {
		o, err := c[1].engine.Observe(ctx)
		return err == nil && o.Streaming
	})
}

// await waits until ok says true.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// requests lists what is left of requests in a data directory.
func (m *member) requests() (left []string) {
	for _, name := range []string{"failover", "switchover", "switchover_timeout", "primary", "standby", "startminority", "setrunmodestatus"} {
		if _, err := os.Lstat(filepath.Join(m.cfg.DataDir, name)); err == nil {
			left = append(left, name)
		}
	}
	return left
}

func TestNativeFailover(t *testing.T) {
	c := newMembers(t, 2)
	c.pair(t)
	ctx := t.Context()
	n, client := c[1].native()
	if err := c[0].Kill(); err != nil {
		t.Fatal(err)
	}
	if err := n.Failover(ctx, 41); err != nil {
		t.Fatal(err)
	}
	s, err := client.State(ctx)
	p, perr := client.Position(ctx)
	if err != nil || perr != nil || s.Role != ha.RolePrimary || p.Term != 41 {
		t.Errorf("%+v, %+v, %v, %v", s, p, err, perr)
	}
	if left := c[1].requests(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := n.Failover(ctx, 42); err != nil {
		t.Errorf("of a primary: %v", err)
	}
	if err := n.Notify(ctx, ha.RoleStandby, 0); !errors.Is(err, opengauss.ErrRefused) {
		t.Errorf("notify of a primary: %v", err)
	}
	if err := n.SetRunMode(ctx, dcf.RunMinority, 1); !errors.Is(err, opengauss.ErrRefused) {
		t.Errorf("run mode without DCF: %v", err)
	}
	// The former primary comes back by the tool, as gs_ctl would bring it back.
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: c[1].Upstream()}); err != nil {
		t.Errorf("the former primary: %v", err)
	}
}

func TestNativeSwitchover(t *testing.T) {
	c := newMembers(t, 2)
	c.pair(t)
	ctx := t.Context()
	n, client := c[1].native()
	if err := n.Switchover(ctx, 43, false); err != nil {
		t.Fatal(err)
	}
	if s, err := client.State(ctx); err != nil || s.Role != ha.RolePrimary {
		t.Errorf("%+v, %v", s, err)
	}
	await(t, "the other steps down", func() bool {
		o, err := c[0].engine.Observe(ctx)
		return err == nil && o.Role == ha.RoleStandby
	})
	if left := append(c[0].requests(), c[1].requests()...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestNativeRefusesWhatTheServerDrops: a standby without upstream takes the
// request for a switchover and does nothing.
func TestNativeRefusesWhatTheServerDrops(t *testing.T) {
	c := newMembers(t, 1)
	ctx := t.Context()
	n, _ := c[0].native()
	if err := n.Failover(ctx, 5); !errors.Is(err, opengauss.ErrNotRunning) {
		t.Errorf("of a stopped server: %v", err)
	}
	if err := c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby}); err != nil {
		t.Fatal(err)
	}
	if err := n.Switchover(ctx, 5, false); !errors.Is(err, opengauss.ErrRefused) || ha.Uncertain(err) {
		t.Errorf("switchover: %v", err)
	}
	if err := n.Failover(ctx, 0); err == nil {
		t.Error("term 0 is taken")
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := n.Failover(ended, 5); !ha.Uncertain(err) {
		t.Errorf("ended: %v", err)
	}
	// A frozen server reads nothing; what was asked of it is taken back.
	if err := c[0].Freeze(); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := n.Failover(short, 5); err == nil {
		t.Error("a frozen server was promoted")
	}
	if left := c[0].requests(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := c[0].Thaw(); err != nil {
		t.Fatal(err)
	}
	if o, err := c[0].engine.Observe(ctx); err != nil || o.Role != ha.RoleStandby {
		t.Errorf("after the thaw: %+v, %v", o, err)
	}
	// gs_ctl's lock is respected.
	lock, err := opengauss.LockCtl(c[0].cfg.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Failover(ctx, 5); !errors.Is(err, opengauss.ErrBusy) {
		t.Errorf("under another's lock: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestToolOnAServer runs the real command lines against a server.
func TestToolOnAServer(t *testing.T) {
	c := newMembers(t, 2)
	c.pair(t)
	ctx := t.Context()
	tool := c[1].engine.Tool()
	q, err := tool.Query(ctx)
	if err != nil || !q.IsLive() || q.HA.Role != ha.RoleStandby || q.Receiver == nil {
		t.Fatalf("%+v, %v", q, err)
	}
	if _, err := tool.Build(ctx, opengauss.BuildOptions{Mode: opengauss.BuildIncremental}); err != nil {
		t.Errorf("build: %v", err)
	}
	if _, err := c[0].engine.Tool().Build(ctx, opengauss.BuildOptions{Mode: opengauss.BuildFull}); !errors.Is(err, opengauss.ErrWouldDestroy) {
		t.Errorf("build over a primary: %v", err)
	}
	if r, err := tool.GucSet(ctx, true, opengauss.Guc{Name: "wal_keep_segments", Value: "32"}); err != nil || !r.HasChanged() {
		t.Errorf("guc: %v, %v", r, err)
	}
	if err := c[0].Kill(); err != nil {
		t.Fatal(err)
	}
	if r, err := tool.Failover(ctx, 9, limit); err != nil || r.Outcome != opengauss.Done {
		t.Errorf("failover: %v, %v", r.Outcome, err)
	}
	if r, err := tool.Stop(ctx, ha.StopFast, limit); err != nil || r.Outcome != opengauss.Done {
		t.Errorf("stop: %v, %v", r.Outcome, err)
	}
	if r, err := tool.Start(ctx, ha.RolePrimary, limit); err != nil || r.Outcome != opengauss.Done {
		t.Errorf("start: %v, %v", r.Outcome, err)
	}
}

// BenchmarkFailover measures from the request to the primary's role, natively
// and by gs_ctl, which looks once a second.
func BenchmarkFailover(b *testing.B) {
	for _, by := range []string{"native", "gs_ctl"} {
		b.Run(by, func(b *testing.B) {
			var total time.Duration
			for range b.N {
				b.StopTimer()
				c := newMembers(b, 2)
				c.pair(b)
				n, _ := c[1].native()
				if err := c[0].Kill(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				began := time.Now()
				var err error
				if by == "native" {
					err = n.Failover(b.Context(), 50)
				} else {
					_, err = c[1].engine.Tool().Failover(b.Context(), 50, limit)
				}
				total += time.Since(began)
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(total.Microseconds())/1000/float64(b.N), "ms/failover")
		})
	}
}

// BenchmarkObserve measures what a manager does all the time.
func BenchmarkObserve(b *testing.B) {
	c := newMembers(b, 2)
	c.pair(b)
	for i, name := range []string{"primary", "standby"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if o, err := c[i].engine.Observe(b.Context()); err != nil || !o.Answers {
					b.Fatal(o, err)
				}
			}
		})
	}
}
