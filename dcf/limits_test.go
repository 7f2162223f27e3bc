// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

// TestLimitsAreInclusive tries the last value that is right and the first that
// is wrong of each limit.
func TestLimitsAreInclusive(t *testing.T) {
	one := func(key, value string) string { return "[" + element(key, value) + "]" }
	for _, tt := range []struct{ key, last, wrong string }{
		{"stream_id", "63", "64"}, {"stream_id", "1", "0"},
		{"node_id", "255", "256"}, {"node_id", "1", "0"},
		{"port", "65535", "65536"}, {"port", "1", "0"},
		{"weight", "255", "256"}, {"weight", "1", "0"},
		{"group", "2147483647", "2147483648"}, {"group", "0", "-1"},
		{"priority", "2147483647", "2147483648"}, {"priority", "0", "-1"},
	} {
		if _, err := dcf.Parse(one(tt.key, tt.last)); err != nil {
			t.Errorf("%s %s: %v", tt.key, tt.last, err)
		}
		if _, err := dcf.Parse(one(tt.key, tt.wrong)); err == nil {
			t.Errorf("%s %s was accepted", tt.key, tt.wrong)
		}
	}

	ip := strings.Repeat("1", 63)
	if got := dcf.ParseServer(one("ip", `"`+ip+`"`)); got.Outcome != dcf.OutcomeNodes || got.Nodes[0].IP != ip {
		t.Errorf("63 bytes of address: %+v", got)
	}

	// An address of 63 bytes, with a zone, and one that is a byte longer.
	zone := "fe80::1%" + strings.Repeat("z", 63-len("fe80::1%"))
	if _, err := dcf.Parse(one("ip", `"`+zone+`"`)); err != nil {
		t.Errorf("63 bytes of address: %v", err)
	}
	if _, err := dcf.Parse(one("ip", `"`+zone+`z"`)); err == nil {
		t.Error("64 bytes of address were accepted")
	}
}

func TestLengthLimitsOfFiles(t *testing.T) {
	// sized makes a valid value of that many bytes.
	sized := func(n int) string {
		empty := "[" + element("x", `""`) + "]"
		return "[" + element("x", `"`+strings.Repeat("y", n-len(empty))+`"`) + "]"
	}
	// "dcf_config = ''" takes 15 of the 1023 bytes of a line, gs_guc counts the
	// quotes only and accepts 1024.
	for _, tt := range []struct {
		size          int
		line, toolong bool
	}{{1008, false, false}, {1009, true, false}, {1022, true, false}, {1023, true, true}} {
		text := sized(tt.size)
		if len(text) != tt.size {
			t.Fatalf("%d bytes made, want %d", len(text), tt.size)
		}
		found := dcf.Lint(text)
		if found.Has(dcf.ReasonLineTooLong) != tt.line || found.Has(dcf.ReasonValueTooLong) != tt.toolong {
			t.Errorf("%d bytes: %v", tt.size, found)
		}
	}
}

func TestParametersAtTheEdgeFitTogether(t *testing.T) {
	s := good(t)
	maps.Copy(s, dcf.Settings{
		"dcf_mem_pool_init_size": "64", "dcf_mem_pool_max_size": "64",
		"dcf_stg_pool_init_size": "64", "dcf_stg_pool_max_size": "64",
		"dcf_compress_algorithm": "2", "dcf_compress_level": "9",
	})
	if found := s.Check(); len(found) > 0 {
		t.Error(found)
	}
}

func TestOneNodeInTwoStreamsMayShareItsAddress(t *testing.T) {
	second := func(n dcf.Node) dcf.Node { n.Stream = 2; return n }
	c := dcf.ConfigOf(node(1), node(2), node(3), second(node(1)), second(node(2)), second(node(3)))
	for _, p := range c.Check() {
		if p.Reason != dcf.ReasonStreamUnused {
			t.Error(p)
		}
	}
	if got := c.Streams(); len(got) != 2 || got[0] != 1 || got[1] != 2 {
		t.Errorf("Streams = %v", got)
	}
}
