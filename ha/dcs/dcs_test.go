// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/dcs"
)

func TestValidateNamesAllFaults(t *testing.T) {
	txn := dcs.Txn{
		If: []dcs.Cond{{Key: ""}, {Key: "a", Modified: -2}},
		Then: []dcs.Op{
			{Key: ""}, {Key: "b"}, {Key: "b", Delete: true}, {Key: "c", Lease: -1},
			{Key: "d", Delete: true, Value: []byte("x")}, {Key: "e", Delete: true, Lease: 1},
		},
	}
	err := txn.Validate()
	if !errors.Is(err, dcs.ErrInvalid) {
		t.Fatalf("Validate: %v, want ErrInvalid", err)
	}
	for _, want := range []string{
		"condition 0: empty key", `condition 1: key "a": negative revision -2`, "change 0: empty key",
		`change 2: key "b" is changed twice`, `change 3: key "c": negative lease -1`,
		`change 4: delete of key "d" with`, `change 5: delete of key "e" with`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	if dcs.Uncertain(err) {
		t.Error("an invalid transaction is uncertain")
	}
}

func TestValidTransactions(t *testing.T) {
	for _, txn := range []dcs.Txn{
		{},
		{If: []dcs.Cond{{Key: "a"}, {Key: "a"}}},
		{If: []dcs.Cond{{Key: "a", Modified: 1}}, Then: []dcs.Op{{Key: "a", Delete: true}, {Key: "b", Lease: 1}}},
	} {
		if err := txn.Validate(); err != nil {
			t.Errorf("%+v: %v", txn, err)
		}
	}
}

func TestUncertain(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{dcs.ErrConflict, false},
		{dcs.ErrUnavailable, false},
		{&dcs.UnavailableError{Op: "commit"}, false},
		{&dcs.UnavailableError{Op: "commit", MayHave: true}, true},
		{fmt.Errorf("ha: take the grant: %w", &dcs.UnavailableError{Op: "commit", MayHave: true}), true},
	} {
		if got := dcs.Uncertain(c.err); got != c.want {
			t.Errorf("Uncertain(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}

func TestUnavailableErrorWrapsSentinelAndCause(t *testing.T) {
	for _, cause := range []error{nil, io.EOF, context.DeadlineExceeded} {
		err := error(&dcs.UnavailableError{Op: "load", Cause: cause})
		if !errors.Is(err, dcs.ErrUnavailable) || cause != nil && !errors.Is(err, cause) {
			t.Errorf("%v does not wrap ErrUnavailable and %v", err, cause)
		}
	}
}

func TestGetFindsExactKeys(t *testing.T) {
	s := dcs.Snapshot{Entries: []dcs.Entry{{Key: "a"}, {Key: "a/b"}, {Key: "b"}}}
	for key, want := range map[string]bool{"a": true, "a/": false, "a/b": true, "": false, "c": false} {
		if _, got := s.Get(key); got != want {
			t.Errorf("Get(%q) found: %v, want %v", key, got, want)
		}
	}
}

func ExampleUncertain() {
	commit := func() error { // of a store that does not answer
		return &dcs.UnavailableError{Op: "commit", MayHave: true, Cause: context.DeadlineExceeded}
	}
	err := commit()
	fmt.Println(err)
	switch {
	case errors.Is(err, dcs.ErrConflict):
		fmt.Println("somebody was quicker")
	case dcs.Uncertain(err):
		fmt.Println("load and look whether it happened")
	case err != nil:
		fmt.Println("it did not happen")
	}
	// Output:
	// dcs: commit: store unavailable (outcome unknown): context deadline exceeded
	// load and look whether it happened
}
