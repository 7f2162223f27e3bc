// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"errors"
	"fmt"
	"strings"
)

// ResourceKind says what an entry of the directory is about. The numbers are
// those of the library (dms_api.h, drc_res_type_e).
type ResourceKind uint8

// The kinds that can be asked for.
const (
	ResourcePage ResourceKind = 1 // a page of the database
	ResourceLock ResourceKind = 2 // a lock between instances
)

var resourceKindWords = words{{}, {"page"}, {"lock"}} // read-only

// String returns "page" or "lock".
func (k ResourceKind) String() string { return resourceKindWords.name("ResourceKind", int(k)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (k ResourceKind) MarshalText() ([]byte, error) {
	return resourceKindWords.marshal("kind of resource", int(k))
}

// Resource is an entry of the directory (DRC) in which DMS keeps who holds a
// page or lock. Instances that are none are -1.
type Resource struct {
	ID           string // page: relation, fork and block; lock: its numbers
	Master       int    // instance that keeps the entry
	Copies       InstanceSet
	Owner        int
	Lock         LockMode
	LastEDP      int         // instance with the newest older copy of the page
	Kind         int         // number of the kind; see [ResourceKind]
	InRecovery   bool        // not usable until the recovery is over
	CopyPromote  bool        // a copy became the owner and may have to be written
	Partition    int         // of the directory
	EDPs         InstanceSet // instances with an older copy of the page
	LSN          uint64      // of the newest older copy
	Length       int         // of the id, in bytes
	RecoverySkip bool
	Recycling    bool
	Converting   int      // instance whose request is being served
	Current      LockMode // of that request: what it holds
	Requested    LockMode // and what it wants
}

// ResourceQuery asks for the whole directory of one kind: on a large buffer that
// is a large answer. An instance gives the entries that it keeps; with
// ss_enable_catalog_centralized the primary keeps all. A standby warns.
//
// The answer has one column, each entry a record in SQL's own form: since 6.0.2
// the declared types of the function's columns do not fit what it returns, so
// that it cannot stand in a from clause.
func ResourceQuery(kind ResourceKind, r Release) (Query[Resource], error) {
	switch {
	case !r.since(V600RC1):
		return Query[Resource]{}, unsupported("query_all_drc_info", r, V600RC1)
	case kind != ResourcePage && kind != ResourceLock:
		return Query[Resource]{}, fmt.Errorf("%w: ask for resources: %s: want page or lock", ErrInvalid, kind)
	}
	return Query[Resource]{
		SQL: fmt.Sprintf("select coalesce(r::text, '%s') as resource from (select query_all_drc_info(%d) as r) as t", null, kind-ResourcePage),
		columns: []column[Resource]{{"resource", func(row *Resource, text string) error {
			values, err := parseRecord(text)
			if err != nil {
				return err
			}
			return assign(row)(Query[Resource]{columns: resourceColumns()}.Row(values))
		}}},
	}, nil
}

func resourceColumns() []column[Resource] {
	return []column[Resource]{
		textColumn("resource_id", func(r *Resource) *string { return &r.ID }),
		idColumn("master_id", func(r *Resource) *int { return &r.Master }),
		uintColumn("copy_insts", func(r *Resource) *InstanceSet { return &r.Copies }),
		idColumn("claimed_owner", func(r *Resource) *int { return &r.Owner }),
		lockColumn("lock_mode", func(r *Resource) *LockMode { return &r.Lock }),
		idColumn("last_edp", func(r *Resource) *int { return &r.LastEDP }),
		intColumn("type", func(r *Resource) *int { return &r.Kind }),
		flagColumn("in_recovery", func(r *Resource) *bool { return &r.InRecovery }),
		flagColumn("copy_promote", func(r *Resource) *bool { return &r.CopyPromote }),
		intColumn("part_id", func(r *Resource) *int { return &r.Partition }),
		uintColumn("edp_map", func(r *Resource) *InstanceSet { return &r.EDPs }),
		uintColumn("lsn", func(r *Resource) *uint64 { return &r.LSN }),
		intColumn("len", func(r *Resource) *int { return &r.Length }),
		flagColumn("recovery_skip", func(r *Resource) *bool { return &r.RecoverySkip }),
		flagColumn("recycling", func(r *Resource) *bool { return &r.Recycling }),
		idColumn("converting_inst_id", func(r *Resource) *int { return &r.Converting }),
		lockColumn("converting_curr_mode", func(r *Resource) *LockMode { return &r.Current }),
		lockColumn("converting_req_mode", func(r *Resource) *LockMode { return &r.Requested }),
	}
}

// parseRecord splits a record as SQL writes it: "(1,\"a b\",)". NULL becomes the
// empty text (rowtypes.cpp, record_out).
func parseRecord(text string) ([]string, error) {
	inner, ok := strings.CutPrefix(text, "(")
	if !ok || !strings.HasSuffix(inner, ")") {
		return nil, errors.New("want a record in parentheses")
	}
	inner = inner[:len(inner)-1]
	var values []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c == '\\' && i+1 < len(inner):
			i++
			b.WriteByte(inner[i])
		case c == '"' && quoted && i+1 < len(inner) && inner[i+1] == '"':
			i++
			b.WriteByte('"')
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			values = append(values, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return nil, errors.New("a quote without its end")
	}
	return append(values, b.String()), nil
}
