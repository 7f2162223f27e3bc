// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

// word is what all small enumerations of the package can do.
type word interface {
	~uint8
	fmt.Stringer
	encoding.TextMarshaler
}

// wordPtr is a pointer to a word.
type wordPtr[T any] interface {
	*T
	encoding.TextUnmarshaler
}

// roundTrip checks every value of an enumeration: it has a name of its own,
// and is read back from it; a value outside has no text; a text outside no
// value. first is the first value that has a name.
func roundTrip[T word, P wordPtr[T]](t *testing.T, first T, want ...string) {
	name := reflect.TypeFor[T]().Name()
	t.Run(name, func(t *testing.T) {
		for i, text := range want {
			v := first + T(i)
			if v.String() != text {
				t.Errorf("%s(%d) is %q, want %q", name, uint8(v), v, text)
			}
			got, err := v.MarshalText()
			if err != nil || string(got) != text {
				t.Errorf("%s(%d) marshals to %q, %v", name, uint8(v), got, err)
			}
			var back T
			if err := P(&back).UnmarshalText([]byte(text)); err != nil || back != v {
				t.Errorf("%q is read as %v, %v", text, back, err)
			}
		}
		last := first + T(len(want))
		if s := last.String(); s != fmt.Sprintf("%s(%d)", name, uint8(last)) {
			t.Errorf("the value behind the last is %q: not all values are in this test", s)
		}
		if text, err := last.MarshalText(); err == nil {
			t.Errorf("no value, and marshals to %q", text)
		}
		if first != 0 { // the zero value has no name, and still survives JSON
			var zero, back T
			text, err := zero.MarshalText()
			if err != nil || len(text) != 0 {
				t.Errorf("zero marshals to %q, %v", text, err)
			}
			back = first
			if err := P(&back).UnmarshalText(text); err != nil || back != 0 {
				t.Errorf("zero is read as %v, %v", back, err)
			}
		}
		for _, bad := range []string{"no such", strings.ToUpper(want[0]), want[0] + " ", last.String()} {
			v := first
			err := P(&v).UnmarshalText([]byte(bad))
			if err == nil || v != first {
				t.Errorf("%q is read as %v, %v", bad, v, err)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), "ha: parse "+name) || !strings.Contains(err.Error(), want[0])) {
				t.Errorf("%q: the error names not the type and what it wants: %v", bad, err)
			}
		}
	})
}

func TestWordsRoundTrip(t *testing.T) {
	roundTrip(t, ha.RoleUnknown, "unknown", "primary", "standby", "cascade standby", "main standby", "pending", "normal")
	roundTrip(t, ha.StateStarting, "starting", "standby", "electing", "promoting", "primary", "demoting", "rebuilding",
		"fenced", "stopping", "stopped", "shadow")
	roundTrip(t, ha.TriggerSteady, "steady", "ready", "grant free", "grant mine", "grant elsewhere", "grant lost",
		"deadline", "writable without right", "promoted", "promotion failed", "server lost", "unfit", "hand over", "released",
		"diverged", "rejoined", "foreign data", "closing", "closed", "shadow", "take over")
	roundTrip(t, ha.ActNone, "none", "lease", "renew", "revoke", "load", "confirm", "open session", "identify",
		"acquire", "release", "reign", "sync rules", "publish", "answer", "observe", "init", "start", "stop", "promote",
		"follow", "detach", "rejoin", "set sync", "checkpoint", "hook", "pause", "expire", "due", "fence",
		"arm watchdog", "feed watchdog", "disarm watchdog", "ask primary", "shadow")
	roundTrip(t, ha.ReasonChosen, "chosen", "eligible, another is better", "no node lives under its name",
		"position not fixed yet", "no whole database", "data of another database", "tagged never to be promoted",
		"too far behind", "lacks log that another member has", "the grant is handed to another member",
		"is the primary", "does not stream from the primary", "its last promotion failed", "no such member",
		"its node is ending or rebuilding its data", "in downtime", "cools down after failures as primary",
		"one of its probes vetoes", "a probe of another member vetoes", "cascade standby, not tagged promotable",
		"cascade standby, the others come first",
		"not known to have the log of the primary that was taken over")
	roundTrip(t, ha.ParentNone, "none", "will do", "preferred", "best standby", "no standby is fit", "about to take over", "no standby is fit, waits for one")
	roundTrip(t, ha.ParentFit, "fit", "there is no such member", "is the member itself", "no node lives under its name", "is the primary",
		"is a cascade standby itself", "in downtime", "its node is ending or its data is being replaced", "streams from the member itself", "nothing comes from it",
		"takes part in an election", "does not stream from the primary", "not on the primary's timeline", "too far behind")
	roundTrip(t, ha.HoldNone, "none", "the former primary may still accept writes",
		"waiting for members to fix their position", "too few members of the synchronous set were seen",
		"no member may be promoted", "a better member goes first", "waiting for an operator's approval")
	roundTrip(t, ha.OrderSwitchover, "switchover", "failover", "pause", "resume", "config", "reinit", "restart", "cancel", "approve", "remove",
		"downtime", "end downtime", "take over")
	roundTrip(t, ha.WouldNothing, "nothing", "sync", "follow", "start", "rejoin", "stop", "wait", "promote")
	roundTrip(t, ha.ShadowWould, "would", "changed", "back", "split")
	roundTrip(t, ha.ObstacleNotShadowed, "not shadowed", "no primary", "split brain", "member missing", "member not ready", "foreign data",
		"settings", "manager not named", "under way")
	roundTrip(t, ha.RequestSwitchover, "switchover", "failover")
	roundTrip(t, ha.AnswerDone, "done", "refused", "failed", "scheduled", "cancelled")
	roundTrip(t, ha.FailureNone, "none", "node lost", "server crashed", "server hung", "promotion failed", "lease ran out")
	roundTrip(t, ha.ResultDone, "done", "refused", "failed", "uncertain")
	roundTrip(t, ha.FaultNone, "none", "conflict", "lease gone", "unavailable", "needs rejoin", "veto", "other")
	roundTrip(t, ha.HookNone, "none", "promote", "switchover")
	roundTrip(t, ha.WatchdogAutomatic, "automatic", "required", "off")
	roundTrip(t, ha.FenceNone, "none", "lease", "locked out", "storage", "watchdog", "device", "stopped")
	roundTrip(t, ha.ProbeUnknown, "unknown", "healthy", "suspect", "dead")
	roundTrip(t, ha.GuardUnknown, "unknown", "off", "armed")
	roundTrip(t, ha.DataUnknown, "unknown", "none", "present", "broken", "foreign")
	roundTrip(t, ha.StopFast, "fast", "immediate", "kill")
	roundTrip(t, ha.StartStandby, "standby", "primary")
	roundTrip(t, ha.RowKind(0), "missing", "allowed", "ignored", "refused")
}

func TestParseRole(t *testing.T) {
	if r, err := ha.ParseRole("main standby"); r != ha.RoleMainStandby || err != nil {
		t.Error(r, err)
	}
	if r, err := ha.ParseRole("Primary"); r != ha.RoleUnknown || err == nil {
		t.Error(r, err)
	}
}

func TestParseLSN(t *testing.T) {
	for _, c := range []struct {
		in   string
		want ha.LSN
		out  string // canonical form
	}{
		{"0/0", 0, "0/0"},
		{"16/B374D848", 0x16_B374D848, "16/B374D848"},
		{"16/b374d848", 0x16_B374D848, "16/B374D848"},
		{"0/1", 1, "0/1"},
		{"00000001/00000002", 0x1_00000002, "1/2"},
		{"FFFFFFFF/FFFFFFFF", math.MaxUint64, "FFFFFFFF/FFFFFFFF"},
	} {
		got, err := ha.ParseLSN(c.in)
		if err != nil || got != c.want || got.String() != c.out {
			t.Errorf("ParseLSN(%q) = %v, %v; want %v", c.in, got, err, c.out)
		}
	}
	for _, bad := range []string{"", "/", "1", "1/", "/1", "1/2/3", "123456789/0", "0/123456789", "g/0", "0/g", "+1/0", "0/-1", " 1/0", "1 /0", "0x1/0", "1/0\n"} {
		l, err := ha.ParseLSN(bad)
		if err == nil || l != 0 || !strings.Contains(err.Error(), fmt.Sprintf("%q", bad)) {
			t.Errorf("ParseLSN(%q) = %v, %v; want an error that quotes it", bad, l, err)
		}
	}
}

// TestLSNIsANumber is the order that a comparison of texts gets wrong.
func TestLSNIsANumber(t *testing.T) {
	small, large := ha.LSN(0x2_000005C8), ha.LSN(0x2_00001000)
	if small.String() <= large.String() {
		t.Fatalf("%s and %s are in order as texts: choose others", small, large)
	}
	if b := small.Behind(large); b != 0x1000-0x5C8 {
		t.Errorf("%s is %s behind %s", small, b, large)
	}
	if b := large.Behind(small); b != 0 {
		t.Errorf("%s is %s behind %s", large, b, small)
	}
}

func TestParseBytes(t *testing.T) {
	for in, want := range map[string]ha.Bytes{
		"0": 0, "7": 7, "7B": 7, "7 B": 7, "1KiB": 1024, "1kB": 1024, "1 KB": 1024, "16 MiB": 16 << 20, "16MB": 16 << 20,
		"3 GiB": 3 << 30, "3GB": 3 << 30, "18446744073709551615": math.MaxUint64, "17179869183GiB": 17179869183 << 30,
	} {
		if got, err := ha.ParseBytes(in); err != nil || got != want {
			t.Errorf("ParseBytes(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "B", "MiB", "-1", "+1", "1.5 MiB", "1 TiB", "1 mib", "1 MiB ", "1e3", "17179869184GiB", "18446744073709551616", "1 M", "1 iB"} {
		if got, err := ha.ParseBytes(bad); err == nil || got != 0 {
			t.Errorf("ParseBytes(%q) = %d, %v; want an error", bad, got, err)
		}
	}
	for b, want := range map[ha.Bytes]string{
		0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1025: "1025 B", 16 * ha.MiB: "16 MiB", 1536 * ha.MiB: "1536 MiB",
		2 * ha.GiB: "2 GiB", math.MaxUint64: "18446744073709551615 B",
	} {
		if b.String() != want {
			t.Errorf("%d is written %q, want %q", uint64(b), b, want)
		}
	}
}

func TestMemberID(t *testing.T) {
	for _, good := range []ha.MemberID{"m", "m1", "1", "node-a_7", ha.MemberID(strings.Repeat("x", 63))} {
		if err := good.Validate(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []ha.MemberID{"", "-m", "_m", "M", "m.1", "a/b", "m 1", "ü", "m\x00", ha.MemberID(strings.Repeat("x", 64))} {
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", string(bad))) {
			t.Errorf("%q: %v; want an error that quotes it", string(bad), err)
		}
	}
}

func TestInstant(t *testing.T) {
	var start ha.Instant
	later := start.Add(1500e6)
	if later.Sub(start) != 1500e6 || later.String() != "1.5s" {
		t.Error(later)
	}
}

func TestSyncSet(t *testing.T) {
	s := ha.SyncSet{K: 1, Members: []ha.MemberID{"m2", "m3"}}
	if s.String() != "ANY 1 (m2,m3)" || (ha.SyncSet{}).String() != "async" {
		t.Errorf("%v, %v", s, ha.SyncSet{})
	}
	if !s.Has("m3") || s.Has("m1") {
		t.Error("Has is wrong")
	}
	if !s.Equal(ha.SyncSet{K: 1, Members: []ha.MemberID{"m2", "m3"}}) || s.Equal(ha.SyncSet{K: 2, Members: s.Members}) ||
		s.Equal(ha.SyncSet{K: 1}) {
		t.Error("Equal is wrong")
	}
}

func TestUncertain(t *testing.T) {
	if ha.Uncertain(nil) || ha.Uncertain(errors.New("no")) {
		t.Error("a plain failure is certain")
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if !ha.Uncertain(fmt.Errorf("stop: %w", ended)) {
			t.Errorf("%v makes an action uncertain", ended)
		}
	}
	if !ha.Uncertain(fmt.Errorf("promote: %w", maybe{})) {
		t.Error("an error that says so is uncertain")
	}
}

type maybe struct{}

func (maybe) Error() string   { return "who knows" }
func (maybe) Uncertain() bool { return true }

func FuzzParseLSN(f *testing.F) {
	for _, s := range []string{"0/0", "16/B374D848", "g/", "FFFFFFFF/FFFFFFFF", "1//2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ha.ParseLSN(s)
		if err != nil {
			if l != 0 {
				t.Fatalf("%q: %v with an error", s, l)
			}
			return
		}
		again, err := ha.ParseLSN(l.String())
		if err != nil || again != l || again.String() != l.String() {
			t.Fatalf("%q -> %v -> %v, %v", s, l, again, err)
		}
	})
}

func FuzzParseBytes(f *testing.F) {
	for _, s := range []string{"0", "16 MiB", "1kB", "18446744073709551615 B", "1 GKi"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ha.ParseBytes(s)
		if err != nil {
			return
		}
		again, err := ha.ParseBytes(b.String())
		if err != nil || again != b {
			t.Fatalf("%q -> %v -> %v, %v", s, b, again, err)
		}
	})
}

func FuzzNames(f *testing.F) {
	f.Add("primary")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range []interface {
			encoding.TextUnmarshaler
			encoding.TextMarshaler
		}{
			new(ha.Role), new(ha.State), new(ha.Trigger), new(ha.ActionKind), new(ha.Reason), new(ha.Hold), new(ha.OrderKind),
			new(ha.RequestKind), new(ha.AnswerCode), new(ha.Result), new(ha.Fault), new(ha.DataState), new(ha.StopMode), new(ha.Failure),
		} {
			if v.UnmarshalText([]byte(s)) != nil {
				continue
			}
			if text, err := v.MarshalText(); err != nil || string(text) != s {
				t.Fatalf("%T: %q comes back as %q, %v", v, s, text, err)
			}
		}
	})
}

// Positions are numbers; as texts these two would be in the other order.
func ExampleLSN_Behind() {
	a, _ := ha.ParseLSN("2/5C8")
	b, _ := ha.ParseLSN("2/1000")
	fmt.Println(a.Behind(b), "behind;", b.Behind(a), "behind")
	// Output: 2616 B behind; 0 B behind
}

func ExampleParseBytes() {
	limit, err := ha.ParseBytes("16MB") // as postgresql.conf writes it
	fmt.Println(limit, limit == 16*ha.MiB, err)
	// Output: 16 MiB true <nil>
}

// The words are names in JSON, and are read back from them.
func ExampleState() {
	text, _ := json.Marshal(map[string]any{"state": ha.StateElecting, "role": ha.RoleCascade})
	fmt.Println(string(text))
	var s ha.State
	fmt.Println(json.Unmarshal([]byte(`"leader"`), &s) != nil)
	// Output:
	// {"role":"cascade standby","state":"electing"}
	// true
}
