// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package command

import "syscall"

// dieWithParent has no equal outside Linux.
func dieWithParent(*syscall.SysProcAttr) {}
