// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import "github.com/gausskit/gausskit/internal/gaussdbsim/table"

// Field is a column of a result.
type Field struct {
	Name string
	Type uint32
}

// Relation is the content of a view or the result of a function.
type Relation struct {
	Fields []Field
	Rows   [][]any
}

// Env is where a statement runs: the tables as its transaction sees them, and
// the server's views and functions.
type Env interface {
	// Columns gives the columns of a table.
	Columns(name string) ([]table.Column, bool)
	// Scan gives its rows.
	Scan(name string) ([]*table.Row, bool)
	// Fields gives the columns of a view or function without computing it.
	Fields(name string, isCall bool) ([]Field, bool)
	// Relation computes a view or function.
	Relation(name string, args []any, isCall bool) (Relation, error)
	// Find gives the row with a primary key.
	Find(name string, values []any) (*table.Row, bool)
	// Do makes a change.
	Do(op table.Op) error
	// NextID numbers a new row of a table.
	NextID(name string) int64
}

// Result is what a statement gives.
type Result struct {
	Relation
	Tag string
}

// run is the running of one statement.
type run struct {
	env    Env
	params []any
	types  []uint32 // of the parameters; 0 is not known
}

// scope is the row that names refer to.
type scope struct {
	alias  string
	fields []Field
	values []any
	// excluded is the new row in ON DUPLICATE KEY UPDATE.
	excluded []any
}

func (s *scope) lookup(c col) (int, error) {
	if s != nil && (c.table == "" || c.table == s.alias || c.table == "excluded" && s.excluded != nil) {
		for i, f := range s.fields {
			if f.Name == c.name {
				return i, nil
			}
		}
	}
	if c.table != "" {
		return 0, Errorf(CodeNoColumn, "column %s.%s does not exist", c.table, c.name)
	}
	return 0, Errorf(CodeNoColumn, "column %q does not exist", c.name)
}

func fieldsOf(cols []table.Column) []Field {
	out := make([]Field, len(cols))
	for i, c := range cols {
		out[i] = Field{c.Name, c.Type}
	}
	return out
}
