// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

func TestMain(m *testing.M) {
	if os.Getenv(memberVariable) != "" {
		main() // exits
	}
	os.Exit(m.Run())
}

// runFor tortures and fails the test with the story when it was not good.
func runFor(t *testing.T, opts options) *result {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers take their time")
	}
	if _, err := postgres.FindBinaries(t.Context()); err != nil {
		t.Skipf("no real servers: %v", err)
	}
	opts.settings, opts.logs = settingsOf(), t.ArtifactDir()
	r, err := torture(t.Context(), opts, t.Output())
	if r == nil {
		t.Fatal(err)
	}
	r.print(t.Output())
	if !r.Good {
		t.Errorf("seed %d: %v", opts.seed, r.Why)
	}
	return r
}

// TestTorture is the short form of "make torture". Not in parallel with other
// tests: it measures time on a machine that has little of it.
func TestTorture(t *testing.T) {
	r := runFor(t, options{seed: 3, duration: 15 * time.Second, kinds: allKinds()})
	faults := 0
	for _, n := range r.Faults {
		faults += n
	}
	if faults == 0 {
		t.Error("no fault was done")
	}
}

// TestHoleOfLeaseMode shows what lease mode does not promise, so that nobody
// believes it does: the manager of the primary is frozen alone, and its server
// goes on after the lease has ended. Two servers are then writable for as long
// as that lasts, and nobody can prevent it. With K of 1 the former primary can
// acknowledge writes only while a standby still receives from it. To keep one
// doing so, the manager of the standby that is not promoted is frozen, too, as
// soon as it has had its say in the election. What was acknowledged after the
// other was promoted is lost; all that was acknowledged before is not.
func TestHoleOfLeaseMode(t *testing.T) {
	var other ha.MemberID
	script := func(s *stage) error {
		ctx, cancel := context.WithTimeout(s.ctx, settleLimit)
		defer cancel()
		if err := s.writers[0].awaitWrite(ctx); err != nil {
			return err
		}
		old := s.status.get()
		s.story.say("fault", "freeze the manager of %s", old.Primary)
		thaw, err := s.member(old.Primary).freezeManager()
		if err != nil {
			return err
		}
		st, err := s.status.await(ctx, func(st *ha.ClusterStatus) bool { return st.Primary != "" && st.Primary != old.Primary })
		if err != nil {
			return err
		}
		for _, name := range memberNames() {
			if name != old.Primary && name != st.Primary {
				other = name
			}
		}
		s.story.say("fault", "freeze the manager of %s", other)
		thawOther, err := s.member(other).freezeManager()
		if err != nil {
			return err
		}
		if _, err := s.status.await(ctx, func(st *ha.ClusterStatus) bool { return st.Writable }); err != nil {
			return err
		}
		// A forgotten client is still served by the former primary.
		for i, name := range memberNames() {
			if name == old.Primary {
				for range 20 {
					if err := s.writers[1+i].awaitWrite(ctx); err != nil {
						return err
					}
				}
			}
		}
		s.story.say("fault", "both managers go on")
		if err := thaw(); err != nil {
			return err
		}
		return thawOther()
	}
	r := runFor(t, options{seed: 1, script: script})
	if r.Overlaps.InHole == 0 {
		t.Error("a frozen manager gave no two writable servers: what the package comment of ha says is too pessimistic")
	}
	if r.Lost.InHole == 0 {
		t.Error("no write of the former primary was lost: what the package comment of torture says is too pessimistic")
	}
}
