// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql_test

import (
	"errors"
	"testing"

	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

func TestParse(t *testing.T) {
	for query, want := range map[string]int{
		"": 1, ";;": 1, "select 1; select 2": 2, "-- nothing\n": 1, "/* a */ select 'a;b'": 1, "begin; commit;": 2,
		"create table if not exists t (a int primary key, b text not null default 'x') with (orientation = row)": 1,
		"copy t (a, b) from stdin with (format csv)":                                                             1,
		"insert into public.t values (default, $1::int8), (E'a\\nb', -2.5e3)":                                    1,
	} {
		stmts, err := sql.Parse(query)
		if err != nil || len(stmts) != want {
			t.Errorf("%q: %d statements, %v", query, len(stmts), err)
		}
	}
	for query, code := range map[string]string{
		"select": sql.CodeSyntax, "select 'a": sql.CodeSyntax, "select 1 from": sql.CodeSyntax, "create temp table t (a int)": sql.CodeUnsupported,
		"select a from t group by a": sql.CodeUnsupported, "select 1::nothing": sql.CodeNoObject, "frobnicate": sql.CodeSyntax,
	} {
		_, err := sql.Parse(query)
		var e *sql.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%q: %v, want %s", query, err, code)
		}
	}
}

// FuzzParse looks for a query that brings the server down.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"select * from f(1) where a = $1 and b in (1, 'x')", "insert into t values (1) on duplicate key update nothing",
		"update t set a = b || 'x' where not a is null returning *", "set a.b to 'c', d", "alter user u password 'x'", "$$a$$", "select (((", "a.b.c("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		stmts, err := sql.Parse(query)
		if (err == nil) != (len(stmts) > 0) {
			t.Errorf("%d statements, %v", len(stmts), err)
		}
	})
}
