// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// hiccup is how long writes may stand still on a busy machine when nothing is
// wrong.
const hiccup = 2 * time.Second

// unmoved checks that writes went on, at the same server.
func (w *walker) unmoved(before map[string]bool) error {
	if after := w.watcher.Runs(); !maps.Equal(after, before) {
		return errors.New("another server was made writable, without need")
	}
	if s := w.result.Steps[len(w.result.Steps)-1]; s.Gap > hiccup {
		return fmt.Errorf("writes stood still for %s, without need", seconds(s.Gap))
	}
	return nil
}

// freezeManager stops the primary's manager for longer than its lease lasts:
// the server has its standbys, so it may go on.
func (w *walker) freezeManager(ctx context.Context) error {
	m, _, err := w.primary(ctx)
	if err != nil {
		return err
	}
	// etcd's leases last two seconds at least.
	hold := max(w.opts.settings.TTL, 2*time.Second) + ha.StoreSlack + 500*time.Millisecond
	w.t.say(kindFault, "SIGSTOP of the manager of %s for %v; its lease lasts %v", m.Name(), hold, w.opts.settings.TTL)
	thaw, err := m.FreezeManager()
	if err != nil {
		return err
	}
	testbed.Wait(ctx, hold)
	if _, err = w.cluster.Status.Await(ctx, func(st *ha.ClusterStatus) bool { return !alive(st, m.Name()) }); err != nil {
		return errors.Join(fmt.Errorf("wait for the end of %s's session: %w", m.Name(), err), thaw())
	}
	w.t.say(kindNote, "the lease of %s has ended; its server goes on, with its standbys", m.Name())
	w.t.say(kindFault, "SIGCONT of the manager of %s", m.Name())
	if err := thaw(); err != nil {
		return err
	}
	_, err = w.cluster.Status.Await(ctx, func(st *ha.ClusterStatus) bool { return alive(st, m.Name()) })
	return err
}

// alive reports whether a member has a session.
func alive(st *ha.ClusterStatus, name ha.MemberID) bool {
	return slices.ContainsFunc(st.Members, func(m ha.MemberReport) bool { return m.Name == name && m.Alive })
}

// etcdAway is how long etcd is away: longer than the default TTL, and long
// enough for everybody to notice.
func etcdAway(s ha.Settings) time.Duration {
	s = s.WithDefaults()
	return max(7*time.Second, (s.Heartbeat + s.StoreLimit + 3*time.Second).Round(time.Second))
}

// stopEtcd takes the store away. Nobody can become primary then; the primary
// that there is goes on, and all say since when they are on their own.
func (w *walker) stopEtcd(ctx context.Context) error {
	hold := etcdAway(w.opts.settings)
	w.t.say(kindFault, "etcd is stopped for %v", hold)
	start := sync.OnceValue(w.cluster.StopEtcd())
	defer func() { _ = start() }() // for returning early
	away, cancel := context.WithTimeout(ctx, hold)
	defer cancel()
	for _, m := range w.cluster.Members {
		st, err := m.Local().Await(away, func(st *ha.LocalStatus) bool { return !st.StoreSince.IsZero() })
		if err != nil {
			return fmt.Errorf("%s does not say that etcd is away: %w", m.Name(), err)
		}
		w.t.say(kindNote, "%s is %s; etcd is away since %s: %s", m.Name(), st.State, st.StoreSince.Format("15:04:05.000"), short(st.StoreProblem))
	}
	<-away.Done()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w.t.say(kindFault, "etcd is started again")
	if err := start(); err != nil {
		return err
	}
	for _, m := range w.cluster.Members {
		st, err := m.Local().Await(ctx, func(st *ha.LocalStatus) bool { return st.StoreSince.IsZero() })
		if err != nil {
			return fmt.Errorf("%s does not find etcd: %w: %s", m.Name(), err, st.StoreProblem)
		}
	}
	return nil
}
