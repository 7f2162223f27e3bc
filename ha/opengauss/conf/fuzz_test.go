// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
)

// FuzzFile: a file that is read is written as it was, and setting a parameter
// changes that parameter alone.
func FuzzFile(f *testing.F) {
	for _, path := range confFiles(f) {
		f.Add(read(f, filepath.Base(path)), "port", "1")
	}
	f.Add("#a = 1 # x\ninclude 'y'\na 'z''\\'\\101'", "a", "it's")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		file := conf.Parse("f", text)
		if file.String() != text {
			t.Fatalf("read and written: %q", file)
		}
		before := map[string]string{}
		for s := range file.Settings() {
			before[strings.ToLower(s.Name)] = s.Value
		}
		if err := file.Set(name, value); err != nil {
			if file.String() != text {
				t.Fatalf("%v, and yet %q", err, file)
			}
			return
		}
		again := conf.Parse("f", file.String())
		if s, ok := again.Get(name); !ok || s.Value != value {
			t.Fatalf("%q: %s is %+v, want %q", file, name, s, value)
		}
		if (again.Err() == nil) != (conf.Parse("f", text).Err() == nil) {
			t.Fatalf("%q: errors before and after differ: %v", file, again.Err())
		}
		for other, want := range before {
			if strings.EqualFold(other, name) {
				continue
			}
			if s, ok := again.Get(other); !ok || s.Value != want {
				t.Fatalf("%q: %s is %+v, want %q", file, other, s, want)
			}
		}
		now := file.String()
		if err := file.Set(name, value); err != nil || file.String() != now {
			t.Fatalf("a second time: %v, %q", err, file)
		}
	})
}

func FuzzHBA(f *testing.F) {
	for _, name := range []string{"pg_hba.conf", "pg_hba.fresh.conf", "dual_pg_hba.conf"} {
		f.Add(read(f, name), "host all all 10.0.0.1/32 sha256")
	}
	f.Fuzz(func(t *testing.T, text, line string) {
		h := conf.ParseHBA("f", text)
		if h.String() != text {
			t.Fatalf("read and written: %q", h)
		}
		r, ok, err := conf.ParseHBARule(line)
		if err != nil || !ok {
			return
		}
		back, ok, err := conf.ParseHBARule(r.String())
		if err != nil || !ok || !reflect.DeepEqual(back, r) {
			t.Fatalf("%q became %+v, %v; want %+v", r, back, err, r)
		}
		n := len(h.Rules())
		if err := h.Set(r); err != nil {
			t.Fatal(err)
		}
		again := conf.ParseHBA("f", h.String())
		if !reflect.DeepEqual(again.Rules(), h.Rules()) || len(h.Rules()) < n || len(h.Rules()) > n+1 {
			t.Fatalf("%q: %v, want %v", h, again.Rules(), h.Rules())
		}
	})
}

func FuzzValue(f *testing.F) {
	f.Add("wal_sender_timeout", "6s")
	f.Add("shared_buffers", "1GB")
	f.Add("synchronous_commit", "2")
	f.Fuzz(func(t *testing.T, name, text string) {
		p, ok := conf.ParamByName(name)
		if !ok {
			return
		}
		v, err := p.Parse(text)
		if err != nil {
			return
		}
		if back, err := p.Parse(v.String()); err != nil || back != v {
			t.Fatalf("%s = %q: %q became %q, %v", name, text, v, back, err)
		}
	})
}
