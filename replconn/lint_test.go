// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

// full has the eight fields that every reader wants.
const full = "localhost=10.0.0.1 localport=5433 localheartbeatport=5437 localservice=5436 " +
	"remotehost=10.0.0.2 remoteport=5433 remoteheartbeatport=5437 remoteservice=5436"

func TestLintSaysWhoWouldReadWhatDifferently(t *testing.T) {
	own1, own2, cross := replconn.Own(1), replconn.Own(2), replconn.CrossCluster(1)
	edit := func(old, new string) string { return strings.Replace(full, old, new, 1) }
	for _, tt := range []struct {
		name string
		slot replconn.Slot
		text string
		want string
	}{
		{"clean", own1, full, ""},
		{"clean with flags", own1, full + " iscascade=true iscrossregion=false", ""},
		{"empty", own1, "", ""},
		{"four fields for gs_ddr", cross, base, ""},
		{"four fields elsewhere", own2, base, "replconninfo2: gs_sdr: value is refused (refuses)\n"},
		{"an entry of gs_sdr's own", own2, base + " iscrossregion=true", ""},
		{"host last", cross, "localhost=10.0.0.1 localport=1 remoteport=2 remotehost=10.0.0.2", "" +
			"cross_cluster_replconninfo1: server: offset 55: remotehost makes the reader run past the end of its buffer, put a blank behind the host (overrun)\n" +
			"cross_cluster_replconninfo1: gs_ctl: offset 55: remotehost makes the reader run past the end of its buffer, put a blank behind the host (overrun)\n"},
		{"careless flag", cross, base + " iscascade=True", "" +
			"cross_cluster_replconninfo1: careful: offset 80: iscascade: \"True\": must be exactly true or false (bad-flag)\n" +
			"cross_cluster_replconninfo1: server: offset 80: iscascade is understood differently (reads-other): \"false\" instead of \"True\"\n" +
			"cross_cluster_replconninfo1: gs_ctl: offset 80: iscascade is understood differently (reads-other): \"false\" instead of \"True\"\n"},
		{"port that nobody checks", cross, strings.Replace(base, "5433", "70000", 1), "" +
			"cross_cluster_replconninfo1: careful: offset 29: localport: \"70000\": port is not between 1 and 65535 (port-range)\n"},
		{"brackets", cross, strings.Replace(base, "10.0.0.1", "[::1]", 1), "" +
			"cross_cluster_replconninfo1: careful: offset 10: localhost: \"[::1]\": not an IP address (IPv6 without brackets) or host name (bad-host)\n" +
			"cross_cluster_replconninfo1: server: offset 0: localhost is refused (refuses)\n" +
			"cross_cluster_replconninfo1: gs_ctl: offset 0: localhost is refused (refuses)\n"},
		{"key inside a host", cross, "remotehost=localhost remoteport=5434 localhost=10.0.0.1 localport=5433", "" +
			"cross_cluster_replconninfo1: server: offset 47: localhost is understood differently (reads-other): \"remoteport=5434\" instead of \"10.0.0.1\"\n" +
			"cross_cluster_replconninfo1: gs_ctl: offset 47: localhost is understood differently (reads-other): \"remoteport=5434\" instead of \"10.0.0.1\"\n" +
			"cross_cluster_replconninfo1: peers: offset 11: remotehost is a name, only IP addresses work here (host-name): \"localhost\"\n"},
		{"two channels", cross, base + "," + strings.Replace(base, "10.0.0.2", "10.0.0.3", 1), "" +
			"cross_cluster_replconninfo1: server: value has several channels, only the first is used (only-first)\n" +
			"cross_cluster_replconninfo1: gs_ctl: value has several channels, only the last is used (only-last)\n"},
		{"flags of both", cross, base + " iscascade=true," + base, "" +
			"cross_cluster_replconninfo1: server: value has several channels, only the first is used (only-first)\n" +
			"cross_cluster_replconninfo1: gs_ctl: value has several channels, only the last is used (only-last)\n" +
			"cross_cluster_replconninfo1: gs_ctl: iscascade is understood differently (reads-other): \"true\" instead of \"false\"\n"},
		{"order, for the cluster manager", own1, "localport=5433 localhost=10.0.0.1 remotehost=10.0.0.2 remoteport=5434 iscrossregion=true", "" +
			"replconninfo1: cm: offset 0: localhost is refused (refuses)\n"},
		{"order, elsewhere", own2, "localport=5433 localhost=10.0.0.1 remotehost=10.0.0.2 remoteport=5434 iscrossregion=true", ""},
		{"name, for the cluster manager", own1, edit("10.0.0.1", "db1") + " iscrossregion=true", "" +
			"replconninfo1: peers: offset 10: localhost is a name, only IP addresses work here (host-name): \"db1\"\n" +
			"replconninfo1: cm: offset 10: localhost is a name, only IP addresses work here (host-name): \"db1\"\n"},
		{"spelling of an address", own1, edit("10.0.0.2", "2001:DB8:0:0:0:0:0:1") + " iscrossregion=true", "" +
			"replconninfo1: peers: offset 87: remotehost is spelled differently from how the server prints this address (spelling): \"2001:DB8:0:0:0:0:0:1\", better \"2001:db8::1\"\n"},
		{"IPv6 and gs_sdr", own1, edit("10.0.0.2", "2001:db8::1"), "replconninfo1: gs_sdr: value is refused (refuses)\n"},
		{"zone", own1, edit("10.0.0.1", "fe80::1%eth0") + " iscrossregion=true", ""},
		{"one heartbeat", cross, base + " localheartbeatport=7", "" +
			"cross_cluster_replconninfo1: heartbeat: offset 89: localheartbeatport has one heartbeat port only, the heartbeat is not started for it (one-sided)\n"},
		{"unknown and lite keys", own2, full + " sslmode=allow uuid=x", "" +
			"replconninfo2: server: offset 164: sslmode is ignored (ignored): \"allow\"\n" +
			"replconninfo2: server: offset 175: uuid is ignored (ignored): \"x\"\n" +
			"replconninfo2: gs_sdr: offset 155: value loses what follows the eight fields (drops-rest): \" sslmode=allow uuid=x\"\n"},
		{"quote", cross, base + " x='", "" +
			"cross_cluster_replconninfo1: careful: offset 72: x: \"'\": character is not allowed, use blanks between pairs and plain ASCII (bad-character)\n" +
			"cross_cluster_replconninfo1: file: offset 72: value has a character that does not survive the configuration file (quoting): \"'\"\n"},
		{"length", cross, base + " x=" + strings.Repeat("y", 1000), "" +
			"cross_cluster_replconninfo1: file: value is too long (too-long): \"1105\", better \"1023\"\n" +
			"cross_cluster_replconninfo1: server: offset 72: x is ignored (ignored): \"" + strings.Repeat("y", 1000) + "\"\n"},
	} {
		if got := replconn.Lint(tt.slot, tt.text).String(); got != tt.want {
			t.Errorf("%s: %s\n got\n%swant\n%s", tt.name, tt.text, got, tt.want)
		}
	}
}

func TestFindingsCanBeChosen(t *testing.T) {
	found := replconn.Settings{}.With(replconn.Own(1), base).With(replconn.Own(2), full).Lint()
	if len(found) != 1 || !found.Has(replconn.CodeRefuses) || found.Has(replconn.CodeOverrun) {
		t.Errorf("got %s", found)
	}
	if len(found.Of(replconn.ReaderServer, replconn.ReaderCM)) != 0 || len(found.Of(replconn.ReaderSDR)) != 1 {
		t.Errorf("Of does not choose by reader")
	}
}
