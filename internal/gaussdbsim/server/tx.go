// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

// tx is a transaction.
type tx struct {
	explicit bool // BEGIN
	failed   bool
	writing  bool // holds the writer
	readOnly bool
	saves    []save
	local    map[string]string // what SET LOCAL hid; "\x00" stands for nothing
}

type save struct {
	name string
	at   int
}

// begin starts a transaction unless there is one.
func (c *session) begin() {
	if c.tx == nil {
		c.tx = &tx{readOnly: isOn(c.setting("default_transaction_read_only")), local: map[string]string{}}
	}
}

// write makes the transaction the writing one.
func (c *session) write(ctx context.Context, what string) error {
	c.begin()
	if c.tx.readOnly || isOn(c.setting("transaction_read_only")) {
		return sql.Errorf(sql.CodeReadOnly, "cannot execute %s in a read-only transaction", what)
	}
	if c.tx.writing {
		return nil
	}
	s := c.s
	s.mu.Lock()
	err := s.writableLocked(what)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case <-s.writer:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	c.tx.writing = true
	// The role can have changed while this transaction waited for its turn.
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writableLocked(what)
}

// finish commits.
func (c *session) finish(ctx context.Context) error {
	t := c.tx
	c.tx = nil
	if t == nil {
		return nil
	}
	c.restore(t)
	if !t.writing {
		return nil
	}
	_, warning, err := c.s.commit(ctx, levelOf(c.setting("synchronous_commit")))
	if warning != nil {
		c.notice("WARNING", warning.Code, warning.Message)
	}
	return err
}

// rollback undoes the transaction, if there is one.
func (c *session) rollback() {
	t := c.tx
	c.tx = nil
	if t == nil {
		return
	}
	c.restore(t)
	if t.writing {
		c.s.db.RollbackTo(0)
		c.s.writer <- struct{}{}
	}
}

func (c *session) restore(t *tx) {
	for name, value := range t.local {
		if value == "\x00" {
			delete(c.settings, name)
		} else {
			c.settings[name] = value
		}
	}
}

// control runs what begins and ends transactions.
func (c *session) control(ctx context.Context, st sql.Stmt) (*sql.Result, error) {
	switch st := st.(type) {
	case sql.Begin:
		if c.tx != nil && c.tx.explicit {
			c.notice("WARNING", "25001", "there is already a transaction in progress")
			return &sql.Result{Tag: "BEGIN"}, nil
		}
		c.begin()
		c.tx.explicit = true
		c.tx.readOnly = c.tx.readOnly || st.ReadOnly
		return &sql.Result{Tag: "BEGIN"}, nil
	case sql.Commit:
		if c.tx == nil || !c.tx.explicit {
			c.notice("WARNING", "25P01", "there is no transaction in progress")
		} else if c.tx.failed {
			c.rollback()
			return &sql.Result{Tag: "ROLLBACK"}, nil
		}
		return &sql.Result{Tag: "COMMIT"}, c.finish(ctx)
	case sql.Rollback:
		if st.To != "" {
			return c.rollbackTo(st.To)
		}
		if c.tx == nil {
			c.notice("WARNING", "25P01", "there is no transaction in progress")
		}
		c.rollback()
		return &sql.Result{Tag: "ROLLBACK"}, nil
	case sql.Savepoint:
		if c.tx == nil || !c.tx.explicit {
			return nil, sql.Errorf("25P01", "SAVEPOINT can only be used in transaction blocks")
		}
		at := 0
		if c.tx.writing {
			at = c.s.db.Savepoint()
		}
		c.tx.saves = append(c.tx.saves, save{st.Name, at})
		return &sql.Result{Tag: "SAVEPOINT"}, nil
	case sql.Release:
		i := c.savepoint(st.Name)
		if i < 0 {
			return nil, sql.Errorf("3B001", "no such savepoint")
		}
		c.tx.saves = c.tx.saves[:i]
	}
	return &sql.Result{Tag: "RELEASE"}, nil
}

func (c *session) savepoint(name string) int {
	if c.tx == nil {
		return -1
	}
	for i, s := range slices.Backward(c.tx.saves) {
		if strings.EqualFold(s.name, name) {
			return i
		}
	}
	return -1
}

func (c *session) rollbackTo(name string) (*sql.Result, error) {
	i := c.savepoint(name)
	if i < 0 {
		return nil, sql.Errorf("3B001", "no such savepoint")
	}
	if c.tx.writing {
		c.s.db.RollbackTo(c.tx.saves[i].at)
	}
	c.tx.saves, c.tx.failed = c.tx.saves[:i+1], false
	return &sql.Result{Tag: "ROLLBACK"}, nil
}

// parameter runs SET, RESET, SHOW and ALTER SYSTEM.
func (c *session) parameter(st sql.Stmt) (*sql.Result, error) {
	switch st := st.(type) {
	case sql.Show:
		if _, ok := c.s.cfg.get(st.Name); !ok {
			return nil, sql.Errorf(sql.CodeNoObject, "unrecognized configuration parameter %q", st.Name)
		}
		return &sql.Result{Tag: "SHOW", Relation: sql.Relation{Fields: []sql.Field{{Name: st.Name, Type: 25}}, Rows: [][]any{{c.show(st.Name)}}}}, nil
	case sql.AlterSystem:
		if c.tx != nil && c.tx.explicit {
			return nil, sql.Errorf("25001", "ALTER SYSTEM SET cannot run inside a transaction block")
		}
		if !c.sysadmin {
			return nil, sql.Errorf("42501", "Permission denied, must be sysadmin to execute ALTER SYSTEM SET command.")
		}
		return &sql.Result{Tag: "ALTER SYSTEM SET"}, c.s.alterSystem(st.Name, st.Value)
	case sql.Set:
		return c.set(st)
	}
	return nil, nil
}

func (c *session) set(st sql.Set) (*sql.Result, error) {
	name := strings.ToLower(st.Name)
	if name == "all" && st.Value == nil {
		c.settings = map[string]string{}
		return &sql.Result{Tag: "RESET"}, nil
	}
	if _, ok := c.s.cfg.get(name); !ok && !strings.Contains(name, ".") {
		return nil, sql.Errorf(sql.CodeNoObject, "unrecognized configuration parameter %q", st.Name)
	}
	if err := settable(name); err != nil {
		return nil, err
	}
	if st.Local || name == "transaction_read_only" {
		c.begin()
		if _, hidden := c.tx.local[name]; !hidden {
			old, had := c.settings[name]
			if !had {
				old = "\x00"
			}
			c.tx.local[name] = old
		}
	}
	if st.Value == nil {
		delete(c.settings, name)
		return &sql.Result{Tag: "RESET"}, nil
	}
	c.settings[name] = *st.Value
	return &sql.Result{Tag: "SET"}, nil
}
