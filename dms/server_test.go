// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// reading prints what a server makes of a text in one line.
func reading(r dms.Reading) string {
	if r.Outcome != dms.OutcomeInstances {
		return r.Outcome.String() + " at " + lines(dms.Problems{{Index: r.Index, Offset: r.Offset, Key: r.Key}})
	}
	var parts []string
	for _, i := range r.Instances {
		parts = append(parts, i.String())
	}
	return strings.Join(parts, " ")
}

func TestServerReadsWhatItWants(t *testing.T) {
	long := strings.Repeat("9", 70)
	for _, tt := range []struct {
		name, text string
		release    dms.Release
		want       string
	}{
		{"plain", two, dms.Newest, "0:127.0.0.1:1613 1:127.0.0.1:1614"},
		{"blanks around entries", "\t0:10.0.0.1:1611 ,\n1:10.0.0.2:1611\r ", dms.Newest, "0:10.0.0.1:1611 1:10.0.0.2:1611"},
		{"two digits", "10:10.0.0.1:1611,23:10.0.0.2:1611", dms.Newest, "1:10.0.0.1:1611 2:10.0.0.2:1611"},
		{"position before 6.0.0", "10:10.0.0.1:1611,7:10.0.0.2:1611", dms.V600RC1, "0:10.0.0.1:1611 1:10.0.0.2:1611"},
		{"port in 16 bits", "0:10.0.0.1:70000", dms.Newest, "0:10.0.0.1:4464"},
		{"port 0", "0:10.0.0.1:65536", dms.Newest, "0:10.0.0.1:0"},
		{"port beyond int", "0:10.0.0.1:2147483648", dms.Newest, `fatal at 0/11/port/"" Reason(0)`},
		{"octets", "0:999.0.0.1:1611", dms.Newest, "0:999.0.0.1:1611"},
		{"cut address", "0:" + long + ".0.0.1:1611", dms.Newest, `refused at 0/0//"" Reason(0)`},
		{"IPv6", "0:fe80::1:1611", dms.Newest, `refused at 0/0//"" Reason(0)`},
		{"name", "0:db1:1611", dms.Newest, `refused at 0/2/ip/"" Reason(0)`},
		{"letter in an octet", "0:10.0.0.x:1611", dms.Newest, `refused at 0/2/ip/"" Reason(0)`},
		{"name, second", two + ",2:db1:1611", dms.Newest, `refused at 2/36/ip/"" Reason(0)`},
		{"name in 5.0.3", "0:DB1:1611", dms.V503, "0:db1:1611"},
		{"id in 5.0.3", "x:10.0.0.1:1611", dms.V503, "0:10.0.0.1:1611"},
		{"id", "x:10.0.0.1:1611", dms.V510, `refused at 0/0/id/"" Reason(0)`},
		{"port with a sign in 5.0.3", "0:10.0.0.1:-1", dms.V503, "0:10.0.0.1:65535"},
		{"port with a sign", "0:10.0.0.1:-1", dms.Newest, `refused at 0/11/port/"" Reason(0)`},
		{"no port in 5.0.3", `0:10.0.0.1:""`, dms.V503, `fatal at 0/12/port/"" Reason(0)`},
		{"no port", `0:10.0.0.1:""`, dms.Newest, `fatal at 0/12/port/"" Reason(0)`},
		{"empty", "", dms.Newest, `refused at -1/0//"" Reason(0)`},
		{"empty in 5.0.3", " ", dms.V503, `fatal at -1/0//"" Reason(0)`},
		{"comma at the end", two + ",", dms.Newest, `refused at -1/0//"" Reason(0)`},
		{"comma at the front", "," + two, dms.Newest, `refused at -1/0//"" Reason(0)`},
		{"blank in an entry", "0: 10.0.0.1:1611", dms.Newest, `refused at -1/0//"" Reason(0)`},
		{"quoted entry", `"0:10.0.0.1:1611"`, dms.Newest, "0:10.0.0.1:1611"},
		{"blanks in a quoted entry", `"0 : 10.0.0.1 : 1611"`, dms.Newest, "0:10.0.0.1:1611"},
		{"quoted id", `"""0"":10.0.0.1:1611"`, dms.Newest, "4294967282:10.0.0.1:1611"},
		{"quote without end", `"0:10.0.0.1:1611`, dms.Newest, `refused at -1/0//"" Reason(0)`},
		{"65 entries", strings.TrimSuffix(strings.Repeat("0:10.0.0.1:1611,", 65), ","), dms.Newest, `refused at -1/0//"" Reason(0)`},
		{"behind a NUL", "0:10.0.0.1:1611\x00,,,", dms.Newest, "0:10.0.0.1:1611"},
	} {
		if got := reading(dms.ParseServer(tt.text, tt.release)); got != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s", tt.name, tt.text, got, tt.want)
		}
	}
}

func TestLint(t *testing.T) {
	var fifteen strings.Builder
	for i := range 15 {
		if i > 0 {
			fifteen.WriteByte(',')
		}
		fifteen.WriteString("0:192.168.100.100:16110")
	}
	for _, tt := range []struct {
		name, text string
		release    dms.Release
		want       string
	}{
		{"clean", two, dms.Newest, ""},
		{"clean everywhere", urlOf(9).String(), dms.V311, ""},
		{"two digits", "0:10.0.0.1:1611, 10:10.0.0.2:1611", dms.Newest,
			`offset 17: entry 1: id: "10": the server takes the first character of an entry for its id: the server takes instance 1 (first-digit)` + "\n" +
				`offset 16: " ": leave out the blanks, DSS_NODES_LIST must not have them (blanks)`},
		{"blank in front", " " + two, dms.Newest, `offset 0: " ": leave out the blanks, DSS_NODES_LIST must not have them (blanks)`},
		{"position", "1:10.0.0.1:1611", dms.V510,
			`offset 0: entry 0: id: "1": the server reads this differently: for its position it takes instance 0 (server-differs)`},
		{"same in 6.0.0", "1:10.0.0.1:1611", dms.V600, ""},
		{"port", "0:10.0.0.1:70000", dms.Newest,
			`offset 11: entry 0: port: "70000": port is not between 1024 and 65535: the server takes port 4464 (port-range)`},
		{"name", "0:db1:1611", dms.Newest,
			`offset 2: entry 0: ip: "db1": not a numeric IPv4 address, host names are refused: the server refuses the value (bad-ip)`},
		{"name in 5.0.0", "0:db1:1611", dms.V500,
			`offset 2: entry 0: ip: "db1": not a numeric IPv4 address, host names are refused: the server takes "db1" for an address (bad-ip)`},
		{"port that is no number in 5.0.0", "0:10.0.0.1:x", dms.V500,
			`offset 11: entry 0: port: "x": must be decimal digits: the server does not start (not-a-number)`},
		{"quote", "0:10.0.0.1:1611'", dms.Newest,
			`offset 11: entry 0: port: "1611'": must be decimal digits: the server refuses the value (not-a-number)` + "\n" +
				`offset 15: "'": quotes, backslashes and line ends change on the way through postgresql.conf (needs-escape)`},
		{"gs_initdb", fifteen.String(), dms.Newest,
			`"359 bytes": gs_initdb has room for 330 bytes, and fails (initdb-too-long)`},
	} {
		var got []string
		for _, p := range dms.Lint(tt.text, tt.release) {
			got = append(got, p.Error())
		}
		if text := strings.Join(got, "\n"); text != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s", tt.name, tt.text, text, tt.want)
		}
	}
}

func TestLintKnowsTheLimitsOfTools(t *testing.T) {
	sized := func(n int) string { return strings.Repeat(" ", n-len(two)) + two }
	for _, tt := range []struct {
		size                int
		initdb, line, value bool
	}{{330, false, false, false}, {331, true, false, false}, {999, true, false, false}, {1000, true, true, false}, {1022, true, true, false}, {1023, true, true, true}} {
		found := dms.Lint(sized(tt.size), dms.Newest)
		if found.Has(dms.ReasonInitdbTooLong) != tt.initdb || found.Has(dms.ReasonLineTooLong) != tt.line || found.Has(dms.ReasonValueTooLong) != tt.value {
			t.Errorf("%d bytes: %v", tt.size, found)
		}
	}
}
