// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

// article is the list in the openGauss article, three nodes.
func article(t testing.TB) string {
	t.Helper()
	conf := read(t, "article.conf")
	_, rest, _ := strings.Cut(conf, "dcf_config = '")
	text, _, ok := strings.Cut(rest, "'")
	if !ok {
		t.Fatal("testdata/article.conf has no dcf_config")
	}
	return text
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// realValues returns every dcf_config of testdata by name.
func realValues(t testing.TB) map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, "pg_settings.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{
		"article":     article(t),
		"three nodes": read(t, "start-config.three-nodes.json"),
		"all fields":  read(t, "start-config.all-fields.json"),
	}
	for _, row := range rows {
		if row[0] == dcf.ParamConfig {
			texts["pg_settings"] = row[1]
		}
	}
	if len(texts) != 4 {
		t.Fatal("testdata/pg_settings.csv has no dcf_config")
	}
	return texts
}

func mustParse(t testing.TB, text string) dcf.Config {
	t.Helper()
	c, err := dcf.Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return c
}

// node builds a follower of stream 1 at 10.0.0.ID.
func node(id int) dcf.Node {
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(id)}), 16683)
	return dcf.Node{ID: id, Addr: addr, Role: dcf.RoleFollower}
}

func TestRealValuesPrintBackByteForByte(t *testing.T) {
	for name, text := range realValues(t) {
		c := mustParse(t, text)
		if got := c.String(); got != text {
			t.Errorf("%s:\n got %s\nwant %s", name, got, text)
		}
		if found := dcf.Lint(strings.TrimSpace(text)); len(found) > 0 {
			t.Errorf("%s: Lint = %v", name, found)
		}
		if again := mustParse(t, c.Canonical()); !again.Equal(c) {
			t.Errorf("%s: canonical form %s means something else", name, c.Canonical())
		}
	}
}

func TestRealClustersAreValid(t *testing.T) {
	for name, text := range realValues(t) {
		err := mustParse(t, text).Validate()
		if name == "all fields" { // one node, written to try the keys
			var found dcf.Problems
			if !errors.As(err, &found) || len(found) != 1 || found[0].Reason != dcf.ReasonFewVoters {
				t.Errorf("%s: Validate = %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: Validate = %v", name, err)
		}
	}
}

func TestArticleIsCanonical(t *testing.T) {
	c := mustParse(t, article(t))
	if c.Canonical() != article(t) {
		t.Errorf("canonical form is %s", c.Canonical())
	}
	want := dcf.Node{Stream: 1, ID: 1, Addr: netip.MustParseAddrPort("192.168.0.21:16683"), Role: dcf.RoleLeader, Weight: 1}
	if got := c.Nodes[0]; !got.Equal(want) || got.Stream != 1 || got.Weight != 1 {
		t.Errorf("first node is %+v", got)
	}
	built := dcf.ConfigOf(want,
		dcf.Node{ID: 2, Addr: netip.MustParseAddrPort("192.168.0.22:16683"), Role: dcf.RoleFollower},
		dcf.Node{ID: 3, Addr: netip.MustParseAddrPort("192.168.0.23:16683"), Role: dcf.RoleFollower})
	if built.String() != article(t) {
		t.Errorf("built: %s", built)
	}
}

func TestAChangeLeavesTheRestOfTheTextAlone(t *testing.T) {
	const text = "[\n  {\"zone\": {\"a\" : 1}, \"node_id\": 1, \"stream_id\": 1,\n   \"ip\": \"::0001\", \"port\": 5, \"role\": \"leader\"} ,\n" +
		"  {\"stream_id\": 1, \"node_id\": 2, \"ip\": \"::2\", \"port\": 5, \"role\": \"FOLLOWER\", \"weight\": 1}\n]\n"
	tests := []struct {
		name     string
		change   func(*dcf.Config)
		old, new string // what is replaced in text
	}{
		{"nothing", func(*dcf.Config) {}, "", ""},
		{"defaults spelled out", func(c *dcf.Config) { c.Nodes[0].Weight, c.Nodes[1].Weight = 0, 0 }, "", ""},
		{"port", func(c *dcf.Config) { c.Nodes[0].Addr = netip.AddrPortFrom(c.Nodes[0].Addr.Addr(), 6) }, "\"::0001\", \"port\": 5", "\"::0001\", \"port\": 6"},
		{"role", func(c *dcf.Config) { c.Nodes[0].Role = dcf.RoleLogger }, `"leader"`, `"LOGGER"`},
		{"new key", func(c *dcf.Config) { c.Nodes[0].Priority = 7 }, `"leader"`, `"leader", "priority": 7`},
		{"two new keys", func(c *dcf.Config) { c.Nodes[1].Priority, c.Nodes[1].Group = 7, 2 }, `"weight": 1}`, `"weight": 1, "group": 2, "priority": 7}`},
		{"removed node", func(c *dcf.Config) { c.Nodes = c.Nodes[:1] },
			" ,\n  {\"stream_id\": 1, \"node_id\": 2, \"ip\": \"::2\", \"port\": 5, \"role\": \"FOLLOWER\", \"weight\": 1}", ""},
	}
	for _, tt := range tests {
		c := mustParse(t, text)
		tt.change(&c)
		want := strings.Replace(text, tt.old, tt.new, 1)
		if got := c.String(); got != want {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, want)
		}
	}

	c := mustParse(t, text)
	c.Nodes = append(c.Nodes, node(3))
	if got := c.String(); !strings.HasSuffix(got, " ,\n  "+node(3).String()+"\n]\n") {
		t.Errorf("appended node: %q", got)
	}
	if value, ok := c.Nodes[0].Extra("zone"); !ok || value != `{"a" : 1}` {
		t.Errorf("Extra(zone) = %q, %v", value, ok)
	}
	if got := c.Canonical(); !strings.HasPrefix(got, `[{"stream_id":1,"node_id":1,"ip":"::1","port":5,"role":"LEADER","zone":{"a":1}},`) {
		t.Errorf("canonical: %s", got)
	}
}

func TestEmptyListKeepsItsSpaces(t *testing.T) {
	for _, text := range []string{"[]", " [ ] ", "[\n]\n"} {
		c := mustParse(t, text)
		if got := c.String(); got != text {
			t.Errorf("%q prints as %q", text, got)
		}
		c.Nodes = append(c.Nodes, node(1), node(2))
		if again := mustParse(t, c.String()); !again.Equal(c) {
			t.Errorf("%q with nodes prints as %q", text, c.String())
		}
		if found := c.Check(); !found.Has(dcf.ReasonFewVoters) || (dcf.Config{}).Check()[0].Reason != dcf.ReasonNoNodes {
			t.Errorf("Check = %v", found)
		}
	}
}

func TestWithExtra(t *testing.T) {
	n := node(1)
	n, err := n.WithExtra("zone", `"a b"`)
	if err != nil {
		t.Fatal(err)
	}
	n, err = n.WithExtra("az", `{"x": [1, 2]}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := n.String(), strings.TrimSuffix(node(1).String(), "}")+`,"zone":"a b","az":{"x": [1, 2]}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	n, err = n.WithExtra("zone", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := n.Extra("zone"); ok || n.Equal(node(1)) {
		t.Errorf("after removal: %s", n)
	}
	for range n.Extras() {
		break // an iteration may stop early
	}
	for _, bad := range [][2]string{{"Port", "1"}, {"zone", "not json"}} {
		if _, err := n.WithExtra(bad[0], bad[1]); err == nil {
			t.Errorf("WithExtra(%q) was accepted", bad)
		}
	}
}

// element writes an element with one key replaced, added or, with "", left out.
func element(key, value string) string {
	keys := []string{"stream_id", "node_id", "ip", "port", "role"}
	values := map[string]string{"stream_id": "1", "node_id": "1", "ip": `"10.0.0.1"`, "port": "5", "role": `"LEADER"`}
	if !slices.Contains(keys, key) {
		keys = append(keys, key)
	}
	values[key] = value
	var b strings.Builder
	for _, k := range keys {
		if values[k] != "" {
			fmt.Fprintf(&b, ",%q:%s", k, values[k])
		}
	}
	return "{" + b.String()[1:] + "}"
}

func TestParseRefuses(t *testing.T) {
	one := func(key, value string) string { return "[" + element(key, value) + "]" }
	tests := []struct {
		text   string
		reason dcf.Reason
		key    string
		at     string // what stands at the offset
	}{
		{"", dcf.ReasonSyntax, "", ""},
		{"garbage", dcf.ReasonSyntax, "", "garbage"},
		{"[", dcf.ReasonSyntax, "", ""},
		{`[{"a":[1,]}]`, dcf.ReasonSyntax, "", "]}]"},
		{`[{"a":1,}]`, dcf.ReasonSyntax, "", "}"},
		{`[{"a" 1}]`, dcf.ReasonSyntax, "", "1}"},
		{`[{a:1}]`, dcf.ReasonSyntax, "", "a:1"},
		{`[{"a":01}]`, dcf.ReasonSyntax, "", "1}"},
		{`[{"a":1.}]`, dcf.ReasonSyntax, "", "}"},
		{`[{"a":+1}]`, dcf.ReasonSyntax, "", "+1"},
		{`[{"a":"\x"}]`, dcf.ReasonSyntax, "", `x"`},
		{`[{"a":"\u00g0"}]`, dcf.ReasonSyntax, "", "u00g0"},
		{`[{"a":"\u0000"}]`, dcf.ReasonSyntax, "", "u0000"},
		{"[{\"a\":\"\t\"}]", dcf.ReasonSyntax, "", "\t"},
		{"[{\"a\":\"\xff\"}]", dcf.ReasonSyntax, "", "\xff"},
		{`[{"a":"b}]`, dcf.ReasonSyntax, "", ""},
		{"\ufeff[]", dcf.ReasonSyntax, "", "\ufeff"},
		{strings.Repeat("[", 1001), dcf.ReasonSyntax, "", "["},
		{"[] []", dcf.ReasonTrailingText, "", "[]"},
		{`{"stream_id":1}`, dcf.ReasonNotArray, "", "{"},
		{`[1]`, dcf.ReasonNotObject, "", "1"},
		{`[null]`, dcf.ReasonNotObject, "", "null"},
		{one("ip", ""), dcf.ReasonMissingKey, "ip", "{"},
		{one("role", ""), dcf.ReasonMissingKey, "role", "{"},
		{one("Weight", "1"), dcf.ReasonKeyCase, "Weight", `"Weight"`},
		{one("port", `5,"port":5`), dcf.ReasonDuplicateKey, "port", `"port":5,"role`},
		{one("x", `5,"x":5`), dcf.ReasonDuplicateKey, "x", `"x":5}`},
		{one("port", `"5"`), dcf.ReasonWrongType, "port", `"5"`},
		{one("role", "1"), dcf.ReasonWrongType, "role", "1"},
		{one("ip", "null"), dcf.ReasonWrongType, "ip", "null"},
		{one("port", "5.0"), dcf.ReasonNotInteger, "port", "5.0"},
		{one("port", "5e3"), dcf.ReasonNotInteger, "port", "5e3"},
		{one("port", "0"), dcf.ReasonPortRange, "port", "0"},
		{one("port", "65536"), dcf.ReasonPortRange, "port", "65536"},
		{one("port", "99999999999999999999"), dcf.ReasonPortRange, "port", "999"},
		{one("stream_id", "0"), dcf.ReasonStreamRange, "stream_id", "0"},
		{one("stream_id", "64"), dcf.ReasonStreamRange, "stream_id", "64"},
		{one("node_id", "0"), dcf.ReasonNodeIDRange, "node_id", "0"},
		{one("node_id", "256"), dcf.ReasonNodeIDRange, "node_id", "256"},
		{one("node_id", "-1"), dcf.ReasonNodeIDRange, "node_id", "-1"},
		{one("ip", `"localhost"`), dcf.ReasonBadIP, "ip", `"localhost"`},
		{one("ip", `"300.1.1.1"`), dcf.ReasonBadIP, "ip", `"300`},
		{one("ip", `""`), dcf.ReasonBadIP, "ip", `""`},
		{one("ip", `"fe80::1%`+strings.Repeat("x", 60)+`"`), dcf.ReasonBadIP, "ip", `"fe80`},
		{one("role", `"BOSS"`), dcf.ReasonBadRole, "role", `"BOSS"`},
		{one("role", `"CANDIDATE"`), dcf.ReasonBadRole, "role", `"CANDIDATE"`},
		{one("weight", "0"), dcf.ReasonWeightRange, "weight", "0"},
		{one("weight", "256"), dcf.ReasonWeightRange, "weight", "256"},
		{one("group", "-1"), dcf.ReasonGroupRange, "group", "-1"},
		{one("priority", "2147483648"), dcf.ReasonPriorityRange, "priority", "2147483648"},
	}
	for _, tt := range tests {
		_, err := dcf.Parse(tt.text)
		var found dcf.Problems
		if !errors.As(err, &found) || !errors.Is(err, dcf.ErrInvalid) {
			t.Errorf("Parse(%q) = %v, want %s", tt.text, err, tt.reason)
			continue
		}
		p := found[0]
		if len(found) != 1 || p.Reason != tt.reason || p.Key != tt.key || !strings.HasPrefix(tt.text[p.Offset:], tt.at) {
			t.Errorf("Parse(%q):\n got %v\nwant %s for key %q at %q", tt.text, err, tt.reason, tt.key, tt.at)
		}
	}
}

func TestParseReportsEverythingAtOnce(t *testing.T) {
	text := `[{"stream_id":0,"node_id":"1","ip":"db1","port":70000,"role":"BOSS","Group":1},7,{"node_id":2.5,"ip":"10.0.0.2","ip":"x"}]`
	_, err := dcf.Parse(text)
	want := `dcf: invalid value: offset 14: element 0: stream_id: "0": stream is not between 1 and 63 (stream-range); ` +
		`offset 26: element 0: node_id: "\"1\"": wrong JSON type: want a number, it is text (wrong-type); ` +
		`offset 35: element 0: ip: "db1": not a numeric IPv4 or IPv6 address, host names are refused (bad-ip); ` +
		`offset 48: element 0: port: "70000": port is not between 1 and 65535 (port-range); ` +
		`offset 61: element 0: role: "BOSS": role must be LEADER, FOLLOWER, LOGGER or PASSIVE (bad-role); ` +
		`offset 68: element 0: Group: "Group": key must be written in lower case: it is group (key-case); ` +
		`offset 79: element 1: "7": must be a JSON object: it is a number (not-an-object); ` +
		`offset 92: element 2: node_id: "2.5": must be a whole number without fraction or exponent (not-an-integer); ` +
		`offset 112: element 2: ip: "\"x\"": key is given twice, the library takes the first (duplicate-key); ` +
		`offset 81: element 2: stream_id: required key is missing (missing-key); ` +
		`offset 81: element 2: port: required key is missing (missing-key); ` +
		`offset 81: element 2: role: required key is missing (missing-key)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var first dcf.Problem
	if !errors.As(err, &first) || first.Reason != dcf.ReasonStreamRange {
		t.Errorf("errors.As finds %v", first)
	}
}

func TestCheckAcrossNodes(t *testing.T) {
	with := func(n dcf.Node, change func(*dcf.Node)) dcf.Node { change(&n); return n }
	leader := func(n dcf.Node) dcf.Node { n.Role = dcf.RoleLeader; return n }
	passive := func(n dcf.Node) dcf.Node { n.Role = dcf.RolePassive; return n }
	logger := func(n dcf.Node) dcf.Node { n.Role = dcf.RoleLogger; return n }
	many := func(count int) []dcf.Node {
		var nodes []dcf.Node
		for id := 1; id <= count; id++ {
			nodes = append(nodes, node(id))
		}
		return nodes
	}
	tests := []struct {
		name  string
		nodes []dcf.Node
		want  []dcf.Reason
	}{
		{"three followers", many(3), nil},
		{"one leader", []dcf.Node{leader(node(1)), node(2), node(3)}, nil},
		{"ten", many(10), nil},
		{"loggers", []dcf.Node{node(1), logger(node(2)), logger(node(3))}, nil},
		{"no nodes", nil, []dcf.Reason{dcf.ReasonNoNodes}},
		{"two leaders", []dcf.Node{leader(node(1)), leader(node(2)), node(3)}, []dcf.Reason{dcf.ReasonTwoLeaders}},
		{"same id", []dcf.Node{node(1), node(2), node(3), with(node(4), func(n *dcf.Node) { n.ID = 2 })}, []dcf.Reason{dcf.ReasonDuplicateNode}},
		{"same address", []dcf.Node{node(1), node(2), with(node(3), func(n *dcf.Node) { n.Addr = node(1).Addr })}, []dcf.Reason{dcf.ReasonAddressClash}},
		{"two voters", []dcf.Node{node(1), node(2), passive(node(3))}, []dcf.Reason{dcf.ReasonFewVoters}},
		{"only loggers", []dcf.Node{logger(node(1)), logger(node(2)), logger(node(3))}, []dcf.Reason{dcf.ReasonNobodyElectable}},
		{"eleven", many(11), []dcf.Reason{dcf.ReasonTooManyNodes}},
		{"other stream", []dcf.Node{node(1), node(2), node(3), with(node(1), func(n *dcf.Node) { n.Stream = 2; n.Addr = node(9).Addr })},
			[]dcf.Reason{dcf.ReasonStreamUnused, dcf.ReasonNodeMoved, dcf.ReasonFewVoters}},
	}
	for _, tt := range tests {
		var got []dcf.Reason
		for _, p := range dcf.ConfigOf(tt.nodes...).Check() {
			got = append(got, p.Reason)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCheckPointsIntoTheText(t *testing.T) {
	text := " [ " + element("node_id", "1") + " ,\n" + element("node_id", "2") + "," + element("node_id", "1") + "]"
	for _, p := range mustParse(t, text).Check() {
		switch p.Reason {
		case dcf.ReasonDuplicateNode:
			if want := strings.LastIndex(text, "1,\"ip\""); p.Offset != want || p.Index != 2 {
				t.Errorf("%v: want offset %d", p, want)
			}
		case dcf.ReasonAddressClash:
			if !strings.HasPrefix(text[p.Offset:], "5,") || p.Index != 1 && p.Index != 2 {
				t.Errorf("%v points at %q", p, text[p.Offset:])
			}
		}
	}
}

func TestMarshaling(t *testing.T) {
	text := article(t)
	var holder struct{ Config dcf.Config }
	if err := json.Unmarshal([]byte(`{"Config":`+text+`}`), &holder); err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(holder); err != nil || string(b) != `{"Config":`+text+`}` {
		t.Errorf("json.Marshal = %s, %v", b, err)
	}
	before := holder.Config.String()
	if err := holder.Config.UnmarshalText([]byte("[{}]")); err == nil || holder.Config.String() != before {
		t.Errorf("UnmarshalText of a wrong text: %v, value now %s", err, holder.Config)
	}
	if _, err := dcf.ConfigOf(dcf.Node{ID: 1}).MarshalText(); err == nil {
		t.Error("a node without address was written")
	}
	if err := dcf.ConfigOf(dcf.Node{ID: 1}).Validate(); err == nil {
		t.Error("a node without address is valid")
	}
	clone := holder.Config.Clone()
	clone.Nodes[0].ID = 9
	if holder.Config.Nodes[0].ID == 9 || holder.Config.Equal(clone) {
		t.Error("the clone shares its nodes")
	}
}

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
