// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"regexp"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

func (r *run) eval(e Expr, sc *scope) (any, error) {
	switch e := e.(type) {
	case lit:
		return e.value, nil
	case param:
		if e.n > len(r.params) {
			return nil, Errorf("42P02", "there is no parameter $%d", e.n)
		}
		return r.params[e.n-1], nil
	case col:
		i, err := sc.lookup(e)
		if err != nil {
			return nil, err
		}
		if e.table == "excluded" {
			return sc.excluded[i], nil
		}
		return sc.values[i], nil
	case cast:
		v, err := r.eval(e.x, sc)
		if err != nil {
			return nil, err
		}
		return convert(v, e.oid)
	case not:
		v, err := r.eval(e.x, sc)
		if b, ok := v.(bool); ok {
			return !b, err
		}
		return nil, err
	case neg:
		v, err := r.eval(e.x, sc)
		switch v := v.(type) {
		case int64:
			return -v, err
		case float64:
			return -v, err
		}
		return nil, err
	case isNull:
		v, err := r.eval(e.x, sc)
		return (v == nil) != e.not, err
	case in:
		return r.evalIn(e, sc)
	case bin:
		return r.evalBin(e, sc)
	case call:
		return r.evalCall(e, sc)
	case subquery:
		return r.evalSub(e)
	case exists:
		rel, err := r.selectRows(e.sel)
		return len(rel.Rows) > 0, err
	}
	return nil, Errorf(CodeUnsupported, "this expression is not supported by the simulated server")
}

func (r *run) evalSub(e subquery) (any, error) {
	rel, err := r.selectRows(e.sel)
	switch {
	case err != nil:
		return nil, err
	case len(rel.Rows) > 1:
		return nil, Errorf("21000", "more than one row returned by a subquery used as an expression")
	case len(rel.Rows) == 0:
		return nil, nil
	}
	return rel.Rows[0][0], nil
}

func (r *run) evalIn(e in, sc *scope) (any, error) {
	x, err := r.eval(e.x, sc)
	if err != nil || x == nil {
		return nil, err
	}
	for _, le := range e.list {
		if sub, ok := le.(subquery); ok {
			rel, err := r.selectRows(sub.sel)
			if err != nil {
				return nil, err
			}
			for _, row := range rel.Rows {
				if c, ok, err := compare(x, row[0]); err == nil && ok && c == 0 {
					return !e.not, nil
				}
			}
			continue
		}
		v, err := r.eval(le, sc)
		if err != nil {
			return nil, err
		}
		c, ok, err := compare(x, v)
		if err != nil {
			return nil, err
		}
		if ok && c == 0 {
			return !e.not, nil
		}
	}
	return e.not, nil
}

func (r *run) evalBin(e bin, sc *scope) (any, error) {
	l, err := r.eval(e.l, sc)
	if err != nil {
		return nil, err
	}
	if lb, ok := l.(bool); ok && (e.op == "and" && !lb || e.op == "or" && lb) {
		return lb, nil
	}
	rv, err := r.eval(e.r, sc)
	if err != nil {
		return nil, err
	}
	switch e.op {
	case "and", "or":
		rb, ok := rv.(bool)
		if ok && rb == (e.op == "or") {
			return rb, nil
		}
		if l == nil || rv == nil {
			return nil, nil
		}
		return rb, nil
	}
	if l == nil || rv == nil {
		return nil, nil
	}
	switch e.op {
	case "||":
		return table.FormatValue(l) + table.FormatValue(rv), nil
	case "like":
		return like(table.FormatValue(l), table.FormatValue(rv))
	case "~":
		re, err := regexp.Compile(table.FormatValue(rv))
		if err != nil {
			return nil, Errorf("2201B", "invalid regular expression: %v", err)
		}
		return re.MatchString(table.FormatValue(l)), nil
	case "+", "-", "*", "/", "%":
		return arith(e.op, l, rv)
	}
	c, _, err := compare(l, rv)
	if err != nil {
		return nil, err
	}
	switch e.op {
	case "=":
		return c == 0, nil
	case "<>":
		return c != 0, nil
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	}
	return c >= 0, nil
}

func like(s, pattern string) (any, error) {
	q := regexp.QuoteMeta(pattern)
	q = strings.ReplaceAll(strings.ReplaceAll(q, "%", ".*"), "_", ".")
	re, err := regexp.Compile("(?s)^" + q + "$")
	if err != nil {
		return nil, Errorf("22025", "invalid LIKE pattern")
	}
	return re.MatchString(s), nil
}

// compare orders two values; ok is false when one is null.
func compare(a, b any) (c int, ok bool, err error) {
	if a == nil || b == nil {
		return 0, false, nil
	}
	if s, is := a.(string); is {
		if _, both := b.(string); !both {
			if a, err = likeOther(s, b); err != nil {
				return 0, false, err
			}
		}
	} else if s, is := b.(string); is {
		if b, err = likeOther(s, a); err != nil {
			return 0, false, err
		}
	}
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string)), true, nil
	case bool:
		if bb, is := b.(bool); is {
			return cmp.Compare(b2i(a), b2i(bb)), true, nil
		}
	case time.Time:
		if bt, is := b.(time.Time); is {
			return a.Compare(bt), true, nil
		}
	case int64:
		if bi, is := b.(int64); is {
			return cmp.Compare(a, bi), true, nil
		}
	}
	fa, oka := toFloat(a)
	fb, okb := toFloat(b)
	if oka && okb {
		return cmp.Compare(fa, fb), true, nil
	}
	return cmp.Compare(table.FormatValue(a), table.FormatValue(b)), true, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func likeOther(s string, other any) (any, error) {
	switch other.(type) {
	case int64:
		return convert(s, table.Int8)
	case float64:
		return convert(s, table.Float8)
	case bool:
		return convert(s, table.Bool)
	case time.Time:
		return convert(s, table.TimestampTZ)
	}
	return s, nil
}

func toFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// convert turns a value into one of a type.
func convert(v any, oid uint32) (any, error) {
	switch {
	case v == nil:
		return nil, nil
	case oid == table.Text || oid == table.Varchar || oid == table.Bpchar || oid == table.Name || oid == table.Unknown || oid == 0:
		if s, ok := v.(string); ok {
			return s, nil
		}
		if b, ok := v.(bool); ok && b {
			return "true", nil
		} else if ok {
			return "false", nil
		}
		return table.FormatValue(v), nil
	}
	if f, ok := v.(float64); ok && (oid == table.Int4 || oid == table.Int8 || oid == table.Int2) {
		return int64(f), nil
	}
	if i, ok := v.(int64); ok && (oid == table.Float8 || oid == table.Float4) {
		return float64(i), nil
	}
	out, err := table.ParseValue(oid, table.FormatValue(v))
	if err != nil {
		code := CodeBadText
		if oid == table.Int4 || oid == table.Int2 {
			if _, isInt := v.(int64); isInt {
				return nil, Errorf("22003", "%s out of range", table.TypeName(oid))
			}
		}
		return nil, Errorf(code, "%s", err.Error())
	}
	return out, nil
}

func arith(op string, l, r any) (any, error) {
	if s, ok := l.(string); ok {
		var err error
		if l, err = likeOther(s, r); err != nil {
			return nil, err
		}
	}
	if s, ok := r.(string); ok {
		var err error
		if r, err = likeOther(s, l); err != nil {
			return nil, err
		}
	}
	a, oka := l.(int64)
	b, okb := r.(int64)
	if oka && okb {
		switch op {
		case "+":
			return a + b, nil
		case "-":
			return a - b, nil
		case "*":
			return a * b, nil
		}
		if b == 0 {
			return nil, Errorf("22012", "division by zero")
		}
		if op == "%" {
			return a % b, nil
		}
		return a / b, nil
	}
	x, okx := toFloat(l)
	y, oky := toFloat(r)
	if !okx || !oky {
		return nil, Errorf(CodeNoFunction, "operator does not exist: %T %s %T", l, op, r)
	}
	switch op {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "/":
		if y == 0 {
			return nil, Errorf("22012", "division by zero")
		}
		return x / y, nil
	}
	return nil, Errorf(CodeUnsupported, "operator %s is not supported by the simulated server for these types", op)
}

func (r *run) evalCall(e call, sc *scope) (any, error) {
	if isAggregate(e.name) {
		return nil, Errorf("42803", "aggregates not allowed here")
	}
	args := make([]any, len(e.args))
	for i, a := range e.args {
		var err error
		if args[i], err = r.eval(a, sc); err != nil {
			return nil, err
		}
	}
	if v, ok, err := builtin(e.name, args); ok || err != nil {
		return v, err
	}
	rel, err := r.env.Relation(e.name, args, true)
	if err != nil {
		return nil, err
	}
	switch {
	case len(rel.Rows) == 0:
		return nil, nil
	case len(rel.Rows) > 1:
		return nil, Errorf(CodeUnsupported, "a function that gives several rows is only supported in FROM by the simulated server")
	case len(rel.Fields) == 1:
		return rel.Rows[0][0], nil
	}
	return table.Composite(rel.Rows[0]), nil
}

// builtin computes the functions that need no server.
func builtin(name string, args []any) (v any, ok bool, err error) {
	str := func(i int) string { return table.FormatValue(args[i]) }
	null := len(args) > 0 && args[0] == nil
	switch name {
	case "coalesce":
		for _, a := range args {
			if a != nil {
				return a, true, nil
			}
		}
		return nil, true, nil
	case "nullif":
		if c, ok, err := compare(args[0], args[1]); err != nil || ok && c == 0 {
			return nil, true, err
		}
		return args[0], true, nil
	case "greatest", "least":
		return extreme(name == "greatest", args), true, nil
	case "now", "clock_timestamp", "transaction_timestamp", "statement_timestamp":
		return time.Now().UTC().Truncate(time.Microsecond), true, nil
	}
	switch {
	case len(args) == 0:
		return nil, false, nil
	case null && (name == "length" || name == "upper" || name == "lower" || name == "md5" || name == "abs"):
		return nil, true, nil
	}
	switch name {
	case "length", "char_length":
		return int64(len([]rune(str(0)))), true, nil
	case "upper":
		return strings.ToUpper(str(0)), true, nil
	case "lower":
		return strings.ToLower(str(0)), true, nil
	case "md5":
		sum := md5.Sum([]byte(str(0)))
		return hex.EncodeToString(sum[:]), true, nil
	case "repeat":
		if n, is := args[len(args)-1].(int64); is && len(args) == 2 && n >= 0 && n < 1<<24 {
			return strings.Repeat(str(0), int(n)), true, nil
		}
		return nil, true, Errorf("22023", "requested length too large")
	case "concat":
		var b strings.Builder
		for i, a := range args {
			if a != nil {
				b.WriteString(str(i))
			}
		}
		return b.String(), true, nil
	case "pg_xlog_location_diff":
		if len(args) != 2 {
			return nil, false, nil
		}
		a, erra := ha.ParseLSN(str(0))
		b, errb := ha.ParseLSN(str(1))
		if erra != nil || errb != nil {
			return nil, true, Errorf("22P02", "could not parse transaction log location %q", str(0))
		}
		return int64(a) - int64(b), true, nil
	}
	return nil, false, nil
}

func extreme(greatest bool, args []any) any {
	var best any
	for _, a := range args {
		c, ok, err := compare(a, best)
		if a != nil && (best == nil || err == nil && ok && (c > 0) == greatest && c != 0) {
			best = a
		}
	}
	return best
}
