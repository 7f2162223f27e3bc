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
		cancel  context.CancelFunc
		leaving map[string]context.CancelFunc // by address: upstreams that were left, whose slot is to go
	}
}

// leave notes that the slot at an address is to go, and returns the context of
// the attempts: it ends when that upstream is followed again.
func (k *slotKeeper) leave(ctx context.Context, address string, within time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, within)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.leaving == nil {
		k.mu.leaving = map[string]context.CancelFunc{}
	}
	if before := k.mu.leaving[address]; before != nil {
		before()
	}
	k.mu.leaving[address] = cancel
	return ctx, cancel
}

// stay ends the attempts to give up the slot at an address.
func (k *slotKeeper) stay(address string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if cancel := k.mu.leaving[address]; cancel != nil {
		cancel()
		delete(k.mu.leaving, address)
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
	e.slots.stay(up.Address)
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
// background. Most are left because they are down, so it keeps trying for a
// while: they may come back, and would hold log for a standby that streams from
// somebody else. One that stays away longer holds it within a bound
// (max_slot_wal_keep_size).
func (e *Engine) leaveSlot(old, now ha.Upstream) {
	if old.Address == "" || now.Address == "" || old.Address == now.Address {
		return // who is detached may come back
	}
	const soon, again, within = 2 * time.Second, time.Second, 10 * time.Minute
	leave, cancel := e.slots.leave(e.background, old.Address, within)
	e.run(func(context.Context) {
		defer cancel()
		tick := time.NewTicker(again)
		defer tick.Stop()
		for {
			try, cancel := context.WithTimeout(leave, soon)
			err := e.dropSlot(try, old)
			cancel()
			if err == nil {
				return
			}
			select {
			case <-tick.C:
			case <-leave.Done():
				e.log.Info("the slot on the former upstream stays", zap.String("upstream", string(old.Member)), zap.Error(err))
				return
			}
		}
	})
}

// dropSlot drops this member's slot on an upstream.
func (e *Engine) dropSlot(ctx context.Context, up ha.Upstream) error {
	conn, err := e.replicate(ctx, up)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = ask(ctx, conn, "DROP_REPLICATION_SLOT "+slotName(e.cfg.Member))
	if hasCode(err, codeUndefinedObject) {
		return nil
	}
	return err
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
