// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// TermEntry is what a cluster's history keeps of one term: the reign as its
// holder last recorded it, and how it came about.
type TermEntry struct {
	Reign
	// LSN is where the holder's log ended when the term began.
	LSN LSN `json:"lsn"`
	// Candidates is what the holder thought of each member when it took the
	// grant; empty when there was no election, as after a manager's restart.
	Candidates []Verdict `json:"candidates,omitempty"`
	// Forced is a failover that passed what protects data.
	Forced bool `json:"forced,omitempty"`
	// Phases are how long the change took.
	Phases TermPhases `json:"phases,omitzero"`
}

// TermPhases are the parts of a change of primary, by the monotonic clock of
// the new primary's node and from what that saw; 0 for what it did not see.
type TermPhases struct {
	// Detected: from the last sign of life of the former primary's server to
	// the moment at which an election could be held. A standby looks once in a
	// heartbeat, in quorum mode five times in SuspectAfter: it may be so much
	// too long.
	Detected time.Duration `json:"detected"`
	// Decided: until this node held the grant.
	Decided time.Duration `json:"decided"`
	// Promoted: until it knew its server to accept writes.
	Promoted time.Duration `json:"promoted"`
}

// Total is the sum of the parts.
func (p TermPhases) Total() time.Duration { return p.Detected + p.Decided + p.Promoted }

// KeptTerms is how many terms a cluster's history holds. The newest stay.
const KeptTerms = 256

// term names the record of a term: there are so many places, and a term takes
// the place of one long ago. So the number is bounded whatever happens.
func (k Keys) term(t Term) string { return fmt.Sprintf("%s%03d", k.History(), uint64(t)%KeptTerms) }

// History returns the newest terms of the cluster in which a member became
// primary, [KeptTerms] at most, oldest first: who, why, where in the log, what
// was thought of the other members, and how long it took.
func (a *Admin) History(ctx context.Context) ([]TermEntry, error) {
	s, err := a.store.Load(ctx, a.keys.History())
	if err != nil {
		return nil, fmt.Errorf("ha: read history of %s: %w", a.cluster, err)
	}
	out := make([]TermEntry, 0, len(s.Entries))
	var newest Term
	for _, e := range s.Entries {
		var h TermEntry
		if err := json.Unmarshal(e.Value, &h); err != nil {
			return nil, fmt.Errorf("ha: record %s: %w", e.Key, err)
		}
		newest = max(newest, h.Term)
		out = append(out, h)
	}
	// A place whose last term promoted nobody still holds an older one.
	out = slices.DeleteFunc(out, func(h TermEntry) bool { return h.Term+KeptTerms <= newest })
	slices.SortFunc(out, func(a, b TermEntry) int { return cmp.Compare(a.Term, b.Term) })
	return out, nil
}
