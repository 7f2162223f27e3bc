// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

func (l *lab) history() []ha.TermEntry {
	l.Helper()
	h, err := l.admin.History(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return h
}

// TestHistoryOfAFailover: who, why, where, what was thought of the others, and
// how long each phase took.
func TestHistoryOfAFailover(t *testing.T) {
	for _, quorum := range []bool{false, true} {
		t.Run(fmt.Sprintf("quorum %v", quorum), func(t *testing.T) {
			inLab(t, func(l *lab) {
				old := l.healthy(3, func(c *ha.Config) { c.Settings.Durability = ha.Durability{K: 1, Quorum: quorum} })
				l.write(old, "a")
				l.pass(10 * time.Second)
				before := time.Now()
				l.crash(old)
				l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old && s.Reign.Promoted })
				gap := time.Since(before)
				h := l.history()
				if len(h) != 2 || h[0].Cause != "first primary" || h[0].Phases.Detected != 0 || h[0].Phases.Decided == 0 {
					l.Fatalf("%+v", h)
				}
				e := h[1]
				if e.Holder == old || e.Former != old || e.Cause != "failover" || e.Term != 2 || e.LSN == 0 || e.Timeline == h[0].Timeline || e.Forced {
					l.Errorf("%+v", e)
				}
				table := map[ha.MemberID]ha.Reason{}
				for _, v := range e.Candidates {
					table[v.Member] = v.Reason
				}
				if len(table) != 3 || table[e.Holder] != ha.ReasonChosen || table[old] == ha.ReasonEligible {
					l.Errorf("candidates %+v", e.Candidates)
				}
				// The sign of life is up to a heartbeat older than the crash.
				if p := e.Phases; p.Detected < gap/2 || p.Total() > gap+2*time.Second || p.Total() < gap-50*time.Millisecond || p.Decided <= 0 || p.Promoted <= 0 {
					l.Errorf("phases %+v, and the gap was %v", p, gap)
				}
			})
		})
	}
}

// TestHistoryOfAnOrder: the person and the reason stand in it.
func TestHistoryOfAnOrder(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.pass(5 * time.Second)
		plan, err := l.admin.Plan(l.Context(), ha.Order{Kind: ha.OrderSwitchover, Reason: "kernel update"})
		if err != nil {
			l.Fatal(err)
		}
		if _, err := l.admin.Apply(l.Context(), plan); err != nil {
			l.Fatal(err)
		}
		e := l.history()[1]
		if e.Cause != "switchover" || e.Actor != "test" || e.Why != "kernel update" || e.Former != old || len(e.Candidates) != 3 {
			l.Errorf("%+v", e)
		}
		if p := e.Phases; p.Total() > 5*time.Second || p.Decided <= 0 {
			l.Errorf("phases %+v", p)
		}
	})
}

// TestHistoryIsBounded: terms take each other's places, whichever of them
// promoted somebody.
func TestHistoryIsBounded(t *testing.T) {
	store := stored(t, led(1))
	keys := ha.KeysOf("c1")
	for term := ha.Term(1); term <= 3*ha.KeptTerms; term++ {
		if term%7 == 0 {
			continue // nobody was promoted
		}
		op := dcs.Op{Key: keys.TermKey(term), Value: fmt.Appendf(nil, `{"term":%d,"holder":"m1"}`, term)}
		if _, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{op}}); err != nil {
			t.Fatal(err)
		}
	}
	h, err := ha.NewAdmin(store, "c1", "ann").History(t.Context())
	if err != nil || len(h) < ha.KeptTerms*6/7-1 || len(h) > ha.KeptTerms {
		t.Fatalf("%d entries, %v", len(h), err)
	}
	for i, e := range h {
		if e.Term <= 2*ha.KeptTerms || i > 0 && e.Term <= h[i-1].Term {
			t.Errorf("entry %d is of term %d", i, e.Term)
		}
	}
	all, err := store.Load(t.Context(), keys.History())
	if err != nil || len(all.Entries) > ha.KeptTerms {
		t.Errorf("%d records, %v", len(all.Entries), err)
	}
}

// TestHistoryThatCannotBeRead names the record.
func TestHistoryThatCannotBeRead(t *testing.T) {
	store := stored(t, led(1))
	keys := ha.KeysOf("c1")
	if _, err := store.Commit(context.Background(), dcs.Txn{Then: []dcs.Op{{Key: keys.TermKey(3), Value: []byte("{")}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ha.NewAdmin(store, "c1", "ann").History(t.Context()); err == nil || !strings.Contains(err.Error(), keys.TermKey(3)) {
		t.Error(err)
	}
}
