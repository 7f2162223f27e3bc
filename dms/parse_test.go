// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// two is the URL of the published recipe for one host.
const two = "0:127.0.0.1:1613,1:127.0.0.1:1614"

func mustParse(t testing.TB, text string) dms.URL {
	t.Helper()
	u, err := dms.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// urlOf builds a URL of n instances on machines of their own.
func urlOf(n int) dms.URL {
	var addrs []netip.AddrPort
	for i := range n {
		addrs = append(addrs, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 1611))
	}
	return dms.URLOfAddrs(addrs...)
}

// lines prints problems without their texts.
func lines(ps dms.Problems) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%d/%d/%s/%q %s\n", p.Index, p.Offset, p.Key, p.Text, p.Reason)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{two, two},
		{"0:127.0.0.1:1611", "0:127.0.0.1:1611"},
		{"\t0:10.0.0.1:1611 , 1:10.0.0.2:65535 ", "0:10.0.0.1:1611,1:10.0.0.2:65535"},
		{"63:10.0.0.1:1024", "63:10.0.0.1:1024"},
		{"1:10.0.0.1:1611,1:10.0.0.1:1611", "1:10.0.0.1:1611,1:10.0.0.1:1611"}, // Check has the word
	} {
		u := mustParse(t, tt.text)
		if got := u.String(); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
		if again := mustParse(t, u.String()); !again.Equal(u) {
			t.Errorf("%q reads back as %v", u, again)
		}
	}
}

func TestParseReportsAllProblemsAtTheirPlaces(t *testing.T) {
	many := urlOf(65).Instances
	for i := range many {
		many[i].ID = 0
	}
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", `-1/0//"" no-instances`},
		{"blanks", " \t", `-1/0//"" no-instances`},
		{"empty entries", ",0:10.0.0.1:1611,", "0/0//\"\" empty-entry\n2/17//\"\" empty-entry"},
		{"two parts", "0:10.0.0.1", `0/0//"0:10.0.0.1" not-three-parts`},
		{"one part", "x", `0/0//"x" not-three-parts`},
		{"four parts", "0:10.0.0.1:1611:1", `0/0//"0:10.0.0.1:1611:1" not-three-parts`},
		{"id", "a:10.0.0.1:1611", `0/0/id/"a" not-a-number`},
		{"no id", ":10.0.0.1:1611", `0/0/id/"" not-a-number`},
		{"negative id", "-1:10.0.0.1:1611", `0/0/id/"-1" not-a-number`},
		{"id range", "64:10.0.0.1:1611", `0/0/id/"64" id-range`},
		{"huge id", "99999999999999999999:10.0.0.1:1611", `0/0/id/"99999999999999999999" id-range`},
		{"leading zeros", "01:10.0.0.1:01611", "0/0/id/\"01\" leading-zero\n0/12/port/\"01611\" leading-zero"},
		{"IPv6", "0:fe80::1:1611", `0/2/ip/"fe80::1" ipv6`},
		{"IPv6 in brackets", "0:[fe80::1]:1611", `0/2/ip/"[fe80::1]" ipv6`},
		{"IPv4 in IPv6", "0:::ffff:10.0.0.1:1611", `0/2/ip/"::ffff:10.0.0.1" ipv6`},
		{"name", "0:db1:1611", `0/2/ip/"db1" bad-ip`},
		{"octet", "0:10.0.0.256:1611", `0/2/ip/"10.0.0.256" bad-ip`},
		{"leading zero of an octet", "0:10.0.0.01:1611", `0/2/ip/"10.0.0.01" bad-ip`},
		{"port 0", "0:10.0.0.1:0", `0/11/port/"0" port-range`},
		{"privileged port", "0:10.0.0.1:1023", `0/11/port/"1023" port-range`},
		{"port range", "0:10.0.0.1:65536", `0/11/port/"65536" port-range`},
		{"no port", "0:10.0.0.1:", `0/11/port/"" not-a-number`},
		{"blank inside", "0: 10.0.0.1:1611", `0/2//" " blank-inside`},
		{"line end", "0:10.0.0.1:1611\n", `0/15//"\n" blank-inside`},
		{"quotes", `"0:10.0.0.1:1611"`, `0/0//"\"" quoted`},
		{"everything", "a:db1:7, 64:::1:x", "0/0/id/\"a\" not-a-number\n0/2/ip/\"db1\" bad-ip\n0/6/port/\"7\" port-range\n" +
			"1/9/id/\"64\" id-range\n1/12/ip/\"::1\" ipv6\n1/16/port/\"x\" not-a-number"},
		{"65 entries", dms.URLOf(many...).String(), `-1/-1//"65" too-many-instances`},
	} {
		u, err := dms.Parse(tt.text)
		var problems dms.Problems
		if !errors.As(err, &problems) || !errors.Is(err, dms.ErrInvalid) || len(u.Instances) > 0 {
			t.Errorf("%s: %v, %v", tt.name, u, err)
			continue
		}
		if got := lines(problems); got != tt.want {
			t.Errorf("%s: %s\n got %s\nwant %s", tt.name, tt.text, got, tt.want)
		}
		for _, p := range problems {
			if p.Offset >= 0 && !strings.HasPrefix(tt.text[p.Offset:], p.Text) {
				t.Errorf("%s: offset %d does not point at %q", tt.name, p.Offset, p.Text)
			}
		}
	}
}

func TestSixtyFourEntriesAreRead(t *testing.T) {
	text := urlOf(64).String()
	if u := mustParse(t, text); len(u.Instances) != 64 || u.String() != text {
		t.Errorf("%d instances", len(u.Instances))
	}
	// What stands behind them is not looked at.
	_, err := dms.Parse(text + ",x,y")
	if problems, _ := err.(dms.Problems); lines(problems) != `-1/-1//"66" too-many-instances` {
		t.Error(err)
	}
}

func TestProblemsAreOneError(t *testing.T) {
	_, err := dms.Parse("0:db1:1,1:10.0.0.2:1611")
	const want = `dms: invalid value: offset 2: entry 0: ip: "db1": not a numeric IPv4 address, host names are refused (bad-ip); ` +
		`offset 6: entry 0: port: "1": port is not between 1024 and 65535 (port-range)`
	if err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

func TestURLAsText(t *testing.T) {
	u := urlOf(3)
	text, err := u.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back dms.URL
	if err := back.UnmarshalText(text); err != nil || !back.Equal(u) {
		t.Errorf("%s: %v, %v", text, back, err)
	}
	if err := back.UnmarshalText([]byte("nonsense")); err == nil || !back.Equal(u) {
		t.Errorf("after an error: %v, %v", back, err)
	}
	for name, bad := range map[string]dms.URL{
		"no instances": {},
		"no address":   dms.URLOf(dms.Instance{ID: 1}),
		"IPv6":         dms.URLOf(dms.Instance{Addr: netip.MustParseAddrPort("[::1]:1611")}),
		"id":           dms.URLOf(dms.Instance{ID: -1, Addr: netip.MustParseAddrPort("10.0.0.1:1611")}),
	} {
		if got, err := bad.AppendText([]byte("x")); err == nil || string(got) != "x" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if bad.Validate(dms.Newest) == nil {
			t.Errorf("%s is valid", name)
		}
	}
	if err := urlOf(10).Validate(dms.Newest); err == nil || urlOf(10).Validate(dms.V500) != nil {
		t.Errorf("ten instances: %v", err)
	}
	clone := u.Clone()
	clone.Instances[0].ID = 7
	if u.Instances[0].ID != 0 || clone.Equal(u) {
		t.Error("a clone shares its memory")
	}
	if i, ok := u.Instance(2); !ok || i.String() != "2:10.0.0.3:1611" {
		t.Errorf("Instance(2) = %v, %v", i, ok)
	}
	if _, ok := u.Instance(3); ok {
		t.Error("instance 3 found")
	}
	if got := u.Set(); got != 7 || u.Validate(dms.Newest) != nil {
		t.Errorf("Set = %d, Validate %v", got, u.Validate(dms.Newest))
	}
}

func TestCheckFindsWhatIsWrongBetweenEntries(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		release    dms.Release
		want       string
	}{
		{"good", "0:10.0.0.1:1611,1:10.0.0.2:1611", dms.Newest, ""},
		{"one host", two, dms.Newest, ""},
		{"order", "1:10.0.0.1:1611,0:10.0.0.2:1611", dms.Newest, "0/0/id/\"1\" id-order\n1/16/id/\"0\" id-order"},
		{"gap", "0:10.0.0.1:1611,2:10.0.0.2:1611", dms.Newest, `1/16/id/"2" id-order`},
		{"twice", "0:10.0.0.1:1611,0:10.0.0.2:1611", dms.Newest, `1/16/id/"0" duplicate-id`},
		{"address", "0:10.0.0.1:1611,1:10.0.0.1:1611", dms.Newest, `1/27/port/"10.0.0.1:1611" address-clash`},
		{"nowhere", "0:0.0.0.0:1611,1:224.0.0.1:1611,2:255.255.255.255:1611", dms.Newest,
			"0/2/ip/\"0.0.0.0\" bad-address\n1/17/ip/\"224.0.0.1\" bad-address\n2/34/ip/\"255.255.255.255\" bad-address"},
		{"loopback among others", "0:127.0.0.1:1611,1:10.0.0.2:1611", dms.Newest, `0/2/ip/"127.0.0.1" loopback`},
		{"nine", urlOf(9).String(), dms.Newest, ""},
		{"ten", urlOf(10).String(), dms.V510, `-1/-1//"10" too-many-instances`},
		{"ten, before the table", urlOf(10).String(), dms.V503, ""},
	} {
		found := mustParse(t, tt.text).Check(tt.release)
		if got := lines(found); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		if (found.Err() == nil) != (tt.want == "" || tt.name == "loopback among others") {
			t.Errorf("%s: Err = %v", tt.name, found.Err())
		}
	}
	if got := lines(dms.URL{}.Check(dms.Newest)); got != `-1/-1//"" no-instances` {
		t.Errorf("zero URL: %s", got)
	}
}
