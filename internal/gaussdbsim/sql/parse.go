// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"slices"
	"strings"
)

type parser struct {
	toks []token
	i    int
	src  string
}

// Parse takes a query string apart into its statements. Each comes with its
// text. An empty string gives one Empty.
func Parse(src string) ([]Stmt, error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{toks: toks, src: src}
	var all []Stmt
	for {
		for p.sym(";") {
		}
		if p.peek().kind == end {
			break
		}
		s, err := p.statement()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
		if p.peek().kind != end && !p.sym(";") {
			return nil, p.syntax()
		}
	}
	if len(all) == 0 {
		all = append(all, Empty{})
	}
	return all, nil
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != end {
		p.i++
	}
	return t
}

func (p *parser) syntax() error {
	t := p.peek()
	if t.kind == end {
		return Errorf(CodeSyntax, "syntax error at end of input")
	}
	return Errorf(CodeSyntax, "syntax error at or near %q", t.text)
}

// kw takes the words when they come next.
func (p *parser) kw(words ...string) bool {
	for k, w := range words {
		if p.i+k >= len(p.toks) || p.toks[p.i+k].kind != word || p.toks[p.i+k].text != w {
			return false
		}
	}
	p.i += len(words)
	return true
}

func (p *parser) sym(s string) bool {
	if t := p.peek(); t.kind == symbol && t.text == s {
		p.i++
		return true
	}
	return false
}

func (p *parser) need(s string) error {
	if !p.sym(s) {
		return p.syntax()
	}
	return nil
}

func (p *parser) ident() (string, error) {
	if t := p.peek(); t.kind == word || t.kind == quoted {
		return p.next().text, nil
	}
	return "", p.syntax()
}

// name takes a name that may have schemas, which are dropped unless they
// are part of a view's name.
func (p *parser) name() (string, error) {
	n, err := p.ident()
	if err != nil {
		return "", err
	}
	for p.sym(".") {
		last, err := p.ident()
		if err != nil {
			return "", err
		}
		if n == "dbe_perf" {
			last = n + "." + last
		}
		n = last
	}
	return n, nil
}

func (p *parser) statement() (Stmt, error) {
	switch {
	case p.peek().kind == symbol && p.peek().text == "(", p.peek().text == "select" || p.peek().text == "values":
		return p.selectStmt()
	case p.kw("insert", "into"):
		return p.insert()
	case p.kw("update"):
		return p.update()
	case p.kw("delete", "from"):
		return p.delete()
	case p.kw("create"):
		return p.create()
	case p.kw("drop"):
		return p.drop()
	case p.kw("truncate"):
		p.kw("table")
		names, err := p.names()
		return Truncate{names}, err
	case p.kw("alter"):
		return p.alter()
	case p.kw("copy"):
		return p.copy()
	case p.kw("lock"):
		p.skip()
		return Lock{}, nil
	case p.kw("show"):
		return p.show()
	case p.kw("set"):
		return p.set()
	case p.kw("reset"):
		n, err := p.name()
		return Set{Name: n}, err
	}
	return p.control()
}

// control parses what begins and ends transactions, and what does nothing.
func (p *parser) control() (Stmt, error) {
	switch {
	case p.kw("begin"), p.kw("start", "transaction"):
		start := p.i
		p.skip()
		return Begin{ReadOnly: p.has(start, "read", "only")}, nil
	case p.kw("commit"), p.kw("end"):
		p.skip()
		return Commit{}, nil
	case p.kw("rollback", "to"):
		p.kw("savepoint")
		n, err := p.ident()
		return Rollback{To: n}, err
	case p.kw("rollback"), p.kw("abort"):
		p.skip()
		return Rollback{}, nil
	case p.kw("savepoint"):
		n, err := p.ident()
		return Savepoint{n}, err
	case p.kw("release"):
		p.kw("savepoint")
		n, err := p.ident()
		return Release{n}, err
	case p.kw("listen"), p.kw("notify"), p.kw("unlisten"):
		return nil, Errorf(CodeUnsupported, "%s statement is not yet supported.", strings.ToUpper(p.toks[p.i-1].text))
	}
	tags := map[string]string{"checkpoint": "CHECKPOINT", "discard": "DISCARD ALL", "deallocate": "DEALLOCATE ALL",
		"analyze": "ANALYZE", "vacuum": "VACUUM", "grant": "GRANT", "revoke": "REVOKE", "close": "CLOSE CURSOR ALL"}
	if tag, ok := tags[p.peek().text]; ok && p.peek().kind == word {
		p.skip()
		return Nothing{tag}, nil
	}
	return nil, p.syntax()
}

// skip passes over the rest of the statement.
func (p *parser) skip() {
	for p.peek().kind != end && !(p.peek().kind == symbol && p.peek().text == ";") {
		p.i++
	}
}

// has reports whether the words stand between a token and here.
func (p *parser) has(from int, words ...string) bool {
	for i := from; i+len(words) <= p.i; i++ {
		if slices.EqualFunc(p.toks[i:i+len(words)], words, func(t token, w string) bool { return t.text == w }) {
			return true
		}
	}
	return false
}

func (p *parser) names() ([]string, error) {
	var all []string
	for {
		n, err := p.name()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
		if !p.sym(",") {
			p.kw("cascade")
			return all, nil
		}
	}
}

func (p *parser) show() (Stmt, error) {
	if p.kw("transaction_isolation") || p.kw("transaction", "isolation", "level") {
		return Show{"transaction_isolation"}, nil
	}
	if p.kw("time", "zone") {
		return Show{"timezone"}, nil
	}
	n, err := p.dotted()
	return Show{n}, err
}

// dotted takes the name of a parameter.
func (p *parser) dotted() (string, error) {
	n, err := p.ident()
	for err == nil && p.sym(".") {
		var m string
		m, err = p.ident()
		n += "." + m
	}
	return n, err
}

func (p *parser) set() (Stmt, error) {
	local := p.kw("local")
	p.kw("session")
	if p.kw("characteristics") || p.kw("transaction") {
		start := p.i
		p.skip()
		if p.has(start, "read", "only") || p.has(start, "read", "write") {
			v := "off"
			if p.has(start, "read", "only") {
				v = "on"
			}
			return Set{Name: "transaction_read_only", Value: &v, Local: true}, nil
		}
		return Nothing{"SET"}, nil
	}
	if p.kw("time", "zone") {
		p.skip()
		return Nothing{"SET"}, nil
	}
	n, err := p.dotted()
	if err != nil {
		return nil, err
	}
	if !p.sym("=") && !p.kw("to") {
		return nil, p.syntax()
	}
	v, err := p.setting()
	return Set{Name: n, Value: v, Local: local}, err
}

// setting takes the value of a parameter, nil for DEFAULT.
func (p *parser) setting() (*string, error) {
	if p.kw("default") {
		return nil, nil
	}
	var parts []string
	for {
		minus := p.sym("-")
		t := p.next()
		if t.kind == end || t.kind == symbol {
			return nil, p.syntax()
		}
		if minus {
			t.text = "-" + t.text
		}
		parts = append(parts, t.text)
		if !p.sym(",") {
			v := strings.Join(parts, ", ")
			return &v, nil
		}
	}
}
