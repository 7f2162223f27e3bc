// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package command

import "syscall"

// dieWithParent makes the kernel end the program when this process dies, so
// that nobody rewinds a data directory that another manager has taken over.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
