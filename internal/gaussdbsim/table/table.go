// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// Positions that no record has.
const (
	Writing = math.MaxUint64 - 1 // by the transaction that writes
	Forever = math.MaxUint64
)

// Errors of changes.
var (
	ErrExists    = errors.New("already exists")
	ErrMissing   = errors.New("does not exist")
	ErrDuplicate = errors.New("duplicate key value violates unique constraint")
	ErrNull      = errors.New("null value violates not-null constraint")
)

// Column is a column of a table.
type Column struct {
	Name    string  `json:"n"`
	Type    uint32  `json:"t"` // type's oid
	NotNull bool    `json:"nn,omitempty"`
	Key     bool    `json:"k,omitempty"` // part of the primary key
	Default *string `json:"d,omitempty"`
}

// Row is a version of a row.
type Row struct {
	ID         int64
	Values     []any
	begin, end uint64
}

// Table is a table.
type Table struct {
	Name string
	Cols []Column
	rows []*Row
	keys map[string]*Row // versions without an end, by primary key
	ids  map[int64]*Row  // versions without an end
	dead int
	next int64
}

// Role is a database user.
type Role struct {
	Name      string `json:"n"`
	Password  string `json:"p,omitempty"` // as in pg_authid
	SysAdmin  bool   `json:"s,omitempty"`
	IsInitial bool   `json:"i,omitempty"`
}

// DB is all tables and users.
type DB struct {
	mu     sync.RWMutex
	tables map[string]*Table
	roles  map[string]Role
	undo   []func()
	ops    []Op
	marked []*Row // versions that the writing transaction began or ended
}

// New gives an empty database.
func New() *DB { return &DB{tables: map[string]*Table{}, roles: map[string]Role{}} }

// Op is a change, as the log has it.
type Op struct {
	Kind string    `json:"k"` // create, drop, truncate, insert, delete, role, norole
	Name string    `json:"t,omitempty"`
	Cols []Column  `json:"c,omitempty"`
	ID   int64     `json:"i,omitempty"`
	Vals []*string `json:"v,omitempty"`
	Role *Role     `json:"r,omitempty"`
}

// Role gives a user.
func (db *DB) Role(name string) (Role, bool) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	r, ok := db.roles[name]
	return r, ok
}

// Roles gives all users by name.
func (db *DB) Roles() []Role {
	db.mu.RLock()
	defer db.mu.RUnlock()
	var all []Role
	for _, r := range db.roles {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Columns gives the columns of a table.
func (db *DB) Columns(name string) ([]Column, bool) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	t, ok := db.tables[name]
	if !ok {
		return nil, false
	}
	return t.Cols, true
}

// Tables gives the names of all tables.
func (db *DB) Tables() []string {
	db.mu.RLock()
	defer db.mu.RUnlock()
	var names []string
	for n := range db.tables {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Scan gives the rows of a table as they were at a position; Writing is what
// the writing transaction sees.
func (db *DB) Scan(name string, at uint64) ([]*Row, bool) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	t, ok := db.tables[name]
	if !ok {
		return nil, false
	}
	var rows []*Row
	for _, r := range t.rows {
		if r.begin <= at && at < r.end {
			rows = append(rows, r)
		}
	}
	return rows, true
}

// Do makes a change in the writing transaction. NextID numbers its rows.
func (db *DB) Do(op Op) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	undo, err := db.apply(op, Writing)
	if err != nil {
		return err
	}
	db.undo = append(db.undo, undo)
	db.ops = append(db.ops, op)
	return nil
}

// NextID gives the number for a new row.
func (db *DB) NextID(name string) int64 {
	db.mu.Lock()
	defer db.mu.Unlock()
	t, ok := db.tables[name]
	if !ok {
		return 0
	}
	t.next++
	return t.next
}

// Changes gives what the writing transaction has done so far.
func (db *DB) Changes() []Op {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.ops
}

// Savepoint says how much the writing transaction has done, for RollbackTo.
func (db *DB) Savepoint() int {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return len(db.undo)
}

// RollbackTo undoes what the writing transaction did after a savepoint.
func (db *DB) RollbackTo(n int) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for i := len(db.undo) - 1; i >= n; i-- {
		db.undo[i]()
	}
	db.undo, db.ops = db.undo[:n], db.ops[:n]
	if n == 0 {
		db.marked = nil
	}
}

// Commit gives the writing transaction's changes their position. Nobody needs
// versions that ended at or before horizon.
func (db *DB) Commit(at, horizon uint64) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, r := range db.marked {
		if r.begin == Writing {
			r.begin = at
		}
		if r.end == Writing {
			r.end = at
		}
	}
	for _, name := range touched(db.ops) {
		if t := db.tables[name]; t != nil {
			t.vacuum(horizon)
		}
	}
	db.undo, db.ops, db.marked = nil, nil, nil
}

func touched(ops []Op) []string {
	var names []string
	for _, op := range ops {
		if op.Name != "" && !slices.Contains(names, op.Name) {
			names = append(names, op.Name)
		}
	}
	return names
}

// Replay applies the changes of a record of the log.
func (db *DB) Replay(ops []Op, at uint64) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, op := range ops {
		if _, err := db.apply(op, at); err != nil {
			return fmt.Errorf("table: replay %s %s: %w", op.Kind, op.Name, err)
		}
		if t := db.tables[op.Name]; t != nil {
			t.vacuum(at)
		}
	}
	return nil
}

func (db *DB) apply(op Op, at uint64) (undo func(), err error) {
	switch op.Kind {
	case "role", "norole":
		return db.applyRole(op)
	case "create":
		if db.tables[op.Name] != nil {
			return nil, ErrExists
		}
		db.tables[op.Name] = &Table{Name: op.Name, Cols: op.Cols, keys: map[string]*Row{}, ids: map[int64]*Row{}}
		return func() { delete(db.tables, op.Name) }, nil
	}
	t := db.tables[op.Name]
	if t == nil {
		return nil, ErrMissing
	}
	switch op.Kind {
	case "drop":
		delete(db.tables, op.Name)
		return func() { db.tables[op.Name] = t }, nil
	case "truncate":
		empty := &Table{Name: t.Name, Cols: t.Cols, keys: map[string]*Row{}, ids: map[int64]*Row{}, next: t.next}
		db.tables[op.Name] = empty
		return func() { db.tables[op.Name] = t }, nil
	case "insert":
		return db.mark(op.ID, t, at, func() (func(), error) { return t.insert(op, at) })
	case "delete":
		return db.mark(op.ID, t, at, func() (func(), error) { return t.delete(op.ID, at) })
	}
	return nil, fmt.Errorf("unknown change %q", op.Kind)
}

// mark makes a change of a row and remembers the row for Commit.
func (db *DB) mark(id int64, t *Table, at uint64, change func() (func(), error)) (func(), error) {
	r := t.ids[id]
	undo, err := change()
	if r == nil {
		r = t.ids[id]
	}
	if err == nil && at == Writing {
		db.marked = append(db.marked, r)
	}
	return undo, err
}

func (db *DB) applyRole(op Op) (func(), error) {
	old, had := db.roles[op.Role.Name]
	if op.Kind == "role" {
		db.roles[op.Role.Name] = *op.Role
	} else {
		delete(db.roles, op.Role.Name)
	}
	return func() {
		if had {
			db.roles[op.Role.Name] = old
		} else {
			delete(db.roles, op.Role.Name)
		}
	}, nil
}

func (t *Table) insert(op Op, at uint64) (func(), error) {
	values := make([]any, len(t.Cols))
	for i, c := range t.Cols {
		if i >= len(op.Vals) || op.Vals[i] == nil {
			if c.NotNull || c.Key {
				return nil, fmt.Errorf("%w: column %q", ErrNull, c.Name)
			}
			continue
		}
		v, err := ParseValue(c.Type, *op.Vals[i])
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	r := &Row{ID: op.ID, Values: values, begin: at, end: Forever}
	key, has := t.key(values)
	if has && t.keys[key] != nil {
		return nil, fmt.Errorf("%w %q", ErrDuplicate, t.Name+"_pkey")
	}
	if has {
		t.keys[key] = r
	}
	t.rows = append(t.rows, r)
	t.ids[r.ID] = r
	t.next = max(t.next, r.ID)
	return func() {
		t.rows = slices.DeleteFunc(t.rows, func(o *Row) bool { return o == r })
		delete(t.ids, r.ID)
		if has {
			delete(t.keys, key)
		}
	}, nil
}

func (t *Table) delete(id int64, at uint64) (func(), error) {
	r := t.ids[id]
	if r == nil {
		return nil, fmt.Errorf("row %d: %w", id, ErrMissing)
	}
	r.end = at
	delete(t.ids, id)
	key, has := t.key(r.Values)
	if has {
		delete(t.keys, key)
	}
	t.dead++
	return func() {
		r.end = Forever
		t.ids[id] = r
		if has {
			t.keys[key] = r
		}
		t.dead--
	}, nil
}

// Find gives the live version with a primary key, as the writer sees it.
func (db *DB) Find(name string, values []any) (*Row, bool) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	t := db.tables[name]
	if t == nil {
		return nil, false
	}
	key, has := t.key(values)
	if !has || t.keys[key] == nil {
		return nil, false
	}
	return t.keys[key], true
}

func (t *Table) key(values []any) (string, bool) {
	var b strings.Builder
	has := false
	for i, c := range t.Cols {
		if c.Key {
			has = true
			fmt.Fprintf(&b, "%v\x00", values[i])
		}
	}
	return b.String(), has
}

// vacuum drops versions that nobody can see any more, now and then.
func (t *Table) vacuum(horizon uint64) {
	if t.dead < 1000 || t.dead < len(t.rows)/2 {
		return
	}
	before := len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(r *Row) bool { return r.end <= horizon })
	t.dead -= before - len(t.rows)
}
