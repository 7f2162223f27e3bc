// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// records are the records of a cluster of m1 to mn in term 7, whose primary m1
// is gone: it was last seen at 0/5000, all others have their final position
// there. Each change makes one test's case of it.
func records(n int, changes ...func(*ha.Cluster)) *ha.Cluster {
	c := &ha.Cluster{
		Revision: 100, SettingsRev: 1, IdentityRev: 2, ReignRev: 3,
		Identity: ha.Identity{SystemID: "db", By: "m1"},
		Reign:    ha.Reign{Term: 7, Holder: "m1", Instance: "run1", Promoted: true, Timeline: 4, Start: 0x1000},
	}
	for i := range n {
		m := ha.Member{Name: ha.MemberID(fmt.Sprintf("m%d", i+1)), Known: true, StatusRev: 10, SessionRev: 20}
		m.Session.Instance = fmt.Sprintf("run%d", i+1)
		m.Status = ha.MemberStatus{
			Instance: m.Session.Instance, Data: ha.DataPresent, SystemID: "db", State: ha.StateElecting, Role: ha.RoleStandby,
			Running: true, Timeline: 4, LSN: 0x5000, Final: 8,
		}
		c.Members = append(c.Members, m)
	}
	old := &c.Members[0]
	old.SessionRev, old.Session = 0, ha.Session{}
	old.Status.Final, old.Status.Role, old.Status.State = 0, ha.RolePrimary, ha.StatePrimary
	for _, change := range changes {
		change(c)
	}
	return c
}

// of changes one member's status.
func of(name ha.MemberID, change func(*ha.MemberStatus)) func(*ha.Cluster) {
	return func(c *ha.Cluster) { change(&c.Member(name).Status) }
}

func member(name ha.MemberID, change func(*ha.Member)) func(*ha.Cluster) {
	return func(c *ha.Cluster) { change(c.Member(name)) }
}

func at(lsn ha.LSN) func(*ha.MemberStatus) { return func(s *ha.MemberStatus) { s.LSN = lsn } }

func reign(change func(*ha.Reign)) func(*ha.Cluster) {
	return func(c *ha.Cluster) { change(&c.Reign) }
}

func rule(primary ha.MemberID, k int, members ...ha.MemberID) func(*ha.Cluster) {
	return func(c *ha.Cluster) {
		c.RulesRev = 9
		c.Rules = append(c.Rules, ha.SyncRule{Primary: primary, K: k, Members: members})
	}
}

// back is m1 again: its server is a standby, and its position final.
func back(c *ha.Cluster) {
	m := c.Member("m1")
	m.SessionRev, m.Session.Instance = 20, "run1"
	m.Status.Final, m.Status.Role, m.Status.State = 8, ha.RoleStandby, ha.StateElecting
}

func tagged(s *ha.MemberStatus) { s.Tags.NeverPromote = true }

func dead(m *ha.Member) { m.SessionRev, m.Session = 0, ha.Session{} }

// word of an election: what each member is told, then what holds, then who.
func wordOf(e *ha.Election) string {
	var b strings.Builder
	for _, v := range e.Verdicts {
		fmt.Fprintf(&b, "%s: %s\n", v.Member, v.Reason)
	}
	fmt.Fprintf(&b, "hold: %s\nchosen: %s", e.Hold, e.Chosen)
	return b.String()
}

// long: a table of elections, one for each reason and hold.
func TestReasons(t *testing.T) {
	const long = time.Minute
	for _, c := range []struct {
		name    string
		records *ha.Cluster
		free    time.Duration
		request ha.Request
		me      ha.MemberID // m2 when empty
		want    map[ha.MemberID]ha.Reason
		hold    ha.Hold
		chosen  ha.MemberID
	}{
		{name: "the smaller name among equals", records: records(3), chosen: "m2",
			want: map[ha.MemberID]ha.Reason{"m1": ha.ReasonDead, "m2": ha.ReasonChosen, "m3": ha.ReasonEligible}},
		{name: "the higher position", records: records(3, of("m2", at(0x4FFF))), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonEligible, "m3": ha.ReasonChosen}},
		{name: "the later timeline before the higher position", chosen: "m3", me: "m3",
			records: records(3, of("m3", func(s *ha.MemberStatus) { s.Timeline, s.LSN = 5, 0x4000 })),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonEligible, "m3": ha.ReasonChosen}},
		{name: "priority among equals", me: "m3", chosen: "m3",
			records: records(3, of("m3", func(s *ha.MemberStatus) { s.Tags.Priority = 1 })),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonEligible, "m3": ha.ReasonChosen}},
		{name: "data before priority", chosen: "m2",
			records: records(3, of("m3", func(s *ha.MemberStatus) { s.Tags.Priority = 9; s.LSN = 0x4FFF })),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonChosen, "m3": ha.ReasonEligible}},
		{name: "the old primary's zone among equals", me: "m3", chosen: "m3",
			records: records(3, of("m1", func(s *ha.MemberStatus) { s.Tags.Zone = "a" }), of("m2", func(s *ha.MemberStatus) { s.Tags.Zone = "b" }),
				of("m3", func(s *ha.MemberStatus) { s.Tags.Zone = "a" })),
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonEligible, "m3": ha.ReasonChosen}},
		{name: "no data", records: records(3, of("m2", func(s *ha.MemberStatus) { s.Data = ha.DataNone })), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonNoData, "m3": ha.ReasonChosen}},
		{name: "broken data", records: records(3, of("m2", func(s *ha.MemberStatus) { s.Data = ha.DataBroken })), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonNoData}},
		{name: "never told anything", records: records(3, member("m2", func(m *ha.Member) { m.Known = false })), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonNoData}},
		{name: "another database", records: records(3, of("m2", func(s *ha.MemberStatus) { s.SystemID = "other" })), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonForeign}},
		{name: "rebuilding", records: records(3, of("m2", func(s *ha.MemberStatus) { s.State = ha.StateRebuilding })), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonLeaving}},
		{name: "stopping", records: records(3, of("m2", func(s *ha.MemberStatus) { s.State = ha.StateStopping })), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonLeaving}},
		{name: "tagged", records: records(3, of("m2", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true })), me: "m3", chosen: "m3",
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonNeverPromote}},
		{name: "tagged, and there is nobody else", hold: ha.HoldNoCandidate,
			records: records(3, of("m2", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true }), member("m3", dead)),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonNeverPromote, "m3": ha.ReasonDead}},
		{name: "tagged, but it was primary, and there is nobody else", me: "m1", chosen: "m1",
			records: records(3, back, of("m1", tagged), of("m2", tagged), member("m3", dead)),
			want:    map[ha.MemberID]ha.Reason{"m1": ha.ReasonChosen, "m2": ha.ReasonNeverPromote}},
		{name: "tagged, but it was primary, and another one may still come", me: "m1", free: time.Second, hold: ha.HoldNoCandidate,
			records: records(3, back, of("m1", tagged), of("m2", tagged), member("m3", dead))},
		{name: "tagged and last primary, and another may be promoted", chosen: "m2", records: records(3, back, of("m1", tagged)),
			want: map[ha.MemberID]ha.Reason{"m1": ha.ReasonNeverPromote, "m2": ha.ReasonChosen}},
		{name: "tagged and last holder, but it never was primary", me: "m1", hold: ha.HoldNoCandidate,
			records: records(3, back, of("m1", tagged), of("m2", tagged), member("m3", dead), reign(func(r *ha.Reign) { r.Promoted = false }))},
		{name: "the last primary alone has what was confirmed before it", me: "m1", chosen: "m1",
			records: records(4, back, member("m2", dead), member("m3", dead), member("m4", dead), rule("m1", 1, "m2", "m3"), rule("m4", 1, "m2", "m3"))},
		{name: "one that never was primary has not, alone", me: "m1", hold: ha.HoldSeen,
			records: records(4, back, member("m2", dead), member("m3", dead), member("m4", dead), rule("m1", 1, "m2", "m3"), rule("m4", 1, "m2", "m3"),
				reign(func(r *ha.Reign) { r.Promoted = false }))},
		{name: "the last primary has not spoken", hold: ha.HoldSeen,
			records: records(4, member("m3", dead), member("m4", dead), rule("m1", 1, "m2", "m3"), rule("m4", 1, "m2", "m3"))},
		{name: "too far behind", me: "m3", chosen: "m3",
			records: records(3, of("m1", at(0x5000+ha.LSN(16*ha.MiB))), of("m2", at(0x4FFF))),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonLag, "m3": ha.ReasonChosen}},
		{name: "behind a seen one, in synchronous replication", me: "m3", chosen: "m3",
			records: records(3, of("m2", at(0x4FFF)), rule("m1", 1, "m2", "m3")),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonBehindSeen, "m3": ha.ReasonChosen}},
		{name: "the furthest may not be promoted, the others lack its log", hold: ha.HoldNoCandidate,
			records: records(3, of("m2", at(0x4FFF)), of("m3", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true }), rule("m1", 1, "m2", "m3")),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonBehindSeen, "m3": ha.ReasonNeverPromote}},
		{name: "too few seen", hold: ha.HoldSeen, records: records(3, member("m3", dead), rule("m1", 1, "m2", "m3")),
			want: map[ha.MemberID]ha.Reason{"m3": ha.ReasonDead}},
		{name: "too few seen, forced", chosen: "m2", records: records(3, member("m3", dead), rule("m1", 1, "m2", "m3")),
			request: ha.Request{Kind: ha.RequestFailover, Force: true}, want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonChosen}},
		{name: "forced past the tag and the lag", chosen: "m2",
			records: records(3, of("m1", at(0x6000+ha.LSN(16*ha.MiB))), of("m2", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true }), member("m3", dead)),
			request: ha.Request{Kind: ha.RequestFailover, To: "m2", Force: true}, want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonChosen}},
		{name: "another one is asked for", me: "m3", chosen: "m3", records: records(3),
			request: ha.Request{Kind: ha.RequestFailover, To: "m3"}, want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonReserved, "m3": ha.ReasonChosen}},
		{name: "not even force passes a primary that may write", hold: ha.HoldOldPrimary,
			records: records(3, member("m1", func(m *ha.Member) { m.SessionRev, m.Session.Instance = 30, "run1" })),
			request: ha.Request{Kind: ha.RequestFailover, To: "m2", Force: true}},
		{name: "its last promotion failed", me: "m3", chosen: "m3",
			records: records(3, reign(func(r *ha.Reign) { r.Holder, r.Failed, r.Released = "m2", true, true })),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonFailedBefore, "m3": ha.ReasonChosen}},
		{name: "its last promotion failed, and there is nobody else", chosen: "m2",
			records: records(3, reign(func(r *ha.Reign) { r.Holder, r.Failed, r.Released = "m2", true, true }), member("m3", dead)),
			want:    map[ha.MemberID]ha.Reason{"m2": ha.ReasonChosen}},
		{name: "position not fixed yet", free: time.Millisecond, hold: ha.HoldSettle, records: records(3, of("m3", func(s *ha.MemberStatus) { s.Final = 7 })),
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonEligible, "m3": ha.ReasonNotFinal}},
		{name: "position not fixed in time", chosen: "m2", records: records(3, of("m3", func(s *ha.MemberStatus) { s.Final = 7 })),
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonChosen, "m3": ha.ReasonNotFinal}},
		{name: "not waiting for a member without data", free: time.Millisecond, chosen: "m2",
			records: records(3, of("m3", func(s *ha.MemberStatus) { s.Final, s.Data = 0, ha.DataNone }))},
		{name: "a better one goes first", me: "m3", free: time.Millisecond, hold: ha.HoldTurn, chosen: "m2", records: records(3),
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonChosen, "m3": ha.ReasonEligible}},
		{name: "a better one did not go", me: "m3", chosen: "m3", records: records(3),
			want: map[ha.MemberID]ha.Reason{"m2": ha.ReasonEligible, "m3": ha.ReasonChosen}},
		{name: "handed to another", free: time.Second, chosen: "m3", hold: ha.HoldTurn,
			records: records(3, reign(func(r *ha.Reign) { r.Released, r.Exact, r.End, r.To = true, true, 0x5000, "m3" }))},
		{name: "handed to one that still lacks the end", me: "m3", free: time.Second, hold: ha.HoldTurn,
			records: records(3, reign(func(r *ha.Reign) { r.Released, r.Exact, r.End, r.To = true, true, 0x5100, "m3" })),
			want:    map[ha.MemberID]ha.Reason{"m3": ha.ReasonLag}},
		{name: "handed to one that never got the end", me: "m3", chosen: "m3",
			records: records(3, reign(func(r *ha.Reign) { r.Released, r.Exact, r.End, r.To = true, true, 0x5100, "m3" }))},
		{name: "nobody handed it to the dead", chosen: "m2", free: time.Millisecond,
			records: records(3, member("m3", dead), reign(func(r *ha.Reign) { r.Released, r.To = true, "m3" }))},
		{name: "the primary stopped and says so", chosen: "m1", me: "m1",
			records: records(3, member("m1", func(m *ha.Member) { m.SessionRev, m.Status.Final = 30, 8 }))},
		{name: "a later run of the primary's node found nothing writable", chosen: "m2",
			records: records(3, member("m1", func(m *ha.Member) {
				m.SessionRev, m.Session.Instance, m.Status.Instance, m.Status.State = 30, "run1b", "run1b", ha.StateStandby
			}))},
		{name: "a later run of the primary's node is still looking", hold: ha.HoldOldPrimary,
			records: records(3, member("m1", func(m *ha.Member) {
				m.SessionRev, m.Session.Instance, m.Status.Instance, m.Status.State = 30, "run1b", "run1b", ha.StateStarting
			}))},
		{name: "a later run of the primary's node has not spoken", hold: ha.HoldOldPrimary,
			records: records(3, member("m1", func(m *ha.Member) { m.SessionRev, m.Session.Instance, m.Status.State = 30, "run1b", ha.StateStandby }))},
		{name: "the first primary", chosen: "m2", records: records(3, reign(func(r *ha.Reign) { *r = ha.Reign{} }),
			of("m2", func(s *ha.MemberStatus) { s.Final = 1 }), of("m3", func(s *ha.MemberStatus) { s.Final = 1 }))},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := ha.Elect(c.records, ha.Settings{}, nil, cmp.Or(c.free, long), c.request, cmp.Or(c.me, "m2"))
			for _, v := range e.Verdicts {
				if want, ok := c.want[v.Member]; ok && v.Reason != want {
					t.Errorf("%s: %v, want %v", v.Member, v.Reason, want)
				}
			}
			if e.Hold != c.hold || e.Chosen != c.chosen && e.Hold == ha.HoldNone {
				t.Errorf("want hold %q, chosen %q, got:\n%s", c.hold, c.chosen, wordOf(e))
			}
			if len(e.Verdicts) != len(c.records.Members) || e.Term != c.records.Reign.Term+1 {
				t.Errorf("term %v, %d verdicts", e.Term, len(e.Verdicts))
			}
		})
	}
}

// TestLossIsTold: the record of an election says what promoting costs.
func TestLossIsTold(t *testing.T) {
	c := records(3, of("m2", at(0x4000)), of("m3", at(0x4000)))
	if e := ha.Elect(c, ha.Settings{}, nil, time.Minute, ha.Request{}, "m2"); e.Chosen != "m2" || e.Behind != 0x1000 {
		t.Errorf("asynchronous: %s behind, %s", e.Behind, wordOf(e))
	}
	c = records(3, of("m2", at(0x4000)), of("m3", at(0x4000)), rule("m1", 1, "m2", "m3"))
	if e := ha.Elect(c, ha.Settings{}, nil, time.Minute, ha.Request{}, "m2"); e.Chosen != "m2" || e.Behind != 0 {
		t.Errorf("synchronous: what nobody acknowledged is no loss: %s behind, %s", e.Behind, wordOf(e))
	}
	forced := ha.Request{Kind: ha.RequestFailover, Force: true}
	if e := ha.Elect(c, ha.Settings{}, nil, time.Minute, forced, "m2"); e.Behind != 0x1000 || !e.Forced {
		t.Errorf("forced: %s behind, %s", e.Behind, wordOf(e))
	}
}

// TestOwnPolicy: a policy orders who may be promoted; it lets nobody in.
func TestOwnPolicy(t *testing.T) {
	last := func(a, b ha.Candidate) int { return -strings.Compare(string(a.Member), string(b.Member)) }
	c := records(4, of("m4", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true }))
	if e := ha.Elect(c, ha.Settings{}, last, time.Minute, ha.Request{}, "m3"); e.Chosen != "m3" {
		t.Error(wordOf(e))
	}
	indifferent := func(a, b ha.Candidate) int { return 0 }
	if e := ha.Elect(c, ha.Settings{}, indifferent, time.Millisecond, ha.Request{}, "m3"); e.Hold != ha.HoldTurn || e.Chosen != "m2" {
		t.Errorf("all members must come to the same order: %s", wordOf(e))
	}
}

// randomRecords makes records in which anything may be, with few values for
// each thing, so that what matters meets often.
func randomRecords(r *rand.Rand) *ha.Cluster {
	c := records(2 + r.IntN(6))
	for i := range c.Members {
		m := &c.Members[i]
		s := &m.Status
		s.LSN, s.Timeline = ha.LSN(0x4000+0x100*r.IntN(5)), uint32(3+r.IntN(2))
		s.Tags.Priority, s.Tags.NeverPromote = r.IntN(3), r.IntN(8) == 0
		s.Final = ha.Term(7 + r.IntN(4)/3) // mostly not
		if r.IntN(3) > 0 {
			s.Final = 8
		}
		if r.IntN(4) == 0 {
			dead(m)
		}
		if r.IntN(8) == 0 {
			s.Data = ha.DataState(r.IntN(5))
		}
		if r.IntN(8) == 0 {
			s.State = ha.State(r.IntN(10))
		}
	}
	for range r.IntN(3) {
		perm := r.Perm(len(c.Members))
		var names []ha.MemberID
		for _, i := range perm[1 : 1+r.IntN(len(perm))] {
			names = append(names, c.Members[i].Name)
		}
		rule(c.Members[perm[0]].Name, r.IntN(3), names...)(c)
	}
	if r.IntN(2) == 0 {
		c.Reign.Released, c.Reign.Exact = true, r.IntN(2) == 0
		c.Reign.End = ha.LSN(0x4000 + 0x100*r.IntN(5))
		c.Reign.To = ha.MemberID(fmt.Sprintf("m%d", 1+r.IntN(len(c.Members))))
	}
	return c
}

// TestElectionProperties checks on random records what must be so on all.
func TestElectionProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	chosen, synchronous := 0, 0
	for i := range 20_000 {
		c := randomRecords(r)
		me := c.Members[r.IntN(len(c.Members))].Name
		free := time.Duration(r.IntN(9)) * time.Second
		e := ha.Elect(c, ha.Settings{}, nil, free, ha.Request{}, me)
		count := 0
		for _, v := range e.Verdicts {
			if v.Reason == ha.ReasonChosen {
				count++
			}
		}
		if want := min(len(e.Chosen), 1); count != want {
			t.Fatalf("case %d: %d members are chosen:\n%s", i, count, wordOf(e))
		}
		if e.Hold != ha.HoldNone {
			continue
		}
		chosen++
		winner := c.Member(e.Chosen)
		switch s := winner.Status; {
		case !winner.Alive(), s.Final != 8, s.Data != ha.DataPresent, s.SystemID != "db", s.Tags.NeverPromote,
			s.State == ha.StateRebuilding, s.State == ha.StateStopping, s.State == ha.StateStopped:
			t.Fatalf("case %d: %s must not be promoted: %+v", i, e.Chosen, s)
		}
		loose := func(r ha.SyncRule) bool { return r.K == 0 }
		if lost := winner.Status.LSN.Behind(ha.LastKnown(c)); slices.ContainsFunc(c.Rules, loose) && (lost > ha.DefaultMaxLag || e.Behind < lost) {
			t.Fatalf("case %d: after an asynchronous stretch %d bytes may be lost, and the verdict is %d", i, lost, e.Behind)
		}
		if !slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool { return r.K > 0 }) {
			continue
		}
		synchronous++
		final := func(m *ha.Member) bool { return m.Alive() && m.Status.Final == 8 }
		if !acknowledgedSeen(c.Rules, c.Members, final) {
			t.Fatalf("case %d: too few were seen: %s", i, wordOf(e))
		}
		for j := range c.Members {
			m := &c.Members[j]
			if final(m) && cmp.Or(cmp.Compare(m.Status.Timeline, winner.Status.Timeline), cmp.Compare(m.Status.LSN, winner.Status.LSN)) > 0 {
				t.Fatalf("case %d: %s was chosen, %s is ahead:\n%s", i, e.Chosen, m.Name, wordOf(e))
			}
		}
	}
	if chosen < 1000 || synchronous < 100 {
		t.Errorf("only %d elections ended, %d of them synchronous: the random records are too narrow", chosen, synchronous)
	}
}

// TestElectionsAgree: members that see the same at the same time come to the
// same winner, until the second one's turn has come.
func TestElectionsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 5_000 {
		c := randomRecords(r)
		if c.Member(c.Reign.To) == nil {
			c.Reign.To = ""
		}
		var winner ha.MemberID
		for j := range c.Members {
			e := ha.Elect(c, ha.Settings{}, nil, ha.DefaultElectionWait, ha.Request{}, c.Members[j].Name)
			if e.Chosen != c.Members[j].Name || e.Hold != ha.HoldNone {
				continue
			}
			if winner != "" {
				t.Fatalf("case %d: both %s and %s would go:\n%s", i, winner, e.Chosen, wordOf(e))
			}
			winner = e.Chosen
		}
	}
}

// TestHoldsEnd: a hold that says when it may end by time alone is looked at
// again then, and not for ever at the same instant.
func TestHoldsEnd(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	from := ha.Instant(time.Hour)
	for i := range 5_000 {
		c := randomRecords(r)
		me := c.Members[r.IntN(len(c.Members))].Name
		free := time.Duration(0)
		for step := range 20 {
			e := ha.Elect(c, ha.Settings{}, nil, free, ha.Request{}, me)
			if e.Until == 0 {
				break
			}
			if next := e.Until.Sub(from); next > free {
				free = next
			} else {
				t.Fatalf("case %d, step %d: free for %v, and asked to look again at %v", i, step, free, next)
			}
			if step == 19 {
				t.Fatalf("case %d: still waiting after %v: %s", i, free, wordOf(e))
			}
		}
	}
}

func TestDefaultPolicyIsATotalOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	draw := func() ha.Candidate {
		return ha.Candidate{
			Member: ha.MemberID(fmt.Sprintf("m%d", r.IntN(4))), Tags: ha.Tags{Priority: r.IntN(3)}, Timeline: uint32(r.IntN(3)),
			LSN: ha.LSN(r.IntN(3)), SameZone: r.IntN(2) == 0, Failed: r.IntN(2) == 0,
		}
	}
	sign := func(n int) int { return cmp.Compare(n, 0) }
	for range 50_000 {
		a, b, c := draw(), draw(), draw()
		ab, ba := sign(ha.DefaultPolicy(a, b)), sign(ha.DefaultPolicy(b, a))
		if ab != -ba {
			t.Fatalf("not antisymmetric: %+v, %+v: %d, %d", a, b, ab, ba)
		}
		if ab == 0 && a != b {
			t.Fatalf("not total: %+v, %+v are the same", a, b)
		}
		if ab <= 0 && ha.DefaultPolicy(b, c) <= 0 && ha.DefaultPolicy(a, c) > 0 {
			t.Fatalf("not transitive: %+v, %+v, %+v", a, b, c)
		}
	}
}

// The default policy puts data before preference.
func ExampleDefaultPolicy() {
	all := []ha.Candidate{
		{Member: "m1", LSN: 0x500, Tags: ha.Tags{Priority: 1}},
		{Member: "m2", LSN: 0x900, Failed: true},
		{Member: "m3", LSN: 0x900},
	}
	slices.SortFunc(all, ha.DefaultPolicy)
	fmt.Println(all[0].Member, all[1].Member, all[2].Member)
	// Output: m3 m1 m2
}
