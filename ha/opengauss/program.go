// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/internal/command"
)

// Program is one run of a program of openGauss: its name in $GAUSSHOME/bin, and
// its arguments. No shell is between, and no argument holds a secret.
type Program struct {
	Name string // "gs_ctl"
	Args []string
}

// String gives the command line for people.
func (p Program) String() string { return strings.Join(append([]string{p.Name}, p.Args...), " ") }

// Output is what came of a run.
type Output struct {
	Exit   int    // exit code; -1 when a signal ended it
	Stdout string // where all of them write their messages, errors too
	Stderr string
}

// Runner runs a program and waits for its end. An exit code is no error: an
// error means that the program could not be run, or that ctx ended first and
// the program was ended with it.
type Runner func(ctx context.Context, p Program) (Output, error)

// forbidden are the characters that gs_ctl refuses in every argument
// (check_input_for_security in pg_ctl.cpp).
const forbidden = "|;&$<>`\\!\n"

func checkArgument(what, value string) error {
	if i := strings.IndexAny(value, forbidden); i >= 0 {
		return fmt.Errorf("opengauss: %s %q: gs_ctl refuses the character %q", what, value, value[i])
	}
	return nil
}

// Installation is a set of openGauss's programs on this machine.
type Installation struct {
	Home string        // $GAUSSHOME
	User *command.User // whom the programs run as; nil is the user of this process
	Env  []string      // further variables, as name=value
}

// environment is what the programs and the server get to see: messages in
// English, the installation's own libraries, and nothing of the caller's. There
// is no GAUSSLOG: with it every gs_ctl would take a lock that all runs of a user
// share, and fail when another has it.
func (in Installation) environment() []string {
	return slices.Concat([]string{
		"LC_ALL=C", "GAUSSHOME=" + in.Home, "LD_LIBRARY_PATH=" + filepath.Join(in.Home, "lib"),
		"PATH=" + filepath.Join(in.Home, "bin") + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
	}, in.Env)
}

// cmd is the program ready to run.
func (in Installation) cmd(p Program) command.Cmd {
	return command.Cmd{Path: filepath.Join(in.Home, "bin", p.Name), Args: p.Args, Env: in.environment(), User: in.User}
}

// Run runs one of the programs. It is a [Runner].
func (in Installation) Run(ctx context.Context, p Program) (Output, error) {
	out, err := in.cmd(p).Run(ctx)
	o := Output{Stdout: string(out.Stdout), Stderr: string(out.Stderr)}
	var exit *command.ExitError
	switch {
	case ctx.Err() != nil && err != nil:
		return o, fmt.Errorf("opengauss: %s: %w", p.Name, errors.Join(context.Cause(ctx), ctx.Err()))
	case errors.As(err, &exit):
		o.Exit = exit.Code
	case errors.Is(err, exec.ErrWaitDelay):
		// The program ended well; the server that it started has its output.
	case err != nil:
		return o, fmt.Errorf("opengauss: %s: %w", p.Name, err)
	}
	return o, nil
}

// serverPrograms are what an installation must have.
var serverPrograms = [...]string{"gaussdb", "gs_ctl", "gs_guc", "gs_initdb", "pg_controldata"} // read-only

// ErrNoInstallation: the programs of openGauss were not found.
var ErrNoInstallation = errors.New("opengauss: no installation found")

// FindInstallation looks for openGauss: in home, or where home is empty in
// $GAUSSHOME. The error wraps [ErrNoInstallation] and names what is missing.
func FindInstallation(home string) (Installation, error) {
	if home == "" {
		home = os.Getenv("GAUSSHOME")
	}
	if home == "" {
		return Installation{}, fmt.Errorf("%w: GAUSSHOME is not set", ErrNoInstallation)
	}
	if !filepath.IsAbs(home) {
		return Installation{}, fmt.Errorf("%w: %q: want an absolute path", ErrNoInstallation, home)
	}
	home = filepath.Clean(home)
	var missing []string
	for _, name := range serverPrograms {
		info, err := os.Stat(filepath.Join(home, "bin", name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return Installation{}, fmt.Errorf("%w: %s/bin lacks %s", ErrNoInstallation, home, strings.Join(missing, ", "))
	}
	return Installation{Home: home}, nil
}
