// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// FuzzParse: a text that is accepted reads back from its canonical form, and the
// server of every release agrees on every instance or Lint says so.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		two, "", " , ", "0:127.0.0.1:1611", "10:10.0.0.1:1611 ,\t63:10.0.0.2:65535", "0:999.1.1.1:70000", `"0":"1"`,
		`"0 : 10.0.0.1 : 1611"`, `"""0"":10.0.0.1:1611"`, "0:fe80::1:1611", "0:db1:-1", "0:10.0.0.1:1611\x00,", "0:1.2.3.4:2147483648",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := dms.Parse(text)
		var problems dms.Problems
		if (err == nil) != (len(u.Instances) > 0) || err != nil && !errors.As(err, &problems) {
			t.Fatalf("%v, %v", u, err)
		}
		if err == nil {
			again, err := dms.Parse(u.String())
			if err != nil || !again.Equal(u) || again.String() != u.String() {
				t.Errorf("canonical form %q: %v", u, err)
			}
			for _, p := range u.Check(dms.Newest) {
				if p.Offset > len(u.String()) {
					t.Errorf("problem %v is outside of the text", p)
				}
			}
		}
		for _, r := range []dms.Release{dms.V503, dms.V510, dms.Newest} {
			found, reading := dms.Lint(text, r), dms.ParseServer(text, r)
			for _, p := range found {
				if p.Offset > len(text) || p.Error() == "" {
					t.Errorf("problem %v is outside of the text", p)
				}
			}
			if reading.Offset > len(text) || (reading.Outcome == dms.OutcomeInstances) != (len(reading.Instances) > 0) {
				t.Errorf("%s: %+v", r, reading)
			}
			if err != nil || found.Err() != nil {
				continue
			}
			if len(reading.Instances) != len(u.Instances) {
				t.Fatalf("%s: the server: %+v", r, reading)
			}
			for i, x := range u.Instances {
				if reading.Instances[i].String() != x.String() {
					t.Errorf("%s: the server takes %v for %v", r, reading.Instances[i], x)
				}
			}
		}
	})
}

// FuzzControl: a page that is accepted is written as it was, as far as it means
// something.
func FuzzControl(f *testing.F) {
	f.Add(control(1, 2, 0)[:36])
	f.Add(make([]byte, 36))
	old, err := dms.Control{Stable: 3, Primary: 1, State: dms.ClusterNormal}.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(old[:16])
	f.Fuzz(func(t *testing.T, page []byte) {
		c, err := dms.ParseControl(page)
		if err != nil {
			if !errors.Is(err, dms.ErrChecksum) && !errors.Is(err, dms.ErrFormat) {
				t.Error(err)
			}
			return
		}
		again, err := c.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := dms.ParseControl(again); err != nil || back != c {
			t.Errorf("%+v became %+v, %v", c, back, err)
		}
	})
}

// FuzzInfo: what is accepted is written so that it reads back.
func FuzzInfo(f *testing.F) {
	f.Add(switchover)
	f.Add(`{"INSTANCE_ID":"0","DMS_ROLE":"REFORMER","PROC_STATUS":"FINISHED","REFORM_STATUS":"WAITING","X":"y"}`)
	f.Add(`{"INSTANCE_ID":"0","DMS_ROLE":"PARTNER","REFORM_STATUS":"RUNNING","START_TIME":"2025-08-01 00:00:00.000","REFORM_TYPE":"MOON"}`)
	f.Fuzz(func(t *testing.T, text string) {
		info, err := dms.ParseInfoJSON([]byte(text))
		if err != nil {
			if !errors.Is(err, dms.ErrFormat) {
				t.Error(err)
			}
			return
		}
		if !info.HasReform() {
			return // facts of a reform without its start are dropped
		}
		written, err := json.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := dms.ParseInfoJSON(written); err != nil || !reflect.DeepEqual(back, info) {
			t.Errorf("%s\nbecame %s, %v", text, written, err)
		}
	})
}

// FuzzJudgement: what is accepted is written so that it reads back.
func FuzzJudgement(f *testing.F) {
	f.Add(judgement)
	f.Add("[DMS REFORM]inst_id:0, role:partner, catalog:distributed, reform_type:UNKNOWN TYPE, step:DONE")
	f.Fuzz(func(t *testing.T, line string) {
		j, ok, err := dms.ParseJudgement(line)
		if err != nil || !ok {
			return
		}
		back, ok, err := dms.ParseJudgement(j.String())
		if err != nil || !ok || back.String() != j.String() {
			t.Errorf("%q became %q, %v, %v", j, back, ok, err)
		}
	})
}

// FuzzResource: no record makes the reader fail in another way than with an
// error, and fields come out as they were put in.
func FuzzResource(f *testing.F) {
	f.Add(`a"b,c\`)
	f.Add("")
	q, err := dms.ResourceQuery(dms.ResourceLock, dms.Newest)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := q.Row([]string{text}); err != nil && !errors.Is(err, dms.ErrFormat) {
			t.Error(err)
		}
		quoted := `"` + strings.NewReplacer(`"`, `""`, `\`, `\\`).Replace(text) + `"`
		got, err := q.Row([]string{"(" + quoted + ",0,3,1,2,255,1,0,1,3,2,1234,24,0,1,255,0,2)"})
		if err != nil || got.ID != text {
			t.Errorf("%q became %q, %v", text, got.ID, err)
		}
	})
}

// FuzzSettings: a value that a parameter accepts is one that its typed reader
// reads, and a check never fails in another way than with problems.
func FuzzSettings(f *testing.F) {
	f.Add("ss_recv_msg_pool_size", "64MB")
	f.Add("ss_enable_ssl", "of")
	f.Add("ss_interconnect_url", two)
	f.Add("ss_rdma_work_config", "0 255")
	f.Fuzz(func(t *testing.T, name, value string) {
		s := dms.Settings{name: value, "ss_enable_dss": "on", "ss_enable_dms": "on"}
		for _, r := range []dms.Release{dms.V311, dms.V600, dms.Newest} {
			found := s.Check(r)
			p, ok := dms.ParamByName(name, r)
			if !ok {
				continue
			}
			err := p.Check(value)
			switch p.Kind {
			case dms.KindInt:
				if n, readErr := s.Int(name, r); (readErr == nil) != (err == nil) || err == nil && (n < p.Min || n > p.Max) {
					t.Errorf("%s = %q: %d, %v, %v", name, value, n, readErr, err)
				}
			case dms.KindBool:
				if _, readErr := s.Bool(name, r); (readErr == nil) != (err == nil) {
					t.Errorf("%s = %q: %v, %v", name, value, readErr, err)
				}
			}
			if err != nil && found.Err() == nil {
				t.Errorf("%s = %q: %v is not found", name, value, err)
			}
		}
	})
}
