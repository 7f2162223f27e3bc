// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"errors"
	"fmt"
	"strings"
)

// Command is a command of gs_ctl.
type Command string

// The commands of gs_ctl whose results [ReadResult] knows.
const (
	CommandStart            Command = "start"
	CommandStop             Command = "stop"
	CommandRestart          Command = "restart"
	CommandReload           Command = "reload"
	CommandStatus           Command = "status"
	CommandQuery            Command = "query"
	CommandQueryBuild       Command = "querybuild"
	CommandFailover         Command = "failover"
	CommandSwitchover       Command = "switchover"
	CommandNotify           Command = "notify"
	CommandBuild            Command = "build"
	CommandFinishRedo       Command = "finishredo"
	CommandMember           Command = "member"
	CommandChangeRole       Command = "changerole"
	CommandSetRunMode       Command = "setrunmode"
	CommandStartWalReceiver Command = "startwalrcv"

	// Programs beside gs_ctl, for [CommandError] only.
	CommandGuc         Command = "gs_guc"
	CommandInit        Command = "gs_initdb"
	CommandControlData Command = "pg_controldata"
	CommandServer      Command = "gaussdb"
)

// changes reports whether the command changes anything: only then can an
// outcome be uncertain.
func (c Command) changes() bool {
	return c != CommandStatus && c != CommandQuery && c != CommandQueryBuild && c != CommandControlData
}

// Outcome says what came of a command. It is read from what the tool printed;
// the exit code decides only where the text says nothing.
type Outcome uint8

// The outcomes.
const (
	// Unclear: the output says neither that it worked nor that it did not,
	// because it was cut off or is of a release this package does not know.
	Unclear Outcome = iota
	// Done: the tool saw that what was asked for is so.
	Done
	// Already: it was so before; nothing was done. "gs_ctl failover" and
	// "switchover" call a primary's role so, and "start" a running server,
	// whatever its role.
	Already
	// Requested: the server was asked, and nobody waited for what came of it.
	Requested
	// NotRunning: there is no server, or the process that postmaster.pid names
	// is another.
	NotRunning
	// Refused: the tool will not do that here: wrong role, wrong mode, wrong
	// argument.
	Refused
	// Busy: another gs_ctl holds the lock. Nothing was done; try again. For
	// start and restart the exit code is 0.
	Busy
	// TimedOut: the time ended first. It may still happen. For switchover and
	// start the exit code is 0.
	TimedOut
	// Failed: the tool says that it did not work.
	Failed
	numOutcomes
)

var outcomeNames = [numOutcomes]string{
	"unclear", "done", "already", "requested", "not running", "refused", "busy", "timed out", "failed",
}

// String gives the outcome in lower case, "timed out" for instance.
func (o Outcome) String() string {
	if o < numOutcomes {
		return outcomeNames[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// What a [CommandError] is, for errors.Is.
var (
	ErrUnclear    = errors.New("opengauss: output says neither success nor failure")
	ErrNotRunning = errors.New("opengauss: server is not running")
	ErrRefused    = errors.New("opengauss: refused")
	ErrBusy       = errors.New("opengauss: another command holds the lock")
	ErrTimedOut   = errors.New("opengauss: time ran out")
	ErrFailed     = errors.New("opengauss: command failed")
)

var outcomeErrors = [numOutcomes]error{ErrUnclear, nil, nil, nil, ErrNotRunning, ErrRefused, ErrBusy, ErrTimedOut, ErrFailed}

// Result is what came of a run of gs_ctl.
type Result struct {
	Command  Command
	ExitCode int
	Outcome  Outcome
	Line     string // the line that decided, without its prefix; may be empty
	Log      []LogLine
}

// IsUncertain reports whether the command may have changed something, or may
// still do so, although it is not known to have worked.
func (r Result) IsUncertain() bool {
	return r.Command.changes() && (r.Outcome == Unclear || r.Outcome == TimedOut)
}

// Err is nil for Done, Already and Requested, and a [*CommandError] for the
// others.
func (r Result) Err() error {
	if r.Outcome >= numOutcomes || outcomeErrors[r.Outcome] == nil {
		return nil
	}
	return &CommandError{Command: r.Command, ExitCode: r.ExitCode, Outcome: r.Outcome, Line: r.Line}
}

// CommandError says how a command of gs_ctl, or gs_guc, did not work.
type CommandError struct {
	Command  Command
	ExitCode int // can be 0; -1 when there is none: a signal ended it, or no tool was run
	Outcome  Outcome
	Line     string // the decisive line of its output
}

// Error gives command, outcome, exit code and the decisive line.
func (e *CommandError) Error() string {
	tool := "gs_ctl " + string(e.Command)
	switch e.Command {
	case CommandGuc, CommandInit, CommandControlData, CommandServer:
		tool = string(e.Command)
	}
	s := fmt.Sprintf("opengauss: %s: %s", tool, e.Outcome)
	if e.ExitCode >= 0 {
		s += fmt.Sprintf(" (exit code %d)", e.ExitCode)
	}
	if e.Line != "" {
		s += ": " + e.Line
	}
	return s
}

// Is reports whether target is the sentinel of the outcome.
func (e *CommandError) Is(target error) bool {
	return e.Outcome < numOutcomes && target == outcomeErrors[e.Outcome]
}

// Uncertain reports whether the command may have worked all the same.
func (e *CommandError) Uncertain() bool {
	return Result{Command: e.Command, Outcome: e.Outcome}.IsUncertain()
}

// ReadResult reads what a run of gs_ctl printed on standard output. exit is its
// exit code, -1 when a signal ended it.
func ReadResult(c Command, exit int, output string) Result {
	r := Result{Command: c, ExitCode: exit, Log: ParseLog(output)}
	for i := len(r.Log) - 1; i >= 0; i-- {
		text := strings.TrimSpace(r.Log[i].Text)
		if o, ok := judge(c, text); ok {
			r.Outcome, r.Line = o, text
			break
		}
	}
	r.settle()
	return r
}

// settle weighs the exit code against the text.
func (r *Result) settle() {
	switch {
	case r.Outcome == Unclear && r.ExitCode == 0 && !r.Command.changes(), r.Outcome == Unclear && r.ExitCode == 0 && r.Command == CommandFinishRedo:
		// finishredo prints nothing when it has written its request.
		r.Outcome = Requested
		if !r.Command.changes() {
			r.Outcome = Done
		}
	case (r.Outcome == Done || r.Outcome == Already || r.Outcome == Requested) && r.ExitCode > 0:
		// What was done first did not last.
		r.Outcome = Failed
	case r.Outcome == Unclear && r.ExitCode > 0:
		r.Outcome = Failed
		if r.Command == CommandStatus && r.ExitCode == 3 {
			r.Outcome = NotRunning
		}
	}
	if r.Line == "" && r.Outcome == Failed && len(r.Log) > 0 {
		r.Line = strings.TrimSpace(r.Log[len(r.Log)-1].Text)
	}
	// A primary that was asked to become primary says "completed", too: only
	// the waiting tells the difference.
	if r.Outcome == Done && (r.Command == CommandFailover || r.Command == CommandSwitchover) && !r.waited() {
		r.Outcome = Already
	}
}

func (r *Result) waited() bool {
	for _, l := range r.Log {
		if strings.Contains(l.Text, "waiting for server to ") || strings.Contains(l.Text, "server starting ") {
			return true
		}
	}
	return false
}

// ReadQuery reads a run of "gs_ctl query": the answer, or a [*CommandError]
// that says why there is none.
func ReadQuery(exit int, output string) (Query, error) {
	if exit == 0 {
		return ParseQuery(output)
	}
	return Query{}, ReadResult(CommandQuery, exit, output).Err()
}

// ReadBuildQuery reads a run of "gs_ctl querybuild". When no build was ever
// tried gs_ctl answers "Build failed" with exit code 1, or not at all.
func ReadBuildQuery(exit int, output string) (BuildQuery, error) {
	q, err := ParseBuildQuery(output)
	if err == nil || exit == 0 {
		return q, err
	}
	return BuildQuery{}, ReadResult(CommandQueryBuild, exit, output).Err()
}
