// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"fmt"
	"strings"
)

// What callers branch on. All of them come wrapped in an error that says where.
var (
	// ErrCorrupt is in every [*CorruptError].
	ErrCorrupt = errors.New("dss/volume: corrupt")
	// ErrNotVolume: no volume header is there, or the volume left its group.
	ErrNotVolume = errors.New("dss/volume: not a volume of a volume group")
	// ErrNoEntry: the entry volume, which holds the group's metadata, was not given.
	ErrNoEntry = errors.New("dss/volume: the entry volume of the group is missing")
	// ErrMissingVolume: data lies on a volume of the group that was not given.
	ErrMissingVolume = errors.New("dss/volume: a volume of the group is missing")
	// ErrUnsupported: written by a software version that this package does not know.
	ErrUnsupported = errors.New("dss/volume: unsupported software version")
	// ErrOtherGroup: a link leads to another volume group.
	ErrOtherGroup = errors.New("dss/volume: link to another volume group")
	// ErrLinkLoop: more than 40 links had to be followed.
	ErrLinkLoop = errors.New("dss/volume: too many links")
)

// Place is a field of a structure on a volume.
type Place struct {
	Device    string // the name the volume was opened by
	Volume    int    // its number in the group, -1 if it is not known
	Offset    int64  // of the structure, in bytes from the start of the volume
	Structure string // "core control", "file table block", ...
	Field     string // "" for the structure as a whole
}

// String names the place: "/dev/sdb (volume 0) at 512: core control: au_size".
func (p Place) String() string {
	var b strings.Builder
	b.WriteString(p.Device)
	if p.Volume >= 0 {
		fmt.Fprintf(&b, " (volume %d)", p.Volume)
	}
	fmt.Fprintf(&b, " at %d: %s", p.Offset, p.Structure)
	if p.Field != "" {
		b.WriteString(": " + p.Field)
	}
	return b.String()
}

// CorruptError says which place of a volume holds what cannot be, and why. It
// wraps [ErrCorrupt].
type CorruptError struct {
	Place
	Reason string
}

// Error names volume, offset, structure, field and reason.
func (e *CorruptError) Error() string { return "dss/volume: " + e.Place.String() + ": " + e.Reason }

// Unwrap returns [ErrCorrupt].
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// ReadError says which place of a volume could not be read.
type ReadError struct {
	Place
	Err error // what the reader said, or ErrMissingVolume
}

// Error names volume, offset, structure and cause.
func (e *ReadError) Error() string {
	return "dss/volume: " + e.Place.String() + ": " + strings.TrimPrefix(e.Err.Error(), "dss/volume: ")
}

// Unwrap returns the cause.
func (e *ReadError) Unwrap() error { return e.Err }

// NoticeError says of a place what is worth knowing and no damage: redo that was
// not applied, a change that was not finished, a link that leads nowhere.
type NoticeError struct {
	Place
	Reason string
}

// Error names volume, offset, structure, field and what is to be known.
func (e *NoticeError) Error() string { return "dss/volume: " + e.Place.String() + ": " + e.Reason }

// Severity tells what hurts from what is only worth knowing.
type Severity int

const (
	// Warning: readable all the same, but not as it should be.
	Warning Severity = iota + 1
	// Fault: something cannot be read, or what is read cannot be trusted.
	Fault
)

// String returns "warning" or "fault".
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Fault:
		return "fault"
	}
	return fmt.Sprintf("Severity(%d)", int(s))
}

// Finding is something wrong with a volume group.
type Finding struct {
	Severity Severity
	Path     string // "+group/dir/file" if it belongs to a file or directory
	Backup   bool   // the structure's backup copy is good and is used instead
	Err      error  // a [*CorruptError], [*ReadError] or [*NoticeError]
}

// String returns the finding in one line.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.Severity.String() + ": ")
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(strings.TrimPrefix(f.Err.Error(), "dss/volume: "))
	if f.Backup {
		b.WriteString("; the backup copy is used")
	}
	return b.String()
}
