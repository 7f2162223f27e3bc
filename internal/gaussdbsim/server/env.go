// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"

	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

// env is what statements of a session run in.
type env struct {
	c   *session
	ctx context.Context
}

func (c *session) env() *env { return &env{c, c.ctx} }

// Columns gives the columns of a table.
func (e *env) Columns(name string) ([]table.Column, bool) { return e.c.s.db.Columns(name) }

// Scan gives the rows that the transaction sees.
func (e *env) Scan(name string) ([]*table.Row, bool) {
	at := uint64(table.Writing)
	if e.c.tx == nil || !e.c.tx.writing {
		e.c.s.mu.Lock()
		at = e.c.s.mu.visible
		e.c.s.mu.Unlock()
	}
	return e.c.s.db.Scan(name, at)
}

// Find gives the row with a primary key.
func (e *env) Find(name string, values []any) (*table.Row, bool) { return e.c.s.db.Find(name, values) }

// Do makes a change.
func (e *env) Do(op table.Op) error { return e.c.s.db.Do(op) }

// NextID numbers a row.
func (e *env) NextID(name string) int64 { return e.c.s.db.NextID(name) }

// Fields gives the columns of a view or function.
func (e *env) Fields(name string, isCall bool) ([]sql.Field, bool) {
	v, ok := lookup(name, isCall)
	return v.fields, ok
}

// Relation computes a view or function.
func (e *env) Relation(name string, args []any, isCall bool) (sql.Relation, error) {
	v, ok := lookup(name, isCall)
	if !ok && isCall {
		return sql.Relation{}, &sql.Error{Code: sql.CodeNoFunction, Message: "function " + name + " does not exist",
			Hint: "No function matches the given name and argument types. You might need to add explicit type casts."}
	}
	if !ok {
		return sql.Relation{}, sql.Errorf(sql.CodeNoTable, "relation %q does not exist", name)
	}
	if len(args) < v.args {
		return sql.Relation{}, sql.Errorf(sql.CodeNoFunction, "function %s with %d arguments does not exist", name, len(args))
	}
	rows, err := v.rows(e, args)
	return sql.Relation{Fields: v.fields, Rows: rows}, err
}
