// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/probe"
)

func TestVerdicts(t *testing.T) {
	cfg := probe.DiskConfig{Dir: "/d", Slow: time.Second, Dead: 5 * time.Second, SuspectFree: 10, DeadFree: 1}
	cases := []struct {
		takes time.Duration
		fails error
		free  float64
		known bool
		sfail error
		want  ha.ProbeVerdict
		says  string
	}{
		{takes: time.Millisecond, free: 50, known: true, want: ha.ProbeHealthy, says: "took 1ms, 50.0% free"},
		{takes: time.Millisecond, known: false, want: ha.ProbeHealthy, says: "took 1ms"},
		{takes: time.Second, free: 50, known: true, want: ha.ProbeSuspect, says: "took 1s"},
		{free: 9.9, known: true, want: ha.ProbeSuspect, says: "9.9% free"},
		{takes: 5 * time.Second, free: 50, known: true, want: ha.ProbeDead, says: "took 5s"},
		{takes: 2 * time.Second, free: 0.9, known: true, want: ha.ProbeDead, says: "0.9% free"},
		{fails: errors.New("read-only file system"), want: ha.ProbeDead, says: "read-only file system"},
		{sfail: errors.New("input/output error"), want: ha.ProbeDead, says: "input/output error"},
	}
	for i, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			got, says := probe.Check(t.Context(), cfg,
				func(string) error { <-time.After(c.takes); return c.fails },
				func(string) (float64, bool, error) { return c.free, c.known, c.sfail })
			if got != c.want || !strings.Contains(says, c.says) {
				t.Errorf("case %d: %v, %q; want %v, %q", i, got, says, c.want, c.says)
			}
		})
	}
}

// TestRealDisk looks at the disk of the test's directory.
func TestRealDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "probe")
	p, err := probe.Disk(probe.DiskConfig{Dir: dir, Slow: time.Minute, Dead: time.Hour, SuspectFree: -1, DeadFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if v, says := p.Check(t.Context()); v != ha.ProbeHealthy || !strings.Contains(says, "fsync took") {
			t.Errorf("%v, %s", v, says)
		}
	}
	if i, err := os.Stat(filepath.Join(dir, "gausskit.probe")); err != nil || i.Size() != 8<<10 || i.Mode().Perm() != 0o600 {
		t.Error(i, err)
	}
	if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	if v, says := p.Check(t.Context()); v != ha.ProbeDead || !strings.Contains(says, dir) {
		t.Errorf("the directory is gone: %v, %s", v, says)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if v, _ := p.Check(ended); v != ha.ProbeUnknown {
		t.Error(v)
	}
}

func TestDiskConfig(t *testing.T) {
	for want, cfg := range map[string]probe.DiskConfig{
		"absolute path":     {Dir: "data"},
		"below Slow":        {Dir: "/d", Slow: time.Second, Dead: time.Millisecond},
		"above SuspectFree": {Dir: "/d", SuspectFree: 1, DeadFree: 2},
		"above 100":         {Dir: "/d", SuspectFree: 101},
		"Slow -1s":          {Dir: "/d", Slow: -time.Second},
	} {
		if _, err := probe.Disk(cfg); !errors.Is(err, probe.ErrDisk) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ...%s...", err, want)
		}
	}
}

func ExampleDisk() {
	disk, err := probe.Disk(probe.DiskConfig{Name: "data", Dir: "/srv/pg/probe"})
	if err != nil {
		fmt.Println(err)
		return
	}
	disk.Uses = ha.ProbeTriggers
	fmt.Println(disk.Name, "is dead when it does not answer within", disk.Limit)
	// Output: data is dead when it does not answer within 10s
}
