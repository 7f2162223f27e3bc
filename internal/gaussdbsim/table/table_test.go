// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"errors"
	"testing"

	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

func text(s string) *string { return &s }

func fresh(t *testing.T) *table.DB {
	t.Helper()
	db := table.New()
	cols := []table.Column{{Name: "id", Type: table.Int4, Key: true, NotNull: true}, {Name: "v", Type: table.Text}}
	if err := db.Replay([]table.Op{{Kind: "create", Name: "t", Cols: cols}, {Kind: "insert", Name: "t", ID: 1, Vals: []*string{text("1"), text("a")}}}, 10); err != nil {
		t.Fatal(err)
	}
	return db
}

func count(db *table.DB, at uint64) int {
	rows, _ := db.Scan("t", at)
	return len(rows)
}

func TestVersions(t *testing.T) {
	db := fresh(t)
	if count(db, 9) != 0 || count(db, 10) != 1 {
		t.Errorf("before and at the insert: %d, %d", count(db, 9), count(db, 10))
	}
	for _, op := range []table.Op{{Kind: "delete", Name: "t", ID: 1}, {Kind: "insert", Name: "t", ID: db.NextID("t"), Vals: []*string{text("2"), nil}},
		{Kind: "insert", Name: "t", ID: db.NextID("t"), Vals: []*string{text("3"), nil}}} {
		if err := db.Do(op); err != nil {
			t.Fatal(err)
		}
	}
	if count(db, 10) != 1 || count(db, table.Writing) != 2 {
		t.Errorf("others see %d rows, the writer %d; want 1, 2", count(db, 10), count(db, table.Writing))
	}
	db.Commit(20, 10)
	if count(db, 19) != 1 || count(db, 20) != 2 {
		t.Errorf("around the commit: %d, %d", count(db, 19), count(db, 20))
	}
}

func TestUndo(t *testing.T) {
	db := fresh(t)
	insert := table.Op{Kind: "insert", Name: "t", ID: 2, Vals: []*string{text("1"), nil}}
	if err := db.Do(insert); !errors.Is(err, table.ErrDuplicate) {
		t.Errorf("duplicate: %v", err)
	}
	if err := db.Do(table.Op{Kind: "delete", Name: "t", ID: 1}); err != nil {
		t.Fatal(err)
	}
	at := db.Savepoint()
	if err := db.Do(insert); err != nil {
		t.Errorf("insert behind a delete of the same key: %v", err)
	}
	db.RollbackTo(at)
	if n := count(db, table.Writing); n != 0 {
		t.Errorf("%d rows at the savepoint, want 0", n)
	}
	db.RollbackTo(0)
	if n := count(db, table.Writing); n != 1 || len(db.Changes()) != 0 {
		t.Errorf("%d rows and %d changes after the rollback, want 1, 0", n, len(db.Changes()))
	}
	if err := db.Do(insert); !errors.Is(err, table.ErrDuplicate) {
		t.Errorf("duplicate of a row that is back: %v", err)
	}
}

func TestVacuum(t *testing.T) {
	db := fresh(t)
	id := int64(1)
	for at := uint64(20); at < 5020; at++ {
		next := db.NextID("t")
		for _, op := range []table.Op{{Kind: "delete", Name: "t", ID: id}, {Kind: "insert", Name: "t", ID: next, Vals: []*string{text("1"), text("x")}}} {
			if err := db.Do(op); err != nil {
				t.Fatal(err)
			}
		}
		id = next
		db.Commit(at, at-1)
	}
	if n := count(db, 5019); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		oid  uint32
		text string
		want string
	}{
		{table.Int4, "42", "42"}, {table.Bool, "true", "t"}, {table.Float8, "1.5", "1.5"}, {table.Bytea, `\x00ff`, `\x00ff`},
		{table.TimestampTZ, "2026-11-21 11:33:55.791879+00", "2026-11-21 11:33:55.791879+00"}, {table.Text, "x", "x"},
	} {
		v, err := table.ParseValue(c.oid, c.text)
		if err != nil || table.FormatValue(v) != c.want {
			t.Errorf("%s %q: %v, %v", table.TypeName(c.oid), c.text, v, err)
		}
	}
	if _, err := table.ParseValue(table.Int4, "3000000000"); err == nil {
		t.Error("an integer of 32 bits has no room for 3000000000")
	}
	if got := table.FormatValue(table.Composite{"1", nil, true}); got != "(1,,t)" {
		t.Errorf("composite %q", got)
	}
}
