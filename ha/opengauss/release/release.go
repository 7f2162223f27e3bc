// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package release

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// ErrUnknown is the error for a version that is not in the table.
var ErrUnknown = errors.New("release: unknown release of openGauss")

// Release is one release of openGauss. The zero value is Unknown. The numbers
// have no meaning and no useful order.
type Release uint8

// The releases, in the order of their numbers.
const (
	Unknown Release = iota
	V210            // 2.1.0
	V300            // 3.0.0
	V301            // 3.0.1
	V302            // 3.0.2
	V303            // 3.0.3
	V305            // 3.0.5
	V306            // 3.0.6
	V310            // 3.1.0
	V311            // 3.1.1
	V500            // 5.0.0
	V501            // 5.0.1
	V502            // 5.0.2
	V503            // 5.0.3
	V510            // 5.1.0
	V600RC1         // 6.0.0-RC1
	V600            // 6.0.0
	V601            // 6.0.1
	V602            // 6.0.2
	V700RC1         // 7.0.0-RC1
	V700RC2         // 7.0.0-RC2
	numReleases
)

var names = [numReleases]string{
	"unknown", "2.1.0", "3.0.0", "3.0.1", "3.0.2", "3.0.3", "3.0.5", "3.0.6", "3.1.0", "3.1.1", "5.0.0",
	"5.0.1", "5.0.2", "5.0.3", "5.1.0", "6.0.0-RC1", "6.0.0", "6.0.1", "6.0.2", "7.0.0-RC1", "7.0.0-RC2",
}

// String gives the version, "7.0.0-RC2" for instance.
func (r Release) String() string {
	if r < numReleases {
		return names[r]
	}
	return fmt.Sprintf("Release(%d)", uint8(r))
}

// MarshalText gives the form of String.
func (r Release) MarshalText() ([]byte, error) {
	if r >= numReleases {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, r)
	}
	return []byte(r.String()), nil
}

// UnmarshalText reads the form of String.
func (r *Release) UnmarshalText(text []byte) error {
	if string(text) == names[Unknown] {
		*r = Unknown
		return nil
	}
	got, err := Parse(string(text))
	if err != nil {
		return err
	}
	*r = got
	return nil
}

// Parse reads a version as opengauss_version() gives it, or the banner that
// version() and "gaussdb --version" print: "(openGauss 7.0.0-RC2 build ...)".
// The error wraps [ErrUnknown] when the version is not in the table; nothing is
// guessed from its neighbours.
func Parse(text string) (Release, error) {
	version := strings.TrimSpace(text)
	if _, after, ok := strings.Cut(text, "openGauss "); ok {
		version, _, _ = strings.Cut(after, " ")
		version = strings.TrimRight(version, ")")
	}
	if i := slices.Index(names[:], version); i > int(Unknown) {
		return Release(i), nil
	}
	return Unknown, fmt.Errorf("%w: %q: want one of %s", ErrUnknown, version, strings.Join(names[1:], ", "))
}

// Latest is the newest release that the tables describe.
func Latest() Release { return numReleases - 1 }

// All yields every release, in the order of the numbers.
func All() iter.Seq[Release] { return all.All() }

// Set is a set of releases: bit n stands for the release with the number n.
type Set uint32

const all Set = 1<<numReleases - 2 // all but Unknown

// Of makes a set.
func Of(releases ...Release) Set {
	var s Set
	for _, r := range releases {
		s |= 1 << r
	}
	return s & all
}

// Has reports whether r is in the set.
func (s Set) Has(r Release) bool { return s&all&(1<<r) != 0 }

// All yields the releases of the set, in the order of the numbers.
func (s Set) All() iter.Seq[Release] {
	return func(yield func(Release) bool) {
		for r := Unknown + 1; r < numReleases; r++ {
			if s.Has(r) && !yield(r) {
				return
			}
		}
	}
}

// String lists the releases, with neighbours as a range: "2.1.0, 5.0.0..6.0.2".
func (s Set) String() string {
	var parts []string
	for r := Unknown + 1; r < numReleases; r++ {
		if !s.Has(r) {
			continue
		}
		last := r
		for last+1 < numReleases && s.Has(last+1) {
			last++
		}
		part := r.String()
		if last > r {
			part += ".." + last.String()
		}
		parts = append(parts, part)
		r = last
	}
	return strings.Join(parts, ", ")
}
