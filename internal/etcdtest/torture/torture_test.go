// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

func TestMain(m *testing.M) {
	if testbed.IsManager() {
		main() // exits
	}
	os.Exit(m.Run())
}

// runFor tortures and fails the test with the story when it was not good.
func runFor(t *testing.T, opts options) *result {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers under random faults take their time")
	}
	if _, err := postgres.FindBinaries(t.Context()); err != nil {
		t.Skipf("no real servers: %v", err)
	}
	opts.logs = t.ArtifactDir()
	// An interrupted "go test" leaves nothing behind either.
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := torture(ctx, opts, t.Output())
	if r == nil {
		t.Fatal(err)
	}
	r.print(t.Output())
	if !r.Good {
		t.Errorf("seed %d: %v", opts.seed, r.Why)
	}
	return r
}

// seedOf is the seed of the short form: always the same, unless
// GAUSSKIT_TORTURE_SEED is another one.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("GAUSSKIT_TORTURE_SEED")
	if text == "" {
		return 3
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("GAUSSKIT_TORTURE_SEED: %v", err)
	}
	return seed
}

// TestTorture is the short form of "make torture", in both modes.
func TestTorture(t *testing.T) {
	for _, mode := range []string{"lease", "quorum"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := runFor(t, options{seed: seedOf(t), duration: 20 * time.Second, kinds: allKinds(), settings: settingsOf(mode == "quorum")})
			faults := 0
			for _, n := range r.Faults {
				faults += n
			}
			if faults == 0 {
				t.Error("no fault was done")
			}
			if mode == "quorum" && r.Registers.Operations == 0 {
				t.Error("no register was read or written")
			}
		})
	}
}

// TestCalm is the short form of "make calm", in both modes: every part but
// the second standby pauses once, packets are lost for a while, and nobody is elected.
func TestCalm(t *testing.T) {
	for _, mode := range []string{"lease", "quorum"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := &calm{losses: 6 * time.Second, rest: 400 * time.Millisecond, once: true}
			runFor(t, options{seed: seedOf(t), settings: calmSettings(mode == "quorum"), calm: c})
			if c.pauses != 11 || c.lossy < c.losses {
				t.Errorf("%d pauses, %v with packets lost", c.pauses, c.lossy)
			}
		})
	}
}

// TestNoCalmWithoutPatience: the same pauses move the primary of a cluster that
// is set to notice them, so TestCalm can fail.
func TestNoCalmWithoutPatience(t *testing.T) {
	t.Parallel()
	set := calmSettings(true)
	set.SuspectAfter = 700 * time.Millisecond
	moved := false
	runFor(t, options{seed: 1, settings: set, script: func(s *stage) error {
		c := &calm{}
		st, err := s.cluster.Admin.Status(s.ctx)
		if err != nil {
			return err
		}
		c.term = st.Term
		for range 3 {
			if err := s.pauseOnce(c, s.pauses(1)[2]); err != nil { // server and manager of the primary
				return err
			}
			st, err := s.cluster.Admin.Status(s.ctx)
			if moved = st.Term != c.term; err != nil || moved {
				return err
			}
		}
		return nil
	}})
	if !moved {
		t.Error("pauses of 1.5 s do not end a term that standbys doubt after 0.7 s: TestCalm says nothing")
	}
}

// TestSecondView: the receivers of both standbys hang for longer than
// SuspectAfter, and nothing else does. A standby that asks the primary's server
// before it doubts leaves it alone; without that both doubt it.
func TestSecondView(t *testing.T) {
	for name, ask := range map[string]bool{"with": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := settingsOf(true)
			set.AskPrimary = ask
			moved := false
			runFor(t, options{seed: 1, settings: set, script: func(s *stage) error {
				c := &calm{}
				st, err := s.cluster.Admin.Status(s.ctx)
				if err != nil {
					return err
				}
				c.term = st.Term
				if err := s.pauseOnce(c, pause{"receiver of each standby", (*stage).freezeReceivers}); err != nil {
					return err
				}
				ctx, cancel := context.WithTimeout(s.ctx, settleLimit)
				defer cancel()
				if err := s.cluster.Settle(ctx); err != nil {
					return err
				}
				st, err = s.cluster.Admin.Status(s.ctx)
				moved = st.Term != c.term
				return err
			}})
			if moved == ask {
				t.Errorf("asks first: %v, and the term has ended: %v", ask, moved)
			}
		})
	}
}

// freezeReceivers stops the receivers of both standbys.
func (s *stage) freezeReceivers() (thaw func() error, err error) {
	var thaws []func() error
	for _, m := range []*testbed.Real{s.nth(1), s.nth(2)} {
		thaw, err := m.Server.FreezeReceiver()
		if err != nil {
			return nil, err
		}
		thaws = append(thaws, thaw)
	}
	return func() error { return errors.Join(thaws[0](), thaws[1]()) }, nil
}

// TestHoleOfLeaseMode shows what lease mode does not promise, so that nobody
// believes it does: the manager of the primary is frozen alone, and its server
// goes on after the lease has ended. Two servers are writable for as long as
// that lasts, and nobody can prevent it. With K of 1 the former primary can
// acknowledge writes only while a standby still receives from it. To keep one
// doing so, the manager of the standby that is not promoted is frozen, too, as
// soon as it has had its say in the election. What was acknowledged after the
// other was promoted is lost; all that was acknowledged before is not.
func TestHoleOfLeaseMode(t *testing.T) {
	t.Parallel()
	served := false
	r := runFor(t, options{seed: 1, settings: settingsOf(false), script: func(s *stage) (err error) {
		served, err = s.freezeManagers()
		return err
	}})
	if r.Overlaps.InHole == 0 {
		t.Error("a frozen manager gave no two writable servers: what the package comment of ha says is too pessimistic")
	}
	switch {
	case !served:
		t.Log("the standby followed the new primary before its manager could be frozen")
	case r.Lost.InHole == 0:
		t.Error("no write of the former primary was lost: what the package comment of ha says is too pessimistic")
	}
}

// freezeManagers freezes the manager of the primary, waits for another one,
// and lets it go on. It reports whether the former primary acknowledged writes
// after the new one was writable.
func (s *stage) freezeManagers() (served bool, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, settleLimit)
	defer cancel()
	if err := s.app.AwaitWrite(ctx); err != nil {
		return false, err
	}
	old := s.cluster.Status.Get().Primary
	s.story.say("fault", "freeze the manager of %s", old)
	thaw, err := s.member(old).FreezeManager()
	if err != nil {
		return false, err
	}
	st, err := s.cluster.Status.Await(ctx, func(st *ha.ClusterStatus) bool { return st.Primary != "" && st.Primary != old })
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(s.cluster.Servers(), func(m *testbed.Real) bool { return m.Name() != old && m.Name() != st.Primary })
	other := s.cluster.Servers()[i]
	s.story.say("fault", "freeze the manager of %s", other.Name())
	thawOther, err := other.FreezeManager()
	if err != nil {
		return false, err
	}
	if _, err := s.cluster.Status.Await(ctx, func(st *ha.ClusterStatus) bool { return st.Writable }); err != nil {
		return false, err
	}
	forgotten := s.loyal[slices.Index(memberNames(), old)]
	soon, cancelSoon := context.WithTimeout(ctx, 2*time.Second)
	defer cancelSoon()
	for n := 0; n < 20 && err == nil; n++ {
		err = forgotten.AwaitWrite(soon)
	}
	s.story.say("fault", "both managers go on")
	return err == nil, errors.Join(thaw(), thawOther())
}
