// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

func TestProfilesValidate(t *testing.T) {
	suspect := map[string]time.Duration{"fast": time.Second, "balanced": 3 * time.Second, "careful": 10 * time.Second}
	for name, s := range map[string]ha.Settings{"fast": ha.Fast(), "balanced": ha.Balanced(), "careful": ha.Careful()} {
		for _, d := range []ha.Durability{{}, {K: 1}, {K: 1, Quorum: true}} {
			s.Durability = d
			if err := s.Validate(); err != nil {
				t.Errorf("%s, %+v: %v", name, d, err)
			}
		}
		if s.SuspectAfter != suspect[name] {
			t.Errorf("%s: SuspectAfter %v", name, s.SuspectAfter)
		}
	}
}

// TestQuorumBound: how soon a crashed node is replaced does not depend on the
// TTL in quorum mode, and does in lease mode.
func TestQuorumBound(t *testing.T) {
	crash := func(ttl time.Duration, quorum bool) time.Duration {
		s := ha.Fast()
		s.TTL, s.StoreLimit = ttl, 500*time.Millisecond
		s.Durability = ha.Durability{K: 1, Quorum: quorum}
		b := s.Bound().NodeCrash
		return b.Detect + b.Decide
	}
	if a, b := crash(3*time.Second, true), crash(time.Hour, true); a != b || a > 8*time.Second {
		t.Errorf("quorum mode: %v with a TTL of 3s, %v with 1h", a, b)
	}
	if a, b := crash(3*time.Second, false), crash(time.Hour, false); b-a != time.Hour-3*time.Second {
		t.Errorf("lease mode: %v with a TTL of 3s, %v with 1h", a, b)
	}
}

// How long it may take until a crashed node is known to be, by profile and mode.
func ExampleBalanced() {
	for _, p := range []struct {
		name string
		set  ha.Settings
	}{{"fast", ha.Fast()}, {"balanced", ha.Balanced()}, {"careful", ha.Careful()}} {
		lease := p.set.Bound().NodeCrash.Detect
		p.set.Durability = ha.Durability{K: 1, Quorum: true}
		fmt.Printf("%-8s lease %v, quorum %v\n", p.name, lease, p.set.Bound().NodeCrash.Detect)
	}
	// Output:
	// fast     lease 4.5s, quorum 1.65s
	// balanced lease 11.5s, quorum 4.15s
	// careful  lease 31.5s, quorum 13.5s
}
