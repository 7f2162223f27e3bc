// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package xlog_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
)

func open(t *testing.T, dir string) *xlog.Log {
	t.Helper()
	l, err := xlog.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func fresh(t *testing.T) (*xlog.Log, string) {
	t.Helper()
	dir := t.TempDir()
	if err := xlog.Create(dir, xlog.Base); err != nil {
		t.Fatal(err)
	}
	return open(t, dir), dir
}

func fill(t *testing.T, l *xlog.Log, term uint64, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if _, err := l.Append(term, 'x', []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Flush(l.End().LSN); err != nil {
		t.Fatal(err)
	}
}

func TestReopen(t *testing.T) {
	l, dir := fresh(t)
	fill(t, l, 1, "one", "two", "three")
	again := open(t, dir)
	if again.End() != l.End() || again.Len() != 3 || again.Flushed() != l.End().LSN {
		t.Errorf("reopened: end %+v, %d records; want %+v, 3", again.End(), again.Len(), l.End())
	}
	b, next, err := again.Read(xlog.Base, again.Flushed(), 1<<20)
	if err != nil || next != l.End().LSN {
		t.Fatal(next, err)
	}
	records, err := again.Records(xlog.Base, b)
	if err != nil || len(records) != 3 || string(records[2].Payload) != "three" {
		t.Errorf("records: %v, %v", records, err)
	}
}

// TestTornTail cuts the file at every byte of the last record.
func TestTornTail(t *testing.T) {
	l, dir := fresh(t)
	fill(t, l, 1, "one")
	keep := l.End()
	fill(t, l, 1, "two")
	whole, err := os.ReadFile(filepath.Join(dir, xlog.FileName))
	if err != nil {
		t.Fatal(err)
	}
	size := int(l.End().LSN - keep.LSN)
	for cut := 1; cut <= size; cut++ {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, xlog.FileName), whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if got := open(t, torn).End(); got != keep {
			t.Fatalf("cut %d bytes: end %+v, want %+v", cut, got, keep)
		}
	}
}

func TestShipAndDiverge(t *testing.T) {
	a, _ := fresh(t)
	b, _ := fresh(t)
	fill(t, a, 1, "one", "two")
	raw, _, err := a.Read(xlog.Base, a.Flushed(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.AppendRaw(raw); err != nil || a.End() != b.End() {
		t.Fatalf("shipped: %+v, want %+v; %v", b.End(), a.End(), err)
	}
	fork := a.End()
	fill(t, a, 1, "three")
	fill(t, b, 2, "drei!")
	if a.End().LSN != b.End().LSN || a.End().Chain == b.End().Chain {
		t.Errorf("diverged logs look the same: %+v, %+v", a.End(), b.End())
	}
	raw, _, err = a.Read(fork.LSN, a.Flushed(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.AppendRaw(raw); !errors.Is(err, xlog.ErrCorrupt) {
		t.Errorf("a record behind a diverged end: %v, want ErrCorrupt", err)
	}
	if err := b.Truncate(fork.LSN); err != nil {
		t.Fatal(err)
	}
	if _, err := b.AppendRaw(raw); err != nil || a.End() != b.End() {
		t.Errorf("after Truncate: %+v, want %+v; %v", b.End(), a.End(), err)
	}
}

func TestReadLimit(t *testing.T) {
	l, _ := fresh(t)
	fill(t, l, 1, string(bytes.Repeat([]byte{'a'}, 1000)), "b")
	b, next, err := l.Read(xlog.Base, l.Flushed(), 1)
	if err != nil || len(b) != 1040 || next != xlog.Base+1040 {
		t.Errorf("one record: %d bytes to %X, %v", len(b), next, err)
	}
}
