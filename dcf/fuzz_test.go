// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

// FuzzParse: a text that is accepted prints back byte for byte, its canonical
// form means the same and has no findings beside its length, it is JSON, and the
// library agrees on every node or Lint says so.
func FuzzParse(f *testing.F) {
	for _, text := range realValues(f) {
		f.Add(text)
	}
	for _, seed := range []string{
		"[]", " [ { } ] ", "[" + element("weight", "2") + "," + element("node_id", "2") + "]\n",
		"[" + element("zone", `{"a":[1,"\u00e4\\",null,true,-0.5e+3]}`) + "]",
		"[" + element("ip", `"fe80::1%eth0"`) + "]", "[" + element("port", "-1") + "]",
		"\ufeff[" + element("PORT", "05.9") + "] x", "[" + element("role", `"\u004cogger"`) + "]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := dcf.Lint(text)
		reading := dcf.ParseServer(text)
		for _, p := range found {
			if p.Offset > len(text) || p.Reason.String() == "" || p.Error() == "" {
				t.Errorf("problem %v is outside of the text", p)
			}
		}
		c, err := dcf.Parse(text)
		if err != nil {
			if len(found) == 0 {
				t.Errorf("Parse: %v, and Lint has nothing to say", err)
			}
			return
		}
		if got := c.String(); got != text {
			t.Errorf("prints as %q", got)
		}
		if !json.Valid([]byte(text)) {
			t.Error("not JSON")
		}
		again, err := dcf.Parse(c.Canonical())
		if err != nil || !again.Equal(c) || again.Canonical() != c.Canonical() {
			t.Errorf("canonical form %q: %v", c.Canonical(), err)
		}
		for _, p := range c.Check() {
			if p.Offset > len(text) {
				t.Errorf("problem %v is outside of the text", p)
			}
		}
		if found.Has(dcf.ReasonServerDiffers) {
			return
		}
		if len(c.Nodes) == 0 {
			if reading.Outcome != dcf.OutcomeEmpty {
				t.Errorf("the library: %+v", reading)
			}
			return
		}
		if reading.Outcome != dcf.OutcomeNodes || len(reading.Nodes) != len(c.Nodes) {
			t.Fatalf("the library: %+v", reading)
		}
		for i, n := range reading.Nodes {
			if n.ID != uint32(c.Nodes[i].ID) || n.Listens() != c.Nodes[i].Addr.Port() || n.Role != c.Nodes[i].Role {
				t.Errorf("the library takes %+v for %+v", n, c.Nodes[i])
			}
		}
	})
}

// FuzzEdit changes one value of any accepted text: what is printed then reads
// back as the changed configuration.
func FuzzEdit(f *testing.F) {
	for _, text := range realValues(f) {
		f.Add(text, uint8(0), uint8(0), uint8(3))
	}
	f.Add(" [ "+element("x", "1")+" , "+element("weight", "1")+" ] ", uint8(1), uint8(3), uint8(9))
	f.Fuzz(func(t *testing.T, text string, index, field, value uint8) {
		c, err := dcf.Parse(text)
		if err != nil || len(c.Nodes) == 0 {
			return
		}
		before := c.Clone()
		n := &c.Nodes[int(index)%len(c.Nodes)]
		switch v := int(value)%100 + 1; field % 8 {
		case 0:
			n.Stream = v%dcf.MaxStream + 1
		case 1:
			n.ID = v
		case 2:
			n.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, value}), n.Addr.Port())
		case 3:
			n.Addr = netip.AddrPortFrom(n.Addr.Addr(), uint16(v))
		case 4:
			n.Role = dcf.Role(v%4 + 1)
		case 5:
			n.Weight = v
		case 6:
			n.Group = v
		case 7:
			if *n, err = n.WithExtra("added", `"x y"`); err != nil {
				t.Fatal(err)
			}
		}
		again, err := dcf.Parse(c.String())
		if err != nil || !again.Equal(c) {
			t.Errorf("%q changed to %q: %v", text, c.String(), err)
		}
		if c.Equal(before) && c.String() != text && field%8 != 7 {
			t.Errorf("nothing changed, and %q became %q", text, c.String())
		}
	})
}

// FuzzGroups: what is accepted prints back, but for leading zeros.
func FuzzGroups(f *testing.F) {
	f.Add("1,2")
	f.Add("")
	f.Add("0,-1,1")
	f.Fuzz(func(t *testing.T, text string) {
		groups, err := dcf.ParseGroups(text)
		if err != nil {
			return
		}
		again, err := dcf.ParseGroups(groups.String())
		if err != nil || again.String() != groups.String() || strings.Count(text, ",") != strings.Count(groups.String(), ",") {
			t.Errorf("%q prints as %q: %v", text, groups, err)
		}
	})
}
