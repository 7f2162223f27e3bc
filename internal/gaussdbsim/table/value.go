// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Types by their oids, as far as the simulated server has them.
const (
	Bool        = 16
	Bytea       = 17
	Name        = 19
	Int8        = 20
	Int2        = 21
	Int4        = 23
	Text        = 25
	OID         = 26
	Float4      = 700
	Float8      = 701
	Unknown     = 705
	Bpchar      = 1042
	Varchar     = 1043
	Date        = 1082
	Timestamp   = 1114
	TimestampTZ = 1184
	Numeric     = 1700
	RecordType  = 2249
	Void        = 2278
)

// Composite is a value of type record.
type Composite []any

const timeLayout = "2006-01-02 15:04:05.999999-07"

// FormatValue writes a value as SQL shows it.
func FormatValue(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "t"
		}
		return "f"
	case time.Time:
		return v.UTC().Format(timeLayout)
	case []byte:
		return "\\x" + hex.EncodeToString(v)
	case float64:
		return strconv.FormatFloat(v, 'g', 15, 64)
	case Composite:
		parts := make([]string, len(v))
		for i, e := range v {
			if e != nil {
				parts[i] = FormatValue(e)
			}
		}
		return "(" + strings.Join(parts, ",") + ")"
	}
	return fmt.Sprint(v)
}

// ParseValue reads a value of a type.
func ParseValue(oid uint32, s string) (any, error) {
	bad := func() (any, error) {
		return nil, fmt.Errorf("invalid input syntax for type %s: %q", TypeName(oid), s)
	}
	switch oid {
	case Bool:
		switch strings.ToLower(strings.TrimSpace(s)) {
		case "t", "true", "on", "yes", "1", "y":
			return true, nil
		case "f", "false", "off", "no", "0", "n":
			return false, nil
		}
		return bad()
	case Int2, Int4, Int8, OID:
		bits := 64
		if oid == Int4 {
			bits = 32
		} else if oid == Int2 {
			bits = 16
		}
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, bits)
		if err != nil {
			return bad()
		}
		return n, nil
	case Float4, Float8, Numeric:
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil && oid == Numeric {
			return n, nil
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil {
			return bad()
		}
		return f, nil
	case Timestamp, TimestampTZ, Date:
		for _, layout := range []string{timeLayout, "2006-01-02 15:04:05.999999Z07:00", time.RFC3339Nano, "2006-01-02 15:04:05.999999", "2006-01-02"} {
			if t, err := time.Parse(layout, s); err == nil {
				return t.UTC(), nil
			}
		}
		return bad()
	case Bytea:
		b, err := hex.DecodeString(strings.TrimPrefix(s, "\\x"))
		if err != nil {
			return []byte(s), nil
		}
		return b, nil
	}
	return s, nil
}

// types gives the names of the types that CREATE TABLE and casts take.
var types = map[string]uint32{
	"bool": Bool, "boolean": Bool, "bytea": Bytea, "name": Name, "int8": Int8, "bigint": Int8, "int2": Int2,
	"smallint": Int2, "int4": Int4, "int": Int4, "integer": Int4, "serial": Int4, "bigserial": Int8, "text": Text,
	"oid": OID, "float4": Float4, "real": Float4, "float8": Float8, "float": Float8, "varchar": Varchar,
	"varchar2": Varchar, "char": Bpchar, "bpchar": Bpchar, "character": Bpchar, "date": Date, "timestamp": Timestamp,
	"timestamptz": TimestampTZ, "numeric": Numeric, "decimal": Numeric, "number": Numeric, "regclass": Text, "xid": Text,
}

// TypeOf gives the type of a name.
func TypeOf(name string) (uint32, bool) {
	oid, ok := types[strings.ToLower(name)]
	return oid, ok
}

// TypeName gives the name of a type.
func TypeName(oid uint32) string {
	switch oid {
	case Bool:
		return "boolean"
	case Bytea:
		return "bytea"
	case Int8:
		return "bigint"
	case Int2:
		return "smallint"
	case Int4:
		return "integer"
	case Float8:
		return "double precision"
	case Float4:
		return "real"
	case Numeric:
		return "numeric"
	case Timestamp:
		return "timestamp without time zone"
	case TimestampTZ:
		return "timestamp with time zone"
	case Varchar:
		return "character varying"
	case RecordType:
		return "record"
	case Date:
		return "date"
	}
	return "text"
}
