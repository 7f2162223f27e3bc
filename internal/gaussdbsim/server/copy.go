// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

// copy runs COPY. Its result tells the number of rows.
func (c *session) copy(ctx context.Context, st *sql.Copy) (*sql.Result, error) {
	c.begin()
	fields, err := sql.CopyFields(c.env(), st)
	if err != nil {
		return nil, err
	}
	format := uint8(0)
	codes := make([]uint16, len(fields))
	if st.Delimiter == 0 {
		format = 1
		for i := range codes {
			codes[i] = 1
		}
	}
	if !st.In {
		return c.copyOut(st, format, codes)
	}
	if err := c.write(ctx, "COPY FROM"); err != nil {
		return nil, err
	}
	c.be.Send(&pgproto3.CopyInResponse{OverallFormat: format, ColumnFormatCodes: codes})
	if err := c.be.Flush(); err != nil {
		return nil, err
	}
	data, err := c.copyData()
	if err != nil {
		return nil, err
	}
	var rows [][]any
	if format == 1 {
		rows, err = c.binaryRows(fields, data)
	} else {
		rows, err = st.ParseCopy(data)
	}
	if err != nil {
		return nil, err
	}
	tag, err := sql.CopyRows(c.env(), st, rows)
	return &sql.Result{Tag: tag}, err
}

// copyData takes what the client sends.
func (c *session) copyData() (string, error) {
	var b strings.Builder
	for {
		msg, err := c.be.Receive()
		if err != nil {
			c.end(errGone)
			return "", err
		}
		switch m := msg.(type) {
		case *pgproto3.CopyData:
			b.Write(m.Data)
		case *pgproto3.CopyDone:
			return b.String(), nil
		case *pgproto3.CopyFail:
			return "", sql.Errorf("57014", "COPY from stdin failed: %s", m.Message)
		case *pgproto3.Flush, *pgproto3.Sync:
		default:
			return "", sql.Errorf("08P01", "unexpected message type %T during COPY from stdin", msg)
		}
	}
}

const copySignature = "PGCOPY\n\xff\r\n\x00"

// binaryRows reads COPY's binary form.
func (c *session) binaryRows(fields []sql.Field, data string) ([][]any, error) {
	bad := sql.Errorf("22P04", "invalid COPY file header or row")
	take := func(n int) (string, bool) {
		if n < 0 || len(data) < n {
			return "", false
		}
		head := data[:n]
		data = data[n:]
		return head, true
	}
	number := func(n int) (int, bool) {
		s, ok := take(n)
		v := 0
		for i := range len(s) {
			v = v<<8 | int(s[i])
		}
		return v, ok
	}
	if head, ok := take(len(copySignature)); !ok || head != copySignature {
		return nil, bad
	}
	if _, ok := take(4); !ok {
		return nil, bad
	}
	if n, ok := number(4); !ok || n > len(data) {
		return nil, bad
	} else if _, ok := take(n); !ok {
		return nil, bad
	}
	var rows [][]any
	for {
		n, ok := number(2)
		if !ok || n == 0xffff {
			return rows, nil
		}
		if n != len(fields) {
			return nil, bad
		}
		row := make([]any, n)
		for i := range row {
			size, ok := number(4)
			if !ok {
				return nil, bad
			}
			if size == 0xffffffff {
				continue
			}
			text, ok := take(size)
			if !ok {
				return nil, bad
			}
			v, err := c.decode(fields[i].Type, 1, []byte(text))
			if err != nil {
				return nil, err
			}
			row[i] = v
		}
		rows = append(rows, row)
	}
}

func (c *session) copyOut(st *sql.Copy, format uint8, codes []uint16) (*sql.Result, error) {
	if format == 1 {
		return nil, sql.Errorf(sql.CodeUnsupported, "COPY TO STDOUT in binary form is not supported by the simulated server")
	}
	rows, err := sql.CopyOut(c.env(), st)
	if err != nil {
		return nil, err
	}
	c.be.Send(&pgproto3.CopyOutResponse{OverallFormat: format, ColumnFormatCodes: codes})
	for _, r := range rows {
		c.be.Send(&pgproto3.CopyData{Data: st.FormatCopy(r)})
	}
	c.be.Send(&pgproto3.CopyDone{})
	return &sql.Result{Tag: fmt.Sprintf("COPY %d", len(rows))}, nil
}
