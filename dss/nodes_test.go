// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dss"
)

// places gives "offset:code" of each problem.
func places(found dss.Problems) []string {
	var all []string
	for _, p := range found {
		all = append(all, intText(p.Offset)+":"+p.Reason.String())
	}
	return all
}

func TestLintNodes(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"0:127.0.0.1:1611", nil},
		{"0:127.0.0.1:17102,1:127.0.0.1:18102", nil},
		{"1:10.0.0.2:1024,0:10.0.0.1:65535", []string{"16:node-order"}},
		{"0:10.0.0.1:1611,2:10.0.0.2:1611", []string{"-1:node-gap"}},
		{"", []string{"0:no-nodes"}},
		{",", []string{"0:empty-entry", "1:empty-entry"}},
		{"0:10.0.0.1:1611,", []string{"16:empty-entry"}},
		{"0:127.0.0.1:17102, 1:127.0.0.1:18102", []string{"18:blank"}},
		{"0 :10.0.0.1:1611", []string{"1:blank"}},
		{" , ", []string{"0:blank", "2:blank"}},
		{"1611", []string{"0:node-syntax"}},
		{"0:10.0.0.1", []string{"0:node-syntax"}},
		{"0:::1:1611", []string{"0:node-syntax"}},
		{"0:10.0.0.1:1611:", []string{"0:node-syntax"}},
		{"64:10.0.0.1:1611", []string{"0:node-id"}},
		{"-1:10.0.0.1:1611,+2:10.0.0.1:1611,00:10.0.0.1:1611,:10.0.0.1:1611",
			[]string{"0:node-id", "17:node-id", "34:node-id", "51:node-id"}},
		{"0:host:1611,1:10.0.0.1.2:1611,2::1611,3:0.0.0.0:1611", []string{"2:bad-ip", "14:bad-ip", "32:bad-ip", "40:bad-ip"}},
		{"0:10.0.0.1:1023,1:10.0.0.1:65536,2:10.0.0.1:", []string{"11:port-range", "27:port-range", "44:port-range"}},
		{"0:10.0.0.1:1611,0:10.0.0.2:1611", []string{"16:duplicate-node"}},
		{"0:10.0.0.1:1611,1:10.0.0.1:1611", []string{"18:address-clash"}},
		{"x:y:z", []string{"0:node-id", "2:bad-ip", "4:port-range"}},
	} {
		found := dss.LintNodes(test.text)
		check(t, test.text, places(found), test.want)
		nodes, err := dss.ParseNodes(test.text)
		if (err == nil) != (len(found.Fatal()) == 0) || (err == nil) != (nodes != nil) {
			t.Errorf("ParseNodes(%q) = %v, %v", test.text, nodes, err)
		}
		if err == nil && nodes.String() != test.text {
			t.Errorf("%q is printed as %q", test.text, nodes)
		}
	}
}

func TestNodes(t *testing.T) {
	nodes, err := dss.ParseNodes("1:10.0.0.2:1612,0:10.0.0.1:1611")
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := nodes.Get(1); !ok || got != (dss.Instance{ID: 1, Addr: netip.MustParseAddrPort("10.0.0.2:1612")}) {
		t.Errorf("Get(1) = %v", got)
	}
	if _, ok := nodes.Get(2); ok {
		t.Error("Get(2) finds something")
	}
	if other, _ := dss.ParseNodes("0:10.0.0.1:1611,1:10.0.0.2:1612"); !nodes.Equal(other) || nodes.Equal(other[:1]) || nodes.Equal(dss.Nodes{other[0], other[0]}) {
		t.Error("Equal")
	}
	text, err := json.Marshal(map[string]dss.Nodes{"a": nodes})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]dss.Nodes
	if err := json.Unmarshal(text, &back); err != nil || !back["a"].Equal(nodes) {
		t.Errorf("%s gives %v, %v", text, back, err)
	}
	if err := json.Unmarshal([]byte(`{"a":"0:x:1"}`), &back); !errors.Is(err, dss.ErrInvalid) {
		t.Errorf("a wrong list: %v", err)
	}
}

func TestNodesOfARunningServer(t *testing.T) {
	parse := func(text string) dss.Nodes {
		nodes, err := dss.ParseNodes(text)
		if err != nil {
			t.Fatal(err)
		}
		return nodes
	}
	two := parse("0:10.0.0.1:1611,1:10.0.0.2:1611")
	var many []string
	for id := range 64 {
		many = append(many, intText(id)+":192.168.100."+intText(100+id)+":16110")
	}
	for _, test := range []struct {
		next string
		want []string
	}{
		{"0:10.0.0.1:1611,1:10.0.0.3:1700", nil},
		{"1:10.0.0.2:1611,0:10.0.0.1:1611,2:10.0.0.3:1611", nil},
		{"0:10.0.0.1:1611", []string{"DSS_NODES_LIST:fewer-nodes"}},
		{"0:10.0.0.1:1611,2:10.0.0.2:1611", []string{":node-gap"}},
		{strings.Join(many, ","), []string{"DSS_NODES_LIST:value-length"}},
	} {
		check(t, test.next, codes(two.CheckChange(parse(test.next))), test.want)
	}
}
