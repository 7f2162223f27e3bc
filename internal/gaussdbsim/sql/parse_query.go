// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"slices"
	"strconv"

	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

func (p *parser) selectStmt() (Stmt, error) {
	if p.sym("(") {
		s, err := p.selectStmt()
		if err != nil {
			return nil, err
		}
		return s, p.need(")")
	}
	if !p.kw("select") {
		return nil, p.syntax()
	}
	s := &Select{}
	p.kw("all")
	var err error
	if p.peek().text != "from" { // EXISTS needs no columns
		if s.items, err = p.items(); err != nil {
			return nil, err
		}
	}
	if p.kw("from") {
		if s.from, err = p.source(); err != nil {
			return nil, err
		}
		if t := p.peek(); t.text == "join" || t.text == "," || t.text == "left" || t.text == "inner" {
			return nil, Errorf(CodeUnsupported, "joins are not supported by the simulated server")
		}
	}
	if p.kw("where") {
		if s.where, err = p.expr(); err != nil {
			return nil, err
		}
	}
	if t := p.peek(); t.kind == word && (t.text == "group" || t.text == "having" || t.text == "union") {
		return nil, Errorf(CodeUnsupported, "%s is not supported by the simulated server", t.text)
	}
	return s, p.tail(s)
}

// tail parses what stands behind WHERE.
func (p *parser) tail(s *Select) error {
	var err error
	if p.kw("order", "by") {
		for {
			var o order
			if o.expr, err = p.expr(); err != nil {
				return err
			}
			if p.kw("desc") {
				o.desc = true
			} else {
				p.kw("asc")
			}
			s.order = append(s.order, o)
			if !p.sym(",") {
				break
			}
		}
	}
	for {
		switch {
		case p.kw("limit", "all"):
		case p.kw("limit"):
			s.limit, err = p.expr()
		case p.kw("offset"):
			s.offset, err = p.expr()
		case p.kw("for"):
			s.Locks = true
			p.skipLockWords()
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (p *parser) skipLockWords() {
	for slices.Contains([]string{"update", "share", "no", "key", "nowait", "skip", "locked"}, p.peek().text) {
		p.i++
	}
}

func (p *parser) items() ([]item, error) {
	var all []item
	for {
		if p.sym("*") {
			all = append(all, item{star: true})
		} else {
			e, err := p.expr()
			if err != nil {
				return nil, err
			}
			it := item{expr: e, name: nameOf(e)}
			if p.kw("as") {
				if it.name, err = p.ident(); err != nil {
					return nil, err
				}
			} else if t := p.peek(); t.kind == quoted || t.kind == word && !reserved(t.text) {
				it.name = p.next().text
			}
			all = append(all, it)
		}
		if !p.sym(",") {
			return all, nil
		}
	}
}

func reserved(w string) bool {
	return slices.Contains([]string{"from", "where", "order", "limit", "offset", "for", "group", "having", "union", "returning",
		"on", "as", "and", "or", "not", "is", "in", "like", "between", "set", "values", "select", "asc", "desc", "then", "join", "left", "inner"}, w)
}

func nameOf(e Expr) string {
	switch e := e.(type) {
	case col:
		return e.name
	case call:
		return e.name
	case cast:
		if n := nameOf(e.x); n != "?column?" {
			return n
		}
		return table.TypeName(e.oid)
	case exists:
		return "exists"
	case subquery:
		if len(e.sel.items) == 1 {
			return e.sel.items[0].name
		}
	}
	return "?column?"
}

func (p *parser) source() (*source, error) {
	s := &source{}
	if p.sym("(") {
		sub, err := p.selectStmt()
		if err != nil {
			return nil, err
		}
		s.sub = sub.(*Select)
		if err := p.need(")"); err != nil {
			return nil, err
		}
	} else {
		n, err := p.name()
		if err != nil {
			return nil, err
		}
		s.name, s.alias = n, n
		if p.sym("(") {
			c, err := p.args(n)
			if err != nil {
				return nil, err
			}
			s.fn = &c
		}
	}
	if p.kw("as") || (p.peek().kind == word && !reserved(p.peek().text)) || p.peek().kind == quoted {
		n, err := p.ident()
		if err != nil {
			return nil, err
		}
		s.alias = n
		if p.sym("(") { // alias for columns: one, of a function
			if s.alias, err = p.ident(); err != nil {
				return nil, err
			}
			return s, p.need(")")
		}
	}
	return s, nil
}

// args parses the arguments of a call behind its parenthesis.
func (p *parser) args(name string) (call, error) {
	c := call{name: name}
	if p.sym("*") {
		c.star = true
		return c, p.need(")")
	}
	if p.sym(")") {
		return c, nil
	}
	c.distinct = p.kw("distinct")
	for {
		e, err := p.expr()
		if err != nil {
			return c, err
		}
		c.args = append(c.args, e)
		if !p.sym(",") {
			return c, p.need(")")
		}
	}
}

func (p *parser) expr() (Expr, error) { return p.or() }

func (p *parser) or() (Expr, error) {
	l, err := p.and()
	for err == nil && p.kw("or") {
		var r Expr
		r, err = p.and()
		l = bin{"or", l, r}
	}
	return l, err
}

func (p *parser) and() (Expr, error) {
	l, err := p.not()
	for err == nil && p.kw("and") {
		var r Expr
		r, err = p.not()
		l = bin{"and", l, r}
	}
	return l, err
}

func (p *parser) not() (Expr, error) {
	if p.kw("not") {
		x, err := p.not()
		return not{x}, err
	}
	return p.comparison()
}

func (p *parser) comparison() (Expr, error) {
	l, err := p.sum()
	if err != nil {
		return nil, err
	}
	for {
		t := p.peek()
		switch {
		case t.kind == symbol && slices.Contains([]string{"=", "<>", "!=", "<", "<=", ">", ">=", "~"}, t.text):
			p.next()
			r, err := p.sum()
			if err != nil {
				return nil, err
			}
			if t.text == "!=" {
				t.text = "<>"
			}
			l = bin{t.text, l, r}
		case p.kw("is"):
			n := p.kw("not")
			if !p.kw("null") {
				return nil, p.syntax()
			}
			l = isNull{l, n}
		case p.kw("like"):
			r, err := p.sum()
			if err != nil {
				return nil, err
			}
			l = bin{"like", l, r}
		case p.kw("between"):
			if l, err = p.between(l); err != nil {
				return nil, err
			}
		case p.kw("in"), p.kw("not", "in"):
			if l, err = p.in(l, p.toks[p.i-2].text == "not"); err != nil {
				return nil, err
			}
		default:
			return l, nil
		}
	}
}

func (p *parser) between(l Expr) (Expr, error) {
	lo, err := p.sum()
	if err != nil {
		return nil, err
	}
	if !p.kw("and") {
		return nil, p.syntax()
	}
	hi, err := p.sum()
	return bin{"and", bin{">=", l, lo}, bin{"<=", l, hi}}, err
}

func (p *parser) in(l Expr, negated bool) (Expr, error) {
	if err := p.need("("); err != nil {
		return nil, err
	}
	c, err := p.args("")
	return in{l, c.args, negated}, err
}

func (p *parser) sum() (Expr, error) {
	l, err := p.product()
	for err == nil {
		t := p.peek()
		if t.kind != symbol || t.text != "+" && t.text != "-" && t.text != "||" {
			break
		}
		p.next()
		var r Expr
		r, err = p.product()
		l = bin{t.text, l, r}
	}
	return l, err
}

func (p *parser) product() (Expr, error) {
	l, err := p.unary()
	for err == nil {
		t := p.peek()
		if t.kind != symbol || t.text != "*" && t.text != "/" && t.text != "%" {
			break
		}
		p.next()
		var r Expr
		r, err = p.unary()
		l = bin{t.text, l, r}
	}
	return l, err
}

func (p *parser) unary() (Expr, error) {
	if p.sym("-") {
		x, err := p.unary()
		return neg{x}, err
	}
	p.sym("+")
	x, err := p.primary()
	for err == nil && p.sym("::") {
		var oid uint32
		oid, err = p.typeName()
		x = cast{x, oid}
	}
	return x, err
}

func (p *parser) typeName() (uint32, error) {
	n, err := p.name()
	if err != nil {
		return 0, err
	}
	switch {
	case n == "double" && p.kw("precision"):
		return table.Float8, nil
	case n == "character" && p.kw("varying"):
		n = "varchar"
	case n == "timestamp" && p.kw("with", "time", "zone"):
		return table.TimestampTZ, nil
	case n == "timestamp":
		p.kw("without", "time", "zone")
	}
	oid, ok := table.TypeOf(n)
	if !ok {
		return 0, Errorf(CodeNoObject, "type %q does not exist", n)
	}
	if p.sym("(") {
		if _, err := p.args(""); err != nil {
			return 0, err
		}
	}
	return oid, nil
}

func (p *parser) primary() (Expr, error) {
	t := p.peek()
	switch t.kind {
	case text:
		p.next()
		return lit{t.text, table.Unknown}, nil
	case number:
		p.next()
		return numberLit(t.text)
	case placeholder:
		p.next()
		n, err := strconv.Atoi(t.text)
		if err != nil || n < 1 || n > 65535 {
			return nil, Errorf("42P02", "there is no parameter $%s", t.text)
		}
		return param{n}, nil
	case symbol:
		return p.parenthesis()
	case end:
		return nil, p.syntax()
	}
	return p.wordExpr()
}

func (p *parser) parenthesis() (Expr, error) {
	if err := p.need("("); err != nil {
		return nil, err
	}
	var x Expr
	var err error
	if p.peek().text == "select" {
		var s Stmt
		if s, err = p.selectStmt(); err == nil {
			x = subquery{s.(*Select)}
		}
	} else {
		x, err = p.expr()
	}
	if err != nil {
		return nil, err
	}
	return x, p.need(")")
}

func numberLit(s string) (Expr, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if int64(int32(n)) == n {
			return lit{n, table.Int4}, nil
		}
		return lit{n, table.Int8}, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, Errorf(CodeSyntax, "syntax error at or near %q", s)
	}
	return lit{f, table.Numeric}, nil
}

func (p *parser) wordExpr() (Expr, error) {
	switch {
	case p.kw("null"):
		return lit{nil, table.Unknown}, nil
	case p.kw("true"):
		return lit{true, table.Bool}, nil
	case p.kw("false"):
		return lit{false, table.Bool}, nil
	case p.kw("current_timestamp"):
		return call{name: "now"}, nil
	case p.kw("current_user"), p.kw("session_user"), p.kw("user"):
		return call{name: "current_user"}, nil
	case p.kw("default"):
		return call{name: "default"}, nil
	case p.peek().text == "exists" && p.toks[p.i+1].text == "(":
		p.i++
		x, err := p.parenthesis()
		sub, ok := x.(subquery)
		if err == nil && !ok {
			err = p.syntax()
		}
		return exists(sub), err
	case p.peek().text == "cast" && p.toks[p.i+1].text == "(":
		return p.castExpr()
	}
	if p.peek().kind == word && reserved(p.peek().text) {
		return nil, p.syntax()
	}
	n, err := p.ident()
	if err != nil {
		return nil, err
	}
	qualifier := ""
	for p.sym(".") {
		qualifier = n
		if n, err = p.ident(); err != nil {
			return nil, err
		}
	}
	if p.sym("(") {
		return p.args(n)
	}
	return col{qualifier, n}, nil
}

func (p *parser) castExpr() (Expr, error) {
	p.i += 2
	x, err := p.expr()
	if err != nil {
		return nil, err
	}
	if !p.kw("as") {
		return nil, p.syntax()
	}
	oid, err := p.typeName()
	if err != nil {
		return nil, err
	}
	return cast{x, oid}, p.need(")")
}
