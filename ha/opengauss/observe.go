// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// observeLimit bounds an observation whose context has no earlier deadline.
const observeLimit = 5 * time.Second

// Observe asks the server over a connection that stays open. Only when the
// server does not run or does not answer, its files are read: the control file,
// and while a process lives the state file. A server that does not answer within
// 5 s, or before ctx ends, does not answer.
func (e *Engine) Observe(ctx context.Context) (ha.Observation, error) {
	ctx, cancel := context.WithTimeout(ctx, observeLimit)
	defer cancel()
	var o ha.Observation
	state, err := e.dataState()
	if err != nil {
		return o, e.failed("observe", err)
	}
	o.Data = state
	srv, err := findServer(e.cfg.DataDir)
	if err != nil {
		return o, e.failed("observe", err)
	}
	_, _ = e.child.Reap(serverProgram) // how it ended is for who started it
	o.Running = srv.runs()
	if state == ha.DataNone || state == ha.DataForeign {
		return o, nil
	}
	var problems []string
	if srv.pid != 0 {
		seen := o
		err := e.observeServer(ctx, &seen)
		if err == nil {
			seen.Unserved = state == ha.DataPresent && !seen.Writable && e.unserved(ctx)
			return seen, nil
		}
		problems = append(problems, "the server does not answer: "+err.Error())
	}
	if err := e.observeFiles(ctx, &o); err != nil {
		problems = append(problems, err.Error())
	}
	o.Problem, o.Unserved = strings.Join(problems, "; "), state == ha.DataPresent && e.unserved(ctx)
	return o, nil
}

// observeServer asks the server.
func (e *Engine) observeServer(ctx context.Context, o *ha.Observation) error {
	s, err := e.watch.State(ctx)
	if err != nil {
		return err
	}
	p, err := e.watch.Position(ctx)
	if err != nil {
		return err
	}
	id, err := e.systemID(ctx)
	if err != nil {
		return err
	}
	o.Answers, o.Role, o.SystemID, o.Timeline = true, s.Role, id, uint32(p.Term)
	if s.Role == ha.RolePrimary || s.Role == ha.RoleNormal {
		return e.observePrimary(ctx, o)
	}
	return e.observeStandby(ctx, s, p, o)
}

// systemID names the database. It is read from the control file, where it is
// written once.
func (e *Engine) systemID(ctx context.Context) (string, error) {
	d, err := e.readControl(ctx)
	return strconv.FormatUint(d.SystemID, 10), err
}

// observePrimary adds what a primary knows. A primary that steps down is
// writable until its role says otherwise.
func (e *Engine) observePrimary(ctx context.Context, o *ha.Observation) (err error) {
	o.Writable = true
	if o.LSN, err = e.watch.WritePosition(ctx); err != nil {
		return err
	}
	if e.cfg.DCF {
		return nil // the group decides what is acknowledged
	}
	senders, err := e.watch.Senders(ctx)
	if err != nil {
		return err
	}
	o.Receivers = receiversOf(senders)
	values, err := e.watch.settings(ctx, "synchronous_standby_names", "most_available_sync", "synchronous_commit")
	if err != nil {
		return err
	}
	o.Sync, err = syncInForce(values[0], values[1], values[2])
	if err != nil {
		o.Problem = err.Error()
	}
	return nil
}

// settings asks for the values of several parameters at once.
func (c *Client) settings(ctx context.Context, names ...string) ([]string, error) {
	all, err := c.rows(ctx, "SHOW "+strings.Join(names, "; SHOW "))
	if err != nil {
		return nil, err
	}
	values := make([]string, len(names))
	for i, rows := range all {
		if i >= len(names) || len(rows) != 1 || len(rows[0]) != 1 {
			return nil, fmt.Errorf("%w: SHOW: want one value", ErrFormat)
		}
		values[i] = rows[0][0].Value
	}
	return values, nil
}

// syncInForce says what commits wait for. Settings under which the server
// acknowledges what no standby has are asynchronous, whatever the names say.
func syncInForce(names, mostAvailable, commit string) (ha.SyncSet, error) {
	set, err := ParseSyncNames(names)
	if err != nil || set.K == 0 {
		return ha.SyncSet{}, err
	}
	if mostAvailable == "on" {
		return ha.SyncSet{}, errors.New("most_available_sync is on: commits do not wait for standbys that are gone")
	}
	if commit != "on" && commit != "remote_apply" && commit != "true" {
		return ha.SyncSet{}, fmt.Errorf("synchronous_commit is %s: commits do not wait until a standby has flushed them", commit)
	}
	return set, nil
}

// receiversOf lists the standbys among the senders. A member can have two for a
// moment, when it has connected again before the old connection is given up: the
// one that streams counts.
func receiversOf(senders []Downstream) []ha.Receiver {
	var found []ha.Receiver
	for _, s := range senders {
		m := ha.MemberID(strings.ToLower(s.Name))
		if s.State == SenderBackup || m.Validate() != nil {
			continue
		}
		r := ha.Receiver{
			Member: m, Streaming: s.State == SenderStreaming, Sync: s.SyncState == SyncSync || s.SyncState == SyncQuorum,
			Flushed: s.Locations.ReceiverFlush, Applied: s.Locations.ReceiverReplay,
		}
		i := slices.IndexFunc(found, func(o ha.Receiver) bool { return o.Member == m })
		switch {
		case i < 0:
			found = append(found, r)
		case r.Streaming && !found[i].Streaming:
			found[i] = r
		}
	}
	slices.SortFunc(found, func(a, b ha.Receiver) int { return strings.Compare(string(a.Member), string(b.Member)) })
	return found
}

// observeStandby adds what a server knows that is not primary.
func (e *Engine) observeStandby(ctx context.Context, s HAState, p Position, o *ha.Observation) error {
	o.LSN, o.Applied = max(p.Received, p.Applied), p.Applied
	if s.NeedsBuild() {
		o.Problem = "needs a build: " + string(s.Detail)
	}
	if e.cfg.DCF {
		return e.observeFollower(ctx, o)
	}
	r, err := e.watch.Receiver(ctx)
	if err != nil {
		return err
	}
	o.Streaming = r != nil && (s.State == StateNormal || s.State == StateCatchup)
	lock, err := e.watch.ConnLock(ctx)
	if err != nil {
		// The server wants a channel to answer. What it was started with is in
		// the file.
		if lock.ConnLock, err = e.readLock(); err != nil {
			return err
		}
	}
	o.Recovering = r == nil && p.Received == 0 && !lock.RedoDone
	o.Upstream, o.Address = e.upstreamOf(lock.ConnLock)
	if o.Address != "" && r == nil && s.State == StateNeedRepair && e.isWrongKind(ha.Upstream{Member: o.Upstream, Address: o.Address}, s.Role) {
		o.Address = "" // it does not follow, until it is told to once more
	}
	if lock.Mode == ConnAny && r != nil { // somebody else's doing
		o.Address = Peer{Host: r.Channel.Remote.Host, Port: r.Channel.Remote.Port - 1}.address()
		o.Upstream = e.cfg.memberAt(o.Address)
	}
	return nil
}

// observeFiles says what the files of a server tell that does not answer.
func (e *Engine) observeFiles(ctx context.Context, o *ha.Observation) error {
	var errs []error
	if o.Data == ha.DataPresent && o.Running {
		s, err := readStateFile(e.cfg.DataDir)
		errs = append(errs, err)
		o.Role, o.Timeline = s.Mode.Role(), uint32(s.Term)
	}
	lock, err := e.readLock()
	errs = append(errs, err)
	d, err := e.readControl(ctx)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	o.SystemID, o.LSN = strconv.FormatUint(d.SystemID, 10), max(d.Checkpoint, d.MinRecovery)
	if o.Data == ha.DataPresent && !o.Running {
		role, err := e.leftRole(ctx)
		o.Role = role
		errs = append(errs, err, e.measureStopped(d, o))
	}
	if o.Role != ha.RolePrimary {
		o.Upstream, o.Address = e.upstreamOf(lock)
	}
	return errors.Join(errs...)
}

// firstTerm is what a server counts from (knl_instance.h).
const firstTerm = 1

// measureStopped adds where the log of a stopped server ends, and its term: that
// of the last record which the control file knows. After an orderly stop of a
// primary it is the end of all.
func (e *Engine) measureStopped(d ControlData, o *ha.Observation) error {
	r, err := e.cfg.ReadRecord(e.cfg.DataDir, d.Checkpoint)
	if err != nil {
		return fmt.Errorf("the end of the log is not known: %w", err)
	}
	o.Timeline = max(uint32(r.Term), firstTerm)
	o.LSN = max(r.End, d.MinRecovery)
	o.Clean = d.State == ControlShutDown && o.Role == ha.RolePrimary
	return nil
}

// Checkpoint makes the server write out what a stop would have to write.
func (e *Engine) Checkpoint(ctx context.Context) error {
	return e.failed("checkpoint", e.client.Checkpoint(ctx))
}
