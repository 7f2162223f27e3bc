// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"math/bits"
)

// Where the reform page is in the control file of a cluster with shared
// storage: pg_control and pg_control.backup at the root of the data volume
// group.
const (
	ReformPageOffset = 64 * 8192 // page 64, in bytes
	ReformPageSize   = 8192
	reformLength     = 36 // of the page, what has a meaning
)

// Reform is the reform page: which instances of a shared-storage cluster are
// stable members, and which of them is primary.
//
// Source: ss_reform_common.h (ss_reformer_ctrl_t).
type Reform struct {
	Version  uint32 // of the page's layout
	Stable   Instances
	Primary  int32 // instance id
	Recovery int32 // instance id; no longer used
	Status   ClusterStatusCode
	RunMode  ClusterRunMode // 0 where the release does not know it
}

// Instances is a set of instance ids, 0 to 63.
type Instances uint64

// Has reports whether the instance is in the set.
func (s Instances) Has(id int) bool { return id >= 0 && id < 64 && s&(1<<id) != 0 }

// Len counts the instances.
func (s Instances) Len() int { return bits.OnesCount64(uint64(s)) }

// All yields the ids, smallest first.
func (s Instances) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for rest := s; rest != 0; rest &= rest - 1 {
			if !yield(bits.TrailingZeros64(uint64(rest))) {
				return
			}
		}
	}
}

// ClusterStatusCode says how far the recovery of a shared-storage cluster is.
type ClusterStatusCode uint32

// The codes.
const (
	ClusterOnDemandBuild ClusterStatusCode = iota
	ClusterOnDemandRedo
	ClusterNormal
	numClusterStatus
)

var clusterStatusTexts = [numClusterStatus]string{"in on-demand build", "in on-demand redo", "normal"}

// String gives the text of pg_controldata.
func (c ClusterStatusCode) String() string {
	if c < numClusterStatus {
		return clusterStatusTexts[c]
	}
	return fmt.Sprintf("ClusterStatusCode(%d)", uint32(c))
}

// ClusterRunMode says which part a cluster plays in a pair of clusters.
type ClusterRunMode uint32

// The parts.
const (
	RunModePrimary ClusterRunMode = iota
	RunModeStandby
	numRunModes
)

var runModeTexts = [numRunModes]string{"primary cluster", "standby cluster"}

// String gives the text of pg_controldata.
func (m ClusterRunMode) String() string {
	if m < numRunModes {
		return runModeTexts[m]
	}
	return fmt.Sprintf("ClusterRunMode(%d)", uint32(m))
}

// ReadReformPage reads the reform page from a control file.
func ReadReformPage(r io.ReaderAt) (Reform, error) {
	b := make([]byte, reformLength)
	if _, err := r.ReadAt(b, ReformPageOffset); err != nil {
		return Reform{}, fmt.Errorf("opengauss: read reform page of the control file: %w", err)
	}
	return ParseReformPage(b)
}

// ParseReformPage reads the page's bytes, at least 36 of them. A checksum that
// does not fit or a value that cannot be is an error that wraps [ErrFormat].
func ParseReformPage(b []byte) (Reform, error) {
	if len(b) < reformLength {
		return Reform{}, fmt.Errorf("%w: reform page: %d bytes, want at least %d", ErrFormat, len(b), reformLength)
	}
	sum := binary.LittleEndian.Uint32(b[32:])
	if want := crc32.Checksum(b[:32], crc32.MakeTable(crc32.Castagnoli)); sum != want {
		return Reform{}, fmt.Errorf("%w: reform page: checksum %08x, want %08x", ErrFormat, sum, want)
	}
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	r := Reform{
		Version: u32(0), Stable: Instances(binary.LittleEndian.Uint64(b[8:])), Primary: int32(u32(16)), Recovery: int32(u32(20)),
		Status: ClusterStatusCode(u32(24)), RunMode: ClusterRunMode(u32(28)),
	}
	return r, r.check()
}

func (r Reform) check() error {
	switch {
	case r.Status >= numClusterStatus:
		return fmt.Errorf("%w: reform page: cluster status %d: want 0 to 2", ErrFormat, uint32(r.Status))
	case r.RunMode >= numRunModes:
		return fmt.Errorf("%w: reform page: run mode %d: want 0 or 1", ErrFormat, uint32(r.RunMode))
	}
	return nil
}

// MarshalBinary gives the whole page with its checksum, zeros behind.
func (r Reform) MarshalBinary() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	b := make([]byte, ReformPageSize)
	binary.LittleEndian.PutUint32(b[0:], r.Version)
	binary.LittleEndian.PutUint64(b[8:], uint64(r.Stable))
	binary.LittleEndian.PutUint32(b[16:], uint32(r.Primary))
	binary.LittleEndian.PutUint32(b[20:], uint32(r.Recovery))
	binary.LittleEndian.PutUint32(b[24:], uint32(r.Status))
	binary.LittleEndian.PutUint32(b[28:], uint32(r.RunMode))
	binary.LittleEndian.PutUint32(b[32:], crc32.Checksum(b[:32], crc32.MakeTable(crc32.Castagnoli)))
	return b, nil
}
