// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	for _, args := range [][]string{{"-window", "0"}, {"-pairs", "-1"}, {"-mode", "both"}, {"-colour"}} {
		if status := run(args, new(bytes.Buffer), new(bytes.Buffer)); status != 2 {
			t.Errorf("haexplore %v: status %d, want 2", args, status)
		}
	}
	var out bytes.Buffer
	if status := run([]string{"-window", "1", "-pairs", "1", "-mode", "quorum"}, &out, new(bytes.Buffer)); status != 0 {
		t.Errorf("status %d\n%s", status, out.String())
	}
	for _, want := range []string{"quorum  crash primary", "two deviations at 1 events", "no rule was broken"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
}
