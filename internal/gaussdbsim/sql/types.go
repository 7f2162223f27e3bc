// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"slices"

	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

// Describe says what a statement needs and gives, without running it. known are
// the types of parameters that the client has named, 0 for others.
func Describe(env Env, s Stmt, known []uint32) (fields []Field, params []uint32, err error) {
	r := &run{env: env, types: slices.Clone(known)}
	switch s := s.(type) {
	case *Select:
		fields, err = r.describeSelect(s)
	case *Insert:
		fields, err = r.describeInsert(s)
	case *Update:
		sc, serr := r.tableScope(s.Table)
		if serr != nil {
			return nil, nil, serr
		}
		for _, a := range s.set {
			i, err := sc.lookup(col{name: a.name})
			if err != nil {
				return nil, nil, err
			}
			r.infer(a.expr, sc, sc.fields[i].Type)
		}
		r.infer(s.where, sc, table.Bool)
		fields, err = r.describeItems(s.returning, sc)
	case *Delete:
		sc, serr := r.tableScope(s.Table)
		if serr != nil {
			return nil, nil, serr
		}
		r.infer(s.where, sc, table.Bool)
		fields, err = r.describeItems(s.returning, sc)
	case Show:
		fields = []Field{{s.Name, table.Text}}
	}
	for i, t := range r.types {
		if t == 0 {
			r.types[i] = table.Text
		}
	}
	return fields, r.types, err
}

func (r *run) describeSelect(s *Select) ([]Field, error) {
	sc, err := r.sourceScope(s.from)
	if err != nil {
		return nil, err
	}
	r.infer(s.where, sc, table.Bool)
	r.infer(s.limit, sc, table.Int8)
	r.infer(s.offset, sc, table.Int8)
	return r.describeItems(s.items, sc)
}

func (r *run) describeInsert(s *Insert) ([]Field, error) {
	sc, err := r.tableScope(s.Table)
	if err != nil {
		return nil, err
	}
	at, err := positions(sc, s.cols)
	if err != nil {
		return nil, err
	}
	for _, row := range s.rows {
		for i, e := range row {
			if i < len(at) {
				r.infer(e, nil, sc.fields[at[i]].Type)
			}
		}
	}
	if s.sel != nil {
		if _, err := r.describeSelect(s.sel); err != nil {
			return nil, err
		}
	}
	for _, a := range s.onDup {
		i, err := sc.lookup(col{name: a.name})
		if err != nil {
			return nil, err
		}
		r.infer(a.expr, sc, sc.fields[i].Type)
	}
	return r.describeItems(s.returning, sc)
}

func positions(sc *scope, names []string) ([]int, error) {
	if names == nil {
		all := make([]int, len(sc.fields))
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	var at []int
	for _, n := range names {
		i, err := sc.lookup(col{name: n})
		if err != nil {
			return nil, err
		}
		at = append(at, i)
	}
	return at, nil
}

func (r *run) tableScope(name string) (*scope, error) {
	cols, ok := r.env.Columns(name)
	if !ok {
		return nil, Errorf(CodeNoTable, "relation %q does not exist", name)
	}
	return &scope{alias: name, fields: fieldsOf(cols)}, nil
}

func (r *run) sourceScope(src *source) (*scope, error) {
	switch {
	case src == nil:
		return &scope{}, nil
	case src.sub != nil:
		fields, err := r.describeSelect(src.sub)
		return &scope{alias: src.alias, fields: fields}, err
	case src.fn != nil:
		if src.name == "generate_series" {
			for _, a := range src.fn.args {
				r.infer(a, nil, table.Int8)
			}
			return &scope{alias: src.alias, fields: []Field{{src.alias, table.Int8}}}, nil
		}
		fields, ok := r.env.Fields(src.name, true)
		if !ok {
			return nil, noFunction(src.name)
		}
		return &scope{alias: src.alias, fields: fields}, nil
	}
	if sc, err := r.tableScope(src.name); err == nil {
		sc.alias = src.alias
		return sc, nil
	}
	fields, ok := r.env.Fields(src.name, false)
	if !ok {
		return nil, Errorf(CodeNoTable, "relation %q does not exist", src.name)
	}
	return &scope{alias: src.alias, fields: fields}, nil
}

func noFunction(name string) error {
	return &Error{Code: CodeNoFunction, Message: "function " + name + " does not exist",
		Hint: "No function matches the given name and argument types. You might need to add explicit type casts."}
}

func (r *run) describeItems(items []item, sc *scope) ([]Field, error) {
	var out []Field
	for _, it := range items {
		if it.star {
			out = append(out, sc.fields...)
			continue
		}
		r.infer(it.expr, sc, 0)
		t, err := r.typeOf(it.expr, sc)
		if err != nil {
			return nil, err
		}
		if t == table.Unknown || t == 0 {
			t = table.Text
		}
		out = append(out, Field{it.name, t})
	}
	return out, nil
}

// infer gives parameters in an expression the type that is wanted there.
func (r *run) infer(e Expr, sc *scope, want uint32) {
	switch e := e.(type) {
	case param:
		for len(r.types) < e.n {
			r.types = append(r.types, 0)
		}
		if r.types[e.n-1] == 0 {
			r.types[e.n-1] = want
		}
	case bin:
		r.inferBin(e, sc, want)
	case not:
		r.infer(e.x, sc, table.Bool)
	case neg:
		r.infer(e.x, sc, want)
	case cast:
		r.infer(e.x, sc, e.oid)
	case isNull:
		r.infer(e.x, sc, 0)
	case in:
		t, _ := r.typeOf(e.x, sc)
		r.infer(e.x, sc, 0)
		for _, x := range e.list {
			r.infer(x, sc, t)
		}
	case call:
		for i, a := range e.args {
			r.infer(a, sc, argType(e.name, i, want))
		}
	case subquery:
		_, _ = r.describeSelect(e.sel)
	case exists:
		_, _ = r.describeSelect(e.sel)
	}
}

func (r *run) inferBin(e bin, sc *scope, want uint32) {
	var wl, wr uint32
	switch e.op {
	case "and", "or":
		wl, wr = table.Bool, table.Bool
	case "||", "like", "~":
		wl, wr = table.Text, table.Text
	default:
		wl, _ = r.typeOf(e.r, sc)
		wr, _ = r.typeOf(e.l, sc)
		if arithmetic(e.op) && wl == 0 && wr == 0 {
			wl, wr = want, want
		}
	}
	r.infer(e.l, sc, wl)
	r.infer(e.r, sc, wr)
}

func arithmetic(op string) bool { return op == "+" || op == "-" || op == "*" || op == "/" || op == "%" }

func argType(fn string, i int, want uint32) uint32 {
	switch fn {
	case "pg_sleep":
		return table.Float8
	case "coalesce", "nullif", "greatest", "least", "max", "min":
		return want
	case "disable_conn":
		if i == 2 {
			return table.Int4
		}
	case "pg_terminate_backend", "pg_cancel_backend":
		return table.Int8
	}
	return table.Text
}

func (r *run) typeOf(e Expr, sc *scope) (uint32, error) {
	switch e := e.(type) {
	case lit:
		return e.oid, nil
	case param:
		if e.n <= len(r.types) {
			return r.types[e.n-1], nil
		}
		return 0, nil
	case col:
		i, err := sc.lookup(e)
		if err != nil {
			return 0, err
		}
		return sc.fields[i].Type, nil
	case cast:
		return e.oid, nil
	case neg:
		return r.typeOf(e.x, sc)
	case not, in, isNull, exists:
		return table.Bool, nil
	case bin:
		return r.typeOfBin(e, sc)
	case call:
		return r.typeOfCall(e, sc)
	case subquery:
		f, err := r.describeSelect(e.sel)
		if err != nil || len(f) != 1 {
			return 0, err
		}
		return f[0].Type, nil
	}
	return table.Text, nil
}

func (r *run) typeOfBin(e bin, sc *scope) (uint32, error) {
	if e.op == "||" {
		return table.Text, nil
	}
	l, err := r.typeOf(e.l, sc)
	if err != nil {
		return 0, err
	}
	rt, err := r.typeOf(e.r, sc)
	if err != nil || !arithmetic(e.op) {
		return table.Bool, err
	}
	for _, t := range []uint32{table.Numeric, table.Float8, table.Int8, table.Int4, table.Int2} {
		if l == t || rt == t {
			return t, nil
		}
	}
	return max(l, rt), nil
}

func (r *run) typeOfCall(e call, sc *scope) (uint32, error) {
	switch e.name {
	case "count":
		return table.Int8, nil
	case "sum", "avg":
		t, err := r.typeOf(e.args[0], sc)
		if e.name == "sum" && (t == table.Int4 || t == table.Int2) {
			return table.Int8, err
		}
		if t == table.Float8 {
			return t, err
		}
		return table.Numeric, err
	case "max", "min", "coalesce", "nullif", "greatest", "least", "abs":
		for _, a := range e.args {
			if t, err := r.typeOf(a, sc); err != nil || t != 0 && t != table.Unknown {
				return t, err
			}
		}
		return table.Text, nil
	case "now", "clock_timestamp", "transaction_timestamp", "statement_timestamp":
		return table.TimestampTZ, nil
	case "length", "char_length":
		return table.Int4, nil
	case "upper", "lower", "md5", "current_user", "concat", "substr", "repeat", "to_char":
		return table.Text, nil
	case "pg_xlog_location_diff":
		return table.Numeric, nil
	}
	fields, ok := r.env.Fields(e.name, true)
	if !ok {
		return 0, noFunction(e.name)
	}
	if len(fields) != 1 {
		return table.RecordType, nil
	}
	return fields[0].Type, nil
}
