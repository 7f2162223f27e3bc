// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package dss

import (
	"context"
	"errors"
	"io/fs"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// DSS runs on Linux only; elsewhere files can be read, not changed.

func lockDir(context.Context, string) (func() error, error) { return nil, errors.ErrUnsupported }

func ownerOf(fs.FileInfo) atomicfile.Owner { return atomicfile.Owner{} }
