// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

// Run runs a query or a change of rows. types are those of the parameters.
func Run(env Env, s Stmt, params []any, types []uint32) (Result, error) {
	r := &run{env: env, params: params, types: types}
	switch s := s.(type) {
	case *Select:
		rel, err := r.selectRows(s)
		return Result{rel, fmt.Sprintf("SELECT %d", len(rel.Rows))}, err
	case *Insert:
		return r.insert(s)
	case *Update:
		return r.update(s)
	case *Delete:
		return r.delete(s)
	}
	return Result{}, Errorf(CodeUnsupported, "this statement is not supported by the simulated server")
}

func isAggregate(name string) bool {
	return slices.Contains([]string{"count", "max", "min", "sum", "avg"}, name)
}

func (r *run) selectRows(s *Select) (Relation, error) {
	fields, err := r.describeSelect(s)
	if err != nil {
		return Relation{}, err
	}
	sc, rows, err := r.sourceRows(s.from)
	if err != nil {
		return Relation{}, err
	}
	var kept [][]any
	for _, row := range rows {
		sc.values = row
		if ok, err := r.holds(s.where, sc); err != nil {
			return Relation{}, err
		} else if ok {
			kept = append(kept, row)
		}
	}
	rel := Relation{Fields: fields}
	if slices.ContainsFunc(s.items, func(it item) bool { return hasAggregate(it.expr) }) {
		row, err := r.aggregate(s.items, sc, kept)
		rel.Rows = [][]any{row}
		return rel, err
	}
	if err := r.sort(s, sc, kept); err != nil {
		return rel, err
	}
	if kept, err = r.cut(s, kept); err != nil {
		return rel, err
	}
	rel.Rows = make([][]any, 0, len(kept))
	for _, row := range kept {
		sc.values = row
		out, err := r.project(s.items, sc)
		if err != nil {
			return rel, err
		}
		rel.Rows = append(rel.Rows, out)
	}
	return rel, nil
}

func (r *run) project(items []item, sc *scope) ([]any, error) {
	var out []any
	for _, it := range items {
		if it.star {
			out = append(out, sc.values...)
			continue
		}
		v, err := r.eval(it.expr, sc)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (r *run) holds(where Expr, sc *scope) (bool, error) {
	if where == nil {
		return true, nil
	}
	v, err := r.eval(where, sc)
	b, _ := v.(bool)
	return b, err
}

// sourceRows gives the rows that a query reads. Without FROM it is one.
func (r *run) sourceRows(src *source) (*scope, [][]any, error) {
	sc, err := r.sourceScope(src)
	switch {
	case err != nil:
		return nil, nil, err
	case src == nil:
		return sc, [][]any{nil}, nil
	case src.sub != nil:
		rel, err := r.selectRows(src.sub)
		return sc, rel.Rows, err
	case src.fn != nil:
		args := make([]any, len(src.fn.args))
		for i, a := range src.fn.args {
			if args[i], err = r.eval(a, nil); err != nil {
				return nil, nil, err
			}
		}
		if src.name == "generate_series" {
			rows, err := series(args)
			return sc, rows, err
		}
		rel, err := r.env.Relation(src.name, args, true)
		return sc, rel.Rows, err
	}
	if rows, ok := r.env.Scan(src.name); ok {
		out := make([][]any, len(rows))
		for i, row := range rows {
			out[i] = row.Values
		}
		return sc, out, nil
	}
	rel, err := r.env.Relation(src.name, nil, false)
	return sc, rel.Rows, err
}

func series(args []any) ([][]any, error) {
	if len(args) != 2 {
		return nil, noFunction("generate_series")
	}
	var bounds [2]int64
	for i, a := range args {
		v, err := convert(a, table.Int8)
		n, ok := v.(int64)
		if err != nil || !ok {
			return nil, noFunction("generate_series")
		}
		bounds[i] = n
	}
	if bounds[1]-bounds[0] > 10_000_000 {
		return nil, Errorf(CodeUnsupported, "a series that long is not supported by the simulated server")
	}
	var rows [][]any
	for n := bounds[0]; n <= bounds[1]; n++ {
		rows = append(rows, []any{n})
	}
	return rows, nil
}

func (r *run) sort(s *Select, sc *scope, rows [][]any) error {
	if len(s.order) == 0 {
		return nil
	}
	keys := make(map[*any][]any, len(rows))
	for _, row := range rows {
		sc.values = row
		var k []any
		for _, o := range s.order {
			e := o.expr
			if l, ok := e.(lit); ok { // a number names a column of the result
				if n, ok := l.value.(int64); ok && n >= 1 && int(n) <= len(s.items) && !s.items[n-1].star {
					e = s.items[n-1].expr
				} else if ok && n >= 1 && int(n) <= len(row) {
					k = append(k, row[n-1])
					continue
				}
			} else if c, ok := e.(col); ok {
				if i := slices.IndexFunc(s.items, func(it item) bool { return it.name == c.name && it.expr != nil }); i >= 0 {
					e = s.items[i].expr
				}
			}
			v, err := r.eval(e, sc)
			if err != nil {
				return err
			}
			k = append(k, v)
		}
		if len(row) > 0 {
			keys[&row[0]] = k
		}
	}
	slices.SortStableFunc(rows, func(a, b []any) int {
		if len(a) == 0 || len(b) == 0 {
			return 0
		}
		ka, kb := keys[&a[0]], keys[&b[0]]
		for i, o := range s.order {
			c := compareNullsLast(ka[i], kb[i])
			if o.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return nil
}

func compareNullsLast(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(b2i(a == nil), b2i(b == nil))
	}
	c, _, err := compare(a, b)
	if err != nil {
		return 0
	}
	return c
}

func (r *run) cut(s *Select, rows [][]any) ([][]any, error) {
	for i, e := range []Expr{s.offset, s.limit} {
		if e == nil {
			continue
		}
		v, err := r.eval(e, nil)
		if err != nil {
			return nil, err
		}
		v, err = convert(v, table.Int8)
		if err != nil {
			return nil, err
		}
		n, ok := v.(int64)
		switch {
		case !ok:
		case n < 0:
			return nil, Errorf("2201W", "LIMIT and OFFSET must not be negative")
		case i == 0:
			rows = rows[min(int(n), len(rows)):]
		default:
			rows = rows[:min(int(n), len(rows))]
		}
	}
	return rows, nil
}

func (r *run) target(name string) (*scope, []*table.Row, error) {
	sc, err := r.tableScope(name)
	if err != nil {
		return nil, nil, err
	}
	rows, _ := r.env.Scan(name)
	return sc, rows, nil
}

func (r *run) insert(s *Insert) (Result, error) {
	res := Result{}
	sc, err := r.tableScope(s.Table)
	if err != nil {
		return res, err
	}
	cols, _ := r.env.Columns(s.Table)
	at, err := positions(sc, s.cols)
	if err != nil {
		return res, err
	}
	if res.Fields, err = r.describeItems(s.returning, sc); err != nil {
		return res, err
	}
	rows, err := r.newRows(s)
	if err != nil {
		return res, err
	}
	n := 0
	for _, row := range rows {
		if len(row) > len(at) {
			return res, Errorf(CodeSyntax, "INSERT has more expressions than target columns")
		}
		values, err := fillRow(cols, at, row)
		if err != nil {
			return res, err
		}
		done, err := r.insertRow(s, sc, cols, values)
		if err != nil {
			return res, err
		}
		if done {
			n++
			sc.values, sc.excluded = values, nil
			if err := r.returnRow(&res, s.returning, sc); err != nil {
				return res, err
			}
		}
	}
	res.Tag = fmt.Sprintf("INSERT 0 %d", n)
	return res, nil
}

func (r *run) returnRow(res *Result, items []item, sc *scope) error {
	if items == nil {
		return nil
	}
	out, err := r.project(items, sc)
	res.Rows = append(res.Rows, out)
	return err
}

// defaultValue stands for the word DEFAULT in VALUES.
type defaultValue struct{}

func (r *run) newRows(s *Insert) ([][]any, error) {
	if s.sel != nil {
		rel, err := r.selectRows(s.sel)
		return rel.Rows, err
	}
	var rows [][]any
	for _, exprs := range s.rows {
		var row []any
		for _, e := range exprs {
			if c, ok := e.(call); ok && c.name == "default" {
				row = append(row, defaultValue{})
				continue
			}
			v, err := r.eval(e, nil)
			if err != nil {
				return nil, err
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func fillRow(cols []table.Column, at []int, row []any) ([]any, error) {
	values := make([]any, len(cols))
	given := make([]bool, len(cols))
	for i, v := range row {
		if _, ok := v.(defaultValue); ok {
			continue
		}
		x, err := convert(v, cols[at[i]].Type)
		if err != nil {
			return nil, err
		}
		values[at[i]], given[at[i]] = x, true
	}
	for i, c := range cols {
		if given[i] || c.Default == nil {
			continue
		}
		text := *c.Default
		if text == "now()" {
			v, _, _ := builtin("now", nil)
			text = table.FormatValue(v)
		}
		x, err := convert(text, c.Type)
		if err != nil {
			return nil, err
		}
		values[i] = x
	}
	return values, nil
}

func (r *run) insertRow(s *Insert, sc *scope, cols []table.Column, values []any) (bool, error) {
	if old, ok := r.env.Find(s.Table, values); ok && (s.ignoreDup || s.onDup != nil) {
		if s.ignoreDup {
			return false, nil
		}
		sc.values, sc.excluded = old.Values, values
		return true, r.replace(s.Table, sc, cols, old, s.onDup)
	}
	return true, r.put(s.Table, cols, values)
}

func (r *run) put(name string, cols []table.Column, values []any) error {
	for i, c := range cols {
		if values[i] == nil && c.NotNull {
			return Errorf("23502", "null value in column %q violates not-null constraint", c.Name)
		}
	}
	texts := make([]*string, len(values))
	for i, v := range values {
		if v != nil {
			t := table.FormatValue(v)
			texts[i] = &t
		}
	}
	err := r.env.Do(table.Op{Kind: "insert", Name: name, ID: r.env.NextID(name), Vals: texts})
	if errors.Is(err, table.ErrDuplicate) {
		return Errorf("23505", "%s", err.Error())
	}
	return err
}

// replace writes a new version of a row. It evaluates sets in the scope, which
// holds the old values.
func (r *run) replace(name string, sc *scope, cols []table.Column, old *table.Row, sets []assign) error {
	values := slices.Clone(old.Values)
	for _, a := range sets {
		i, err := sc.lookup(col{name: a.name})
		if err != nil {
			return err
		}
		v, err := r.eval(a.expr, sc)
		if err != nil {
			return err
		}
		if values[i], err = convert(v, cols[i].Type); err != nil {
			return err
		}
	}
	if err := r.env.Do(table.Op{Kind: "delete", Name: name, ID: old.ID}); err != nil {
		return err
	}
	sc.values = values
	return r.put(name, cols, values)
}

func (r *run) update(s *Update) (Result, error) {
	res := Result{}
	sc, rows, err := r.target(s.Table)
	if err != nil {
		return res, err
	}
	cols, _ := r.env.Columns(s.Table)
	if res.Fields, err = r.describeItems(s.returning, sc); err != nil {
		return res, err
	}
	n := 0
	for _, row := range rows {
		sc.values = row.Values
		if ok, err := r.holds(s.where, sc); err != nil {
			return res, err
		} else if !ok {
			continue
		}
		if err := r.replace(s.Table, sc, cols, row, s.set); err != nil {
			return res, err
		}
		n++
		if err := r.returnRow(&res, s.returning, sc); err != nil {
			return res, err
		}
	}
	res.Tag = fmt.Sprintf("UPDATE %d", n)
	return res, nil
}

func (r *run) delete(s *Delete) (Result, error) {
	res := Result{}
	sc, rows, err := r.target(s.Table)
	if err != nil {
		return res, err
	}
	if res.Fields, err = r.describeItems(s.returning, sc); err != nil {
		return res, err
	}
	n := 0
	for _, row := range rows {
		sc.values = row.Values
		if ok, err := r.holds(s.where, sc); err != nil {
			return res, err
		} else if !ok {
			continue
		}
		if err := r.env.Do(table.Op{Kind: "delete", Name: s.Table, ID: row.ID}); err != nil {
			return res, err
		}
		n++
		if err := r.returnRow(&res, s.returning, sc); err != nil {
			return res, err
		}
	}
	res.Tag = fmt.Sprintf("DELETE %d", n)
	return res, nil
}
