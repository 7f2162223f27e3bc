// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !(linux && (386 || amd64 || arm || arm64 || loong64 || riscv64 || s390x))

package watchdog

const supported = false

func openDevice(string) (handle, error) { return nil, ErrUnsupported }
