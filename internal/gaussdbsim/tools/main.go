// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/server"
)

// Main is the program that argv[0] names. It returns the exit code.
func Main(argv []string, stdout, stderr io.Writer) int {
	name := filepath.Base(argv[0])
	if slices.Contains(argv[1:], "--version") || slices.Contains(argv[1:], "-V") {
		fmt.Fprintf(stdout, "%s (openGauss 7.0.0-RC2 build 7e1fc94a) compiled at 2026-11-21 10:45:26 commit 299 last mr 8179 release\n", name)
		return 0
	}
	switch name {
	case "gaussdb":
		return gaussdb(argv, stderr)
	case "gs_ctl":
		return gsCtl(argv, stdout)
	case "gs_guc":
		return gsGuc(argv, stdout, stderr)
	case "gs_initdb":
		return gsInitdb(argv, stdout)
	case "pg_controldata":
		return pgControldata(argv, stdout, stderr)
	}
	fmt.Fprintf(stderr, "%s: not a program of the simulated openGauss\n", name)
	return 127
}

// gaussdb is the server: -D directory [-M mode] [-p port].
func gaussdb(argv []string, stderr io.Writer) int {
	fatal := func(format string, args ...any) int {
		fmt.Fprintf(stderr, " 0 [BACKEND] FATAL:  "+format+"\n", args...)
		return 1
	}
	o := server.Options{Dir: os.Getenv("PGDATA"), Mode: opengauss.ModeNormal, Argv: slices.Clone(argv)}
	if exe, err := absolute(argv[0]); err == nil {
		o.Argv[0] = exe
	}
	for i := 1; i < len(argv); i++ {
		flag := argv[i]
		if flag == "--single_node" {
			continue
		}
		if i+1 == len(argv) {
			return fatal("invalid argument: %q", flag)
		}
		i++
		switch flag {
		case "-D":
			o.Dir = argv[i]
		case "-M":
			mode, ok := startModes[argv[i]]
			if !ok {
				return fatal("the options of -M is not recognized")
			}
			o.Mode = mode
		case "-p":
			if _, err := fmt.Sscan(argv[i], &o.Port); err != nil {
				return fatal("invalid argument for option -p: %q", argv[i])
			}
		default:
			return fatal("invalid argument: %q", flag)
		}
	}
	if o.Dir == "" {
		return fatal("gaussdb does not know where to find the server configuration file.")
	}
	if err := os.Chdir(o.Dir); err != nil {
		return fatal("could not access directory %q: %v", o.Dir, err)
	}
	return server.Run(o, stderr)
}

// startModes are the values of -M.
var startModes = map[string]opengauss.ServerMode{
	"normal": opengauss.ModeNormal, "primary": opengauss.ModePrimary, "standby": opengauss.ModeStandby,
	"cascade_standby": opengauss.ModeCascade, "pending": opengauss.ModePending,
}

// absolute gives the path of the program itself.
func absolute(argv0 string) (string, error) {
	if strings.Contains(argv0, "/") {
		return filepath.Abs(argv0)
	}
	exe, err := os.Executable()
	return filepath.Join(filepath.Dir(exe), argv0), err
}
