// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// The sizes of gaussdb.state. The longer one says which channel is in use. A
// release without that member writes 72 bytes, too, because the compiler
// rounds up, and what it leaves at the end means nothing: see
// release.StateFileChannel.
const (
	StateFileSize      = 72
	StateFileSizeShort = 68
)

// StateFile is gaussdb.state, which the server and gs_ctl write into the data
// directory. It outlives the server: after kill -9 it goes on saying "primary,
// normal". Never believe it without a living process.
//
// Source: replicainternal.h (GaussState), written raw on a little-endian
// machine with 64 bits.
type StateFile struct {
	Mode       ServerMode
	Channels   int32 // configured channels
	State      int32 // DbState's number; see DBState
	IsSync     bool
	LSN        ha.LSN
	Term       ha.Term // of "gs_ctl failover -T"
	Build      BuildInfo
	Rebuild    Rebuild // why a standby cannot follow
	HasChannel bool    // the file is long enough for Channel
	Channel    int32   // number of the replconninfo in use
}

// BuildInfo is the part of gaussdb.state that a build writes.
type BuildInfo struct {
	Mode      BuildMode
	Done      uint64 // kB
	Total     uint64 // kB, estimated
	Percent   int32  // -1: failed
	Remaining int32  // seconds, estimated; -1: not known
}

// DBState gives the state in the words of "gs_ctl query".
func (s StateFile) DBState() DBState { return dbStates[s.State] }

// BuildMode is a kind of build, with the server's numbers. CM numbers them
// differently.
type BuildMode int32

// The kinds.
const (
	BuildNone BuildMode = iota
	BuildAuto
	BuildFull
	BuildIncremental
	BuildStandbyFull
	BuildCopySecureFiles
	BuildCrossClusterFull
	BuildCrossClusterIncremental
	BuildCrossClusterStandbyFull
	BuildCheck
	numBuildModes
)

var buildModeNames = [numBuildModes]string{
	"none", "auto", "full", "incremental", "standby_full", "copy_secure_files", "cross_cluster_full",
	"cross_cluster_incremental", "cross_cluster_standby_full", "check",
}

// String gives the word of "gs_ctl build -b", and "none".
func (m BuildMode) String() string {
	if 0 <= m && m < numBuildModes {
		return buildModeNames[m]
	}
	return fmt.Sprintf("BuildMode(%d)", int32(m))
}

// ParseStateFile reads the bytes of gaussdb.state, 68 or 72 of them. A file
// that is being replaced can be missing or short for an instant: read again.
// A role, state or progress that cannot be is an error that wraps [ErrFormat].
func ParseStateFile(b []byte) (StateFile, error) {
	if len(b) != StateFileSize && len(b) != StateFileSizeShort {
		return StateFile{}, fmt.Errorf("%w: gaussdb.state: %d bytes, want %d or %d", ErrFormat, len(b), StateFileSizeShort, StateFileSize)
	}
	i32 := func(at int) int32 { return int32(binary.LittleEndian.Uint32(b[at:])) }
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	s := StateFile{
		Mode: ServerMode(i32(0)), Channels: i32(4), State: i32(8), IsSync: b[12] != 0,
		LSN: ha.LSN(u64(16)), Term: ha.Term(u64(24)),
		Build:   BuildInfo{BuildMode(i32(32)), u64(40), u64(48), i32(56), i32(60)},
		Rebuild: Rebuild(i32(64)),
	}
	if len(b) == StateFileSize {
		s.HasChannel, s.Channel = true, i32(68)
	}
	return s, s.check(b[12])
}

func (s StateFile) check(sync byte) error {
	bad := func(field string, value any, want string) error {
		return fmt.Errorf("%w: gaussdb.state: %s %d: want %s", ErrFormat, field, value, want)
	}
	switch {
	case s.Mode < 0 || s.Mode >= numModes:
		return bad("mode", int32(s.Mode), "0 to 8")
	case s.State < 0 || int(s.State) >= len(dbStates):
		return bad("state", s.State, "0 to 9")
	case sync > 1:
		return bad("sync_stat", sync, "0 or 1")
	case s.Channels < 0:
		return bad("conn_num", s.Channels, "0 or more")
	case s.Build.Percent < -1 || s.Build.Percent > 100:
		return bad("process_schedule", s.Build.Percent, "-1 to 100")
	}
	return nil
}

// MarshalBinary gives the file's bytes: 72, or 68 without a channel.
func (s StateFile) MarshalBinary() ([]byte, error) {
	if err := s.check(bit(s.IsSync)); err != nil {
		return nil, err
	}
	b := make([]byte, StateFileSize)
	i32 := func(at int, v int32) { binary.LittleEndian.PutUint32(b[at:], uint32(v)) }
	u64 := func(at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }
	i32(0, int32(s.Mode))
	i32(4, s.Channels)
	i32(8, s.State)
	b[12] = bit(s.IsSync)
	u64(16, uint64(s.LSN))
	u64(24, uint64(s.Term))
	i32(32, int32(s.Build.Mode))
	u64(40, s.Build.Done)
	u64(48, s.Build.Total)
	i32(56, s.Build.Percent)
	i32(60, s.Build.Remaining)
	i32(64, int32(s.Rebuild))
	if !s.HasChannel {
		return b[:StateFileSizeShort], nil
	}
	i32(68, s.Channel)
	return b, nil
}

// BuildQuery gives the answer that "gs_ctl querybuild" takes from the file
// (pg_ctl.cpp: display_build_query). Channels is counted in postgresql.conf by
// the tool; here it is what the file says.
func (s StateFile) BuildQuery() BuildQuery {
	q := BuildQuery{Role: s.Mode.Role(), Channels: int(s.Channels), State: BuildCompleted, IsSync: s.IsSync}
	switch {
	case s.Build.Percent < 0:
		q.State = BuildFailed
	case s.DBState() == StateBuilding:
		q.State = BuildRunning
		p := BuildProgress{Done: SizeOf(s.Build.Done), Total: SizeOf(s.Build.Total), Percent: int(s.Build.Percent),
			Remaining: time.Duration(s.Build.Remaining) * time.Second}
		switch s.Build.Mode {
		case BuildFull:
			p.Mode = "Full"
		case BuildIncremental:
			p.Mode = "Incremental"
		}
		q.Progress = &p
	}
	return q
}
