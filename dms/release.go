// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Release is a release of openGauss that has shared storage. The zero Release
// stands for the newest that this package describes. Their texts are those of
// opengauss_version().
type Release uint8

// The releases, in the order in which parameters came and went.
const (
	Newest  Release = iota // the last one below
	V311                   // 3.1.1, the first with shared storage
	V500                   // 5.0.0
	V501                   // 5.0.1
	V502                   // 5.0.2
	V503                   // 5.0.3
	V510                   // 5.1.0
	V600RC1                // 6.0.0-RC1
	V600                   // 6.0.0
	V601                   // 6.0.1
	V602                   // 6.0.2
	V700RC1                // 7.0.0-RC1
	V700RC2                // 7.0.0-RC2
	numReleases
)

var releaseNames = [numReleases]string{
	"newest", "3.1.1", "5.0.0", "5.0.1", "5.0.2", "5.0.3", "5.1.0", "6.0.0-RC1", "6.0.0", "6.0.1", "6.0.2", "7.0.0-RC1", "7.0.0-RC2",
}

// ParseRelease reads a version, "6.0.0" for instance. Nothing is guessed from
// its neighbours: a version that is not in the table is an error.
func ParseRelease(s string) (Release, error) {
	i := slices.Index(releaseNames[:], s)
	if i < 0 {
		return Newest, fmt.Errorf("dms: parse release %q: want one of %s", s, strings.Join(releaseNames[V311:], ", "))
	}
	return Release(i), nil
}

// Releases yields the releases from the oldest to the newest.
func Releases() iter.Seq[Release] {
	return func(yield func(Release) bool) {
		for r := V311; r < numReleases; r++ {
			if !yield(r) {
				return
			}
		}
	}
}

// String returns the version, "newest" for the zero Release.
func (r Release) String() string {
	if r < numReleases {
		return releaseNames[r]
	}
	return fmt.Sprintf("Release(%d)", uint8(r))
}

// MarshalText implements [encoding.TextMarshaler] with the version.
func (r Release) MarshalText() ([]byte, error) {
	if r >= numReleases {
		return nil, fmt.Errorf("dms: write release: %s is not a release", r)
	}
	return []byte(r.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseRelease].
func (r *Release) UnmarshalText(text []byte) error {
	got, err := ParseRelease(string(text))
	if err != nil {
		return err
	}
	*r = got
	return nil
}

// real returns the release that r stands for.
func (r Release) real() Release {
	if r == Newest || r >= numReleases {
		return numReleases - 1
	}
	return r
}

// since reports whether r is first or a later release.
func (r Release) since(first Release) bool { return r.real() >= first }
