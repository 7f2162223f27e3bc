// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// branch is one line of a timeline history file: the log left timeline TLI at
// End.
type branch struct {
	TLI uint32
	End ha.LSN
}

// parseHistory reads a timeline history file (readTimeLineHistory of
// src/backend/access/transam/timeline.c): parent timeline, switch point,
// reason.
func parseHistory(text string) ([]branch, error) {
	var branches []branch
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 2 {
			return nil, fmt.Errorf("timeline history: line %d is %q, want a timeline and a location", i+1, line)
		}
		tli, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil || tli == 0 {
			return nil, fmt.Errorf("timeline history: line %d: timeline %q", i+1, fields[0])
		}
		end, err := ha.ParseLSN(fields[1])
		if err != nil {
			return nil, fmt.Errorf("timeline history: line %d: %w", i+1, err)
		}
		if n := len(branches); n > 0 && uint32(tli) <= branches[n-1].TLI {
			return nil, fmt.Errorf("timeline history: line %d: timeline %d is not after %d", i+1, tli, branches[n-1].TLI)
		}
		branches = append(branches, branch{uint32(tli), end})
	}
	return branches, nil
}

// position is a place in the history of a cluster's log.
type position struct {
	TLI uint32
	LSN ha.LSN
}

// logOf is what an upstream has: its log and the branches that led to it.
type logOf struct {
	SystemID string
	position
	History []branch
}

// has reports whether a log that ends at p is part of this one, so that its
// owner can follow without losing anything.
func (l logOf) has(p position) bool {
	if p.TLI == l.TLI {
		return p.LSN <= l.LSN
	}
	for _, b := range l.History {
		if b.TLI == p.TLI {
			return p.LSN <= b.End
		}
	}
	return false
}
