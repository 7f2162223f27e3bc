// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInvalid is matched by every [Problem] and by every error of this package
// that is made of problems.
var ErrInvalid = errors.New("dss: invalid configuration")

// Reason says what is wrong. Its text is stable and made for programs:
// "duplicate-key".
type Reason uint8

// What is wrong with a file.
const (
	ReasonFileSize     Reason = iota + 1 // more than 64 KiB
	ReasonLineLength                     // a line of 2 KiB or more
	ReasonNoEquals                       // a line of dss_inst.ini without '='
	ReasonNoKey                          // '=' without a name before it
	ReasonUnknownKey                     // no such parameter in the release
	ReasonRenamedKey                     // the parameter has another name in the release
	ReasonDebugKey                       // only debug builds know the parameter
	ReasonDuplicateKey                   // a parameter is set twice
	ReasonInclude                        // an included file that cannot be read, includes itself, or comes twice
	ReasonNoDSS                          // the release has no DSS that this package knows

	// Values of dss_inst.ini.
	ReasonValueLength  // 1024 bytes or more
	ReasonBadCharacter // a control character
	ReasonNotNumber    // not decimal digits
	ReasonRange        // a number outside the parameter's range
	ReasonBadSize      // not a number with or without K, M, G, T, P, E
	ReasonBadBool      // not TRUE or FALSE
	ReasonBadValue     // not one of the parameter's words
	ReasonLetterCase   // the word is known in another letter case
	ReasonBadMode      // not octal digits
	ReasonBadPath      // a path that the server refuses
	ReasonRelativePath // a path that is not absolute
	ReasonPathLength   // longer than the server's buffer
	ReasonBadPair      // not device=value

	// Several parameters of one file.
	ReasonSelfNotListed // INST_ID is not in DSS_NODES_LIST
	ReasonWaterMarks    // VG_SPACE_USAGE_LWM above VG_SPACE_USAGE_HWM
	ReasonDetectDays    // SSL_PERIOD_DETECTION above SSL_CERT_NOTIFY_TIME
	ReasonMultipath     // LINUX_MULTIBUS without MPATHPERSIST_DSS_PATH
	ReasonNoCM          // several instances and no CM library: nobody becomes master
	ReasonSimulation    // DSS_CM_SO_NAME=simulation, which only test builds know
	ReasonSocketPath    // LSNR_PATH is not DSS_HOME, which tools assume
	ReasonIncomplete    // only some of the SSL parameters are set

	// DSS_NODES_LIST.
	ReasonNoNodes       // the list is empty
	ReasonNodeSyntax    // an entry is not id:ip:port
	ReasonBlank         // a blank in the list
	ReasonEmptyEntry    // two commas in a row, or one at an end
	ReasonNodeID        // an id that is not a number below 64
	ReasonBadIP         // not an IPv4 address
	ReasonPort          // a port outside 1024..65535
	ReasonDuplicateNode // an id twice: the later entry wins
	ReasonAddressClash  // two instances with one address and port
	ReasonNodeGap       // ids are not 0..n-1: the list cannot be changed while the server runs
	ReasonNodeOrder     // ids do not grow

	// dss_vg_conf.ini.
	ReasonNoColon       // a line without ':'
	ReasonNoName        // no name, or no path
	ReasonNameLength    // a name that would be cut
	ReasonBadName       // a name with characters that paths cannot have
	ReasonDuplicateVG   // a name twice, in any letter case
	ReasonDuplicatePath // a volume twice
	ReasonTooManyVGs    // more than 65 volume groups
	ReasonNoVGs         // no volume group at all
	ReasonXlogVG        // XLOG_VG_ID names no volume group

	// Between the instances of a cluster.
	ReasonNoSettings   // an instance without a file to compare
	ReasonSameID       // two instances have one INST_ID
	ReasonNodeUnseen   // a listed instance whose files are not among those given
	ReasonNotListed    // an instance that another one's list does not have
	ReasonNodesDiffer  // the lists mean something else
	ReasonTextDiffers  // the lists mean the same and are spelled differently
	ReasonParamDiffers // must be equal on all instances
	ReasonParamUnlike  // should be equal on all instances
	ReasonVGsDiffer    // dss_vg_conf.ini differs, or its order
	ReasonSharedPath   // two instances of one machine use one directory
	ReasonShmKey       // two instances of one machine use one shared memory
	ReasonDiskMode     // STORAGE_MODE=DISK with instances on several machines
	ReasonLockPath     // STORAGE_MODE=DISK with several lock directories
	ReasonSSLDiffers   // only some instances use SSL

	// Changes of a running server.
	ReasonReadOnly    // setcfg does not change it
	ReasonFewerNodes  // the list may not get shorter
	ReasonOnlyDefault // setcfg takes one value only
	numReasons
)

// reasons gives each reason its code, its text, and whether it is a warning:
// the server starts and works, but not as one would like.
var reasons = [numReasons]struct {
	code, text string
	warning    bool
}{
	ReasonFileSize:      {"file-size", "the file is longer than 64 KiB", false},
	ReasonLineLength:    {"line-length", "the line has 2048 bytes or more", false},
	ReasonNoEquals:      {"no-equals", "want NAME = value", false},
	ReasonNoKey:         {"no-key", "no name before '='", false},
	ReasonUnknownKey:    {"unknown-key", "the server does not know it and does not start", false},
	ReasonRenamedKey:    {"renamed-key", "has another name in this release", false},
	ReasonDebugKey:      {"debug-key", "only debug builds know it, others do not start", true},
	ReasonDuplicateKey:  {"duplicate-key", "set twice, the server does not start", false},
	ReasonInclude:       {"include", "included file", false},
	ReasonNoDSS:         {"no-dss", "no DSS is known for this release", false},
	ReasonValueLength:   {"value-length", "the value has 1024 bytes or more", false},
	ReasonBadCharacter:  {"bad-character", "control character in the value", false},
	ReasonNotNumber:     {"not-a-number", "must be decimal digits", false},
	ReasonRange:         {"out-of-range", "out of range", false},
	ReasonBadSize:       {"bad-size", "must be a number, with or without K, M, G, T, P or E", false},
	ReasonBadBool:       {"bad-bool", "must be TRUE or FALSE", false},
	ReasonBadValue:      {"bad-value", "not one of the allowed values", false},
	ReasonLetterCase:    {"letter-case", "the server minds the letter case", false},
	ReasonBadMode:       {"bad-mode", "must be permissions in octal digits", false},
	ReasonBadPath:       {"bad-path", "not a path that the server takes", false},
	ReasonRelativePath:  {"relative-path", "must be absolute, tools do not run in the server's directory", true},
	ReasonPathLength:    {"path-length", "the path is too long", false},
	ReasonBadPair:       {"bad-pair", "want device=value", false},
	ReasonSelfNotListed: {"self-not-listed", "DSS_NODES_LIST has no entry for INST_ID", false},
	ReasonWaterMarks:    {"water-marks", "the low water mark is above the high one", false},
	ReasonDetectDays:    {"detect-days", "SSL_PERIOD_DETECTION is above SSL_CERT_NOTIFY_TIME", false},
	ReasonMultipath:     {"multipath", "LINUX_MULTIBUS needs MPATHPERSIST_DSS_PATH", false},
	ReasonNoCM:          {"no-cm", "several instances need DSS_CM_SO_NAME: without it none becomes master", false},
	ReasonSimulation:    {"simulation", "only builds for tests know the simulated CM", false},
	ReasonSocketPath:    {"socket-path", "tools look for the socket in DSS_HOME", true},
	ReasonIncomplete:    {"incomplete-ssl", "certificate, key and CA belong together", false},
	ReasonNoNodes:       {"no-nodes", "the list is empty", false},
	ReasonNodeSyntax:    {"node-syntax", "want id:ip:port", false},
	ReasonBlank:         {"blank", "no blanks are allowed in the list", false},
	ReasonEmptyEntry:    {"empty-entry", "empty entry between commas", false},
	ReasonNodeID:        {"node-id", "must be a number from 0 to 63", false},
	ReasonBadIP:         {"bad-ip", "must be an IPv4 address", false},
	ReasonPort:          {"port-range", "port must be from 1024 to 65535", false},
	ReasonDuplicateNode: {"duplicate-node", "the id is there twice, the server takes the last entry", false},
	ReasonAddressClash:  {"address-clash", "another instance has this address and port", false},
	ReasonNodeGap:       {"node-gap", "ids are not 0 to n-1: the list cannot be changed while servers run", true},
	ReasonNodeOrder:     {"node-order", "ids are not in order", true},
	ReasonNoColon:       {"no-colon", "want name:path", false},
	ReasonNoName:        {"no-name", "name and path must not be empty", false},
	ReasonNameLength:    {"name-length", "names have at most 63 bytes, the server cuts the rest", false},
	ReasonBadName:       {"bad-name", "names have letters, digits, '_', '.' and '-' only", false},
	ReasonDuplicateVG:   {"duplicate-vg", "the name is there already; letter case does not matter", false},
	ReasonDuplicatePath: {"duplicate-path", "the volume is there already", false},
	ReasonTooManyVGs:    {"too-many-vgs", "at most 65 volume groups", false},
	ReasonNoVGs:         {"no-vgs", "no volume group", false},
	ReasonXlogVG:        {"xlog-vg", "XLOG_VG_ID counts from 0 and names no volume group", false},
	ReasonNoSettings:    {"no-settings", "nothing to compare", false},
	ReasonSameID:        {"same-id", "another instance has the same INST_ID", false},
	ReasonNodeUnseen:    {"node-unseen", "listed, but its files are not among those given", true},
	ReasonNotListed:     {"not-listed", "missing in the list of another instance", false},
	ReasonNodesDiffer:   {"nodes-differ", "another instance's list says otherwise", false},
	ReasonTextDiffers:   {"text-differs", "same meaning, other spelling than on another instance", true},
	ReasonParamDiffers:  {"parameter-differs", "must be equal on all instances", false},
	ReasonParamUnlike:   {"parameter-unlike", "should be equal on all instances", true},
	ReasonVGsDiffer:     {"vgs-differ", "dss_vg_conf.ini must be the same, in the same order, on all instances", false},
	ReasonSharedPath:    {"shared-path", "another instance of the machine uses this directory", false},
	ReasonShmKey:        {"shm-key", "another instance of the machine uses this shared memory", false},
	ReasonDiskMode:      {"disk-mode", "the lock of STORAGE_MODE=DISK works on one machine only", false},
	ReasonLockPath:      {"lock-path", "STORAGE_MODE=DISK needs one lock directory for all instances", false},
	ReasonSSLDiffers:    {"ssl-differs", "only some instances use SSL", false},
	ReasonReadOnly:      {"read-only", "setcfg does not change it, the server must be started again", false},
	ReasonFewerNodes:    {"fewer-nodes", "a running server does not accept a shorter list", false},
	ReasonOnlyDefault:   {"only-zero", "setcfg accepts 0 only", false},
}

// String returns the code of the reason, for example "duplicate-key".
func (r Reason) String() string {
	if r > 0 && r < numReasons {
		return reasons[r].code
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// MarshalText implements [encoding.TextMarshaler] with the code.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// IsWarning reports whether servers start and work in spite of it.
func (r Reason) IsWarning() bool { return r > 0 && r < numReasons && reasons[r].warning }

// Problem is one thing that is wrong with a file, a value or a cluster. It is
// comparable.
type Problem struct {
	Reason Reason
	Node   string // the instance it concerns, in a cluster; empty for a file alone
	File   string // empty for a value alone
	Line   int    // in the file, from 1; 0 when it concerns no line
	Key    string // the parameter or volume group; empty when it concerns the whole
	Text   string // what is there; never a secret
	Offset int    // of Text in the value, in bytes from 0; -1 when it has no place there
	Detail string // what would be right, or what contradicts; may be empty
}

// Error says where, what, and the reason's code.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Node != "" {
		fmt.Fprintf(&b, "instance %s: ", p.Node)
	}
	switch {
	case p.File != "" && p.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	case p.File != "":
		b.WriteString(p.File + ": ")
	case p.Line > 0:
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	if p.Offset >= 0 {
		fmt.Fprintf(&b, "offset %d: ", p.Offset)
	}
	if p.Text != "" {
		b.WriteString(quoteShort(p.Text) + ": ")
	}
	text := "unknown reason"
	if p.Reason > 0 && p.Reason < numReasons {
		text = reasons[p.Reason].text
	}
	b.WriteString(text)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	fmt.Fprintf(&b, " (%s)", p.Reason)
	return b.String()
}

// quoteShort quotes s, cut to what a line of a log can carry.
func quoteShort(s string) string {
	const most = 96
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}

// Is makes every Problem match [ErrInvalid].
func (p Problem) Is(target error) bool { return target == ErrInvalid }

// Problems is everything that is wrong, in a stable order: line by line, then
// what concerns several lines, then what concerns several instances. As an
// error it matches [ErrInvalid], and [errors.As] finds the first [Problem].
type Problems []Problem

// Error lists all problems.
func (ps Problems) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalid.Error())
	for i, p := range ps {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

// Is makes the error match [ErrInvalid].
func (ps Problems) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the problems one by one.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// Err returns ps as an error, nil when there is no problem. Warnings count: for
// those that keep a server from working take ps.Fatal().Err().
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Has reports whether a problem with this reason is among ps.
func (ps Problems) Has(r Reason) bool {
	for _, p := range ps {
		if p.Reason == r {
			return true
		}
	}
	return false
}

// Fatal returns the problems that are not warnings.
func (ps Problems) Fatal() Problems {
	var fatal Problems
	for _, p := range ps {
		if !p.Reason.IsWarning() {
			fatal = append(fatal, p)
		}
	}
	return fatal
}
