// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

func host(t testing.TB, s string) replconn.Host {
	t.Helper()
	h, err := replconn.ParseHost(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func parsed(t testing.TB, text string) replconn.Value {
	t.Helper()
	v, err := replconn.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// base is the shortest valid channel; tests append to it.
const base = "localhost=10.0.0.1 localport=5433 remotehost=10.0.0.2 remoteport=5434"

func baseChannel(t testing.TB) replconn.Channel {
	return replconn.Channel{
		Local:  replconn.Endpoint{Host: host(t, "10.0.0.1"), Port: 5433},
		Remote: replconn.Endpoint{Host: host(t, "10.0.0.2"), Port: 5434},
	}
}

func TestParseReadsEveryField(t *testing.T) {
	text := "localhost=fe80::1%eth0 localport=5433 localheartbeatport=5437 localservice=5436" +
		" remotehost=db-2.example_net remoteport=6433 remoteheartbeatport=6437 remoteservice=6436" +
		" remotenodeid=7 remoteuwalhost=10.0.0.9 remoteuwalport=9991 iscascade=true iscrossregion=false" +
		" sslmode=verify-ca disable_repl=1 uuid=a=b"
	want := replconn.Channel{
		Local:         replconn.Endpoint{Host: replconn.HostFrom(netip.MustParseAddr("fe80::1%eth0")), Port: 5433, HeartbeatPort: 5437, ServicePort: 5436},
		Remote:        replconn.Endpoint{Host: host(t, "db-2.example_net"), Port: 6433, HeartbeatPort: 6437, ServicePort: 6436},
		Uwal:          replconn.Uwal{NodeID: 7, Host: host(t, "10.0.0.9"), Port: 9991},
		IsCascade:     replconn.True,
		IsCrossRegion: replconn.False,
		SSLMode:       replconn.SSLVerifyCA,
		Extra:         replconn.Extras{}.With("disable_repl", "1").With("uuid", "a=b"),
	}
	v, err := replconn.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := v.Channel()
	if !ok || got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if v.String() != text {
		t.Errorf("prints %s", v)
	}
}

func TestParseIsOpenAboutBlanksAndOrder(t *testing.T) {
	want := replconn.ValueOf(baseChannel(t))
	for _, text := range []string{
		base,
		"  " + base + "  ",
		strings.ReplaceAll(base, "=", " = "),
		strings.ReplaceAll(base, "=", "= "),
		strings.ReplaceAll(base, "=", "  ="),
		strings.ReplaceAll(base, " ", "   "),
		"remoteport=5434 remotehost=10.0.0.2 localport=5433 localhost=10.0.0.1",
		strings.ReplaceAll(base, "5433", "005433"),
		base + " remotenodeid=0",
	} {
		got, err := replconn.Parse(text)
		if err != nil || !got.Equal(want) {
			t.Errorf("Parse(%q) = %v, %v", text, got, err)
		}
		if got.String() != base {
			t.Errorf("%q prints %q", text, got)
		}
	}
	for _, blank := range []string{"", " ", "    "} {
		if v, err := replconn.Parse(blank); err != nil || !v.IsEmpty() || v.String() != "" {
			t.Errorf("Parse(%q) = %v, %v", blank, v, err)
		}
	}
}

func TestParseReportsEveryProblemWithItsPlace(t *testing.T) {
	type p = replconn.Problem
	const pad = len(base) + 1 // where appended text begins
	long := strings.Repeat("a", 64)
	for _, tt := range []struct {
		name, text string
		want       []p
	}{
		{"nothing but junk", "hello", []p{
			{Reason: replconn.ReasonNoEquals, Text: "hello"},
			{Reason: replconn.ReasonMissingKey, Key: "localhost"}, {Reason: replconn.ReasonMissingKey, Key: "localport"},
			{Reason: replconn.ReasonMissingKey, Key: "remotehost"}, {Reason: replconn.ReasonMissingKey, Key: "remoteport"}}},
		{"several at once", "localhost=[::1] localport=70000 remotehost=10.0.0.256 remoteport=x iscascade=True", []p{
			{Reason: replconn.ReasonBadHost, Key: "localhost", Text: "[::1]", Offset: 10},
			{Reason: replconn.ReasonPortRange, Key: "localport", Text: "70000", Offset: 26},
			{Reason: replconn.ReasonBadHost, Key: "remotehost", Text: "10.0.0.256", Offset: 43},
			{Reason: replconn.ReasonNotNumber, Key: "remoteport", Text: "x", Offset: 65},
			{Reason: replconn.ReasonBadFlag, Key: "iscascade", Text: "True", Offset: 77}}},
		{"port zero", base + " localheartbeatport=0", []p{{Reason: replconn.ReasonPortRange, Key: "localheartbeatport", Text: "0", Offset: pad + 19}}},
		{"huge port", base + " localservice=99999999999999999999999", []p{{Reason: replconn.ReasonPortRange, Key: "localservice", Text: "99999999999999999999999", Offset: pad + 13}}},
		{"port with tail", base + " remoteservice=5436x", []p{{Reason: replconn.ReasonNotNumber, Key: "remoteservice", Text: "5436x", Offset: pad + 14}}},
		{"negative", base + " remotenodeid=-1", []p{{Reason: replconn.ReasonNotNumber, Key: "remotenodeid", Text: "-1", Offset: pad + 13}}},
		{"node id", base + " remotenodeid=2147483648", []p{{Reason: replconn.ReasonNodeIDRange, Key: "remotenodeid", Text: "2147483648", Offset: pad + 13}}},
		{"twice", base + " remoteport=1", []p{{Reason: replconn.ReasonDuplicateKey, Key: "remoteport", Text: "remoteport", Offset: pad}}},
		{"unknown twice", base + " a=1 a=2", []p{{Reason: replconn.ReasonDuplicateKey, Key: "a", Text: "a", Offset: pad + 4}}},
		{"case", base + " isCrossRegion=true", []p{{Reason: replconn.ReasonKeyCase, Key: "iscrossregion", Text: "isCrossRegion", Offset: pad}}},
		{"no key", base + " =5", []p{{Reason: replconn.ReasonNoKey, Text: "=5", Offset: pad}}},
		{"no value", base + " iscascade=", []p{{Reason: replconn.ReasonEmptyValue, Key: "iscascade", Offset: pad + 10}}},
		{"next key for a value", "localhost= localport=5433 remotehost=10.0.0.2 remoteport=5434", []p{{Reason: replconn.ReasonEmptyValue, Key: "localhost", Offset: 10}}},
		{"two signs", base + " localservice==5", []p{{Reason: replconn.ReasonNotNumber, Key: "localservice", Text: "=5", Offset: pad + 13}}},
		{"no sign", base + " iscascade true", []p{
			{Reason: replconn.ReasonNoEquals, Text: "iscascade", Offset: pad}, {Reason: replconn.ReasonNoEquals, Text: "true", Offset: pad + 10}}},
		{"tab", strings.Replace(base, " ", "\t", 1), []p{{Reason: replconn.ReasonBadCharacter, Text: "\t", Offset: 18}}},
		{"quotes", "'" + base + "'", []p{
			{Reason: replconn.ReasonBadCharacter, Key: "'localhost", Text: "'"},
			{Reason: replconn.ReasonMissingKey, Key: "localhost"},
			{Reason: replconn.ReasonBadCharacter, Key: "remoteport", Text: "'", Offset: pad}}},
		{"NUL and umlaut", base + " x=\x00\xfc", []p{
			{Reason: replconn.ReasonBadCharacter, Key: "x", Text: "\x00", Offset: pad + 2}, {Reason: replconn.ReasonBadCharacter, Key: "x", Text: "\xfc", Offset: pad + 3}}},
		{"long local host", strings.Replace(base, "10.0.0.1", long[:63], 1), []p{{Reason: replconn.ReasonHostTooLong, Key: "localhost", Text: long[:63], Offset: 10}}},
		{"long remote host", strings.Replace(base, "10.0.0.2", long, 1), []p{{Reason: replconn.ReasonHostTooLong, Key: "remotehost", Text: long, Offset: 45}}},
		{"key in a name", strings.Replace(base, "10.0.0.1", "my-remotehost", 1), []p{{Reason: replconn.ReasonKeyInside, Key: "localhost", Text: "remotehost", Offset: 13}}},
		{"key in a zone", strings.Replace(base, "10.0.0.1", "fe80::1%localport", 1), []p{{Reason: replconn.ReasonKeyInside, Key: "localhost", Text: "localport", Offset: 18}}},
		{"key in an unknown key", base + " xiscascade=true", []p{{Reason: replconn.ReasonKeyInside, Key: "xiscascade", Text: "iscascade", Offset: pad + 1}}},
		{"key in an unknown value", base + " x=sslmode", []p{{Reason: replconn.ReasonKeyInside, Key: "x", Text: "sslmode", Offset: pad + 2}}},
		{"ssl mode", base + " sslmode=on", []p{{Reason: replconn.ReasonBadSSLMode, Key: "sslmode", Text: "on", Offset: pad + 8}}},
		{"half of uwal", base + " remoteuwalhost=10.0.0.3", []p{{Reason: replconn.ReasonUwalPair, Key: "remoteuwalport"}}},
		{"other half of uwal", base + " remoteuwalport=3", []p{{Reason: replconn.ReasonUwalPair, Key: "remoteuwalhost"}}},
		{"empty channels", "," + base + ", ,", []p{
			{Reason: replconn.ReasonEmptyChannel}, {Reason: replconn.ReasonEmptyChannel, Channel: 2, Offset: pad + 1}, {Reason: replconn.ReasonEmptyChannel, Channel: 3, Offset: pad + 3}}},
		{"second channel", base + "," + strings.Replace(base, "5433", "", 1), []p{
			{Reason: replconn.ReasonEmptyValue, Channel: 1, Key: "localport", Offset: pad + 29}}},
	} {
		v, err := replconn.Parse(tt.text)
		var got *replconn.ParseError
		if !errors.As(err, &got) || !errors.Is(err, replconn.ErrInvalid) || !v.IsEmpty() {
			t.Errorf("%s: Parse = %v, %v", tt.name, v, err)
			continue
		}
		if len(got.Problems) != len(tt.want) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for i := range tt.want {
			if got.Problems[i] != tt.want[i] {
				t.Errorf("%s: problem %d\n got %#v\nwant %#v", tt.name, i, got.Problems[i], tt.want[i])
			}
		}
	}
}

func TestParseErrorNamesPlaceKeyAndReason(t *testing.T) {
	_, err := replconn.Settings{}.With(replconn.Own(3), strings.Replace(base, "5433", "70000", 1)+" x").Values()
	want := `replconn: replconninfo3: invalid value: offset 29: localport: "70000": port is not between 1 and 65535 (port-range); offset 71: "x": word is not key=value (no-equals)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var slot *replconn.SlotError
	var problem replconn.Problem
	if !errors.As(err, &slot) || slot.Slot != replconn.Own(3) || !errors.As(err, &problem) || problem.Reason != replconn.ReasonPortRange {
		t.Errorf("not inspectable: %#v", err)
	}
}

func TestHostsThatAChannelCanCarry(t *testing.T) {
	for _, s := range []string{"10.0.0.1", "::1", "fe80::1%eth0", "2001:db8::1", "::ffff:10.0.0.1", "a", "localhost", "db1.example.com", "1host", "node_1-x", "1.2.3.x"} {
		h, err := replconn.ParseHost(s)
		if err != nil || h.String() != s || h.IsZero() {
			t.Errorf("ParseHost(%q) = %v, %v", s, h, err)
		}
		var back replconn.Host
		if text, _ := h.MarshalText(); back.UnmarshalText(text) != nil || back != h {
			t.Errorf("%q: text round trip gives %v", s, back)
		}
	}
	for _, s := range []string{"", "[::1]", "10.0.0", "10.0.0.256", "010.0.0.1", "-a", "a b", "a,b", "*", "a..b", "a.", "ä", "fe80::1%", "fe80::1%a=b", "1:2", ".a", "5"} {
		if h, err := replconn.ParseHost(s); !errors.Is(err, replconn.ErrBadHost) {
			t.Errorf("ParseHost(%q) = %v, %v", s, h, err)
		}
	}
	if a, b := host(t, "fe80::1%eth0"), host(t, "fe80::1%eth7"); !a.SameMachine(b) || a == b || a.SameMachine(host(t, "fe80::2%eth0")) {
		t.Error("zones are not taken off to compare machines")
	}
}

func TestSlotsParseAndPrint(t *testing.T) {
	n := 0
	for slot := range replconn.Slots() {
		n++
		text, err := slot.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back replconn.Slot
		if err := back.UnmarshalText([]byte(strings.ToUpper(string(text)))); err != nil || back != slot {
			t.Errorf("%s reads back as %s, %v", slot, back, err)
		}
		if made := replconn.Own(slot.Number()); slot.IsCrossCluster() {
			if replconn.CrossCluster(slot.Number()) != slot {
				t.Errorf("%s has number %d", slot, slot.Number())
			}
		} else if made != slot {
			t.Errorf("%s has number %d", slot, slot.Number())
		}
	}
	if n != 16 {
		t.Errorf("%d slots", n)
	}
	for _, s := range []string{"", "replconninfo", "replconninfo0", "replconninfo9", "replconninfo10", "replconninfo1 ", "cross_cluster_replconninfo9", "1"} {
		if slot, err := replconn.ParseSlot(s); !errors.Is(err, replconn.ErrBadSlot) {
			t.Errorf("ParseSlot(%q) = %v, %v", s, slot, err)
		}
	}
	for _, bad := range []replconn.Slot{0, 17, replconn.Own(0), replconn.Own(9), replconn.CrossCluster(9)} {
		if _, err := bad.MarshalText(); err == nil || bad.IsValid() && bad != 17 {
			t.Errorf("%v is a setting", bad)
		}
	}
}

func TestValueTextRefusesWhatDoesNotReadBack(t *testing.T) {
	good := baseChannel(t)
	for name, edit := range map[string]func(*replconn.Channel){
		"no host":         func(c *replconn.Channel) { c.Local.Host = replconn.Host{} },
		"no port":         func(c *replconn.Channel) { c.Remote.Port = 0 },
		"flag":            func(c *replconn.Channel) { c.IsCascade = 9 },
		"half of uwal":    func(c *replconn.Channel) { c.Uwal.Host = c.Local.Host },
		"known extra":     func(c *replconn.Channel) { c.Extra = c.Extra.With("iscascade", "true") },
		"unwritable":      func(c *replconn.Channel) { c.Extra = c.Extra.With("a", "b c") },
		"comma":           func(c *replconn.Channel) { c.Extra = c.Extra.With("a", "b,c=d") },
		"negative number": func(c *replconn.Channel) { c.Uwal.NodeID = -1 },
	} {
		bad := good
		edit(&bad)
		if text, err := replconn.ValueOf(bad).MarshalText(); !errors.Is(err, replconn.ErrInvalid) || text != nil {
			t.Errorf("%s: MarshalText = %q, %v", name, text, err)
		}
	}
	v := replconn.ValueOf(good, good.Mirror())
	text, err := v.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back replconn.Value
	if err := back.UnmarshalText(text); err != nil || !back.Equal(v) {
		t.Errorf("reads back as %v, %v", back, err)
	}
	if err := back.UnmarshalText([]byte("x")); err == nil || !back.Equal(v) {
		t.Errorf("a failed UnmarshalText leaves %v, %v", back, err)
	}
	clone := v.Clone()
	clone.Channels[0].Local.Port++
	if v.Channels[0] != good {
		t.Error("a clone shares memory")
	}
}
