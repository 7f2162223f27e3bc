// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command gaussdbsim is the programs of the simulated openGauss in one: which
// one it is depends on the name it is called by. gaussdbsim.Install makes an
// installation of it.
package main

import (
	"os"

	"github.com/gausskit/gausskit/internal/gaussdbsim/tools"
)

func main() { os.Exit(tools.Main(os.Args, os.Stdout, os.Stderr)) }
