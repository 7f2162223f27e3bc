// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Record is a decision with everything it stood on. It can be stored as JSON,
// read back, and decided again, on any machine: see [Record.Replay]. It holds
// what engine, store and hook said, names and addresses; this package puts no
// secret into it.
type Record struct {
	Input    Input    `json:"input"`
	Decision Decision `json:"decision"`
}

// ErrReplay is wrapped by the error of a record whose decision is not what
// its input leads to. The error names the parts that differ.
var ErrReplay = errors.New("ha: replay differs from the record")

// Replay decides again on the record's input and compares the result with the
// recorded decision, bit for bit as JSON. An input that had a [Policy] of its
// own has lost it in JSON: set Input.Policy before.
func (r *Record) Replay() error {
	again := Decide(&r.Input)
	now, then := reflect.ValueOf(again), reflect.ValueOf(r.Decision)
	var differ []string
	for i := range now.NumField() {
		a, err := json.Marshal(now.Field(i).Interface())
		if err != nil {
			return fmt.Errorf("ha: replay: %w", err)
		}
		b, err := json.Marshal(then.Field(i).Interface())
		if err != nil {
			return fmt.Errorf("ha: replay: %w", err)
		}
		if !bytes.Equal(a, b) {
			differ = append(differ, fmt.Sprintf("%s is %s, was %s", now.Type().Field(i).Name, a, b))
		}
	}
	if differ != nil {
		return fmt.Errorf("%w: %s", ErrReplay, strings.Join(differ, "; "))
	}
	return nil
}
