// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

const slotPrefix = "gausskit_"

// slotName derives the name of a member's slot on its upstream. Slots are
// named with a-z, 0-9 and _ only, so '-' becomes "_d" and '_' becomes "__"; a
// name that gets too long keeps its beginning and a hash.
func slotName(m ha.MemberID) string {
	name := slotPrefix + strings.NewReplacer("_", "__", "-", "_d").Replace(string(m))
	if len(name) <= 63 {
		return name
	}
	h := fnv.New64a()
	h.Write([]byte(m))
	return fmt.Sprintf("%s_h%016x", name[:63-18], h.Sum64())
}

// ensureSlot creates this member's slot on an upstream unless it is there.
func (e *Engine) ensureSlot(ctx context.Context, up ha.Upstream) error {
	conn, err := e.replicate(ctx, up)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	name := slotName(e.cfg.Member)
	_, err = ask(ctx, conn, fmt.Sprintf("CREATE_REPLICATION_SLOT %s PHYSICAL RESERVE_WAL", name))
	if err != nil && !hasCode(err, codeDuplicateObject) {
		return fmt.Errorf("slot %s on %s at %s: %w", name, up.Member, up.Address, err)
	}
	return nil
}

// slotKeeper sees to it that the slot exists on the upstream that is followed:
// an upstream may be down when it is followed, and it loses its slots when it
// is copied or rewound itself.
type slotKeeper struct {
	mu struct {
		sync.Mutex
		cancel context.CancelFunc
	}
}

func (k *slotKeeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.cancel != nil {
		k.mu.cancel()
		k.mu.cancel = nil
	}
}

// keepSlot creates the slot now if the upstream answers soon, and looks after
// it in the background until another upstream is kept, or none.
func (e *Engine) keepSlot(ctx context.Context, up ha.Upstream) {
	e.slots.stop()
	if up.Address == "" {
		return
	}
	const soon, again, rarely = time.Second, time.Second, 5 // looks at a slot that was there
	first, cancel := context.WithTimeout(ctx, soon)
	err := e.ensureSlot(first, up)
	cancel()
	if err != nil {
		e.log.Info("no replication slot yet", zap.String("upstream", string(up.Member)), zap.Error(err))
	}
	keep, cancel := context.WithCancel(e.background)
	e.slots.mu.Lock()
	e.slots.mu.cancel = cancel
	e.slots.mu.Unlock()
	missing := err != nil
	e.run(func(context.Context) {
		defer cancel()
		tick := time.NewTicker(again)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-keep.Done():
				return
			case <-tick.C:
			}
			// A receiver that streams has its slot.
			if !missing && (e.session.streaming.Load() || n%rarely != 0) {
				continue
			}
			try, cancel := context.WithTimeout(keep, soon)
			missing = e.ensureSlot(try, up) != nil
			cancel()
		}
	})
}

// leaveSlot drops this member's slot on the upstream that it has left, in the
// background. A failure costs the old upstream some space, within a bound.
func (e *Engine) leaveSlot(old, now ha.Upstream) {
	if old.Address == "" || now.Address == "" || old.Address == now.Address {
		return // who is detached may come back
	}
	e.run(func(ctx context.Context) {
		const soon = 2 * time.Second
		ctx, cancel := context.WithTimeout(ctx, soon)
		defer cancel()
		conn, err := e.replicate(ctx, old)
		if err == nil {
			defer conn.Close(context.WithoutCancel(ctx))
			_, err = ask(ctx, conn, "DROP_REPLICATION_SLOT "+slotName(e.cfg.Member))
		}
		if err != nil {
			e.log.Info("the slot on the former upstream stays", zap.String("upstream", string(old.Member)), zap.Error(err))
		}
	})
}

// dropIdleSlots drops the slots of other members on this server, which would
// hold its log for standbys that now follow somebody else. A slot in use stays.
func (e *Engine) dropIdleSlots(ctx context.Context) error {
	_, err := e.value(ctx, `SELECT count(pg_drop_replication_slot(slot_name))::text FROM pg_replication_slots
		WHERE NOT active AND slot_type = 'physical' AND starts_with(slot_name::text, $1)`, slotPrefix)
	if hasCode(err, codeObjectInUse) {
		return nil // its standby came back in this moment
	}
	return err
}
