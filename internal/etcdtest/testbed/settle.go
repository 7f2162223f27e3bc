// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Settle waits until every member is at its place: one primary, all others
// stream from it, the synchronous set is on record, and there is no pause.
// Members that are down are not waited for.
func (c *Cluster) Settle(ctx context.Context, down ...ha.MemberID) error {
	st, err := c.Status.Await(ctx, func(st *ha.ClusterStatus) bool { return c.Unsettled(st, down...) == "" })
	if err != nil {
		return fmt.Errorf("wait for a calm cluster: %w: %s", err, c.Unsettled(&st, down...))
	}
	return nil
}

// Unsettled says what is not yet as it shall be, or nothing.
func (c *Cluster) Unsettled(st *ha.ClusterStatus, down ...ha.MemberID) string {
	if st.Pause != nil {
		return "paused: " + st.Pause.Reason
	}
	var standbys []ha.MemberID
	for _, name := range c.cfg.Members {
		if name == st.Primary || slices.Contains(down, name) {
			continue
		}
		standbys = append(standbys, name)
		i := slices.IndexFunc(st.Members, func(m ha.MemberReport) bool { return m.Name == name })
		switch {
		case i < 0 || !st.Members[i].Alive:
			return string(name) + " has no session"
		case !st.Members[i].Status.Streaming || st.Members[i].Status.State != ha.StateStandby || st.Members[i].Status.Upstream != st.Primary:
			return fmt.Sprintf("%s is %s and does not stream: %s", name, st.Members[i].Status.State, st.Members[i].Status.Problem)
		}
	}
	switch {
	case !st.Writable || !st.Reign.Promoted:
		return "no primary is writable"
	case st.Request != nil:
		return fmt.Sprintf("a %s is under way", st.Request.Kind)
	case c.cfg.Settings.Durability.K > 0 && (len(st.Rules) != 1 || !slices.Equal(st.Rules[0].Members, standbys)):
		return "the synchronous set is not all standbys"
	}
	return ""
}

// AwaitSame waits until a member has the rows of the primary, and no others.
// Those are read again each time: a row that was not acknowledged may still be
// on its way. It returns how many there are.
func AwaitSame(ctx context.Context, primary, m Member) (int, error) {
	for {
		want, err := primary.Rows(ctx)
		have, err2 := m.Rows(ctx)
		err = errors.Join(err, err2)
		if err == nil && slices.Equal(have, want) {
			return len(have), nil
		}
		if Wait(ctx, 20*time.Millisecond); ctx.Err() != nil {
			return 0, fmt.Errorf("%s has %d rows, not the %d of %s: %w", m.Name(), len(have), len(want), primary.Name(), errors.Join(context.Cause(ctx), err))
		}
	}
}
