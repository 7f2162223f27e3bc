// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

// prepared is a statement that was parsed.
type prepared struct {
	text   string
	stmt   sql.Stmt
	params []uint32
	fields []sql.Field
}

// portal is a prepared statement with its parameters, and what it gave.
type portal struct {
	*prepared
	values  []any
	formats []int16
	result  *sql.Result
	next    int // row
}

// simple runs a query string.
func (c *session) simple(text string) {
	stmts, err := sql.Parse(text)
	if err != nil {
		c.failed(err)
		return
	}
	for i, st := range stmts {
		ctx := c.statement(text)
		res, err := c.dispatch(ctx, st, nil, nil)
		if err == nil && i == len(stmts)-1 && c.tx != nil && !c.tx.explicit {
			err = c.finish(ctx)
		}
		if err != nil {
			c.failed(err)
			return
		}
		c.reply(res, nil)
	}
}

// reply sends a whole result in text form.
func (c *session) reply(res *sql.Result, formats []int16) {
	if res == nil {
		return
	}
	if res.Fields != nil {
		c.be.Send(c.rowDescription(res.Fields, formats))
		for _, row := range res.Rows {
			c.be.Send(c.dataRow(res.Fields, row, formats))
		}
	}
	if res.Tag == "" {
		c.be.Send(&pgproto3.EmptyQueryResponse{})
		return
	}
	c.be.Send(&pgproto3.CommandComplete{CommandTag: []byte(res.Tag)})
}

func (c *session) parse(m *pgproto3.Parse) error {
	stmts, err := sql.Parse(m.Query)
	if err != nil {
		return err
	}
	if len(stmts) != 1 {
		return sql.Errorf(sql.CodeSyntax, "cannot insert multiple commands into a prepared statement")
	}
	p := &prepared{text: m.Query, stmt: stmts[0]}
	if p.fields, p.params, err = sql.Describe(c.env(), p.stmt, m.ParameterOIDs); err != nil {
		return err
	}
	c.prepared[m.Name] = p
	c.be.Send(&pgproto3.ParseComplete{})
	return nil
}

func (c *session) bind(m *pgproto3.Bind) error {
	p, ok := c.prepared[m.PreparedStatement]
	if !ok {
		return sql.Errorf("26000", "prepared statement %q does not exist", m.PreparedStatement)
	}
	if len(m.Parameters) != len(p.params) {
		return sql.Errorf("08P01", "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(m.Parameters), m.PreparedStatement, len(p.params))
	}
	po := &portal{prepared: p, formats: m.ResultFormatCodes}
	for i, b := range m.Parameters {
		v, err := c.decode(p.params[i], formatOf(m.ParameterFormatCodes, i), b)
		if err != nil {
			return err
		}
		po.values = append(po.values, v)
	}
	c.portals[m.DestinationPortal] = po
	c.be.Send(&pgproto3.BindComplete{})
	return nil
}

func formatOf(codes []int16, i int) int16 {
	switch {
	case len(codes) == 1:
		return codes[0]
	case i < len(codes):
		return codes[i]
	}
	return 0
}

func (c *session) describe(m *pgproto3.Describe) error {
	if m.ObjectType == 'S' {
		p, ok := c.prepared[m.Name]
		if !ok {
			return sql.Errorf("26000", "prepared statement %q does not exist", m.Name)
		}
		c.be.Send(&pgproto3.ParameterDescription{ParameterOIDs: p.params})
		c.describeFields(p.fields, nil)
		return nil
	}
	p, ok := c.portals[m.Name]
	if !ok {
		return sql.Errorf("34000", "portal %q does not exist", m.Name)
	}
	c.describeFields(p.fields, p.formats)
	return nil
}

func (c *session) describeFields(fields []sql.Field, formats []int16) {
	if fields == nil {
		c.be.Send(&pgproto3.NoData{})
		return
	}
	c.be.Send(c.rowDescription(fields, formats))
}

func (c *session) execute(m *pgproto3.Execute) error {
	p, ok := c.portals[m.Portal]
	if !ok {
		return sql.Errorf("34000", "portal %q does not exist", m.Portal)
	}
	if p.result == nil {
		ctx := c.statement(p.text)
		res, err := c.dispatch(ctx, p.stmt, p.values, p.params)
		if err != nil {
			return err
		}
		p.result = res
	}
	res := p.result
	if res == nil {
		return nil // COPY has told the client everything
	}
	for ; p.next < len(res.Rows); p.next++ {
		if m.MaxRows > 0 && p.next >= int(m.MaxRows) {
			c.be.Send(&pgproto3.PortalSuspended{})
			p.result = &sql.Result{Relation: sql.Relation{Fields: res.Fields, Rows: res.Rows[p.next:]}, Tag: res.Tag}
			p.next = 0
			return nil
		}
		c.be.Send(c.dataRow(res.Fields, res.Rows[p.next], p.formats))
	}
	if res.Tag == "" {
		c.be.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	c.be.Send(&pgproto3.CommandComplete{CommandTag: []byte(res.Tag)})
	return nil
}

// dispatch runs a statement. A nil result says that the client knows all.
func (c *session) dispatch(ctx context.Context, st sql.Stmt, params []any, types []uint32) (*sql.Result, error) {
	if c.tx != nil && c.tx.failed {
		switch st.(type) {
		case sql.Commit, sql.Rollback:
		default:
			return nil, sql.Errorf("25P02", "current transaction is aborted, commands ignored until end of transaction block, firstChar[%s]", "Q")
		}
	}
	switch st := st.(type) {
	case sql.Empty:
		return &sql.Result{}, nil
	case sql.Nothing:
		return &sql.Result{Tag: st.Tag}, nil
	case sql.Begin, sql.Commit, sql.Rollback, sql.Savepoint, sql.Release:
		return c.control(ctx, st)
	case sql.Set, sql.Show, sql.AlterSystem:
		return c.parameter(st)
	case sql.Lock:
		return &sql.Result{Tag: "LOCK TABLE"}, c.write(ctx, "LOCK TABLE")
	case *sql.Select:
		c.begin()
		if st.Locks {
			if err := c.write(ctx, "SELECT FOR UPDATE"); err != nil {
				return nil, err
			}
		}
	case *sql.Insert:
		if err := c.write(ctx, "INSERT"); err != nil {
			return nil, err
		}
	case *sql.Update:
		if err := c.write(ctx, "UPDATE"); err != nil {
			return nil, err
		}
	case *sql.Delete:
		if err := c.write(ctx, "DELETE"); err != nil {
			return nil, err
		}
	case *sql.Copy:
		return c.copy(ctx, st)
	default:
		return c.define(ctx, st)
	}
	env := c.env()
	env.ctx = ctx
	res, err := sql.Run(env, st, params, types)
	if ctx.Err() != nil && err == nil {
		err = context.Cause(ctx)
	}
	return &res, err
}

// define runs what changes tables and users.
func (c *session) define(ctx context.Context, st sql.Stmt) (*sql.Result, error) {
	tag, ops, err := c.definition(st)
	if err != nil {
		return nil, err
	}
	if err := c.write(ctx, tag); err != nil {
		return nil, err
	}
	for _, op := range ops {
		name := op.Name
		if op.Role != nil {
			name = op.Role.Name
		}
		_, exists := c.s.db.Columns(op.Name)
		switch st := st.(type) {
		case sql.CreateTable:
			if exists && st.IfNotExists {
				c.notice("NOTICE", "00000", fmt.Sprintf("relation %q already exists, skipping", name))
				continue
			}
			if exists {
				return nil, sql.Errorf("42P07", "relation %q already exists in schema \"public\"", name)
			}
		case sql.DropTable:
			if !exists && st.IfExists {
				c.notice("NOTICE", "00000", fmt.Sprintf("table %q does not exist, skipping", name))
				continue
			}
			if !exists {
				return nil, sql.Errorf(sql.CodeNoTable, "table %q does not exist", name)
			}
		case sql.Truncate:
			if !exists {
				return nil, sql.Errorf(sql.CodeNoTable, "relation %q does not exist", name)
			}
		}
		if err := c.s.db.Do(op); err != nil {
			return nil, err
		}
	}
	return &sql.Result{Tag: tag}, nil
}

func (c *session) definition(st sql.Stmt) (tag string, ops []table.Op, err error) {
	switch st := st.(type) {
	case sql.CreateTable:
		return "CREATE TABLE", []table.Op{{Kind: "create", Name: st.Name, Cols: st.Cols}}, nil
	case sql.DropTable:
		for _, n := range st.Names {
			ops = append(ops, table.Op{Kind: "drop", Name: n})
		}
		return "DROP TABLE", ops, nil
	case sql.Truncate:
		for _, n := range st.Names {
			ops = append(ops, table.Op{Kind: "truncate", Name: n})
		}
		return "TRUNCATE TABLE", ops, nil
	case sql.PutRole:
		return c.putRole(st)
	case sql.DropRole:
		if _, ok := c.s.db.Role(st.Name); !ok {
			if st.IfExists {
				return "DROP ROLE", nil, nil
			}
			return "", nil, sql.Errorf(sql.CodeNoObject, "role %q does not exist", st.Name)
		}
		return "DROP ROLE", []table.Op{{Kind: "norole", Role: &table.Role{Name: st.Name}}}, nil
	}
	return "", nil, sql.Errorf(sql.CodeUnsupported, "this statement is not supported by the simulated server")
}

func (c *session) putRole(st sql.PutRole) (string, []table.Op, error) {
	tag := "CREATE ROLE"
	role, exists := c.s.db.Role(st.Name)
	switch {
	case !c.sysadmin:
		return "", nil, sql.Errorf("42501", "Permission denied to create role.")
	case st.Alter && !exists:
		return "", nil, sql.Errorf(sql.CodeNoObject, "role %q does not exist", st.Name)
	case !st.Alter && exists:
		return "", nil, sql.Errorf(sql.CodeNoObject, "role %q already exists", st.Name)
	case st.Alter:
		tag = "ALTER ROLE"
	}
	role.Name = st.Name
	if st.SysAdmin != nil {
		role.SysAdmin = *st.SysAdmin
	}
	if st.Password != nil {
		if len(*st.Password) < 8 {
			return "", nil, sql.Errorf("28P01", "Password must contain at least 8 characters.")
		}
		text, err := encodePassword(st.Name, *st.Password, c.s.cfg.int("password_encryption_type"), c.s.cfg.int("auth_iteration_count"))
		if err != nil {
			return "", nil, err
		}
		role.Password = text
	}
	return tag, []table.Op{{Kind: "role", Role: &role}}, nil
}

func (c *session) notice(severity, code, text string) {
	c.be.Send(&pgproto3.NoticeResponse{Severity: severity, Code: code, Message: text})
}
