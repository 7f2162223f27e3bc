// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

// answer is a question to libdcf and what it said.
type answer struct{ question, result string }

// libraryAnswers reads the captured session: a question, then a line "RES ...".
func libraryAnswers(t *testing.T, verb string) []answer {
	t.Helper()
	var answers []answer
	var question string
	for line := range strings.Lines(read(t, "library-checks.txt")) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, verb+" "):
			question = strings.TrimPrefix(line, verb+" ")
		case strings.HasPrefix(line, "    RES "+verb+" ") && question != "-":
			answers = append(answers, answer{question, line})
			question = "-"
		}
	}
	if len(answers) < 10 {
		t.Fatalf("testdata/library-checks.txt has %d answers to %s", len(answers), verb)
	}
	return answers
}

// TestParseServerAgreesWithTheLibrary compares with what the real library said
// to the same texts: error 800 is its word for a text that it refuses.
func TestParseServerAgreesWithTheLibrary(t *testing.T) {
	for _, a := range libraryAnswers(t, "start") {
		_, text, _ := strings.Cut(a.question, " ") // the node's own id
		refused := strings.Contains(a.result, "errno=800")
		if got := dcf.ParseServer(text); (got.Outcome == dcf.OutcomeRefused) != refused {
			t.Errorf("%s\n%s\ngot %+v", text, a.result, got)
		}
		// What Parse and Check accept, the library must accept; only its own node
		// or its address may be wrong then, which a text alone cannot tell.
		if c, err := dcf.Parse(text); err == nil && refused && !c.Check().Has(dcf.ReasonDuplicateNode) {
			t.Errorf("Parse and Check accept %s\nand the library said %s", text, a.result)
		}
	}
}

func TestParseServerIsAsLenientAsTheLibrary(t *testing.T) {
	one := func(key, value string) string { return "[" + element(key, value) + "]" }
	plain := dcf.ServerNode{Stream: 1, ID: 1, IP: "10.0.0.1", Port: 5, Role: dcf.RoleLeader, Weight: 1}
	with := func(change func(*dcf.ServerNode)) dcf.ServerNode { n := plain; change(&n); return n }
	tests := []struct {
		text string
		want dcf.ServerNode
	}{
		{one("port", "5"), plain},
		{"\ufeff\x01 " + one("port", "5") + " and more", plain},
		{one("port", "5") + "\x00]", plain},
		{one("port", "05"), plain},
		{one("port", "5."), plain},
		{one("port", "5.9"), plain},
		{one("port", "0.5e1"), plain},
		{one("PORT", "6"), plain}, // the first of the two counts
		{one("port", `5,"Port":6`), plain},
		{one("role", `"leader"`), plain},
		{one("role", `"\u004ceader"`), plain},
		{one("role", `"LEADER\u0000x"`), plain},
		{one("role", `"LEADER\u00zzx"`), plain}, // digits that are none read as 0
		{one("zone", "\"\ttab\\ud83d\\ude00\""), plain},
		{one("port", "70000"), with(func(n *dcf.ServerNode) { n.Port = 70000 })},
		{one("port", "-1"), with(func(n *dcf.ServerNode) { n.Port = 1<<32 - 1 })},
		{one("port", "1e999"), with(func(n *dcf.ServerNode) { n.Port = 1<<31 - 1 })},
		{one("stream_id", "0"), with(func(n *dcf.ServerNode) { n.Stream = 0 })},
		{one("node_id", "-0.5"), with(func(n *dcf.ServerNode) { n.ID = 0 })},
		{one("ip", `"localhost"`), with(func(n *dcf.ServerNode) { n.IP = "localhost" })},
		{one("weight", "0"), with(func(n *dcf.ServerNode) { n.Weight = 0 })},
		{one("group", "-1"), plain},
		{one("priority", "3.7"), with(func(n *dcf.ServerNode) { n.Priority = 3 })},
	}
	for _, tt := range tests {
		got := dcf.ParseServer(tt.text)
		if got.Outcome != dcf.OutcomeNodes || len(got.Nodes) != 1 || got.Nodes[0] != tt.want {
			t.Errorf("ParseServer(%q) =\n %+v, want\n %+v", tt.text, got, tt.want)
		}
	}
	if got := (dcf.ServerNode{Port: 70000}).Listens(); got != 4464 {
		t.Errorf("port 70000 listens on %d", got)
	}
}

func TestParseServerRefuses(t *testing.T) {
	one := func(key, value string) string { return "[" + element(key, value) + "]" }
	tests := []struct {
		text string
		key  string
		at   string
	}{
		{"{}", "", ""},
		{"[{]", "", "]"},
		{"[1]", "", "1"},
		{"[null]", "", "null"},
		{one("ip", ""), "ip", "{"},
		{one("port", `"5"`), "port", `"5"`},
		{one("port", ".5"), "", ".5"},
		{one("port", "-"), "", "-"},
		{one("port", "5x"), "", "x"},
		{one("zone", `"\x"`), "", `\x`},
		{one("zone", `"\udc00"`), "", `\udc00`},
		{one("zone", `"\ud800\u0041"`), "", `\ud800`},
		{one("zone", `"\ud800"`), "", `\ud800`},
		{one("zone", `"\u00"`), "", `\u00`},
		{one("zone", `"open`), "", `"open`},
		{one("zone", strings.Repeat("[", 1001)), "", "["},
		{one("zone", strings.Repeat("1", 64)), "", "1"},
		{one("role", `"UNKNOWN"`), "role", `"UNKNOWN"`},
		{one("role", `"ROLE"`), "role", `"ROLE"`},
		{one("stream_id", "64"), "stream_id", "64"},
		{one("stream_id", "-1"), "stream_id", "-1"},
		{one("node_id", "256"), "node_id", "256"},
		{one("weight", "256"), "weight", "256"},
		{one("weight", `"1"`), "weight", `"1"`},
		{one("ip", `"`+strings.Repeat("1", 64)+`"`), "ip", `"1111`},
		{"[" + element("port", "5") + "," + element("port", "6") + "]", "node_id", `1,"ip":"10.0.0.1","port":6`},
	}
	for _, tt := range tests {
		got := dcf.ParseServer(tt.text)
		if got.Outcome != dcf.OutcomeRefused || got.Key != tt.key {
			t.Errorf("ParseServer(%q) = %+v, want refused at %q", tt.text, got, tt.key)
		} else if tt.at != "" && !strings.HasPrefix(tt.text[got.Offset:], tt.at) {
			t.Errorf("ParseServer(%q) points at %q, want %q", tt.text, tt.text[got.Offset:], tt.at)
		}
	}
	if got := dcf.ParseServer(" [ ] "); got.Outcome != dcf.OutcomeEmpty || got.Outcome.String() != "empty" {
		t.Errorf("an empty list: %+v", got)
	}
}

func TestLint(t *testing.T) {
	one := func(key, value string) string { return "[" + element(key, value) + "]" }
	tests := []struct {
		text   string
		reason dcf.Reason
		detail string
	}{
		{one("port", "70000"), dcf.ReasonPortRange, "the library listens on port 4464"},
		{one("port", "0"), dcf.ReasonPortRange, "the library takes port 0 and hangs"},
		{one("port", "65536"), dcf.ReasonPortRange, "the library takes port 0 and hangs"},
		{one("port", `"5"`), dcf.ReasonWrongType, "want a number, it is text; the library refuses it"},
		{one("ip", `"db1"`), dcf.ReasonBadIP, "the library stores it and fails when it connects (error 202)"},
		{one("stream_id", "0"), dcf.ReasonStreamRange, "the library takes stream 0"},
		{one("node_id", "0"), dcf.ReasonNodeIDRange, "the library takes node 0"},
		{one("group", "-2"), dcf.ReasonGroupRange, "the library takes group 0"},
		{one("priority", "1.5"), dcf.ReasonNotInteger, "the library takes priority 1"},
		{one("weight", "0"), dcf.ReasonWeightRange, "the library takes weight 0"},
		{one("Weight", "2"), dcf.ReasonKeyCase, "it is weight; the library takes weight 2"},
		{one("x", `1,"x":2`), dcf.ReasonDuplicateKey, "the library ignores the key"},
		{one("role", `"LEADER","role":"PASSIVE"`), dcf.ReasonDuplicateKey, "the library takes LEADER"},
		{one("port", "5") + "]", dcf.ReasonTrailingText, "the library accepts the value"},
		{"[{", dcf.ReasonSyntax, "want a key in quotes; the library refuses it"},
		{one("role", `"Leader"`), dcf.ReasonRoleCase, ""},
		{one("x", `"it's"`), dcf.ReasonNeedsEscape, ""},
		{"[" + element("port", "5") + "\n]", dcf.ReasonNeedsEscape, "a setting is one line"},
		{one("x", strings.Repeat("1", 64)), dcf.ReasonServerDiffers, "the library refuses the value here"},
		{one("x", `"`+strings.Repeat("1", 1010-len(one("x", `""`)))+`"`), dcf.ReasonLineTooLong, ""},
		{one("x", `"`+strings.Repeat("1", 1000)+`"`), dcf.ReasonValueTooLong, ""},
	}
	for _, tt := range tests {
		found := dcf.Lint(tt.text)
		i := slices.IndexFunc(found, func(p dcf.Problem) bool { return p.Reason == tt.reason })
		if i < 0 || found[i].Detail != tt.detail {
			t.Errorf("Lint(%q) = %v, want %s: %s", tt.text, found, tt.reason, tt.detail)
		}
	}
	ten := make([]dcf.Node, 10)
	for i := range ten {
		ten[i] = node(i + 1)
	}
	if found := dcf.Lint(dcf.ConfigOf(ten...).String()); len(found) > 0 {
		t.Errorf("ten nodes: %v", found)
	}
}
