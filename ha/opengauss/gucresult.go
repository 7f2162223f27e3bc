// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"fmt"
	"strconv"
	"strings"
)

// GucResult is what came of a run of gs_guc.
//
// Done and Requested speak of the file: gs_guc asks neither the server whether
// it accepts a value nor whether it has taken it over. A value that the server
// refuses stays in the file and can keep it from starting; a parameter that
// needs a restart is written and reported like any other. Ask the server.
type GucResult struct {
	ExitCode int
	// Outcome: Done for set and check, Requested for reload ("server
	// signaled"), and the failures of gs_ctl. After a reload that is
	// NotRunning the file has been changed.
	Outcome  Outcome
	Line     string      // the line that decided
	Changes  []GucChange // lines of files that were written
	Values   []GucValue  // what "gs_guc check" found
	Total    int         // instances, or values for check
	Failed   int         // of them
	Notices  []string    // what cluster_guc.conf says about the parameter, without "NOTICE:"
	Warnings []string
	Errors   []string
}

// GucChange is one line that gs_guc wrote.
type GucChange struct {
	Verb string // "set", "reload", "sethba" or "reloadhba"
	Text string // "name=value", "#name" when it was commented out, or a line of pg_hba.conf
	File string
}

// GucValue is what a configuration file says.
type GucValue struct {
	Node  string
	Name  string
	Value string // as written, with quotes; empty when IsSet is false
	IsSet bool   // false: absent or commented out ("NULL")
	File  string
}

// HasChanged reports whether a file was written, whatever came afterwards.
func (r GucResult) HasChanged() bool { return len(r.Changes) > 0 }

// Err is nil for Done, Already and Requested, and a [*CommandError] for the
// others.
func (r GucResult) Err() error {
	return Result{Command: CommandGuc, ExitCode: r.ExitCode, Outcome: r.Outcome, Line: r.Line}.Err()
}

// IsUncertain reports whether a file may have been changed although gs_guc is
// not known to have finished.
func (r GucResult) IsUncertain() bool { return r.Outcome == Unclear }

const (
	gucSuccess  = "Success to perform gs_guc!"
	gucFailure  = "Failure to perform gs_guc!"
	gucSignaled = "server signaled"
)

// ReadGuc reads what a run of gs_guc printed on standard output. exit is its
// exit code, -1 when a signal ended it. Source: pg_guc.cpp, cluster_guc.cpp.
func ReadGuc(exit int, output string) GucResult {
	r := GucResult{ExitCode: exit}
	var success, failure, signaled bool
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == gucSuccess:
			success = true
		case line == gucFailure:
			failure = true
		case line == gucSignaled:
			signaled = true
		default:
			r.line(line)
		}
	}
	r.settle(output, success, failure, signaled)
	return r
}

func (r *GucResult) line(line string) {
	for prefix, list := range map[string]*[]string{"NOTICE:": &r.Notices, "WARNING:": &r.Warnings, "ERROR:": &r.Errors} {
		if text, ok := strings.CutPrefix(line, prefix); ok {
			*list = append(*list, strings.TrimSpace(text))
			return
		}
	}
	if text, ok := strings.CutPrefix(line, "Total "); ok {
		r.totals(text)
		return
	}
	text, ok := strings.CutPrefix(line, "gs_guc ")
	if !ok {
		return
	}
	verb, rest, ok := strings.Cut(text, ": ")
	body, file, ok2 := cutLast(rest, ": [")
	file, ok3 := strings.CutSuffix(file, "]")
	if !ok || !ok2 || !ok3 {
		return
	}
	if verb != "check" {
		r.Changes = append(r.Changes, GucChange{verb, body, file})
		return
	}
	node, setting, ok := strings.Cut(body, ": ")
	name, value, ok2 := strings.Cut(setting, "=")
	if ok && ok2 {
		v := GucValue{Node: node, Name: name, Value: value, IsSet: true, File: file}
		if value == "NULL" {
			v.Value, v.IsSet = "", false
		}
		r.Values = append(r.Values, v)
	}
}

// totals reads "instances: 1. Failed instances: 0." and the like of check.
func (r *GucResult) totals(text string) {
	total, failed, ok := strings.Cut(text, ". Failed ")
	if !ok {
		return
	}
	r.Total, r.Failed = count(total), count(strings.TrimSuffix(failed, "."))
}

// count reads the number at the end of "instances: 1".
func count(s string) int {
	_, digits, _ := strings.Cut(s, ": ")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func (r *GucResult) settle(output string, success, failure, signaled bool) {
	has := func(text string) bool { return strings.Contains(output, text) }
	switch {
	case has("command is running, init_log failed"), has("could not lock file or directory"), has("the last signal is now,waiting"):
		r.Outcome = Busy
	case (success || r.Total > 0 && len(r.Values) > 0) && r.ExitCode == 0 && r.Failed == 0: // check prints no "Success"
		r.Outcome = Done
		if signaled {
			r.Outcome = Requested
		}
	case has("postmaster.pid\" does not exist"), has("gaussDB state is "):
		r.Outcome = NotRunning
	case len(r.Errors) > 0 && !r.HasChanged():
		r.Outcome = Refused
	case failure || r.ExitCode > 0:
		r.Outcome = Failed
	}
	if r.Outcome != Done && r.Outcome != Requested {
		r.Line = decisive(r, output)
	}
}

// decisive picks the line to show for a failure.
func decisive(r *GucResult, output string) string {
	if len(r.Errors) > 0 {
		return r.Errors[0]
	}
	last := ""
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"does not exist", "could not ", "init_log failed", "state is ", "failed"} {
			if strings.Contains(line, mark) {
				return strings.TrimPrefix(line, "gs_guc: ")
			}
		}
		if line != "" {
			last = line
		}
	}
	return last
}

// String gives the outcome and what was done, for people.
func (r GucResult) String() string {
	s := fmt.Sprintf("gs_guc: %s (exit code %d)", r.Outcome, r.ExitCode)
	if r.Line != "" {
		s += ": " + r.Line
	}
	for _, c := range r.Changes {
		s += fmt.Sprintf("\n%s %s in %s", c.Verb, c.Text, c.File)
	}
	for _, v := range r.Values {
		s += fmt.Sprintf("\n%s: %s=%s in %s", v.Node, v.Name, v.Value, v.File)
	}
	return s
}
