// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// vets is a probe for each member, whose verdicts a test sets.
type vets struct {
	mu   sync.Mutex
	say  map[ha.MemberID]ha.ProbeVerdict
	hang map[ha.MemberID]chan struct{}
}

// give installs a probe that looks every second and is patient for two.
func (v *vets) give(uses ha.ProbeUse) func(*ha.Config) {
	v.say, v.hang = map[ha.MemberID]ha.ProbeVerdict{}, map[ha.MemberID]chan struct{}{}
	return func(c *ha.Config) {
		name := c.Name
		c.Probes = []ha.Probe{{
			Name: "data", Every: time.Second, Limit: 2 * time.Second, Patience: 2 * time.Second, Uses: uses,
			Check: func(context.Context) (ha.ProbeVerdict, string) {
				v.mu.Lock()
				hang, say := v.hang[name], v.say[name]
				v.mu.Unlock()
				if hang != nil {
					<-hang
				}
				if say == ha.ProbeUnknown {
					return ha.ProbeHealthy, "well"
				}
				return say, "as told"
			},
		}}
	}
}

func (v *vets) set(m ha.MemberID, say ha.ProbeVerdict) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.say[m] = say
}

// TestDeadProbeMovesThePrimary, once, and not back before the disk works.
func TestDeadProbeMovesThePrimary(t *testing.T) {
	inLab(t, func(l *lab) {
		var v vets
		old := l.healthy(3, v.give(ha.ProbeTriggers))
		v.set(old, ha.ProbeDead)
		l.eventually(20*time.Second, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		now := l.settled(3)
		term := l.status().Reign.Term
		for _, m := range l.status().Members {
			if want := "data=" + map[bool]string{true: "dead", false: "healthy"}[m.Name == old]; m.Status.Health.Probes != want {
				l.Errorf("%s: %+v, want %s", m.Name, m.Status.Health, want)
			}
		}
		if s := l.nodes[old].Status(); !strings.Contains(s.Problem, "probe data is dead: as told") {
			l.Errorf("status %+v", s)
		}
		if _, err := l.admin.Switchover(l.Context(), old); err == nil || !strings.Contains(err.Error(), "probes vetoes") {
			l.Errorf("switchover to it: %v", err)
		}
		third := l.other(old, now)
		v.set(third, ha.ProbeDead)
		v.set(now, ha.ProbeDead) // all: nobody is better
		l.pass(2 * time.Minute)
		if s := l.status(); s.Primary != now || s.Reign.Term != term || !s.Writable {
			l.Errorf("the primary moved from %s in term %d to %+v", now, term, s)
		}
		v.set(old, ha.ProbeHealthy)
		l.eventually(20*time.Second, "the one that recovered", func() bool { s := l.status(); return s.Writable && s.Primary == old })
		l.settled(3)
	})
}

// TestHangingProbeIsDead: a check that does not return is given up, also when
// the node is closed.
func TestHangingProbeIsDead(t *testing.T) {
	inLab(t, func(l *lab) {
		var v vets
		old := l.healthy(3, v.give(ha.ProbeTriggers))
		free := make(chan struct{})
		v.mu.Lock()
		v.hang[old] = free
		v.mu.Unlock()
		l.eventually(20*time.Second, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		if p := l.nodes[old].Probes(); len(p) != 1 || p[0].Verdict != ha.ProbeDead || p[0].Detail != "no answer within 2s" {
			l.Errorf("probes: %+v", p)
		}
		l.settled(3)
		if err := l.nodes[old].Close(l.Context()); err != nil {
			l.Error(err)
		}
		close(free)
	})
}

// TestProbeVetoes: the best candidate stands back, and a forced failover goes
// past the veto.
func TestProbeVetoes(t *testing.T) {
	inLab(t, func(l *lab) {
		var v vets
		old := l.healthy(3, v.give(ha.ProbeVetoes))
		first := l.other(old)
		v.set(first, ha.ProbeDead)
		l.pass(5 * time.Second)
		l.crash(old)
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		now := l.status().Primary
		if now == first {
			l.Errorf("%s was promoted", first)
		}
		l.crash(now)
		l.pass(30 * time.Second)
		if s := l.status(); s.Writable {
			l.Errorf("the last one was promoted against its veto: %+v", s)
		}
		plan, err := l.admin.Plan(l.Context(), ha.Order{Kind: ha.OrderFailover, To: first, Force: true})
		if err != nil {
			l.Fatal(err)
		}
		if _, err := l.admin.Apply(l.Context(), plan); err != nil {
			l.Error(err)
		}
		l.eventually(time.Minute, "the forced one", func() bool { s := l.status(); return s.Writable && s.Primary == first })
	})
}

// TestProbeObjects: a member's probe keeps the others from being promoted.
func TestProbeObjects(t *testing.T) {
	inLab(t, func(l *lab) {
		var v vets
		old := l.healthy(3, v.give(ha.ProbeObjects))
		a := l.other(old)
		b := l.other(old, a)
		v.set(b, ha.ProbeDead)
		l.pass(5 * time.Second)
		l.crash(old)
		l.eventually(time.Minute, "a primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		if p := l.status().Primary; p != b {
			l.Errorf("%s was promoted, and %s objects", p, b)
		}
	})
}

func TestProbeConfig(t *testing.T) {
	check := func(context.Context) (ha.ProbeVerdict, string) { return ha.ProbeHealthy, "" }
	cfg := ha.Config{Probes: []ha.Probe{
		{Name: "a", Check: check}, {Name: "a", Check: check}, {Name: "B c", Check: check}, {Name: "d"},
		{Name: "e", Check: check, Every: time.Millisecond}, {Name: "f", Check: check, Uses: 8}, {Name: "g", Check: check, Limit: -1},
		{Name: "h", Check: check}, {Name: "i", Check: check},
	}}
	err := cfg.Validate()
	for _, want := range []string{
		`Probes: 9, at most 8`, `Probes[1] "a": name is taken`, `Probes[2] "B c": name is not 1 to 16`, `Probes[3] "d": Check: missing`,
		`Probes[4] "e": Every 1ms: below 10ms`, `Probes[5] "f": Uses 8`, `Probes[6] "g": Limit -1ns`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}
