// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
)

func TestHBASamples(t *testing.T) {
	for name, rules := range map[string]int{"pg_hba.conf": 7, "pg_hba.fresh.conf": 3, "dual_pg_hba.conf": 4} {
		text := read(t, name)
		h := conf.ParseHBA(name, text)
		if err := h.Err(); err != nil {
			t.Error(err)
		}
		if h.String() != text || len(h.Rules()) != rules {
			t.Errorf("%s: %d rules, want %d; text kept: %v", name, len(h.Rules()), rules, h.String() == text)
		}
		for _, r := range h.Rules() {
			back, ok, err := conf.ParseHBARule(r.String())
			if err != nil || !ok || !reflect.DeepEqual(back, r) {
				t.Errorf("%s became %+v, %v", r, back, err)
			}
			if err := h.Set(r); err != nil {
				t.Error(err)
			}
		}
		if h.String() != text {
			t.Errorf("%s: setting what is there changed\n%s", name, h)
		}
	}
}

func rule(t *testing.T, text string) conf.HBARule {
	t.Helper()
	r, ok, err := conf.ParseHBARule(text)
	if err != nil || !ok {
		t.Fatalf("%q: %v", text, err)
	}
	return r
}

func TestHBARule(t *testing.T) {
	got := rule(t, ` hostssl db1, "all","my ""db""" +admins,bob 10.0.0.0 255.255.0.0 ldap ldapserver=x "ldapprefix=cn = y" # note`+"\n")
	want := conf.HBARule{Type: "hostssl", Databases: []conf.HBAToken{{Text: "db1"}, {Text: "all", Quoted: true}, {Text: `my "db"`, Quoted: true}},
		Users: conf.Words("+admins", "bob"), Address: conf.HBAToken{Text: "10.0.0.0"}, Mask: "255.255.0.0", Method: "ldap",
		Options: []conf.HBAToken{{Text: "ldapserver=x"}, {Text: "ldapprefix=cn = y", Quoted: true}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if r := rule(t, `local all +"my group" peer`); r.Users[0] != (conf.HBAToken{Text: "+my group"}) || !strings.Contains(r.String(), ` +"my group" `) {
		t.Errorf("a group became %s", r)
	}
	for _, bad := range []string{"local", "local all", "local all all", "host all all trust", "host all all 10.0.0.1 trust", "host all all 10.0.0.1/33 trust", "host all all 10.0.0.1 255.0.255.0 md5",
		"host all all 10.0.0.1/8 scram-sha-256", "host all all 10.0.0.1/8 password", "unix all all trust", "local all all trust map", `local "all all trust`, "local all, trust", ", a b c", "local a ,b all trust", "local a,,b all trust", ",local all all trust", "local a, b , c trust",
		"local all all trust,md5", "host all all a,b trust", "local " + strings.Repeat("x", 256) + " all trust", `host all all "" trust`} {
		if r, ok, err := conf.ParseHBARule(bad); err == nil || ok {
			t.Errorf("%q: %+v", bad, r)
		}
	}
	h := conf.ParseHBA("pg_hba.conf", "local all all trust\nhost all\n")
	var se *conf.SyntaxError
	if err := h.Err(); !errors.As(err, &se) || se.Line != 2 || !strings.Contains(err.Error(), "before the user") {
		t.Errorf("%v", err)
	}
}

func TestHBASet(t *testing.T) {
	const text = "# head\nlocal  all all   trust\nhost all omm 10.0.0.1/32\tmd5  map=m # omm\nhost all all 0.0.0.0/0 reject\n#host all x 10.0.0.2/32 md5\n"
	for _, c := range []struct{ name, rule, old, new string }{
		{"replaces the method", "host all omm 10.0.0.1/32 sha256", "\tmd5  map=m # omm", "\tsha256 # omm"},
		{"the same network written otherwise", "host all omm 10.0.0.1 255.255.255.255 sha256", "\tmd5  map=m # omm", "\tsha256 # omm"},
		{"in front of what would decide first", "host all bob 10.0.0.0/8 sha256", "host all all 0.0.0.0/0", "NEW\nhost all all 0.0.0.0/0"},
		{"in front: hostssl is a host", "hostssl db1 bob 10.0.0.0/8 cert", "host all all 0.0.0.0/0", "NEW\nhost all all 0.0.0.0/0"},
		{"at the end: all is not replication", "host replication omm 10.0.0.3/32 sha256", "10.0.0.2/32 md5\n", "10.0.0.2/32 md5\nNEW\n"},
		{"at the end: nothing covers it", "host all bob ::1/128 sha256", "10.0.0.2/32 md5\n", "10.0.0.2/32 md5\nNEW\n"},
		{"a narrower local rule", "local all bob peer", "local  all", "NEW\nlocal  all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := conf.ParseHBA("f", text)
			r := rule(t, c.rule)
			if err := h.Set(r); err != nil {
				t.Fatal(err)
			}
			want := strings.Replace(text, c.old, strings.Replace(c.new, "NEW", r.String(), 1), 1)
			if h.String() != want {
				t.Errorf("got\n%s\nwant\n%s", h, want)
			}
			if again := conf.ParseHBA("f", h.String()); again.Err() != nil || !reflect.DeepEqual(again.Rules(), h.Rules()) {
				t.Errorf("read again: %v", again.Err())
			}
		})
	}
	h := conf.ParseHBA("f", text)
	if n := h.Unset(rule(t, "host all omm 10.0.0.1/32 trust")); n != 1 || !strings.Contains(h.String(), "\n#host all omm 10.0.0.1/32\tmd5") || len(h.Rules()) != 2 {
		t.Errorf("%d:\n%s", n, h)
	}
	for _, bad := range []conf.HBARule{{}, {Type: "local", Databases: conf.Words("all"), Users: conf.Words("all"), Method: "trust\nlocal all all trust"},
		{Type: "local", Databases: conf.Words("all"), Users: conf.Words("all"), Method: "trust", Address: conf.HBAToken{Text: "10.0.0.1/8"}}} {
		if err := h.Set(bad); !errors.Is(err, conf.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestLintHBA(t *testing.T) {
	h := conf.ParseHBA("f", "host all all 10.0.0.0/8 sha256\nhost all bob 10.1.0.0/16 md5\nhost replication bob 10.1.0.0/16 md5\nhost all all 192.168.0.0/16 trust\nhost all all 127.0.0.1/32 trust\nbad\n")
	var got []string
	for _, p := range conf.LintHBA(h) {
		got = append(got, p.String())
	}
	want := []string{
		"f:2: host: shadowed: line 1 decides all its connections already",
		"f:4: host: trust: the server refuses remote connections with trust, but for its own tools",
		"f:6: syntax: type \"bad\": want local, host, hostssl or hostnossl",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
