// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

// serverBase is what the server makes of base.
var serverBase = replconn.ServerChannel{LocalHost: "10.0.0.1", LocalPort: 5433, RemoteHost: "10.0.0.2", RemotePort: 5434}

func serverWith(edit func(*replconn.ServerChannel)) []replconn.ServerChannel {
	c := serverBase
	edit(&c)
	return []replconn.ServerChannel{c}
}

func TestServerScannerKeepsItsManners(t *testing.T) {
	type c = replconn.ServerChannel
	same := []c{serverBase}
	long := strings.Repeat("h", 80)
	for _, tt := range []struct {
		name, text string
		outcome    replconn.Outcome
		channels   []c
		key        string
		offset     int
	}{
		{name: "empty", text: ""},
		{name: "blank", text: "   "},
		{name: "commas only", text: ",,"},
		{name: "a blank between commas is a channel", text: ", ,", outcome: replconn.OutcomeRefused, key: "localhost", offset: 1},
		{name: "plain", text: base, outcome: replconn.OutcomeChannels, channels: same},
		{name: "empty channels are skipped", text: ",," + base + ",", outcome: replconn.OutcomeChannels, channels: same},
		{name: "blanks for '='", text: strings.ReplaceAll(base, "=", " "), outcome: replconn.OutcomeChannels, channels: same},
		{name: "any mix of blanks and '='", text: strings.ReplaceAll(base, "=", " == = "), outcome: replconn.OutcomeChannels, channels: same},
		{name: "nothing for '='", text: "localhost10.0.0.1 localport5433 remotehost10.0.0.2 remoteport5434", outcome: replconn.OutcomeChannels, channels: same},
		{name: "no blank before the port", text: strings.ReplaceAll(base, " ", ""), outcome: replconn.OutcomeChannels, channels: same},
		{name: "ports have no range", text: strings.Replace(base, "5433", "70000", 1), outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.LocalPort = 70000 })},
		{name: "ports wrap like atoi", text: strings.Replace(base, "5434", "4294967297", 1), outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.RemotePort = 1 })},
		{name: "ports saturate like strtol", text: strings.Replace(base, "5434", "99999999999999999999", 1), outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.RemotePort = -1 })},
		{name: "ports may have a tail", text: strings.Replace(base, "5433", "5433abc", 1), outcome: replconn.OutcomeChannels, channels: same},
		{name: "True is false", text: base + " iscascade=True iscrossregion=1", outcome: replconn.OutcomeChannels, channels: same},
		{name: "trueX is true", text: base + " iscascade=trueX", outcome: replconn.OutcomeChannels, channels: serverWith(func(c *c) { c.IsCascade = true })},
		{name: "isCrossRegion is unknown", text: base + " isCrossRegion=true", outcome: replconn.OutcomeChannels, channels: same},
		{name: "keys inside words", text: base + " xiscrossregion true", outcome: replconn.OutcomeChannels, channels: serverWith(func(c *c) { c.IsCrossRegion = true })},
		{name: "first occurrence", text: "remotehost=localhost remoteport=5434 localhost=10.0.0.1 localport=5433", outcome: replconn.OutcomeChannels,
			// behind the first "localhost" stands "remoteport=5434"
			channels: []c{{LocalHost: "remoteport=5434", LocalPort: 5433, RemoteHost: "localhost", RemotePort: 5434}}},
		{name: "host ends the value", text: "localhost=10.0.0.1 localport=5433 remoteport=5434 remotehost=10.0.0.2", outcome: replconn.OutcomeOverrun, key: "remotehost", offset: 61},
		{name: "a blank saves it", text: "localhost=10.0.0.1 localport=5433 remoteport=5434 remotehost=10.0.0.2 ", outcome: replconn.OutcomeChannels, channels: same},
		{name: "a tab does not", text: "localhost=10.0.0.1 localport=5433 remoteport=5434 remotehost=10.0.0.2\t", outcome: replconn.OutcomeOverrun, key: "remotehost", offset: 61},
		{name: "a later channel does", text: "localhost=10.0.0.1 localport=5433 remoteport=5434 remotehost=10.0.0.2," + base, outcome: replconn.OutcomeChannels,
			channels: []c{serverBase, serverBase}},
		{name: "written behind the array", text: base + ",localport=5433 remotehost=10.0.0.2 remoteport=5434 localhost=10.0.0.1," + strings.Repeat("x", 500) + base,
			outcome: replconn.OutcomeOverrun, key: "localhost", offset: len(base) + 1 + 61},
		{name: "long local host", text: strings.Replace(base, "10.0.0.1", long[:63], 1), outcome: replconn.OutcomeRaised, key: "localhost", offset: 10},
		{name: "longest local host", text: strings.Replace(base, "10.0.0.1", long[:62], 1), outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.LocalHost = long[:62] })},
		{name: "long remote host is cut", text: strings.Replace(base, "10.0.0.2", long, 1), outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.RemoteHost = long[:63] })},
		{name: "uwal host ends early", text: base + " remoteuwalhost=aremoteuwalb remoteuwalport=3 remotenodeid=2", outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.RemoteUwalHost, c.RemoteUwalPort, c.RemoteNodeID = "a", 3, 2 })},
		{name: "bracket", text: strings.Replace(base, "10.0.0.1", "[::1]", 1), outcome: replconn.OutcomeRefused, key: "localhost"},
		{name: "quote", text: strings.Replace(base, "5434", "'5434'", 1), outcome: replconn.OutcomeRefused, key: "remoteport"},
		{name: "missing", text: "localhost=10.0.0.1 remotehost=10.0.0.2 remoteport=5434", outcome: replconn.OutcomeRefused, key: "localport"},
		{name: "empty host", text: strings.Replace(base, "10.0.0.2", "", 1), outcome: replconn.OutcomeRefused, key: "remotehost"},
		{name: "one bad channel spoils all", text: base + ",localhost=1", outcome: replconn.OutcomeRefused, key: "localport", offset: len(base) + 1},
		{name: "both channels are stored", text: base + "," + strings.Replace(base, "5433", "1", 1), outcome: replconn.OutcomeChannels,
			channels: append([]c{serverBase}, serverWith(func(c *c) { c.LocalPort = 1 })...)},
		{name: "text ends at NUL", text: base + "\x00 iscascade=true", outcome: replconn.OutcomeChannels, channels: same},
		{name: "sslmode is not known", text: base + " sslmode=require", outcome: replconn.OutcomeChannels, channels: same},
	} {
		got := replconn.ParseServer(tt.text)
		if got.Outcome != tt.outcome || !slices.Equal(got.Channels, tt.channels) || got.Key != tt.key || got.Offset != tt.offset {
			t.Errorf("%s: %q\nis read as %+v\nwant %s %+v %q at %d", tt.name, tt.text, got, tt.outcome, tt.channels, tt.key, tt.offset)
		}
		agreesWithOracle(t, tt.text)
	}
}

func TestLiteBuildReadsSSLMode(t *testing.T) {
	for text, want := range map[string]string{
		base:                                "",
		base + " sslmode=require":           "require",
		base + " sslmode=Require":           "prefer",
		base + " sslmode= verify-full ":     "verify-full",
		base + " sslmode:allow":             "allow",
		base + " sslmode=":                  "prefer",
		base + " sslmode=require,sslmode=x": "",
	} {
		got, _ := replconn.ParseServerLite(text).Effective()
		if got.SSLMode != want {
			t.Errorf("%q: %q, want %q", text, got.SSLMode, want)
		}
	}
	if o := replconn.ParseServerLite(base + " sslmode").Outcome; o != replconn.OutcomeOverrun {
		t.Errorf("sslmode at the end: %s", o)
	}
	if o := replconn.ParseServerLite(base + " sslmode=verify-everythin").Outcome; o != replconn.OutcomeRaised {
		t.Errorf("long sslmode: %s", o)
	}
}

func TestGsCtlKeepsTheLastChannel(t *testing.T) {
	type c = replconn.ServerChannel
	other := strings.Replace(base, "10.0.0.2", "10.0.0.3", 1)
	long := strings.Repeat("h", 64)
	for _, tt := range []struct {
		name, text string
		outcome    replconn.Outcome
		channels   []c
		key        string
	}{
		{name: "blank", text: " "},
		{name: "plain", text: base + " localheartbeatport=7", outcome: replconn.OutcomeChannels, channels: []c{serverBase}},
		{name: "last host, flags of all", text: base + " iscascade=true remotenodeid=5 remoteuwalport=6 remoteuwalhost=u ," + other, outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.RemoteHost, c.IsCascade, c.RemoteNodeID, c.RemoteUwalPort = "10.0.0.3", true, 5, 6 })},
		{name: "bad ones are passed over", text: "junk," + base + ",localhost=9 localport=1", outcome: replconn.OutcomeChannels, channels: []c{serverBase}},
		{name: "all bad", text: "junk,localhost=1", outcome: replconn.OutcomeRefused, key: "localhost"},
		{name: "long remote host", text: strings.Replace(base, "10.0.0.2", long, 1), outcome: replconn.OutcomeRaised, key: "remotehost"},
		{name: "63 bytes", text: strings.Replace(base, "10.0.0.1", long[:63], 1), outcome: replconn.OutcomeChannels,
			channels: serverWith(func(c *c) { c.LocalHost = long[:63] })},
		{name: "overrun", text: "localport=5433 remotehost=10.0.0.2 remoteport=5434 localhost=10.0.0.1", outcome: replconn.OutcomeOverrun, key: "localhost"},
		{name: "the end is cut off", text: base + strings.Repeat(" ", 1023-len(base)) + "iscascade=true", outcome: replconn.OutcomeChannels, channels: []c{serverBase}},
	} {
		got := replconn.ParseGsCtl(tt.text)
		if got.Outcome != tt.outcome || !slices.Equal(got.Channels, tt.channels) || got.Key != tt.key {
			t.Errorf("%s: %q\nis read as %+v\nwant %s %+v %q", tt.name, tt.text, got, tt.outcome, tt.channels, tt.key)
		}
		agreesWithOracle(t, tt.text)
	}
}

func TestPollFindsTwoFieldsInFront(t *testing.T) {
	for _, tt := range []struct {
		text, host, port, missing string
	}{
		{text: base, host: "10.0.0.1", port: "5433"},
		{text: "   localhost=a   localport=b", host: "a", port: "b"},
		{text: "localhost=fe80::1%eth0 localport=1", host: "fe80::1", port: "1"},
		{text: "localhost=a\tb localport=1", host: "a", port: "1"},
		{text: "", missing: "localhost"},
		{text: "localport=1 localhost=a", missing: "localhost"},
		{text: "localhost = a localport=1", missing: "localhost"},
		{text: "localhost=a remotehost=b localport=1", missing: "localport"},
		{text: "localhost=a localport= 1", missing: "localport"},
		{text: "localhost=" + strings.Repeat("a", 62) + " localport=1", host: strings.Repeat("a", 62), port: "1"},
		{text: "localhost=" + strings.Repeat("a", 63) + " localport=1", missing: "localhost"},
		{text: strings.Repeat(" ", 100) + "localhost=10.0.0.1 localport=5433", missing: "localport"},
		{text: strings.Repeat(" ", 115) + "localhost=aä localport=1", host: "a", missing: "localport"},
	} {
		p, missing, ok := replconn.PollCM(tt.text)
		if ok != (tt.missing == "") || missing != tt.missing || ok && (p.Host != tt.host || p.Port != tt.port) {
			t.Errorf("PollCM(%q) = %+v, %q, %v", tt.text, p, missing, ok)
		}
	}
}

func TestSDRMatchesItsOrderOnly(t *testing.T) {
	const eight = "localhost=10.0.0.1 localport=5433 localheartbeatport=5437 localservice=5436 remotehost=10.0.0.2 remoteport=5433 remoteheartbeatport=5437 remoteservice=5436"
	m, ok := replconn.MatchSDR(eight + " iscascade=true")
	if !ok || m.Local != (replconn.SDREndpoint{"10.0.0.1", "5433", "5437", "5436"}) || m.Remote.Host != "10.0.0.2" || m.Rest != " iscascade=true" {
		t.Errorf("got %+v, %v", m, ok)
	}
	for name, text := range map[string]string{
		"two blanks":      strings.Replace(eight, " ", "  ", 1),
		"short port":      strings.Replace(eight, "5437", "543", 1),
		"missing fields":  base,
		"compressed IPv6": strings.Replace(eight, "10.0.0.1", "2001:db8::1", 1),
		"upper case IPv6": strings.Replace(eight, "10.0.0.1", "2001:DB8:1:2:3:4:5:6", 1),
		"host name":       strings.Replace(eight, "10.0.0.1", "db1", 1),
	} {
		if m, ok := replconn.MatchSDR(text); ok {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if _, ok := replconn.MatchSDR(strings.Replace(eight, "10.0.0.1", "2001:db8:1:2:3:4:5:6", 1)); !ok {
		t.Error("IPv6 in eight groups is refused")
	}
}
