// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// RegState says whether an instance's key is registered at the volumes.
type RegState uint8

// The states, with the numbers of "dsscmd inq_reg".
const (
	RegNone   RegState = iota // at no entry volume
	RegPartly                 // at some volumes, or at all while no reservation is held
	RegFull                   // at all volumes
	numRegStates
)

var regStateNames = [numRegStates]string{"not registered", "partly registered", "registered"}

// String says it in words.
func (s RegState) String() string {
	if s < numRegStates {
		return regStateNames[s]
	}
	return fmt.Sprintf("RegState(%d)", uint8(s))
}

// Registration is the answer of "dsscmd inq_reg".
type Registration struct {
	Instance int
	State    RegState
	// NoHolder: registered, but nobody holds a reservation, so that whoever is
	// not registered is not kept out either.
	NoHolder bool
	// Keys are the instances whose keys were seen, in order; nil when the output
	// does not tell. An empty list that is not nil means that nobody's key is
	// there, not even that of the host that asked.
	Keys []int
}

// ParseRegistration reads the output of "dsscmd inq_reg". The exit status of
// the command alone says little: 1 is also that of an unknown command.
func ParseRegistration(text string) (Registration, error) {
	const verb = "inq_reg"
	var reg Registration
	found := false
	for _, line := range outputLines(text) {
		if keys, ok := strings.CutPrefix(line.text, "iofence_key="); ok {
			var err error
			if reg.Keys, err = instanceKeys(keys); err != nil {
				return Registration{}, line.bad(verb, err.Error())
			}
			continue
		}
		id, state, noHolder, ok := regLine(line.text)
		switch {
		case !ok:
		case id < 0:
			return Registration{}, line.bad(verb, "words, number or instance are not possible so")
		case found && (reg.Instance != id || reg.State != state):
			return Registration{}, line.bad(verb, "contradicts a line before")
		default: // it is said twice when a volume failed
			found = true
			reg.Instance, reg.State, reg.NoHolder = id, state, reg.NoHolder || noHolder
		}
	}
	if !found {
		return Registration{}, &OutputError{Verb: verb, Reason: "want \"The node ... is ..., inq_result = ...\""}
	}
	return reg, nil
}

// regLine reads "The node 1 is not registered, inq_result = 0.". ok says
// whether the line is of this kind; the instance is -1 when what it says is not
// possible.
func regLine(line string) (id int, state RegState, noHolder, ok bool) {
	rest, ok := strings.CutPrefix(line, "The node ")
	node, rest, ok2 := strings.Cut(rest, " is ")
	words, result, ok3 := strings.Cut(rest, ", inq_result = ")
	if !ok || !ok2 || !ok3 {
		return 0, 0, false, false
	}
	id, err := instanceID(node)
	switch words {
	case "not registered":
		state = RegNone
	case "registered partially":
		state = RegPartly
	case "registered but no reservation holder":
		state, noHolder = RegPartly, true
	case "registered":
		state = RegFull
	default:
		id = -1
	}
	if err != nil || result != itoa(int(state))+"." {
		id = -1
	}
	return id, state, noHolder, true
}

// instanceKeys reads "0,1," or "-1" for none.
func instanceKeys(text string) ([]int, error) {
	keys := []int{}
	if text == "-1" {
		return keys, nil
	}
	for word := range strings.SplitSeq(strings.TrimSuffix(text, ","), ",") {
		id, err := instanceID(word)
		if err != nil {
			return nil, err
		}
		keys = append(keys, id)
	}
	return keys, nil
}

// Reservation is one volume in the output of "dsscmd inq -t reg".
type Reservation struct {
	Device     string
	Generation uint32
	Holder     int64   // the instance that holds the reservation; -1 when nobody does
	Keys       []int64 // instances that are registered, in the order of the output
}

// ParseReservations reads the output of "dsscmd inq -t reg". Keys that are not
// of DSS show as the odd numbers that they are.
func ParseReservations(text string) ([]Reservation, error) {
	const verb = "inq"
	lines := outputLines(text)
	i := slices.IndexFunc(lines, func(l outputLine) bool { return strings.HasPrefix(l.text, "Dev ") })
	if i < 0 || !slices.Equal(firstFields(lines[i].text, 4), []string{"Dev", "Generation", "RESKEY", "REGKEY"}) {
		return nil, &OutputError{Verb: verb, Reason: "want columns Dev, Generation, RESKEY, REGKEY"}
	}
	all := []Reservation{}
	for _, line := range lines[i+1:] {
		if isSummary(line.text) {
			return all, nil
		}
		fields := strings.Fields(line.text)
		if len(fields) < 4 {
			return nil, line.bad(verb, "want 4 columns")
		}
		r := fieldReader{}
		v := Reservation{Device: fields[0], Generation: uint32(r.uint(fields[1], 32)), Holder: -1}
		if fields[2] != "-" {
			v.Holder = int64(r.uint(fields[2], 63))
		}
		if fields[3] != "-" {
			for word := range strings.SplitSeq(fields[3], ",") {
				key, err := strconv.ParseInt(word, 10, 64)
				r.bad = r.bad || err != nil
				v.Keys = append(v.Keys, key)
			}
		}
		if r.bad {
			return nil, line.bad(verb, "want numbers")
		}
		all = append(all, v)
	}
	return nil, &OutputError{Verb: verb, Reason: "the end is missing"}
}

func firstFields(text string, n int) []string {
	fields := strings.Fields(text)
	return fields[:min(n, len(fields))]
}

// LUN is one volume in the output of "dsscmd inq -t lun".
type LUN struct {
	Device, Vendor, Model, Array string
	ID                           int
	WWN                          string
}

// ParseLUNs reads the output of "dsscmd inq -t lun". Its columns can have blanks
// in them, so they are cut by width, as dsscmd pads them.
func ParseLUNs(text string) ([]LUN, error) {
	const verb = "inq"
	lines := outputLines(text)
	i := slices.IndexFunc(lines, func(l outputLine) bool { return strings.HasPrefix(l.text, "Dev ") })
	if i < 0 || !slices.Equal(firstFields(lines[i].text, 6), []string{"Dev", "Vendor", "Model", "ArraySN", "LUNID", "LUNWWN"}) {
		return nil, &OutputError{Verb: verb, Reason: "want columns Dev, Vendor, Model, ArraySN, LUNID, LUNWWN"}
	}
	all := []LUN{}
	for _, line := range lines[i+1:] {
		if isSummary(line.text) {
			return all, nil
		}
		rest := line.text
		device, _, _ := strings.Cut(rest, " ")
		lun := LUN{Device: column(&rest, max(20, len(device))), Vendor: column(&rest, 20), Model: column(&rest, 20), Array: column(&rest, 20)}
		id := column(&rest, 15)
		lun.WWN = strings.TrimSpace(rest)
		var err error
		if lun.ID, err = strconv.Atoi(id); err != nil || lun.Device == "" {
			return nil, line.bad(verb, "want 6 columns")
		}
		all = append(all, lun)
	}
	return nil, &OutputError{Verb: verb, Reason: "the end is missing"}
}

// column cuts a padded column of a width and the blank behind it.
func column(rest *string, width int) string {
	text := *rest
	if len(text) <= width {
		*rest = ""
		return strings.TrimSpace(text)
	}
	*rest = text[width+1:]
	return strings.TrimSpace(text[:width])
}

// Latches is the answer of "dsscmd query_latch_remain": what an instance left
// locked.
type Latches struct {
	Instance int
	Disk     bool   // a lock on the disk
	VG       string // the volume group whose lock is left; "" when there is none
}

// ParseLatches reads the output of "dsscmd query_latch_remain".
func ParseLatches(text string) (Latches, error) {
	const verb = "query_latch_remain"
	l := Latches{Instance: -1}
	for _, line := range outputLines(text) {
		if m := match("Disk latch remain in inst *, latch status is *.", line.text); m != nil {
			l.Disk = true
		} else if m := match("Vg * lock remain in inst *, latch status is *.", line.text); m != nil {
			l.VG = m[0]
		} else if m := match("Succeed to query inst * latch type *.", line.text); m != nil {
			id, err := instanceID(m[0])
			if err != nil {
				return Latches{}, line.bad(verb, err.Error())
			}
			l.Instance = id
		}
	}
	if l.Instance < 0 {
		return Latches{}, &OutputError{Verb: verb, Reason: "want \"Succeed to query inst ...\""}
	}
	return l, nil
}
