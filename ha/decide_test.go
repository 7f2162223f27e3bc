// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/hatest"
)

// randomInput is an input in which anything may be together, also what no node
// ever sees: Decide must stay within its rules all the same.
func randomInput(r *rand.Rand) *ha.Input {
	some := func(n int) bool { return r.IntN(n) == 0 }
	instant := func() ha.Instant { return ha.Instant(r.IntN(60)) * ha.Instant(time.Second) }
	name := func() ha.MemberID { return ha.MemberID(fmt.Sprintf("m%d", 1+r.IntN(4))) }
	c := randomRecords(r)
	in := &ha.Input{
		Now: ha.Instant(time.Minute),
		Self: &ha.Self{
			Cluster: "c1", Name: name(), Address: "db:1", Instance: fmt.Sprintf("run%d", r.IntN(4)), Claim: "dir",
			CanInit: some(2), CanSetSync: some(2), CanCheckpoint: some(2), CanAsk: some(2), HasHook: some(3), KeepServer: some(4),
		},
		Poked: some(5),
	}
	c.Settings.Durability.K = r.IntN(3)
	for i := range c.Members {
		c.Members[i].Status.Address = string(c.Members[i].Name) + ":1"
	}
	if me := c.Member(in.Self.Name); me != nil && !some(4) {
		me.Known, me.SessionRev, me.Lease, me.Session.Instance = true, 20, 7, in.Self.Instance
	}
	if some(2) {
		c.GrantRev = dcs.Revision(30 + r.IntN(3))
		c.Grant = ha.Grant{Holder: name(), Term: ha.Term(6 + r.IntN(3)), Instance: fmt.Sprintf("run%d", r.IntN(4)), Claim: "dir"}
	}
	if c.GrantRev != 0 && some(2) {
		c.Reign.Term, c.Reign.Holder, c.Reign.Released = c.Grant.Term, c.Grant.Holder, false
		c.Member("m1").SessionRev, c.Member("m2").SessionRev = 20, 20
	}
	for _, change := range []func(*ha.Cluster){
		paused, asked, func(c *ha.Cluster) { c.Request.Kind = ha.RequestFailover }, func(c *ha.Cluster) { c.Request.To = name() },
		func(c *ha.Cluster) { c.Identity = ha.Identity{By: []ha.MemberID{"", name()}[r.IntN(2)]} }, func(c *ha.Cluster) { c.Reign = ha.Reign{} },
	} {
		if some(5) {
			change(c)
		}
	}
	m := &in.Machine
	m.State, m.Since, m.Seq = ha.State(r.IntN(10)), instant(), uint64(r.IntN(100))
	if !some(5) {
		m.Lease, m.LeaseSent = dcs.LeaseID(7), in.Now.Add(-time.Duration(r.IntN(5_000))*time.Millisecond)
		m.RenewAt = in.Now.Add(time.Duration(r.IntN(100)-10) * time.Millisecond)
		m.LeaseTTL, m.LeaseMargin = 5*time.Second, time.Second
		m.SessionRev = dcs.Revision(20 * r.IntN(2))
	}
	m.GrantRev, m.Term = dcs.Revision(r.IntN(2)*(30+r.IntN(3))), cmp.Or(c.Grant.Term, 7)
	if c.GrantRev != 0 && some(2) {
		c.Grant.Holder, c.Grant.Instance, m.GrantRev = in.Self.Name, in.Self.Instance, c.GrantRev
	}
	m.ReignRev = dcs.Revision(r.IntN(2))
	for _, b := range []*bool{&m.Confirmed, &m.Promoted, &m.PromoFail, &m.HandReady, &m.Stopped, &m.GaveBack, &m.Revoked, &m.NeedsRejoin, &m.Rejoined, &m.Loaded, &m.Resumed} {
		*b = some(3)
	}
	if !some(4) {
		m.Loaded = true
	}
	for _, at := range []*ha.Instant{&m.DownSince, &m.SilentSince, &m.FreeSince, &m.DrySince, &m.FirstSeen, &m.ConfirmAt, &m.ObsAfter, &m.EngineAt, &m.StoreAt, &m.HandSince} {
		if some(3) {
			*at = instant()
		}
	}
	if some(2) { // nothing is in the way of an action
		m.ObsAfter, m.EngineAt, m.StoreAt, m.ConfirmAt = 0, 0, 0, in.Now
	}
	m.FreeTerm, m.Hooked, m.StopMode = ha.Term(7+r.IntN(2)), ha.HookPhase(r.IntN(3)), ha.StopMode(r.IntN(3))
	m.HandID, m.HandTo = []string{"", "r1"}[r.IntN(2)], []ha.MemberID{"", "m2"}[r.IntN(2)]
	m.Published.Final = ha.Term(7 + r.IntN(2))
	for l := range m.Flights {
		if !some(6) {
			continue
		}
		var kinds []ha.ActionKind
		for k := ha.ActLease; k <= ha.ActAsk; k++ {
			if k == ha.ActPause || k == ha.ActExpire || k == ha.ActDue {
				continue // they end like an answer
			}
			if int(k.Lane()) == l {
				kinds = append(kinds, k)
			}
		}
		f := &m.Flights[l]
		f.ID, f.Kind, f.Begun, f.Limit = uint64(1+r.IntN(100)), kinds[r.IntN(len(kinds))], instant(), time.Second
		if some(2) {
			in.Outcomes = append(in.Outcomes, ha.Outcome{
				ID: f.ID, Kind: f.Kind, Began: f.Begun, Ended: in.Now, Result: ha.Result(1 + r.IntN(4)), Fault: ha.Fault(r.IntN(7)),
				Detail: "because", Lease: 7, Revision: 101,
			})
		}
	}
	in.View = ha.View{ObsBegan: instant(), ObsKnown: !some(6), Closing: some(6), Wall: randomWall, Obs: randomObservation(r)}
	withOps(in, c)
	if !some(8) {
		in.View.Cluster = c
	}
	return in
}

func randomObservation(r *rand.Rand) ha.Observation {
	some := func(n int) bool { return r.IntN(n) == 0 }
	o := ha.Observation{Data: ha.DataPresent, SystemID: "db", Timeline: uint32(3 + r.IntN(2)), LSN: ha.LSN(0x4000 + 0x100*r.IntN(5))}
	if some(5) {
		o.Data = ha.DataState(r.IntN(5))
	}
	if some(10) {
		o.SystemID, o.Unserved = "other", some(2)
	}
	o.Running = !some(3)
	o.Answers, o.Clean, o.Role = o.Running && !some(4), !o.Running && some(2), ha.Role(r.IntN(4))
	o.Writable = o.Answers && some(2)
	name := func() ha.MemberID { return ha.MemberID(fmt.Sprintf("m%d", 1+r.IntN(4))) }
	o.Streaming, o.Upstream, o.Sync = some(2), name(), ha.SyncSet{K: r.IntN(2), Members: []ha.MemberID{"m2"}}
	o.Receivers = []ha.Receiver{{Member: name(), Streaming: some(2), Flushed: o.LSN}}
	return o
}

// TestDecideKeepsItsRules checks on random inputs what the safety argument
// takes for granted of every single decision.
func TestDecideKeepsItsRules(t *testing.T) {
	r, shadows := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(7, 8))
	seen := map[ha.ActionKind]int{}
	rows := map[[2]uint8]bool{}
	typical := []*ha.Input{idlePrimary(), idleStandby(), election(), deadline(), switchover(), foreign(), preparing(), founding(), promoting(), flapping(), expired(), due(), shadowing()}
	for i := range 60_000 {
		in := randomInput(r)
		if i%3 == 0 {
			inQuorum(r, in)
		}
		if i%4 == 0 {
			inGuard(r, in)
		}
		if i%7 == 0 {
			inShadow(shadows, in)
		}
		if i < len(typical) {
			in = typical[i]
		}
		before := text(in, i)
		d := ha.Decide(in)
		if after := text(in, i); after != before {
			t.Fatalf("case %d: Decide has changed its input\n%s\n%s", i, before, after)
		}
		if err := checkDecision(in, &d); err != nil {
			t.Fatalf("case %d: %v\ninput: %s", i, err, text(in, 0))
		}
		rows[[2]uint8{uint8(d.From), uint8(d.Trigger)}] = true
		for _, a := range d.Actions {
			seen[a.Kind]++
		}
	}
	for k := ha.ActLease; k <= ha.ActShadow; k++ {
		if seen[k] == 0 {
			t.Errorf("no random input led to %v: the test says nothing about it", k)
		}
	}
	for _, s := range ha.States() {
		for _, tr := range ha.Triggers() {
			if ha.Transition(s, tr).Kind == ha.RowAllowed && !rows[[2]uint8{uint8(s), uint8(tr)}] {
				t.Errorf("no random input led from %v by %v", s, tr)
			}
		}
	}
}

// text is an input as JSON, for some of the cases: it takes longer than the
// decision.
func text(in *ha.Input, i int) string {
	if i%100 != 0 {
		return ""
	}
	out, _ := json.Marshal(in)
	return string(out)
}

func checkDecision(in *ha.Input, d *ha.Decision) error {
	row := ha.Transition(d.From, d.Trigger)
	switch {
	case d.From != in.Machine.State || d.To != d.Machine.State:
		return fmt.Errorf("from %v to %v, and the machine went from %v to %v", d.From, d.To, in.Machine.State, d.Machine.State)
	case row.Kind == ha.RowRefused:
		return fmt.Errorf("(%v, %v) is refused by the table: %s", d.From, d.Trigger, row.Why)
	case row.To != d.To || row.Why != d.Why:
		return fmt.Errorf("(%v, %v) leads to %v, not to %v", d.From, d.Trigger, row.To, d.To)
	case d.Wake <= in.Now:
		return fmt.Errorf("asked to be woken at %v, and it is %v: a node would spin", d.Wake, in.Now)
	}
	duties, lanes := ha.Duties(d.To), map[ha.Lane]bool{}
	for _, a := range d.Actions {
		lane := a.Kind.Lane()
		switch {
		case !slices.Contains(duties, a.Kind):
			return fmt.Errorf("%v is no duty of %v", a.Kind, d.To)
		case lanes[lane]:
			return fmt.Errorf("two actions on the lane of %v", a.Kind)
		case a.Limit <= 0:
			return fmt.Errorf("%v has no time limit", a.Kind)
		case d.Machine.Flights[lane].ID != a.ID:
			return fmt.Errorf("%v is not known to be under way", a.Kind)
		}
		lanes[lane] = true
		if err := a.Txn.Validate(); err != nil {
			return fmt.Errorf("%v: %w", a.Kind, err)
		}
		if err := mayWrite(d, &a); err != nil {
			return err
		}
	}
	return hatest.CheckDecision(in, d)
}

// mayWrite checks R1 and R3 for actions after which a server may be writable.
func mayWrite(d *ha.Decision, a *ha.Action) error {
	primary := a.Kind == ha.ActPromote || a.Kind == ha.ActStart && a.Mode == ha.StartPrimary
	if !primary {
		return nil
	}
	if d.To != ha.StatePromoting && d.To != ha.StatePrimary {
		return fmt.Errorf("%v as primary while %v", a.Kind, d.To)
	}
	if !d.Machine.Confirmed || d.Machine.GrantRev == 0 || a.Term != d.Machine.Term || a.Term == 0 {
		return fmt.Errorf("%v in term %v without a confirmed grant: %+v", a.Kind, a.Term, d.Machine)
	}
	return nil
}

// TestRecordsReplay: a record that went through JSON leads to the very same
// decision.
func TestRecordsReplay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		in := randomInput(r)
		rec := ha.Record{Input: *in, Decision: ha.Decide(in)}
		text, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		var back ha.Record
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("case %d: %v\n%s", i, err, text)
		}
		if err := back.Replay(); err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		again, err := json.Marshal(back)
		if err != nil || string(again) != string(text) {
			t.Fatalf("case %d: not the same after a round trip: %v\n%s\n%s", i, err, text, again)
		}
	}
}

// TestReplayNoticesADifference: a replay compares every part.
func TestReplayNoticesADifference(t *testing.T) {
	in := randomInput(rand.New(rand.NewPCG(5, 6)))
	for name, change := range map[string]func(*ha.Decision){
		"Wake":    func(d *ha.Decision) { d.Wake++ },
		"Why":     func(d *ha.Decision) { d.Why += "!" },
		"Machine": func(d *ha.Decision) { d.Machine.Term++ },
		"Actions": func(d *ha.Decision) { d.Actions = append(d.Actions, ha.Action{Kind: ha.ActStop}) },
		"To":      func(d *ha.Decision) { d.To = ha.StateStopped },
	} {
		rec := ha.Record{Input: *in, Decision: ha.Decide(in)}
		change(&rec.Decision)
		if err := rec.Replay(); !errors.Is(err, ha.ErrReplay) || !strings.Contains(err.Error(), ": "+name+" is ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStoredRecords replays the records in testdata, one for each kind of
// decision that matters; they were made by an earlier build, so a change of
// behaviour or of format shows. -update writes them anew.
func TestStoredRecords(t *testing.T) {
	inputs := map[string]*ha.Input{
		"idle-primary": idlePrimary(), "idle-standby": idleStandby(), "election": election(), "deadline": deadline(),
		"switchover": switchover(), "foreign": foreign(), "preparing": preparing(), "founding": founding(),
		"flapping": flapping(), "expired": expired(), "due": due(),
	}
	for name, in := range inputs {
		path := filepath.Join("testdata", "record-"+name+".json")
		if *update {
			text, err := json.MarshalIndent(ha.Record{Input: *in, Decision: ha.Decide(in)}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var rec ha.Record
		if err := json.Unmarshal(text, &rec); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if err := rec.Replay(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestRecordsHoldPlainData: whatever stands in a record survives JSON, but for
// the policy, which its owner sets again.
func TestRecordsHoldPlainData(t *testing.T) {
	var walk func(path string, typ reflect.Type)
	seen := map[reflect.Type]bool{}
	walk = func(path string, typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Func, reflect.Interface, reflect.Chan, reflect.Map, reflect.UnsafePointer:
			t.Errorf("%s is a %v", path, typ)
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(path+"[]", typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				f := typ.Field(i)
				if !f.IsExported() {
					t.Errorf("%s.%s is not exported, so JSON loses it", path, f.Name)
				}
				if f.Tag.Get("json") != "-" {
					walk(path+"."+f.Name, f.Type)
				} else if f.Name != "Policy" {
					t.Errorf("%s.%s is left out of JSON", path, f.Name)
				}
			}
		}
	}
	walk("Record", reflect.TypeFor[ha.Record]())
}
