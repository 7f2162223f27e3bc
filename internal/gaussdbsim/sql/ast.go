// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import "github.com/gausskit/gausskit/internal/gaussdbsim/table"

// Expr is an expression.
type Expr interface{}

type (
	lit struct {
		value any
		oid   uint32
	}
	param struct{ n int }
	col   struct{ table, name string }
	bin   struct {
		op   string
		l, r Expr
	}
	not  struct{ x Expr }
	neg  struct{ x Expr }
	call struct {
		name     string
		args     []Expr
		star     bool
		distinct bool
	}
	cast struct {
		x   Expr
		oid uint32
	}
	in struct {
		x    Expr
		list []Expr
		not  bool
	}
	isNull struct {
		x   Expr
		not bool
	}
	subquery struct{ sel *Select }
	exists   struct{ sel *Select }
)

// Stmt is a statement.
type Stmt interface{}

type item struct {
	expr Expr
	name string
	star bool
}

type source struct {
	name  string
	fn    *call
	sub   *Select
	alias string
}

type order struct {
	expr Expr
	desc bool
}

type assign struct {
	name string
	expr Expr
}

type (
	// Select is a query.
	Select struct {
		items         []item
		from          *source
		where         Expr
		order         []order
		limit, offset Expr
		// Locks says FOR UPDATE or FOR SHARE.
		Locks bool
	}
	// Insert adds rows.
	Insert struct {
		Table     string
		cols      []string
		rows      [][]Expr
		sel       *Select
		onDup     []assign
		ignoreDup bool
		returning []item
	}
	// Update changes rows.
	Update struct {
		Table     string
		set       []assign
		where     Expr
		returning []item
	}
	// Delete removes rows.
	Delete struct {
		Table     string
		where     Expr
		returning []item
	}
	// CreateTable makes a table.
	CreateTable struct {
		Name        string
		Cols        []table.Column
		IfNotExists bool
	}
	// DropTable removes tables.
	DropTable struct {
		Names    []string
		IfExists bool
	}
	// Truncate empties tables.
	Truncate struct{ Names []string }
	// Lock is LOCK TABLE.
	Lock struct{}
	// Begin starts a transaction.
	Begin struct{ ReadOnly bool }
	// Commit ends one.
	Commit struct{}
	// Rollback ends one, or goes back To a savepoint.
	Rollback struct{ To string }
	// Savepoint sets one.
	Savepoint struct{ Name string }
	// Release forgets a savepoint.
	Release struct{ Name string }
	// Set sets a parameter; a nil Value resets it.
	Set struct {
		Name  string
		Value *string
		Local bool
	}
	// Show shows a parameter.
	Show struct{ Name string }
	// AlterSystem changes postgresql.conf.
	AlterSystem struct{ Name, Value string }
	// Copy is COPY of a table.
	Copy struct {
		Table     string
		cols      []string
		In        bool
		Delimiter byte
		CSV       bool
	}
	// PutRole creates or alters a user.
	PutRole struct {
		Name     string
		Password *string
		SysAdmin *bool
		Alter    bool
	}
	// DropRole removes a user.
	DropRole struct {
		Name     string
		IfExists bool
	}
	// Nothing is a statement without effect here; Tag is what it answers.
	Nothing struct{ Tag string }
	// Empty is no statement.
	Empty struct{}
)
