// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dss_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gausskit/gausskit/dss"
)

// Before a surviving host lets its database become primary, the lost host must
// not be able to write any more.
func ExampleCmd_Fence() {
	cmd := dss.Cmd{Path: "/opt/omm/app/bin/dsscmd", Home: "/opt/omm/dss_home0"}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := cmd.Fence(ctx, 1, dss.FenceOptions{})
	var unfenced *dss.FenceError
	switch {
	case err == nil:
		// Only now may membership drop instance 1, and its locks be given on.
	case errors.As(err, &unfenced) && unfenced.Registration != nil:
		fmt.Println(unfenced.Registration.State, unfenced.Volumes)
	case errors.Is(err, os.ErrNotExist):
		fmt.Println("there is no DSS on this machine: fenced is nobody")
	}
	// Output:
	// there is no DSS on this machine: fenced is nobody
}
