// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrOutput is matched by every [OutputError].
var ErrOutput = errors.New("dss: output not understood")

// OutputError says which line of a command's output could not be read.
type OutputError struct {
	Verb   string // of dsscmd: "lsvg"
	Line   int    // from 1; 0 when something is missing as a whole
	Text   string // of the line
	Reason string // what was expected
}

// Error gives verb, line and what was expected.
func (e *OutputError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("dss: output of %s: %s", e.Verb, e.Reason)
	}
	return fmt.Sprintf("dss: output of %s, line %d: %s: %s", e.Verb, e.Line, quoteShort(e.Text), e.Reason)
}

// Is makes every OutputError match [ErrOutput].
func (e *OutputError) Is(target error) bool { return target == ErrOutput }

// outputLine is a line of output that is not empty.
type outputLine struct {
	number int // from 1
	text   string
}

func (l outputLine) bad(verb, reason string) error {
	return &OutputError{verb, l.number, l.text, reason}
}

// outputLines gives the lines that are not empty, without blanks at their ends.
func outputLines(text string) []outputLine {
	var lines []outputLine
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimRight(line, " \t\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, outputLine{n, line})
		}
	}
	return lines
}

// InstanceState says how far a server has come.
type InstanceState uint8

// The states of an instance (dss_instance_status in dss_service.c).
const (
	StatePrepare  InstanceState = iota // started, and no master known yet
	StateRecovery                      // recovers the volume groups
	StateSwitch                        // the master moves
	StateOpen                          // serves
	numStates
)

var stateNames = [numStates]string{"prepare", "recovery", "switch", "open"}

// String gives the state as dsscmd prints it, "open" for instance.
func (s InstanceState) String() string {
	if s < numStates {
		return stateNames[s]
	}
	return fmt.Sprintf("InstanceState(%d)", uint8(s))
}

// ServerMode says what a server allows.
type ServerMode uint8

// The modes of a server.
const (
	ModeNormal    ServerMode = iota // not decided yet
	ModeReadOnly                    // a standby: changes go to the master
	ModeReadWrite                   // the master; there is at most one
	numModes
)

var modeNames = [numModes]string{"NORMAL", "READONLY", "READWRITE"}

// String gives the mode as dsscmd prints it, "READWRITE" for instance.
func (m ServerMode) String() string {
	if m < numModes {
		return modeNames[m]
	}
	return fmt.Sprintf("ServerMode(%d)", uint8(m))
}

// Status is what an instance says of itself. It is comparable.
type Status struct {
	Instance int
	State    InstanceState
	Mode     ServerMode
	Master   int // -1 when the instance knows none
	// Maintenance: the server ignores the cluster manager and made itself master
	// (DSS_MAINTAIN). Servers before 6.0.0 do not tell: then it is false.
	Maintenance bool
}

// IsReady reports whether the server serves requests.
func (s Status) IsReady() bool { return s.State == StateOpen && s.Mode != ModeNormal }

// IsMaster reports whether the server is the master and serves changes.
func (s Status) IsMaster() bool {
	return s.State == StateOpen && s.Mode == ModeReadWrite && s.Master == s.Instance
}

// String gives the status in one line.
func (s Status) String() string {
	text := fmt.Sprintf("instance %d: %s, %s, master %d", s.Instance, s.State, s.Mode, s.Master)
	if s.Maintenance {
		text += ", maintenance"
	}
	return text
}

// ParseStatus reads the output of "dsscmd getstatus". Lines that it does not
// know are left out; the first two must be there. (The command of 5.0.0 prints
// a number without more and is refused, that of 3.1.1 does not exist.)
func ParseStatus(text string) (Status, error) {
	const verb = "getstatus"
	s := Status{Master: -1}
	var hasStatus, hasMaster bool
	for _, line := range outputLines(text) {
		if m := match("Server status of instance * is * and *.", line.text); m != nil {
			hasStatus = true
			var err error
			if s.Instance, err = instanceID(m[0]); err != nil {
				return Status{}, line.bad(verb, err.Error())
			}
			if err := s.words(m[1], m[2]); err != nil {
				return Status{}, line.bad(verb, err.Error())
			}
		} else if m := match("Master id is *.", line.text); m != nil {
			hasMaster = true
			s.Master = masterID(m[0])
		} else if m := match("DSS_MAINTAIN is *.", line.text); m != nil {
			s.Maintenance = m[0] == "TRUE"
		}
	}
	if !hasStatus || !hasMaster {
		return Status{}, &OutputError{Verb: verb, Reason: "want \"Server status of instance\" and \"Master id is\""}
	}
	return s, nil
}

func (s *Status) words(state, mode string) error {
	i, ok := index(stateNames[:], state)
	j, ok2 := index(modeNames[:], mode)
	if !ok || !ok2 {
		return errors.New("unknown state or mode")
	}
	s.State, s.Mode = InstanceState(i), ServerMode(j)
	return nil
}

func index(words []string, word string) (int, bool) {
	for i, w := range words {
		if strings.EqualFold(w, word) {
			return i, true
		}
	}
	return 0, false
}

func instanceID(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n >= MaxInstances {
		return 0, errors.New("instances have numbers from 0 to 63")
	}
	return n, nil
}

// masterID reads the number of the master; a server that knows none prints all
// bits set.
func masterID(text string) int {
	n, err := instanceID(text)
	if err != nil {
		return -1
	}
	return n
}

// ParseSwitch reads the output of "dsscmd switch". The command ends with status
// 0 even when another instance is master afterwards: ask [Status.IsMaster].
func ParseSwitch(text string) (Status, error) {
	const verb = "switch"
	s := Status{Instance: -1, Master: -1}
	modes := false
	for _, line := range outputLines(text) {
		line.text = strings.TrimSpace(line.text)
		if m := match("SUCCESS: Instance * is now the main (primary) instance.", line.text); m != nil {
			s.Instance = masterID(m[0])
			s.Master = s.Instance
		} else if m := match("Local instance: *", line.text); m != nil {
			s.Instance = masterID(m[0])
		} else if m := match("Master instance: *", line.text); m != nil {
			s.Master = masterID(m[0])
		} else if m := match("Server status: *, *", line.text); m != nil {
			modes = true
			if err := s.words(m[0], m[1]); err != nil {
				return Status{}, line.bad(verb, err.Error())
			}
		}
	}
	if s.Instance < 0 || !modes {
		return Status{}, &OutputError{Verb: verb, Reason: "want the instance and its status"}
	}
	return s, nil
}

// ParseCfg reads the output of "dsscmd getcfg" or setcfg. An empty value, which
// dsscmd prints as "(null)", is "".
func ParseCfg(text string) (name, value string, err error) {
	rest := strings.TrimSpace(text)
	get, ok := strings.CutPrefix(rest, "Succeed to get cfg, name is ")
	if !ok {
		get, ok = strings.CutPrefix(rest, "Succeed to set cfg, name is ")
	}
	name, value, ok2 := strings.Cut(get, ", value is ")
	value, ok3 := strings.CutSuffix(value, ".")
	if !ok || !ok2 || !ok3 || !isParamName(upper(name)) {
		// The text is left out: the value may be a secret.
		return "", "", &OutputError{Verb: "getcfg", Reason: "want \"Succeed to get cfg, name is ..., value is ...\""}
	}
	if value == "(null)" {
		value = ""
	}
	return name, value, nil
}

// Build is what "dsscmd -v" or "dssserver -v" says. It is comparable.
type Build struct {
	Program  string    // "dsscmd"
	Product  string    // "openGauss"
	Commit   string    // "178d719a"
	Compiled time.Time // in UTC, as no zone is given
	Kind     string    // "Debug" or "Release"
	Test     bool      // DSSTEST is on: the simulated cluster manager is there
}

// Target gives the target for a release and the build's kind.
func (b Build) Target(t Target) Target {
	t.Debug, t.TestBuild = b.Kind == "Debug", b.Test
	return t
}

// ParseBuild reads the output of "dsscmd -v".
func ParseBuild(text string) (Build, error) {
	for _, line := range outputLines(text) {
		what, when, ok := strings.Cut(line.text, ") compiled at ")
		program, product, ok2 := strings.Cut(what, " (")
		fields := strings.Fields(when)
		if !ok || !ok2 || len(fields) < 3 {
			continue
		}
		b := Build{Program: program, Product: product, Kind: fields[2], Test: strings.HasSuffix(when, " (DSSTEST ON)")}
		if i := strings.LastIndex(product, " build "); i >= 0 {
			b.Product, b.Commit = product[:i], product[i+len(" build "):]
		}
		var err error
		if b.Compiled, err = time.Parse(time.DateTime, fields[0]+" "+fields[1]); err != nil {
			return Build{}, line.bad("-v", "want a time")
		}
		return b, nil
	}
	return Build{}, &OutputError{Verb: "-v", Reason: "want \"dsscmd (... build ...) compiled at ...\""}
}

// ParseLink reads the output of "dsscmd readlink".
func ParseLink(text string) (link, target string, err error) {
	for _, line := range outputLines(text) {
		if m := match("link: * link to: *.", line.text); m != nil {
			return m[0], m[1], nil
		}
	}
	return "", "", &OutputError{Verb: "readlink", Reason: "want \"link: ... link to: ...\""}
}

// Usage is one line of "dsscmd du".
type Usage struct {
	Path string
	Size int64 // bytes, as exact as they were printed
}

// ParseUsage reads the output of "dsscmd du".
func ParseUsage(text string) ([]Usage, error) {
	all := []Usage{}
	for _, line := range outputLines(text) {
		fields := strings.Fields(line.text)
		if len(fields) != 2 || len(fields[0]) < 2 || !strings.HasPrefix(fields[1], "+") {
			return nil, line.bad("du", "want size, unit and path")
		}
		n := len(fields[0]) - 1
		size, err := measured(fields[0][:n], Measure(fields[0][n]))
		if err != nil {
			return nil, line.bad("du", err.Error())
		}
		all = append(all, Usage{fields[1], size})
	}
	return all, nil
}

// ParseFind reads the output of "dsscmd find" and puts back the '+' that the
// command leaves out: "/data/dir1/f2" is "+data/dir1/f2".
func ParseFind(text string) ([]string, error) {
	var all []string
	for _, line := range outputLines(text) {
		path, ok := strings.CutPrefix(line.text, "/")
		if !ok || strings.ContainsAny(path, " \t") {
			return nil, line.bad("find", "want a path")
		}
		all = append(all, "+"+path)
	}
	return all, nil
}

// Measure is the unit of a printed size, as option -m of dsscmd names it.
type Measure byte

// The units.
const (
	MeasureBytes Measure = 'B'
	MeasureKiB   Measure = 'K'
	MeasureMiB   Measure = 'M'
	MeasureGiB   Measure = 'G'
	MeasureTiB   Measure = 'T'
)

// String gives the letter.
func (m Measure) String() string { return string(rune(m)) }

// measured reads a size. Sizes are printed with five digits behind the point:
// in units above bytes they are rounded.
func measured(text string, m Measure) (int64, error) {
	shift := strings.IndexByte("BKMGT", byte(m))
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || shift < 0 || !(f >= 0 && f < 1<<62) { // not a number is neither
		return 0, errors.New("want a size")
	}
	for range shift {
		f *= kib
	}
	if f >= 1<<62 {
		return 0, errors.New("the size is too large")
	}
	return int64(f + 0.5), nil
}
