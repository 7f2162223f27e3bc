// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dss

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss/release"
	"github.com/gausskit/gausskit/internal/command"
)

// What callers of [Cmd] branch on, beside what an [*Error] matches.
var (
	// ErrUncertain: the command was cut off; whether it did its work is not
	// known.
	ErrUncertain = errors.New("dss: outcome is not known")
	// ErrNoHelper: dsscmd could not start perctrl, which does the work with SCSI
	// reservations. It is looked for in [Cmd.SearchPath].
	ErrNoHelper = errors.New("dss: dsscmd could not start its helper perctrl, which must be in PATH")
)

// DefaultTimeout is the time limit of one command.
const DefaultTimeout = 30 * time.Second

// maxHome is how long DSS_HOME may be, in bytes (DSS_MAX_PATH_BUFFER_SIZE).
const maxHome = 187

// Cmd runs dsscmd for one instance. It starts the program itself, without a
// shell, with nothing of this process's environment, and ends it with all that
// it started when the context ends. Its methods may be used at the same time.
//
// Path and Home are required; the rest may be empty.
type Cmd struct {
	Path string // of the program dsscmd, absolute
	Home string // DSS_HOME of the instance, absolute
	// Release is checked against by SetCfg; Unknown checks nothing.
	Release release.Release
	// Socket is the path of the server's socket. When it is empty, dsscmd takes
	// that of LSNR_PATH in dss_inst.ini.
	Socket string
	// SearchPath is PATH for the program, which finds perctrl by it. When it is
	// empty: the directory of Path, /usr/bin, /bin.
	SearchPath string
	// LibraryPath is LD_LIBRARY_PATH. When it is empty: the directory lib beside
	// that of Path.
	LibraryPath string
	Env         []string      // further environment, as name=value; not for secrets
	Timeout     time.Duration // of one command; 0 is DefaultTimeout
}

// CommandError says how a command failed.
type CommandError struct {
	Verb     string // "kickh"
	ExitCode int    // -1 when the program did not end by itself, or did not start
	Signal   string // that ended it
	Line     string // the line of its output that says why; may be empty
	// Uncertain: the command was to change something and was cut off.
	Uncertain bool
	Err       error // why, an [*Error] for instance; may be nil
}

// Error gives the verb, the exit status and the decisive line.
func (e *CommandError) Error() string {
	var b strings.Builder
	b.WriteString("dss: dsscmd " + e.Verb)
	switch {
	case e.Signal != "":
		b.WriteString(": ended by signal " + e.Signal)
	case e.ExitCode >= 0:
		fmt.Fprintf(&b, ": exit status %d", e.ExitCode)
	}
	if e.Line != "" {
		b.WriteString(": " + e.Line)
	}
	if e.Err != nil {
		b.WriteString(": " + strings.TrimPrefix(strings.TrimPrefix(e.Err.Error(), "dss: "), e.Verb+": "))
	}
	if e.Uncertain {
		b.WriteString("; the outcome is not known")
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *CommandError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrUncertain] and the outcome is not known.
func (e *CommandError) Is(target error) bool { return target == ErrUncertain && e.Uncertain }

// Validate reports what is wrong with the fields of c, all of it; nil when
// nothing is. Every method does so first.
func (c Cmd) Validate() error {
	var errs []error
	bad := func(field, reason string) { errs = append(errs, fmt.Errorf("dss: Cmd.%s: %s", field, reason)) }
	if !filepath.IsAbs(c.Path) {
		bad("Path", "must be an absolute path")
	}
	switch {
	case !filepath.IsAbs(c.Home):
		bad("Home", "must be an absolute path")
	case len(c.Home) > maxHome:
		bad("Home", "has "+itoa(len(c.Home))+" bytes, at most "+itoa(maxHome)+" are possible")
	}
	if c.Socket != "" && (!filepath.IsAbs(c.Socket) || len(c.Socket) > MaxSocketPath) {
		bad("Socket", "must be an absolute path of at most "+itoa(MaxSocketPath)+" bytes, without \"UDS:\"")
	}
	for _, field := range [...]struct{ name, value string }{{"Path", c.Path}, {"Home", c.Home}, {"Socket", c.Socket},
		{"SearchPath", c.SearchPath}, {"LibraryPath", c.LibraryPath}} {
		if strings.ContainsAny(field.value, "\x00\n") {
			bad(field.name, "has a zero byte or line end")
		}
	}
	for i, v := range c.Env {
		name, _, ok := strings.Cut(v, "=")
		if !ok || name == "" || strings.Contains(v, "\x00") {
			bad("Env["+itoa(i)+"]", "want name=value") // the value may be a secret
		}
		if slices.Contains([]string{"DSS_HOME", "PATH", "LD_LIBRARY_PATH"}, name) {
			bad("Env["+itoa(i)+"]", name+" has a field of its own")
		}
	}
	if c.Timeout < 0 {
		bad("Timeout", "must not be negative")
	}
	return errors.Join(errs...)
}

func (c Cmd) environment() []string {
	search, library := c.SearchPath, c.LibraryPath
	if search == "" {
		search = filepath.Dir(c.Path) + ":/usr/bin:/bin"
	}
	if library == "" {
		library = filepath.Join(filepath.Dir(filepath.Dir(c.Path)), "lib")
	}
	return append(slices.Clone(c.Env), "DSS_HOME="+c.Home, "PATH="+search, "LD_LIBRARY_PATH="+library, "LC_ALL=C")
}

// effect says what a command does.
type effect bool

const (
	looks   effect = false
	changes effect = true
)

// run runs one command and gives its output when it ended with a status of
// results, 0 when there are none.
func (c Cmd) run(ctx context.Context, does effect, results []int, verb string, args ...string) (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no end after %s: %w", timeout, context.DeadlineExceeded))
	defer cancel()
	if err := ctx.Err(); err != nil { // nothing was started, so nothing is uncertain
		return "", &CommandError{Verb: verb, ExitCode: -1, Err: context.Cause(ctx)}
	}
	out, err := command.Cmd{Path: c.Path, Args: append([]string{verb}, args...), Env: c.environment()}.Run(ctx)
	text := string(out.Stdout)
	var exit *command.ExitError
	switch {
	case err == nil && (len(results) == 0 || slices.Contains(results, 0)):
		return text, nil
	case errors.As(err, &exit) && exit.Signal == "" && slices.Contains(results, exit.Code):
		return text, nil
	}
	failed := &CommandError{Verb: verb, ExitCode: -1, Err: err}
	if err == nil {
		failed.ExitCode, failed.Err = 0, nil
	}
	if ctx.Err() != nil && exit == nil {
		failed.Uncertain = bool(does)
		return text, failed
	}
	if exit != nil {
		failed.explain(exit, text+"\n"+string(out.Stderr), does)
	}
	return text, failed
}

// explain finds in the output why the program failed.
func (e *CommandError) explain(exit *command.ExitError, output string, does effect) {
	e.ExitCode, e.Signal, e.Err = exit.Code, exit.Signal, nil
	line, reason := failure(e.Verb, output)
	e.Line = shorten(line)
	switch {
	case reason != nil:
		e.Err = reason
	case exit.Code == 141, exit.Signal == "broken pipe":
		e.Err = ErrNoHelper
	case e.Verb == "getstatus" && line == "", strings.Contains(line, "Failed to get uds connection"):
		// So dsscmd says that nobody answers at the socket.
		e.Err = ErrUnreachable
	}
	e.Uncertain = bool(does) && (exit.Signal != "" || errors.Is(e.Err, ErrConnectionLost))
}

// shorten cuts a line to what a log can carry.
func shorten(line string) string {
	const most = 200
	if len(line) > most {
		return line[:most] + "..."
	}
	return line
}

// client gives the arguments of a verb that talks to the server.
func (c Cmd) client(args ...string) []string {
	if c.Socket != "" {
		args = append(args, "-U", "UDS:"+c.Socket)
	}
	return args
}

// Status asks the server how it is. When nobody answers, the error matches
// [ErrUnreachable].
func (c Cmd) Status(ctx context.Context) (Status, error) {
	return output(ParseStatus)(c.run(ctx, looks, nil, "getstatus", c.client()...))
}

// VolumeGroups gives the space of all volume groups and volumes.
func (c Cmd) VolumeGroups(ctx context.Context) ([]Space, error) {
	parse := func(text string) ([]Space, error) { return ParseSpace(text, MeasureBytes) }
	return output(parse)(c.run(ctx, looks, nil, "lsvg", c.client("-m", "B", "-t", "d")...))
}

// List gives what is in a directory, or the file itself. A path is
// "+group/directory/file". When there is none, the error matches
// fs.ErrNotExist.
func (c Cmd) List(ctx context.Context, path string) ([]Entry, error) {
	if err := checkPath("ls", path); err != nil {
		return nil, err
	}
	parse := func(text string) ([]Entry, error) { return ParseEntries(text, MeasureBytes, time.Local) }
	entries, err := output(parse)(c.run(ctx, looks, nil, "ls", c.client("-p", path, "-m", "B")...))
	var failed *CommandError
	if errors.As(err, &failed) && failed.Err == nil && strings.HasSuffix(failed.Line, " is not exist.") {
		failed.Err = NewError("ls", path, CodeNotExist, "") // it gives no number
	}
	return entries, err
}

// checkPath refuses what is no path of DSS before it becomes an argument.
func checkPath(op, path string) error {
	group, rest, _ := strings.Cut(strings.TrimPrefix(path, "+"), "/")
	if !strings.HasPrefix(path, "+") || !isName(group) {
		return NewError(op, path, CodeBadPath, "want +group/path")
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), "/") {
		if !isName(name) && rest != "" {
			return NewError(op, path, CodeBadPath, "names have letters, digits, '_', '.' and '-' only")
		}
	}
	return nil
}

// output gives a function that parses the output of a command that went well.
func output[T any](parse func(string) (T, error)) func(string, error) (T, error) {
	return func(text string, err error) (T, error) {
		if err != nil {
			var none T
			return none, err
		}
		return parse(text)
	}
}

// instanceArg checks the number of an instance.
func instanceArg(verb string, id int) (string, error) {
	if id < 0 || id >= MaxInstances {
		return "", NewError(verb, "instance "+itoa(id), CodeInvalid, "instances have numbers from 0 to 63")
	}
	return strconv.Itoa(id), nil
}

// Kick takes the registration of another instance away from all volumes. This
// host must be registered. That it ends without error proves nothing: dsscmd
// passes over volumes where it fails. Use [Cmd.Fence].
func (c Cmd) Kick(ctx context.Context, victim int) error {
	id, err := instanceArg("kickh", victim)
	if err == nil {
		_, err = c.run(ctx, changes, nil, "kickh", "-i", id)
	}
	return err
}

// Register registers this host at all volumes of its configuration. Do that
// only when the host is known to be clean: it may write from then on.
func (c Cmd) Register(ctx context.Context) error {
	_, err := c.run(ctx, changes, nil, "reghl")
	return err
}

// Unregister takes the registration of this host away.
func (c Cmd) Unregister(ctx context.Context) error {
	_, err := c.run(ctx, changes, nil, "unreghl")
	return err
}

// Registration asks whether an instance is registered. [RegNone] is about the
// entry volumes only: dsscmd does not look at the others then, nor whether a
// reservation is held, and says it of everybody when dss_vg_conf.ini is empty.
func (c Cmd) Registration(ctx context.Context, instance int) (Registration, error) {
	id, err := instanceArg("inq_reg", instance)
	if err != nil {
		return Registration{}, err
	}
	reg, err := output(ParseRegistration)(c.run(ctx, looks, []int{0, 1, 2}, "inq_reg", "-i", id))
	if err == nil && reg.Instance != instance {
		return Registration{}, &OutputError{Verb: "inq_reg", Reason: "the answer is about instance " + itoa(reg.Instance) + ", not " + id}
	}
	return reg, err
}

// Reservations gives, for every volume, who is registered and who holds the
// reservation.
func (c Cmd) Reservations(ctx context.Context) ([]Reservation, error) {
	return output(ParseReservations)(c.run(ctx, looks, nil, "inq", "-t", "reg"))
}
