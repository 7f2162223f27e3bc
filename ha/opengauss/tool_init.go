// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// InitOptions say how a new database is made.
type InitOptions struct {
	Node string // pgxc_node_name; required
	User string // the first user, who is administrator; default: the user the program runs as
	// Password is the first user's. gs_initdb wants at least eight characters of
	// three kinds. It is handed over in a file for the server's user alone, which
	// is removed afterwards.
	Password Secret
	DCF      bool     // the database is for a DCF group
	Options  []string // further options, such as --locale=C

	owner atomicfile.Owner // whom the password file belongs to
}

// Init makes a new database in the data directory.
func (t *Tool) Init(ctx context.Context, o InitOptions) error {
	if o.Node == "" || strings.ContainsAny(o.Node, forbidden+"' \"") {
		return fmt.Errorf("opengauss: gs_initdb: node name %q: want a name", o.Node)
	}
	for _, a := range o.Options {
		if name, _, _ := strings.Cut(a, "="); name == "-w" || name == "--pwpasswd" || name == "-W" || name == "--pwprompt" || name == "--pwfile" {
			return fmt.Errorf("%w: option %s of gs_initdb", ErrPasswordArgument, name)
		}
	}
	file, err := secretFile(o.Password, o.owner)
	if err != nil {
		return err
	}
	args := []string{"-D", t.dataDir, "--nodename=" + o.Node, "--pwfile=" + file}
	if o.User != "" {
		args = append(args, "-U", o.User)
	}
	if o.DCF {
		args = append(args, "-c")
	}
	out, err := t.run(ctx, Program{Name: "gs_initdb", Args: append(args, o.Options...)})
	rerr := os.Remove(file)
	if err != nil {
		return errors.Join(uncertain(err), rerr)
	}
	if out.Exit != 0 {
		return errors.Join(&CommandError{Command: CommandInit, ExitCode: out.Exit, Outcome: Failed, Line: whyFailed(out.Stdout + out.Stderr)}, rerr)
	}
	return rerr
}

// secretFile writes a secret where only owner can read it.
func secretFile(s Secret, owner atomicfile.Owner) (string, error) {
	f, err := os.CreateTemp("", "gausskit-*")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(string(s) + "\n") // the mode is 0600 from the beginning
	if err == nil && owner.Set {
		err = f.Chown(owner.UID, owner.GID)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// whyFailed finds the line of a program's output that says why it failed.
func whyFailed(text string) string {
	for _, word := range []string{"FATAL:", "PANIC:", "ERROR:", "could not", "fail", "is not "} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, word) {
				return strings.TrimSpace(line)
			}
		}
	}
	return lastLine(text)
}

// ControlData reads the control file. It needs no server.
func (t *Tool) ControlData(ctx context.Context) (ControlData, error) {
	out, err := t.run(ctx, Program{Name: "pg_controldata", Args: []string{t.dataDir}})
	if err != nil {
		return ControlData{}, err
	}
	if out.Exit != 0 {
		return ControlData{}, &CommandError{Command: CommandControlData, ExitCode: out.Exit, Outcome: Failed, Line: lastLine(out.Stdout + out.Stderr)}
	}
	return ParseControlData(out.Stdout)
}
