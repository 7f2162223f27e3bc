// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"os"
	"syscall"
)

// takeOver makes a file standard output and error, so that whoever reads those
// of gs_ctl sees their end.
func takeOver(f *os.File) error {
	for fd := 1; fd <= 2; fd++ {
		if err := syscall.Dup3(int(f.Fd()), fd, 0); err != nil {
			return err
		}
	}
	return nil
}
