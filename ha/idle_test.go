// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/memory"
	"github.com/gausskit/gausskit/ha/hatest"
	"golang.org/x/sync/errgroup"
)

// park starts so many three-member clusters on one memory store in real time
// and returns when each has a primary whom all follow.
func park(tb testing.TB, clusters int) {
	tb.Helper()
	store := memory.New()
	var nodes []*ha.Node
	tb.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		var all errgroup.Group
		for _, n := range nodes {
			all.Go(func() error { _ = n.Close(ended); return nil }) // its error is that it had no time
		}
		_ = all.Wait()
	})
	for i := range clusters {
		servers := hatest.NewServers()
		for j := range 3 {
			server := servers.Server(ha.MemberID(fmt.Sprintf("m%d", j+1)))
			n, err := ha.Start(tb.Context(), ha.Config{
				Cluster: fmt.Sprintf("c%d", i), Name: ha.MemberID(fmt.Sprintf("m%d", j+1)), Address: server.Address(), Engine: server, Store: store,
			})
			if err != nil {
				tb.Fatal(err)
			}
			nodes = append(nodes, n)
		}
	}
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	for i, n := range nodes {
		for s := range n.Watch(ctx) {
			if s.State == ha.StatePrimary && s.Writable || s.State == ha.StateStandby && s.Running && s.Primary != "" {
				break
			}
		}
		if ctx.Err() != nil {
			first := i / 3 * 3
			s, err := ha.NewAdmin(store, fmt.Sprintf("c%d", i/3), "test").Status(tb.Context())
			tb.Fatalf("node %d of %d has no role after a minute:\n%+v\n%+v\n%+v\nrecords: %+v, %v",
				i, len(nodes), nodes[first].Status(), nodes[first+1].Status(), nodes[first+2].Status(), s, err)
		}
	}
}

// footprint is the memory of heap and stacks in use.
func footprint() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the first one frees what finalizers held
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// settle lets real time pass; a benchmark of idling cannot do without.
func settle(d time.Duration) { <-time.After(d) }

// BenchmarkIdleClusters is one process with 1,000 idle three-member clusters,
// each node with server and store in memory and default intervals. Its numbers
// are the share of one core, and goroutines and bytes per node; an operation
// is a stretch of idling.
func BenchmarkIdleClusters(b *testing.B) {
	const clusters, window = 1000, 10 * time.Second
	goroutines, bytes := runtime.NumGoroutine(), footprint()
	park(b, clusters)
	settle(4 * time.Second) // the last of what follows an election
	const nodes = 3 * clusters
	b.ResetTimer()
	var busy time.Duration
	for range b.N {
		before := cpuTime(b)
		settle(window)
		busy += cpuTime(b) - before
	}
	b.StopTimer()
	b.ReportMetric(100*busy.Seconds()/(float64(b.N)*window.Seconds()), "%core")
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/nodes, "goroutines/node")
	b.ReportMetric(float64(footprint()-bytes)/nodes, "B/node")
}

// TestNodeIsSmall: the memory of a node with its server and its part of the
// store.
func TestNodeIsSmall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory would be measured")
	}
	const clusters, limit = 100, 50_000
	before := footprint()
	park(t, clusters)
	if per := (footprint() - before) / (3 * clusters); per > limit {
		t.Errorf("%d bytes per node, want at most %d", per, limit)
	}
}

// TestIdleMemberAsksSeldom counts an idle member's requests over ten minutes.
func TestIdleMemberAsksSeldom(t *testing.T) {
	inLab(t, func(l *lab) {
		l.healthy(3)
		l.pass(10 * time.Second)
		before := map[ha.MemberID]int{}
		for name, line := range l.lines {
			before[name] = line.calls()
		}
		const minutes = 10
		<-time.After(minutes * time.Minute)
		for name, line := range l.lines {
			if per := float64(line.calls()-before[name]) / (minutes * 60); per >= 1 || per == 0 {
				l.Errorf("%s: %.2f requests per second", name, per)
			} else {
				l.Logf("%s: %.2f requests per second", name, per)
			}
		}
	})
}
