// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// FuzzConf: what is written is read back, whatever the value.
func FuzzConf(f *testing.F) {
	f.Add("work_mem", "1MB")
	f.Add("a.b", `it's \ 'quoted' \101`)
	f.Fuzz(func(t *testing.T, name, value string) {
		if settings, err := postgres.ParseConf(name + " = " + value); err == nil {
			text, err := postgres.FormatConf(settings)
			if err != nil {
				return // an escape gave a line end
			}
			again, err := postgres.ParseConf(text)
			if err != nil || !reflect.DeepEqual(again, settings) {
				t.Errorf("%q: %q, then %q, %v", text, settings, again, err)
			}
		}
		quoted, err := postgres.QuoteValue(value)
		if err != nil {
			return
		}
		got, err := postgres.ParseConf("x = " + quoted)
		if err != nil || got["x"] != value {
			t.Errorf("%q was written as %s and read as %q, %v", value, quoted, got["x"], err)
		}
	})
}

func FuzzConninfo(f *testing.F) {
	f.Add("host=a port='1'")
	f.Add(`a='it\'s' b=\\`)
	f.Fuzz(func(t *testing.T, text string) {
		params, err := postgres.ParseConninfo(text)
		if err != nil {
			return
		}
		var list []postgres.Param
		for k, v := range params {
			p, err := postgres.ParseConninfo(postgres.FormatConninfo(append(list, postgres.ParamOf(k, v))))
			if err != nil || len(p) != 1 || p[k] != v {
				t.Errorf("%q=%q: %q, %v", k, v, p, err)
			}
		}
	})
}

func FuzzSyncNames(f *testing.F) {
	for _, s := range []string{`ANY 1 ("m2","m-3")`, "FIRST 2 (a, b, c)", "2 (a,b)", "a, b", "*", `"a""b"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := postgres.ParseSync(text)
		if err != nil || set.Has("gausskit:guard") || set.K > len(set.Members) {
			return
		}
		out, err := postgres.FormatSync(set)
		if err != nil {
			t.Fatalf("%q gave %+v, which cannot be written: %v", text, set, err)
		}
		again, err := postgres.ParseSync(out)
		if err != nil || !again.Equal(set) {
			t.Errorf("%q: %+v, then %+v, %v", out, set, again, err)
		}
	})
}

func FuzzPidFile(f *testing.F) {
	f.Add("4711\n/srv/m1\n1700000000\n5432\n/srv/m1.run\n127.0.0.1\n  5432001    196608\nready   \n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := postgres.ParsePidFile(text)
		if err != nil {
			return
		}
		again, err := postgres.ParsePidFile(fmt.Sprintf("%d\n%s\n%d\n%d\n%s\n\n\n%s\n", p.PID, p.DataDir, p.Start, p.Port, p.Socket, p.Status))
		if err != nil || again != p {
			t.Errorf("%+v, then %+v, %v", p, again, err)
		}
	})
}

func FuzzControl(f *testing.F) {
	f.Add("Database system identifier: 1\nDatabase cluster state: shut down\n", uint64(1))
	f.Fuzz(func(t *testing.T, text string, lsn uint64) {
		c, err := postgres.ParseControl(text)
		if err != nil {
			return
		}
		if end := c.RecordEnd(ha.LSN(lsn), 100); c.BlockSize > 64 && lsn < 1<<62 && uint64(end) < lsn {
			t.Errorf("a record at %v ends at %v", ha.LSN(lsn), end)
		}
	})
}

func FuzzHistory(f *testing.F) {
	f.Add("1\t0/3000148\tno recovery target specified\n2\t1/5000000\tx\n")
	f.Fuzz(func(t *testing.T, text string) {
		branches, err := postgres.ParseHistory(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, br := range branches {
			fmt.Fprintf(&b, "%d\t%v\treason\n", br.TLI, br.End)
		}
		if again, err := postgres.ParseHistory(b.String()); err != nil || !reflect.DeepEqual(again, branches) {
			t.Errorf("%v, then %v, %v", branches, again, err)
		}
	})
}
