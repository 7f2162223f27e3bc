// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

// CopyFields gives the columns that a COPY moves.
func CopyFields(env Env, c *Copy) ([]Field, error) {
	r := &run{env: env}
	sc, err := r.tableScope(c.Table)
	if err != nil {
		return nil, err
	}
	at, err := positions(sc, c.cols)
	if err != nil {
		return nil, err
	}
	var out []Field
	for _, i := range at {
		out = append(out, sc.fields[i])
	}
	return out, nil
}

// CopyRows adds rows that COPY FROM STDIN brought.
func CopyRows(env Env, c *Copy, rows [][]any) (string, error) {
	r := &run{env: env}
	cols, _ := env.Columns(c.Table)
	sc, err := r.tableScope(c.Table)
	if err != nil {
		return "", err
	}
	at, err := positions(sc, c.cols)
	if err != nil {
		return "", err
	}
	for _, row := range rows {
		if len(row) != len(at) {
			return "", Errorf("22P04", "missing or extra data in a row of COPY %s", c.Table)
		}
		values, err := fillRow(cols, at, row)
		if err != nil {
			return "", err
		}
		if err := r.put(c.Table, cols, values); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("COPY %d", len(rows)), nil
}

// CopyOut gives the rows of COPY TO STDOUT.
func CopyOut(env Env, c *Copy) ([][]any, error) {
	sel := &Select{from: &source{name: c.Table, alias: c.Table}}
	fields, err := CopyFields(env, c)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		sel.items = append(sel.items, item{expr: col{name: f.Name}, name: f.Name})
	}
	rel, err := (&run{env: env}).selectRows(sel)
	return rel.Rows, err
}

// FormatCopy writes a row in text or CSV form.
func (c *Copy) FormatCopy(row []any) []byte {
	var b strings.Builder
	for i, v := range row {
		if i > 0 {
			b.WriteByte(c.Delimiter)
		}
		switch {
		case v == nil && !c.CSV:
			b.WriteString(`\N`)
		case v == nil:
		case c.CSV:
			s := table.FormatValue(v)
			if strings.ContainsAny(s, "\",\n\r") || s == "" {
				s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
			}
			b.WriteString(s)
		default:
			b.WriteString(strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(table.FormatValue(v)))
		}
	}
	b.WriteByte('\n')
	return []byte(b.String())
}

// ParseCopy reads rows in text or CSV form.
func (c *Copy) ParseCopy(data string) ([][]any, error) {
	var rows [][]any
	if c.CSV {
		rd := csv.NewReader(strings.NewReader(data))
		for {
			fields, err := rd.Read()
			if errors.Is(err, io.EOF) {
				return rows, nil
			}
			if err != nil {
				return nil, Errorf("22P04", "%s", err.Error())
			}
			row := make([]any, len(fields))
			for i, f := range fields {
				if f != "" {
					row[i] = f
				}
			}
			rows = append(rows, row)
		}
	}
	for line := range strings.Lines(data) {
		line = strings.TrimRight(line, "\r\n")
		if line == `\.` {
			break
		}
		var row []any
		for _, f := range strings.Split(line, string(c.Delimiter)) {
			if f == `\N` {
				row = append(row, nil)
				continue
			}
			row = append(row, strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(f))
		}
		rows = append(rows, row)
	}
	return rows, nil
}
