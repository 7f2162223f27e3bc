// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import "fmt"

// RunMode says who decides in a group: its majority, or an operator who lets
// the survivors of a lost majority decide. gs_ctl calls it run mode ("setrunmode
// -x minority -v votes"), the library and its reports work mode, 0 or 1.
//
// Minority is local to the node it is set on and has no guard: set on one side
// of a partition while the other side still has a majority it makes two
// leaders. Fence the others first.
type RunMode uint8

// The run modes, with the library's numbers (dcf_work_mode_t).
const (
	RunNormal   RunMode = iota // more than half of the votes decide
	RunMinority                // a number of votes that the operator names decides
)

// ElectionMode says how a group finds its leader: parameter dcf_run_mode.
type ElectionMode uint8

// The election modes, with the library's numbers. openGauss allows auto and
// disabled only.
const (
	ElectionAuto     ElectionMode = iota // nodes elect
	ElectionManual                       // the node configured as LEADER leads; nobody is elected when it is gone
	ElectionDisabled                     // nobody becomes leader
)

var (
	runModeNames      = [...]string{RunNormal: "normal", RunMinority: "minority"}
	electionModeNames = [...]string{ElectionAuto: "auto", ElectionManual: "manual", ElectionDisabled: "disabled"}
)

// ParseRunMode reads "normal" or "minority", as gs_ctl wants it, or the
// library's number.
func ParseRunMode(s string) (RunMode, error) {
	i, ok := parseMode(s, runModeNames[:])
	if !ok {
		return 0, fmt.Errorf("dcf: parse run mode %q: want normal or minority", s)
	}
	return RunMode(i), nil
}

// ParseElectionMode reads "auto", "manual" or "disabled", or the number that
// dcf_run_mode holds.
func ParseElectionMode(s string) (ElectionMode, error) {
	i, ok := parseMode(s, electionModeNames[:])
	if !ok {
		return 0, fmt.Errorf("dcf: parse election mode %q: want auto, manual, disabled or 0, 1, 2", s)
	}
	return ElectionMode(i), nil
}

// parseMode finds s among names, or as the index of one.
func parseMode(s string, names []string) (int, bool) {
	for i, name := range names {
		if s == name || len(s) == 1 && s[0] == byte('0'+i) {
			return i, true
		}
	}
	return 0, false
}

// String returns "normal" or "minority".
func (m RunMode) String() string {
	if int(m) < len(runModeNames) {
		return runModeNames[m]
	}
	return fmt.Sprintf("RunMode(%d)", uint8(m))
}

// String returns "auto", "manual" or "disabled".
func (m ElectionMode) String() string {
	if int(m) < len(electionModeNames) {
		return electionModeNames[m]
	}
	return fmt.Sprintf("ElectionMode(%d)", uint8(m))
}

// Setting returns the mode as dcf_run_mode holds it: "0", "1", "2".
func (m ElectionMode) Setting() string { return fmt.Sprint(uint8(m)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (m RunMode) MarshalText() ([]byte, error) {
	if int(m) >= len(runModeNames) {
		return nil, fmt.Errorf("dcf: write run mode: %s is not a mode", m)
	}
	return []byte(m.String()), nil
}

// MarshalText implements [encoding.TextMarshaler] with the name.
func (m ElectionMode) MarshalText() ([]byte, error) {
	if int(m) >= len(electionModeNames) {
		return nil, fmt.Errorf("dcf: write election mode: %s is not a mode", m)
	}
	return []byte(m.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseRunMode].
func (m *RunMode) UnmarshalText(text []byte) error {
	got, err := ParseRunMode(string(text))
	if err != nil {
		return err
	}
	*m = got
	return nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with
// [ParseElectionMode].
func (m *ElectionMode) UnmarshalText(text []byte) error {
	got, err := ParseElectionMode(string(text))
	if err != nil {
		return err
	}
	*m = got
	return nil
}
