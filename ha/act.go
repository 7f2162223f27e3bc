// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// errNoAbility: a decision ordered what the engine cannot do. Self tells
// decisions what it can, so this does not happen.
var errNoAbility = errors.New("ha: the engine lacks this ability")

// act carries out one action and reports its outcome. It is the only place
// where a node touches its engine, its store or a hook.
// known are the records as they were last read.
func (n *Node) act(ctx context.Context, a Action, began Instant, known *Cluster, with means) message {
	msg := message{outcome: Outcome{ID: a.ID, Kind: a.Kind, Began: began}}
	var err error
	switch a.Kind.Lane() {
	case LaneRenew, LaneStore:
		err = n.askStore(ctx, a, known, with.store, &msg)
	case LaneObserve:
		err = observe(ctx, with.eyes, &msg)
	case LaneEngine, LaneStop:
		err = n.drive(ctx, a, with.hands)
	case LaneGuard:
		err = n.askWatchdog(ctx, a, began, &msg.outcome)
	case LaneAsk:
		err = n.askPrimary(ctx, a)
	}
	judge(&msg.outcome, err)
	return msg
}

func (n *Node) askStore(ctx context.Context, a Action, known *Cluster, store dcs.Store, msg *message) error {
	var err error
	switch a.Kind {
	case ActLease:
		msg.outcome.Lease, err = store.Grant(ctx, a.TTL)
	case ActRenew:
		err = store.KeepAlive(ctx, a.Lease)
	case ActRevoke:
		err = store.Revoke(ctx, a.Lease)
	case ActLoad, ActConfirm:
		var s dcs.Snapshot
		if s, err = store.Load(ctx, n.keys.State()); err == nil {
			msg.cluster, err = n.keys.DecodeAfter(known, s)
		}
	default:
		msg.outcome.Revision, err = store.Commit(ctx, a.Txn)
	}
	return err
}

func observe(ctx context.Context, eyes looker, msg *message) error {
	obs, err := eyes.Observe(ctx)
	msg.observed, msg.obs, msg.obsKnown = true, obs, err == nil
	return err
}

// drive asks the engine, or the hook, to do something.
func (n *Node) drive(ctx context.Context, a Action, e Engine) error {
	if e == nil {
		return errShadow
	}
	switch a.Kind {
	case ActStart:
		return e.Start(ctx, StartSpec{Mode: a.Mode, Upstream: a.Upstream, Term: a.Term, Sync: a.Sync})
	case ActStop:
		return e.Stop(ctx, a.Stop)
	case ActPromote:
		return e.Promote(ctx, PromoteSpec{Term: a.Term, Timeline: a.Timeline, Sync: a.Sync})
	case ActFollow:
		return e.Follow(ctx, a.Upstream)
	case ActDetach:
		return e.Detach(ctx)
	case ActRejoin:
		return e.Rejoin(ctx, RejoinSpec{Upstream: a.Upstream, Term: a.Term, Copy: a.Copy})
	case ActInit:
		if i, ok := e.(Initialiser); ok {
			return i.Init(ctx)
		}
	case ActSetSync:
		if s, ok := e.(SyncSetter); ok {
			return s.SetSync(ctx, a.Sync)
		}
	case ActCheckpoint:
		if c, ok := e.(Checkpointer); ok {
			return c.Checkpoint(ctx)
		}
	case ActHook:
		return n.askHook(ctx, a)
	case ActFence:
		return n.askFencer(ctx, a)
	}
	return errNoAbility
}

// askPrimary asks the primary's server.
func (n *Node) askPrimary(ctx context.Context, a Action) error {
	if p, ok := n.cfg.Engine.(PeerAsker); ok {
		return p.AskPeer(ctx, a.Upstream)
	}
	return errNoAbility
}

// errVeto marks the error of a hook.
var errVeto = errors.New("ha: vetoed by the hook")

// askHook asks the user's hook and turns a panic in it into a veto: a program's
// mistake must not end the node that keeps its database safe.
func (n *Node) askHook(ctx context.Context, a Action) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: it panicked: %v", errVeto, r)
		}
	}()
	info := HookInfo{Phase: a.Hook, Cluster: n.cfg.Cluster, Member: n.cfg.Name, Term: a.Term, To: a.To}
	if err := n.cfg.Hook(ctx, info); err != nil {
		return fmt.Errorf("%w: %w", errVeto, err)
	}
	return nil
}

// judge turns an error into the words that decisions understand.
func judge(o *Outcome, err error) {
	if err == nil {
		o.Result = ResultDone
		return
	}
	o.Result, o.Fault, o.Detail = ResultFailed, FaultOther, err.Error()
	switch {
	case errors.Is(err, errVeto):
		o.Result, o.Fault = ResultRefused, FaultVeto
	case errors.Is(err, dcs.ErrConflict):
		o.Fault = FaultConflict
	case errors.Is(err, dcs.ErrLeaseNotFound):
		o.Fault = FaultLeaseGone
	case errors.Is(err, ErrNeedsRejoin):
		o.Result, o.Fault = ResultRefused, FaultNeedsRejoin
	case errors.Is(err, dcs.ErrUnavailable), errors.Is(err, dcs.ErrDenied), errors.Is(err, dcs.ErrClosed):
		o.Fault = FaultUnavailable
	}
	if dcs.Uncertain(err) || Uncertain(err) {
		if o.Fault != FaultVeto {
			o.Result = ResultUncertain
		}
	}
}

// emergencyStop makes sure that nothing can be written after the loop was
// ended by force. It has its own time limits, because the caller's has passed,
// and one for each try: a stop that hangs must leave time for the kill.
func (n *Node) emergencyStop() error {
	var err error
	for _, how := range [...]StopMode{StopImmediate, StopKill} {
		ctx, cancel := context.WithTimeout(context.Background(), max(time.Second, n.settings().Margin)/2)
		err = n.cfg.Engine.Stop(ctx, how)
		cancel()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("ha: emergency stop of %s: %w", n.cfg.Name, err)
}
