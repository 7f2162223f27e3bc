// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// guc is one run of gs_guc.
type guc struct {
	out, err io.Writer
	home     string
	dir      datadir.Dir
	verb     string
	params   []string // -c
	rules    []string // -h
	node     string   // -N
	instance string   // -I
}

// gsGuc is the program gs_guc.
func gsGuc(argv []string, stdout, stderr io.Writer) int {
	g := &guc{out: stdout, err: stderr, dir: datadir.Dir(os.Getenv("PGDATA"))}
	if exe, err := absolute(argv[0]); err == nil {
		g.home = filepath.Dir(exe)
	}
	if code := g.parse(argv); code != 0 {
		return code
	}
	switch {
	case g.verb != "set" && g.verb != "reload" && g.verb != "check":
		return g.advice("ERROR: unrecognized operation mode %q", g.verb)
	case g.node != "":
		g.print("realpath(%s/cluster_static_config) failed : No such file or directory!\n"+
			"ERROR: Failed to get cluster information from static configuration file.\n", g.home)
		return 1
	case len(g.params) == 0 && len(g.rules) == 0:
		return g.advice("ERROR: the form of this command is incorrect: no parameter")
	case g.dir == "":
		return g.advice("ERROR: no data directory specified")
	}
	if g.dir.Exists(datadir.BuildStart) {
		g.print("ERROR: the data directory is being built\n")
		return 1
	}
	if len(g.rules) > 0 {
		return g.editRules()
	}
	for _, p := range g.params {
		if code := g.check(p); code != 0 {
			return code
		}
	}
	if g.verb == "check" {
		return g.show()
	}
	return g.edit()
}

func (g *guc) print(format string, args ...any) { fmt.Fprintf(g.out, format, args...) }

func (g *guc) advice(format string, args ...any) int {
	g.print(format+"\n", args...)
	g.print("Try \"gs_guc --help\" for more information.\n")
	return 1
}

func (g *guc) parse(argv []string) int {
	var options, rest []string
	args := argv[1:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !strings.HasPrefix(a, "-") {
			rest = append(rest, a)
			g.verb = a
			continue
		}
		if i+1 == len(args) {
			return g.advice("ERROR: option requires an argument -- '%s'", strings.TrimLeft(a, "-"))
		}
		i++
		options = append(options, a, args[i])
		switch a {
		case "-D":
			g.dir = datadir.Dir(filepath.Clean(args[i]))
		case "-c":
			g.params = append(g.params, args[i])
		case "-h":
			g.rules = append(g.rules, args[i])
		case "-N":
			g.node = args[i]
		case "-I":
			g.instance = args[i]
		case "-Z":
		default:
			return g.advice("ERROR: unrecognized option '%s'", a)
		}
	}
	// The real one logs its arguments with the options in front.
	fmt.Fprintf(g.err, "The gs_guc run with the following arguments: [gs_guc %s ].\n", strings.Join(append(options, rest...), " "))
	return 0
}

// notices are texts of cluster_guc.conf that gs_guc prints about a parameter.
var notices = map[string]string{
	"wal_keep_segments": " When the server is turned on or archive log recovery from the checkpoint, the number of reserved log files may be " +
		"larger than the set value wal_keep_segments. If this parameter is set too low, at the time of the transaction log backup requests, " +
		"the new transaction log may have been produced coverage request fails, disconnect the master and slave relationship.",
	"max_wal_senders": "Check whether the new value of max_wal_senders is less than max_connections and wal_level is archive, hot_standby or " +
		"logical, otherwise the gaussdb will start failed.",
}

// check refuses unknown names and values of the wrong type.
func (g *guc) check(param string) int {
	name, value, has := strings.Cut(param, "=")
	name = strings.TrimSpace(name)
	known := false
	for range conf.Known(name).All() {
		known = true
		break
	}
	if !known {
		return g.advice("ERROR: The name of parameter %q is incorrect. It is not within the CN/DN support parameters or it is a read only parameter.", name)
	}
	if !has || g.verb == "check" {
		return 0
	}
	if text, ok := notices[name]; ok {
		g.print("NOTICE: %s\n", text)
	}
	p, ok := conf.ParamByName(name)
	if !ok {
		return 0
	}
	bare := unquote(value)
	switch {
	case p.Kind == conf.KindText && bare == value:
		return g.advice("ERROR: The value %q for parameter %q is incorrect. Please do it like this \"parameter = 'value'\".", value, name)
	case p.Kind == conf.KindText || p.Check(bare) == nil:
		return 0
	case p.Kind == conf.KindInt:
		g.print("ERROR: The parameter %q requires an integer value.\n", name)
		return g.advice("ERROR: The value %q for parameter %q is incorrect, requires a integer value", value, name)
	case p.Kind == conf.KindBool:
		return g.advice("ERROR: The value %q for parameter %q is incorrect, requires a boolean value", value, name)
	}
	return g.advice("ERROR: The value %q for parameter %q is incorrect", value, name)
}

func unquote(v string) string {
	v = strings.TrimSpace(v)
	if len(v) >= 2 && v[0] == '\'' && v[len(v)-1] == '\'' {
		return strings.ReplaceAll(v[1:len(v)-1], "''", "'")
	}
	return v
}

func (g *guc) path() string { return g.dir.Path(datadir.ConfFile) }

// show is "gs_guc check".
func (g *guc) show() int {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	b, err := os.ReadFile(g.path())
	if err != nil {
		g.print("ERROR: could not read %s: %v\n", g.path(), err)
		return 1
	}
	for _, name := range g.params {
		g.print("expected guc information: %s: %s=NULL: [%s]\n", host, name, g.path())
	}
	type found struct{ name, value string }
	var all []found
	for _, name := range g.params {
		v := written(string(b), name)
		all = append(all, found{name, v})
		g.print("gs_guc check: %s: %s=%s: [%s]\n", host, name, v, g.path())
	}
	g.print("\nTotal GUC values: %d. Failed GUC values: 0.\n", len(all))
	for _, f := range all {
		if f.value == "NULL" {
			g.print("The details for %s:\n    [%s]  %s=NULL  [%s]\n", f.name, host, f.name, g.path())
			continue
		}
		g.print("The value of parameter %s is same on all instances.\n    %s=%s\n", f.name, f.name, f.value)
	}
	g.print("\n")
	return 0
}

// written gives the value as it stands in the file, NULL when it does not.
func written(text, name string) string {
	value := "NULL"
	for line := range strings.Lines(text) {
		n, v, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(n), name) {
			continue
		}
		v = strings.TrimSpace(v)
		if strings.HasPrefix(v, "'") {
			if end := strings.Index(v[1:], "'"); end >= 0 {
				v = v[:end+2]
			}
		} else {
			v, _, _ = strings.Cut(v, "#")
		}
		value = strings.TrimSpace(v)
	}
	return value
}

// edit is "gs_guc set" and "gs_guc reload".
func (g *guc) edit() int {
	g.print("expected instance path: [%s]\n", g.path())
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	var lines []string
	err := conf.Edit(ctx, g.path(), func(f *conf.File) error {
		for _, p := range g.params {
			name, value, has := strings.Cut(p, "=")
			name = strings.TrimSpace(name)
			if !has {
				f.Unset(name)
				lines = append(lines, fmt.Sprintf("#%s", name))
				continue
			}
			g.warnTwice(f, name)
			if err := f.Set(name, unquote(value)); err != nil {
				return err
			}
			lines = append(lines, fmt.Sprintf("%s=%s", name, value))
		}
		return nil
	})
	if err != nil {
		g.print("ERROR: %v\n", err)
		return g.summary(false)
	}
	if err := g.backup(); err != nil {
		g.print("ERROR: %v\n", err)
		return g.summary(false)
	}
	for _, l := range lines {
		g.print("gs_guc %s: %s: [%s]\n", g.verb, l, g.path())
	}
	if g.verb == "reload" && !g.signal() {
		return g.summary(false)
	}
	return g.summary(true)
}

func (g *guc) warnTwice(f *conf.File, name string) {
	n, last := 0, 0
	for s := range f.Settings() {
		if strings.EqualFold(s.Name, name) {
			n, last = n+1, s.Line
		}
	}
	if n > 1 {
		g.print("WARNING: There are %d '%s' not commented in \"postgresql.conf\", and only the last one in %dth line will be set and used.\n", n, name, last)
	}
}

// backup leaves the copy that the real one leaves.
func (g *guc) backup() error {
	b, err := os.ReadFile(g.path())
	if err != nil {
		return err
	}
	return g.dir.Write(datadir.ConfFile+".guc.bak", b)
}

// signal asks the server to reload.
func (g *guc) signal() bool {
	p, err := g.dir.ReadPID()
	if err != nil || !g.dir.IsServer(p.PID) {
		g.print("gs_guc: PID file %q does not exist\nIs server running?\n", g.dir.PIDPath())
		return false
	}
	if st, err := g.dir.ReadState(); err == nil {
		switch st.DBState() {
		case opengauss.StateCoredump, opengauss.StateUnknown, opengauss.StateStarting:
			g.print("gs_guc: gaussDB state is %s\n", st.DBState())
			return false
		}
	}
	if err := syscall.Kill(p.PID, syscall.SIGHUP); err != nil {
		g.print("gs_guc: could not send reload signal (PID: %d ): %v\n", p.PID, err)
		return false
	}
	g.print("server signaled\n")
	return true
}

func (g *guc) summary(ok bool) int {
	if ok {
		g.print("\nTotal instances: 1. Failed instances: 0.\nSuccess to perform gs_guc!\n\n")
		return 0
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	g.print("\nTotal instances: 1. Failed instances: 1.\nFailed instance information:\n    [%s]    [%s]\n\nFailure to perform gs_guc!\n\n", host, g.path())
	return 1
}

// editRules is "gs_guc set -h". Unlike the real one it keeps the order of the
// lines.
func (g *guc) editRules() int {
	path := g.dir.Path(datadir.HBAFile)
	g.print("realpath(%s/cluster_static_config) failed : No such file or directory!\n", g.home)
	g.print("expected instance path: [%s]\n", path)
	if !g.dir.Exists(datadir.HBAFile + ".lock") {
		g.print("realpath(%s.lock) failed : No such file or directory!\n", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	err := conf.EditHBA(ctx, path, func(h *conf.HBA) error {
		for _, text := range g.rules {
			rule, ok, err := conf.ParseHBARule(text)
			if err != nil || !ok {
				return fmt.Errorf("%q is no line of pg_hba.conf: %w", text, err)
			}
			if err := h.Set(rule); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		g.print("ERROR: %v\n", err)
		return g.summary(false)
	}
	for _, text := range g.rules {
		g.print("gs_guc %shba: %s: [%s]\n", g.verb, text, path)
	}
	if g.verb == "reload" && !g.signal() {
		return g.summary(false)
	}
	return g.summary(true)
}
