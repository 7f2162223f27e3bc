// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strconv"
	"strings"
)

// capabilities are what differs between the releases of PostgreSQL as far as
// this engine is concerned.
type capabilities struct {
	// conninfoReload: primary_conninfo and primary_slot_name change with a
	// reload; before 13 the standby has to be restarted.
	conninfoReload bool
	// keepSize: wal_keep_size and max_slot_wal_keep_size exist; before 13
	// there was wal_keep_segments.
	keepSize bool
	// rewindEnsures: pg_rewind recovers a crashed target by itself unless told
	// not to.
	rewindEnsures bool
	// rewindStandby: pg_rewind may read from a standby.
	rewindStandby bool
	// syncWhole: before crash recovery the server can sync a whole file system
	// at once (recovery_init_sync_method=syncfs, where the system has it).
	syncWhole bool
}

// oldestMajor is the first release that this engine runs: the first in which
// a standby is told by standby.signal.
const oldestMajor = 12

var releases = [...]struct { // read-only, oldest first
	major int
	capabilities
}{
	{12, capabilities{}},
	{13, capabilities{conninfoReload: true, keepSize: true, rewindEnsures: true}},
	{14, capabilities{conninfoReload: true, keepSize: true, rewindEnsures: true, rewindStandby: true, syncWhole: true}},
}

// capabilitiesOf returns what release major can do: what the last release in
// the table that is not newer could.
func capabilitiesOf(major int) (capabilities, error) {
	if major < oldestMajor {
		return capabilities{}, fmt.Errorf("PostgreSQL %d is too old: want %d or later", major, oldestMajor)
	}
	caps := releases[0].capabilities
	for _, r := range releases {
		if r.major <= major {
			caps = r.capabilities
		}
	}
	return caps, nil
}

// parseVersion reads the major release from what "postgres --version" prints:
// "postgres (PostgreSQL) 15.18 (Debian ...)", "postgres (PostgreSQL) 18beta1".
func parseVersion(out string) (int, error) {
	_, rest, ok := strings.Cut(out, "(PostgreSQL) ")
	if !ok {
		return 0, fmt.Errorf("version %q: not a PostgreSQL server", strings.TrimSpace(out))
	}
	return leadingInt(rest)
}

// leadingInt reads the decimal number that s begins with.
func leadingInt(s string) (int, error) {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(s[:n])
	if err != nil {
		return 0, fmt.Errorf("version %q: want a number", strings.TrimSpace(s))
	}
	return v, nil
}
