// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package atomicfile

import "io/fs"

// OwnerOf knows no owners here.
func OwnerOf(fs.FileInfo) Owner { return Owner{} }
