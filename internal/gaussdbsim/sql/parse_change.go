// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"slices"

	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

func (p *parser) insert() (Stmt, error) {
	n, err := p.name()
	if err != nil {
		return nil, err
	}
	s := &Insert{Table: n}
	if p.peek().text == "(" && p.toks[p.i+1].text != "select" {
		if s.cols, err = p.columns(); err != nil {
			return nil, err
		}
	}
	switch {
	case p.kw("default", "values"):
		s.rows = [][]Expr{{}}
	case p.kw("values"):
		for {
			if err := p.need("("); err != nil {
				return nil, err
			}
			c, err := p.args("")
			if err != nil {
				return nil, err
			}
			s.rows = append(s.rows, c.args)
			if !p.sym(",") {
				break
			}
		}
	default:
		sel, err := p.selectStmt()
		if err != nil {
			return nil, err
		}
		s.sel = sel.(*Select)
	}
	if p.kw("on", "duplicate", "key", "update") {
		if p.kw("nothing") {
			s.ignoreDup = true
		} else if s.onDup, err = p.assigns(); err != nil {
			return nil, err
		}
	}
	s.returning, err = p.returning()
	return s, err
}

func (p *parser) returning() ([]item, error) {
	if !p.kw("returning") {
		return nil, nil
	}
	return p.items()
}

func (p *parser) columns() ([]string, error) {
	var all []string
	if err := p.need("("); err != nil {
		return nil, err
	}
	for {
		n, err := p.ident()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
		if !p.sym(",") {
			return all, p.need(")")
		}
	}
}

func (p *parser) assigns() ([]assign, error) {
	var all []assign
	for {
		n, err := p.name()
		if err != nil {
			return nil, err
		}
		if err := p.need("="); err != nil {
			return nil, err
		}
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		all = append(all, assign{n, e})
		if !p.sym(",") {
			return all, nil
		}
	}
}

func (p *parser) update() (Stmt, error) {
	n, err := p.name()
	if err != nil {
		return nil, err
	}
	s := &Update{Table: n}
	if !p.kw("set") {
		return nil, p.syntax()
	}
	if s.set, err = p.assigns(); err != nil {
		return nil, err
	}
	if s.where, err = p.where(); err != nil {
		return nil, err
	}
	s.returning, err = p.returning()
	return s, err
}

func (p *parser) delete() (Stmt, error) {
	n, err := p.name()
	if err != nil {
		return nil, err
	}
	s := &Delete{Table: n}
	if s.where, err = p.where(); err != nil {
		return nil, err
	}
	s.returning, err = p.returning()
	return s, err
}

func (p *parser) where() (Expr, error) {
	if !p.kw("where") {
		return nil, nil
	}
	return p.expr()
}

func (p *parser) create() (Stmt, error) {
	switch {
	case p.kw("user"), p.kw("role"):
		return p.role(false)
	case p.kw("index"), p.kw("unique", "index"):
		p.skip()
		return Nothing{"CREATE INDEX"}, nil
	case p.kw("schema"):
		p.skip()
		return Nothing{"CREATE SCHEMA"}, nil
	}
	for p.kw("unlogged") || p.kw("global") || p.kw("local") {
	}
	if p.peek().text == "temp" || p.peek().text == "temporary" {
		return nil, Errorf(CodeUnsupported, "temporary tables are not supported by the simulated server")
	}
	if !p.kw("table") {
		return nil, p.syntax()
	}
	s := CreateTable{IfNotExists: p.kw("if", "not", "exists")}
	var err error
	if s.Name, err = p.name(); err != nil {
		return nil, err
	}
	if err := p.need("("); err != nil {
		return nil, err
	}
	for {
		if err := p.tableElement(&s); err != nil {
			return nil, err
		}
		if !p.sym(",") {
			break
		}
	}
	if err := p.need(")"); err != nil {
		return nil, err
	}
	p.skip() // storage parameters
	return s, nil
}

func (p *parser) tableElement(s *CreateTable) error {
	if p.kw("primary", "key") {
		names, err := p.columns()
		if err != nil {
			return err
		}
		for _, n := range names {
			i := slices.IndexFunc(s.Cols, func(c table.Column) bool { return c.Name == n })
			if i < 0 {
				return Errorf(CodeNoColumn, "column %q named in key does not exist", n)
			}
			s.Cols[i].Key, s.Cols[i].NotNull = true, true
		}
		return nil
	}
	var c table.Column
	var err error
	if c.Name, err = p.ident(); err != nil {
		return err
	}
	serial := p.peek().text == "serial" || p.peek().text == "bigserial"
	if c.Type, err = p.typeName(); err != nil {
		return err
	}
	if serial {
		return Errorf(CodeUnsupported, "sequences are not supported by the simulated server")
	}
	for {
		switch {
		case p.kw("primary", "key"):
			c.Key, c.NotNull = true, true
		case p.kw("not", "null"):
			c.NotNull = true
		case p.kw("null"):
		case p.kw("default"):
			if err := p.columnDefault(&c); err != nil {
				return err
			}
		default:
			s.Cols = append(s.Cols, c)
			return nil
		}
	}
}

func (p *parser) columnDefault(c *table.Column) error {
	e, err := p.sum()
	if err != nil {
		return err
	}
	switch e := e.(type) {
	case lit:
		if e.value != nil {
			v := table.FormatValue(e.value)
			c.Default = &v
		}
		return nil
	case call:
		if e.name == "now" || e.name == "clock_timestamp" {
			v := "now()"
			c.Default = &v
			return nil
		}
	}
	return Errorf(CodeUnsupported, "only constants and now() are supported as defaults by the simulated server")
}

func (p *parser) drop() (Stmt, error) {
	switch {
	case p.kw("table"):
		s := DropTable{IfExists: p.kw("if", "exists")}
		var err error
		s.Names, err = p.names()
		return s, err
	case p.kw("user"), p.kw("role"):
		s := DropRole{IfExists: p.kw("if", "exists")}
		var err error
		s.Name, err = p.name()
		p.kw("cascade")
		return s, err
	}
	return nil, p.syntax()
}

func (p *parser) alter() (Stmt, error) {
	switch {
	case p.kw("system", "set"):
		n, err := p.dotted()
		if err != nil {
			return nil, err
		}
		if !p.sym("=") && !p.kw("to") {
			return nil, p.syntax()
		}
		v, err := p.setting()
		if err != nil {
			return nil, err
		}
		if v == nil {
			return nil, Errorf(CodeUnsupported, "ALTER SYSTEM SET ... TO DEFAULT is not supported by the simulated server")
		}
		return AlterSystem{n, *v}, nil
	case p.kw("user"), p.kw("role"):
		return p.role(true)
	}
	return nil, p.syntax()
}

func (p *parser) role(alter bool) (Stmt, error) {
	s := PutRole{Alter: alter}
	var err error
	if s.Name, err = p.name(); err != nil {
		return nil, err
	}
	yes, no := true, false
	for p.peek().kind == word {
		switch {
		case p.kw("password"), p.kw("identified", "by"):
			if p.peek().kind != text {
				return nil, p.syntax()
			}
			v := p.next().text
			s.Password = &v
		case p.kw("sysadmin"):
			s.SysAdmin = &yes
		case p.kw("nosysadmin"):
			s.SysAdmin = &no
		default:
			p.next() // WITH, LOGIN, MONADMIN and others change nothing here
		}
	}
	return s, nil
}

func (p *parser) copy() (Stmt, error) {
	if p.peek().text == "(" {
		return nil, Errorf(CodeUnsupported, "COPY of a query is not supported by the simulated server")
	}
	s := &Copy{Delimiter: '\t'}
	var err error
	if s.Table, err = p.name(); err != nil {
		return nil, err
	}
	if p.peek().text == "(" {
		if s.cols, err = p.columns(); err != nil {
			return nil, err
		}
	}
	switch {
	case p.kw("from", "stdin"):
		s.In = true
	case p.kw("to", "stdout"):
	default:
		return nil, Errorf(CodeUnsupported, "COPY from or to a file is not supported by the simulated server")
	}
	start := p.i
	p.skip()
	if p.has(start, "binary") {
		s.Delimiter = 0
	} else if p.has(start, "csv") {
		s.CSV, s.Delimiter = true, ','
	}
	return s, nil
}
