// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

// readingsHold checks what this package promises for every text.
func readingsHold(t testing.TB, text string) {
	t.Helper()
	v, err := replconn.Parse(text)
	if err != nil {
		var bad *replconn.ParseError
		if !errors.As(err, &bad) || len(bad.Problems) == 0 || !v.IsEmpty() {
			t.Fatalf("Parse(%q) = %v, %v", text, v, err)
		}
		for _, p := range bad.Problems {
			if p.Offset < 0 || p.Offset+len(p.Text) > len(text) || !strings.EqualFold(text[p.Offset:p.Offset+len(p.Text)], p.Text) {
				t.Fatalf("Parse(%q): %#v is not where it says", text, p)
			}
		}
	} else {
		canonicalHolds(t, v)
		doc, err := replconn.ParseDocument(text)
		if err != nil || doc.String() != text || !doc.Value().Equal(v) {
			t.Fatalf("ParseDocument(%q) = %q, %v", text, doc, err)
		}
	}
	server, ctl := replconn.ParseServer(text), replconn.ParseGsCtl(text)
	for _, r := range []replconn.Reading{server, ctl, replconn.ParseServerLite(text)} {
		if (r.Outcome == replconn.OutcomeChannels) != (len(r.Channels) > 0) || r.Offset < 0 || r.Offset > len(text)+1 {
			t.Fatalf("%q is read as %+v", text, r)
		}
	}
	for _, slot := range []replconn.Slot{replconn.Own(1), replconn.Own(2), replconn.CrossCluster(1)} {
		if found := replconn.Lint(slot, text); len(found) > 0 {
			continue
		}
		if err != nil {
			t.Fatalf("%s: Lint finds nothing in %q, Parse %v", slot, text, err)
		}
		agrees(t, text, v, server, false)
		agrees(t, text, v, ctl, true)
	}
	agreesWithOracle(t, text)
}

// canonicalHolds checks the promises about the canonical form of a valid value.
func canonicalHolds(t testing.TB, v replconn.Value) {
	t.Helper()
	text := v.String()
	again, err := replconn.Parse(text)
	if err != nil || !again.Equal(v) {
		t.Fatalf("%+v prints %q, which reads back as %+v, %v", v, text, again, err)
	}
	if err := v.Validate(); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	agrees(t, text, v, replconn.ParseServer(text), false)
	if len(text) < 1024 { // gs_ctl reads no more
		agrees(t, text, v, replconn.ParseGsCtl(text), true)
	}
	if p, missing, ok := replconn.PollCM(text); len(v.Channels) > 0 && len(v.Channels[0].Local.Host.String()) <= 62 {
		want, _, _ := strings.Cut(v.Channels[0].Local.Host.String(), "%")
		if !ok || p.Host != want {
			t.Fatalf("CM's poll gets %+v from %q, %s is missing", p, text, missing)
		}
	}
	agreesWithOracle(t, text)
}

// agrees checks that a scanner understands what the value says.
func agrees(t testing.TB, text string, v replconn.Value, r replconn.Reading, ctl bool) {
	t.Helper()
	if len(v.Channels) == 0 {
		if r.Outcome != replconn.OutcomeNone {
			t.Fatalf("%q is empty, but read as %+v", text, r)
		}
		return
	}
	got, ok := r.Effective()
	if !ok {
		t.Fatalf("%q is %s", text, r.Outcome)
	}
	used := v.Channels[0]
	if ctl {
		if len(v.Channels) > 1 {
			return // flags of all channels, hosts of the last
		}
		used.Local.HeartbeatPort, used.Remote.HeartbeatPort = 0, 0
	}
	want := replconn.ServerChannel{
		LocalHost: used.Local.Host.String(), LocalPort: int32(used.Local.Port), LocalHeartbeatPort: int32(used.Local.HeartbeatPort),
		RemoteHost: used.Remote.Host.String(), RemotePort: int32(used.Remote.Port), RemoteHeartbeatPort: int32(used.Remote.HeartbeatPort),
		RemoteNodeID: used.Uwal.NodeID, RemoteUwalHost: used.Uwal.Host.String(), RemoteUwalPort: int32(used.Uwal.Port),
		IsCascade: used.IsCascade.Bool(), IsCrossRegion: used.IsCrossRegion.Bool(),
	}
	if got != want {
		t.Fatalf("%q\nis read as %+v\n     want %+v", text, got, want)
	}
}

func seeds(f *testing.F) {
	for text := range realTexts(f) {
		f.Add(text)
	}
	for _, text := range []string{
		"", " ", ",", base, base + " ", base + "," + base, strings.ReplaceAll(base, "=", " = "),
		base + " iscascade=True", base + " remotenodeid=7 remoteuwalhost=10.0.0.9 remoteuwalport=9991", base + " a=b c=d",
		"remoteport=2 localport=1 localhost=10.0.0.1 remotehost=10.0.0.2",
		"localhost=fe80::1%eth0 localport=1 remotehost=localhost remoteport=70000",
	} {
		f.Add(text)
	}
}

// FuzzParse parses, formats and parses again, and holds all readings against
// each other.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) { readingsHold(t, text) })
}

// FuzzDocument changes one text into the value of another.
func FuzzDocument(f *testing.F) {
	f.Add(base, base+" iscascade=true")
	f.Add("  remoteport=2   localport = 1 x=y localhost=10.0.0.1 remotehost= 10.0.0.2 ", base)
	f.Add(base+" a=b c=d", base+" c=d a=b")
	f.Add(base+" remotenodeid=0", base+" remotenodeid=3")
	f.Add(base+","+base, base)
	f.Fuzz(func(t *testing.T, text, other string) {
		doc, err := replconn.ParseDocument(text)
		if err != nil {
			return
		}
		v, err := replconn.Parse(other)
		if err != nil {
			return
		}
		got, err := doc.With(v)
		if err != nil || !got.Value().Equal(v) {
			t.Fatalf("%q with %q is %q, %v", text, other, got, err)
		}
		if same, err := doc.With(doc.Value()); err != nil || same.String() != text {
			t.Fatalf("%q with its own value is %q, %v", text, same, err)
		}
	})
}

// FuzzReload looks for texts on which the prediction fails or contradicts
// itself.
func FuzzReload(f *testing.F) {
	f.Add(base, base+" iscascade=true iscrossregion=true", "", uint8(1))
	f.Add(base+" iscascade=true", base, base, uint8(0))
	f.Fuzz(func(t *testing.T, before, after, first string, mode uint8) {
		changeAgreesWithOracle(t, before, after, first)
		one, two := replconn.Own(1), replconn.Own(2)
		old := replconn.Settings{}.With(one, first).With(two, before)
		running := replconn.Running{Mode: replconn.Mode(mode % 3), Receiver: two}
		e := replconn.Reload(old, old.With(two, after), running)
		if len(e.Changes) > 1 || (len(e.Changes) == 1) != (before != after) {
			t.Fatalf("%q to %q: %+v", before, after, e)
		}
		for _, slot := range e.Kept {
			if slices.Contains(e.SendersEnded, slot) {
				t.Fatalf("%q to %q: %s is kept and ended: %+v", before, after, slot, e)
			}
		}
		if e.Deferred && (e.ListenersRebuilt || e.ReceiverRestarted || e.SendersEnded != nil) {
			t.Fatalf("%q to %q: deferred, and yet %+v", before, after, e)
		}
	})
}
