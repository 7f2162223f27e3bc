// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import "github.com/gausskit/gausskit/internal/gaussdbsim/table"

func hasAggregate(e Expr) bool {
	switch e := e.(type) {
	case call:
		if isAggregate(e.name) {
			return true
		}
		for _, a := range e.args {
			if hasAggregate(a) {
				return true
			}
		}
	case bin:
		return hasAggregate(e.l) || hasAggregate(e.r)
	case cast:
		return hasAggregate(e.x)
	case neg:
		return hasAggregate(e.x)
	}
	return false
}

// aggregate computes the one row of a query with aggregates.
func (r *run) aggregate(items []item, sc *scope, rows [][]any) ([]any, error) {
	var out []any
	for _, it := range items {
		e, err := r.fold(it.expr, sc, rows)
		if err != nil {
			return nil, err
		}
		v, err := r.eval(e, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// fold replaces the aggregates in an expression by their values.
func (r *run) fold(e Expr, sc *scope, rows [][]any) (Expr, error) {
	switch e := e.(type) {
	case call:
		if isAggregate(e.name) {
			v, err := r.total(e, sc, rows)
			return lit{v, table.Unknown}, err
		}
		out := call{name: e.name}
		for _, a := range e.args {
			x, err := r.fold(a, sc, rows)
			if err != nil {
				return nil, err
			}
			out.args = append(out.args, x)
		}
		return out, nil
	case bin:
		l, err := r.fold(e.l, sc, rows)
		if err != nil {
			return nil, err
		}
		x, err := r.fold(e.r, sc, rows)
		return bin{e.op, l, x}, err
	case cast:
		x, err := r.fold(e.x, sc, rows)
		return cast{x, e.oid}, err
	case neg:
		x, err := r.fold(e.x, sc, rows)
		return neg{x}, err
	case col:
		return nil, Errorf("42803", "column %q must appear in the GROUP BY clause or be used in an aggregate function", e.name)
	}
	return e, nil
}

func (r *run) total(e call, sc *scope, rows [][]any) (any, error) {
	if e.star {
		return int64(len(rows)), nil
	}
	if len(e.args) != 1 {
		return nil, noFunction(e.name)
	}
	var n int64
	var best, sum any
	seen := map[string]bool{}
	for _, row := range rows {
		sc.values = row
		v, err := r.eval(e.args[0], sc)
		if err != nil {
			return nil, err
		}
		if v == nil || e.distinct && seen[table.FormatValue(v)] {
			continue
		}
		if e.distinct {
			seen[table.FormatValue(v)] = true
		}
		n++
		switch e.name {
		case "max", "min":
			best = extreme(e.name == "max", []any{v, best})
		case "sum", "avg":
			if sum == nil {
				sum = v
			} else if sum, err = arith("+", sum, v); err != nil {
				return nil, err
			}
		}
	}
	switch e.name {
	case "count":
		return n, nil
	case "sum":
		return sum, nil
	case "avg":
		f, ok := toFloat(sum)
		if !ok {
			return nil, nil
		}
		return f / float64(n), nil
	}
	return best, nil
}
