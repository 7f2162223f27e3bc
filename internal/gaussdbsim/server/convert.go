// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/binary"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

func (c *session) rowDescription(fields []sql.Field, formats []int16) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{}
	for i, f := range fields {
		d.Fields = append(d.Fields, pgproto3.FieldDescription{Name: []byte(f.Name), DataTypeOID: f.Type, DataTypeSize: -1,
			TypeModifier: -1, Format: formatOf(formats, i)})
	}
	return d
}

func (c *session) dataRow(fields []sql.Field, row []any, formats []int16) *pgproto3.DataRow {
	d := &pgproto3.DataRow{Values: make([][]byte, len(row))}
	for i, v := range row {
		if v == nil || i >= len(fields) {
			continue
		}
		d.Values[i] = c.encode(fields[i].Type, formatOf(formats, i), v)
	}
	return d
}

// encode writes a value in the wanted format. Never nil, which would be NULL.
func (c *session) encode(oid uint32, format int16, v any) []byte {
	if format == 0 {
		return append([]byte{}, table.FormatValue(v)...)
	}
	if rec, ok := v.(table.Composite); ok {
		return c.encodeRecord(rec)
	}
	if _, ok := v.(string); !ok && (oid == table.Text || oid == table.Varchar || oid == table.Bpchar || oid == table.Name || oid == table.Unknown) {
		v = table.FormatValue(v)
	}
	b, err := c.types.Encode(oid, format, v, []byte{})
	if err != nil || b == nil {
		return []byte(table.FormatValue(v))
	}
	return b
}

func (c *session) encodeRecord(rec table.Composite) []byte {
	b := binary.BigEndian.AppendUint32([]byte{}, uint32(len(rec)))
	for _, v := range rec {
		b = binary.BigEndian.AppendUint32(b, table.Text)
		if v == nil {
			b = binary.BigEndian.AppendUint32(b, 0xffffffff)
			continue
		}
		text := table.FormatValue(v)
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	return b
}

// decode reads a parameter.
func (c *session) decode(oid uint32, format int16, b []byte) (any, error) {
	if b == nil {
		return nil, nil
	}
	if format == 0 {
		v, err := table.ParseValue(oid, string(b))
		if err != nil {
			return nil, sql.Errorf(sql.CodeBadText, "%s", err.Error())
		}
		return v, nil
	}
	t, ok := c.types.TypeForOID(oid)
	if !ok {
		return string(b), nil
	}
	v, err := t.Codec.DecodeValue(c.types, oid, format, b)
	if err != nil {
		return nil, sql.Errorf("22P03", "incorrect binary data format in bind parameter")
	}
	switch v := v.(type) {
	case int16:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case float32:
		return float64(v), nil
	case time.Time:
		return v.UTC(), nil
	case pgtype.Numeric:
		f, err := v.Float64Value()
		return f.Float64, err
	case int64, float64, string, bool, []byte:
		return v, nil
	}
	return string(b), nil
}

// peerName gives address and port of a peer.
func peerName(a net.Addr) (host string, port int64) {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.IP.String(), int64(t.Port)
	}
	return "", -1
}
