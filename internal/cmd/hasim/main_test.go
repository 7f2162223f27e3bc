// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	tests := []struct {
		args string
		code int
		want string
	}{
		{"-seeds 6 -workers 2", 0, "no rule was broken"},
		{"-seeds 1 -seed 7 -v", 0, "all faults end"},
		{"-seeds 6 -theme 1 -members 5", 0, "6 seeds in "},
		{"-seeds 0", 2, ""},
		{"-theme 99", 2, ""},
		{"-nonsense", 2, ""},
	}
	for _, test := range tests {
		var out, errs strings.Builder
		if code := run(strings.Fields(test.args), &out, &errs); code != test.code {
			t.Errorf("hasim %s: status %d, want %d\n%s%s", test.args, code, test.code, &out, &errs)
		}
		if !strings.Contains(out.String(), test.want) {
			t.Errorf("hasim %s lacks %q:\n%s", test.args, test.want, &out)
		}
	}
}
