// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dss"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// FuzzInst: a file that is read is written as it was; setting a parameter
// changes that one alone and reads back; problems are where they say.
func FuzzInst(f *testing.F) {
	for _, name := range []string{"stand/dss_inst.inst0.ini", "recipe/dss_inst.inst1.ini"} {
		f.Add(read(f, name), "_SHM_KEY", "7")
	}
	f.Add("# a\r\n = \r\nIFILE = x\nINST_ID\n_shm_key=1\n_SHM_KEY = 2", "_SHM_KEY", "x y")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		c := dss.ParseInst("f", text)
		if c.String() != text {
			t.Fatalf("read and written: %q", c)
		}
		for _, p := range c.Lint(now) {
			if p.Line > strings.Count(text, "\n")+1 || p.Error() == "" {
				t.Errorf("%+v", p)
			}
		}
		before := map[string]string{}
		for s := range c.Settings() {
			before[s.Name] = s.Value
		}
		if err := c.Set(name, value); err != nil {
			if !errors.Is(err, dss.ErrInvalid) || c.String() != text {
				t.Fatalf("%v, %q", err, c)
			}
			return
		}
		again := dss.ParseInst("f", c.String())
		if s, ok := again.Get(name); !ok || s.Value != value {
			t.Fatalf("%q: %s is %+v, want %q", c, name, s, value)
		}
		after := map[string]string{}
		for s := range again.Settings() {
			after[s.Name] = s.Value
		}
		for other, want := range before {
			if got, ok := after[other]; !strings.EqualFold(other, name) && (!ok || got != want) {
				t.Fatalf("%q: %s is %q, want %q", c, other, got, want)
			}
		}
		if again.Lint(now).Has(dss.ReasonDuplicateKey) && !dss.ParseInst("f", text).Lint(now).Has(dss.ReasonDuplicateKey) {
			t.Fatalf("%q: set twice", c)
		}
		text = c.String()
		if err := c.Set(name, value); err != nil || c.String() != text {
			t.Fatalf("a second time: %v, %q", err, c)
		}
		c.Unset(name)
		if _, ok := c.Get(name); ok {
			t.Fatalf("%q: still set", c)
		}
	})
}

func FuzzVGs(f *testing.F) {
	f.Add(read(f, "stand/dss_vg_conf.ini"), "log", "/dev/b")
	f.Add("#\r\n a:b:c \r\nno\n:", "a", "/x")
	f.Fuzz(func(t *testing.T, text, name, path string) {
		v := dss.ParseVGs("f", text)
		if v.String() != text {
			t.Fatalf("read and written: %q", v)
		}
		before := v.Groups()
		v.Lint()
		if err := v.Set(name, path); err != nil {
			if !errors.Is(err, dss.ErrInvalid) || v.String() != text {
				t.Fatalf("%v, %q", err, v)
			}
			return
		}
		after := dss.ParseVGs("f", v.String())
		groups := after.Groups()
		g, ok := after.Get(name)
		if !ok || g.Path != path || len(groups) < len(before) {
			t.Fatalf("%q: %+v", v, g)
		}
		for i, old := range before {
			if now := groups[i]; now.Name != old.Name || now.Name != name && now.Path != old.Path {
				t.Fatalf("%q: group %d was %+v and is %+v", v, i, old, now)
			}
		}
	})
}

// FuzzNodes: what is accepted is printed as it was and has no blank; what is
// refused has a problem inside the text.
func FuzzNodes(f *testing.F) {
	for _, text := range []string{"0:127.0.0.1:17102,1:127.0.0.1:18102", "0:127.0.0.1:17102, 1:127.0.0.1:18102", ",", "63:1.2.3.4:65535"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		nodes, err := dss.ParseNodes(text)
		for _, p := range dss.LintNodes(text) {
			if p.Offset > len(text) {
				t.Errorf("%+v", p)
			}
		}
		if err != nil {
			return
		}
		again, err := dss.ParseNodes(nodes.String())
		if nodes.String() != text || err != nil || !again.Equal(nodes) || strings.ContainsAny(text, " \t\n") {
			t.Errorf("%q gives %v, %v", text, nodes, err)
		}
		if p, _ := dss.ParamByName("DSS_NODES_LIST", release.V700RC2); len(text) < 1024 && p.Check(text) != nil {
			t.Errorf("%q: %v", text, p.Check(text))
		}
	})
}

// FuzzValue: what a value is printed as means the same.
func FuzzValue(f *testing.F) {
	for p := range dss.Params(release.V700RC2) {
		f.Add(p.Name, p.Default)
	}
	f.Add("RECV_MSG_POOL_SIZE", "0.5G")
	f.Fuzz(func(t *testing.T, name, text string) {
		p, ok := dss.ParamByName(name, release.V700RC2)
		if !ok {
			return
		}
		v, err := p.Parse(text)
		if err != nil {
			var problem dss.Problem
			if !errors.As(err, &problem) || p.Secret && len(text) > 3 && strings.Contains(err.Error(), text) {
				t.Errorf("%v", err)
			}
			return
		}
		if back, err := p.Parse(v.String()); err != nil || back != v {
			t.Errorf("%s = %q: %q became %q, %v", name, text, v, back, err)
		}
		if err := p.CheckSetcfg(text); err == nil && p.Apply != dss.ApplySetcfg {
			t.Errorf("%s: setcfg", name)
		}
	})
}

// FuzzOutputs: no parser panics, and what is refused says where.
func FuzzOutputs(f *testing.F) {
	for _, c := range session(f, "dsscmd-session.txt") {
		f.Add(c.output)
	}
	for _, text := range []string{"iofence_key=0,1,\nThe node 1 is not registered, inq_result = 0.\n",
		"Dev Generation RESKEY REGKEY\n/dev/a 1 - 0,1\nSucceed to inquiry\n", "Dev Vendor Model ArraySN LUNID LUNWWN\n/dev/a\nSucceed to inquiry\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var errs []error
		keep := func(v any, err error) {
			if err != nil {
				errs = append(errs, err)
			} else if reflect.ValueOf(v).Kind() == reflect.Slice && reflect.ValueOf(v).Len() > strings.Count(text, "\n")+1 {
				t.Errorf("more than there is: %+v", v)
			}
		}
		for _, m := range []dss.Measure{dss.MeasureBytes, dss.MeasureTiB, 'x'} {
			space, err := dss.ParseSpace(text, m)
			keep(space, err)
			for _, s := range space {
				if s.Size < 0 || s.Free < 0 || s.Used < 0 || s.VolumeCount < 0 {
					t.Errorf("%+v", s)
				}
			}
			entries, err := dss.ParseEntries(text, m, time.UTC)
			keep(entries, err)
			for _, e := range entries {
				if e.Size < 0 || e.Written < -1 || e.Name == "" {
					t.Errorf("%+v", e)
				}
			}
		}
		status, err := dss.ParseStatus(text)
		keep(status, err)
		if err == nil && (status.Instance < 0 || status.Instance > 63 || status.Master > 63) {
			t.Errorf("%+v", status)
		}
		reg, err := dss.ParseRegistration(text)
		keep(reg, err)
		if err == nil && reg.State == dss.RegNone && !strings.Contains(text, "is not registered, inq_result = 0.") {
			t.Errorf("%q is taken for a proof", text)
		}
		keep(dss.ParseSwitch(text))
		keep(dss.ParseReservations(text))
		keep(dss.ParseLUNs(text))
		keep(dss.ParseLatches(text))
		keep(dss.ParseUsage(text))
		keep(dss.ParseFind(text))
		keep(dss.ParseClients(text))
		keep(dss.ParseCallStats(text))
		keep(dss.ParseBlockID(text))
		keep(dss.ParseBuild(text))
		_, value, err := dss.ParseCfg(text)
		keep(value, err)
		_, target, err := dss.ParseLink(text)
		keep(target, err)
		for _, err := range errs {
			if !errors.Is(err, dss.ErrOutput) || err.Error() == "" {
				t.Errorf("%v", err)
			}
		}
		if err := dss.ParseFailure("x", text); err != nil && err.Error() == "" {
			t.Error("an empty error")
		}
	})
}

// FuzzStruct: a structure is printed so that it reads back the same.
func FuzzStruct(f *testing.F) {
	for _, c := range session(f, "dsscmd-session.txt") {
		if c.args[0] == "showdisk" {
			f.Add(c.output)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := dss.ParseStruct(text)
		if err != nil {
			if !errors.Is(err, dss.ErrOutput) {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := dss.ParseStruct(s.String())
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("printed as\n%s%v", s, err)
		}
		_, err1 := s.CoreCtrl()
		_, err2 := s.VGHeader(time.UTC)
		_, err3 := s.VolumeCtrl()
		for _, err := range []error{err1, err2, err3} {
			if err != nil && !errors.Is(err, dss.ErrOutput) {
				t.Errorf("%v", err)
			}
		}
	})
}
