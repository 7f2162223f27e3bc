// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Failover makes a standby the primary with a term, or a cascade standby a
// standby, and returns when it is so. A primary stays one. The server applies
// all log that it has received before. Nothing looks whether another primary
// lives: that is the caller's duty.
func (n *Native) Failover(ctx context.Context, term ha.Term) error {
	v, err := n.enter(ctx, CommandFailover)
	if err != nil {
		return err
	}
	defer v.leave()
	want := ha.RolePrimary
	switch role := v.before.Role; {
	case v.dcf:
		return v.refuse("failover is not supported in DCF mode: the group elects")
	case role == ha.RolePrimary:
		return nil
	case role == ha.RoleCascade:
		want = ha.RoleStandby
	case role != ha.RoleStandby && role != ha.RoleMainStandby:
		return v.refuse("cannot failover server: it is %s, not a standby", FormatRole(role))
	}
	if err := v.writeTerm(term); err != nil {
		return err
	}
	request := func() error {
		if err := v.write(fileFailover, nil); err != nil {
			return err
		}
		return v.signal()
	}
	if err := ctx.Err(); err != nil { // last look: from here on it may happen
		return ended(ctx, "the failover")
	}
	again := request
	if want == ha.RoleStandby {
		again = nil // a second request would go one rank further
	}
	err = request()
	if err == nil {
		err = v.await(ctx, again, want)
	}
	unread, terr := v.take(fileFailover)
	if err != nil && ctx.Err() != nil {
		err = v.timedOut(ctx, unread && want == ha.RoleStandby, "the failover")
	}
	return errors.Join(uncertain(err), terr)
}

// The ways of stepping down (replicainternal.h: DemoteMode).
const (
	demoteFast    = 2
	demoteExtreme = 3
)

// Switchover makes a standby change roles with its primary, or a cascade
// standby with its standby, both alive, and returns when this server has its
// new role. extreme lets the other step down without a checkpoint. When ctx
// ends first, the request is taken back where the release can; it may have
// happened all the same.
//
// The server drops the request silently when no upstream is connected; that is
// refused here.
func (n *Native) Switchover(ctx context.Context, term ha.Term, extreme bool) error {
	v, err := n.enter(ctx, CommandSwitchover)
	if err != nil {
		return err
	}
	defer v.leave()
	want := []ha.Role{ha.RolePrimary, ha.RoleMainStandby}
	switch role := v.before.Role; {
	case role == ha.RolePrimary || role == ha.RoleMainStandby:
		return nil
	case role == ha.RoleCascade:
		want = []ha.Role{ha.RoleStandby, ha.RoleMainStandby}
	case role != ha.RoleStandby:
		return v.refuse("cannot switchover server: it is %s, not a standby", FormatRole(role))
	}
	if !v.dcf {
		if r, err := n.client.Receiver(ctx); err != nil {
			return err
		} else if r == nil {
			return v.refuse("no upstream is connected: the server would drop the request")
		}
	}
	mode := uint32(demoteFast)
	if extreme {
		mode = demoteExtreme
	}
	if err := v.writeTerm(term); err != nil {
		return err
	}
	if _, err := v.take(fileSwitchoverStatus, fileSwitchoverTimeout); err != nil {
		return err
	}
	if v.dcf { // gs_ctl writes it behind the signal, too late for a quick server
		if err := v.write(fileTimeout, int32LE(wholeSeconds(ctx))); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ended(ctx, "the switchover")
	}
	if err = v.write(fileSwitchover, binary.LittleEndian.AppendUint32(nil, mode)); err == nil {
		err = v.signal()
	}
	if err == nil {
		err = v.awaitSwitchover(ctx, want)
	}
	unread, terr := v.take(fileSwitchover)
	if err != nil && ctx.Err() != nil {
		if !unread && !v.dcf {
			terr = errors.Join(terr, v.cancelSwitchover())
		}
		err = v.timedOut(ctx, unread, "the switchover")
	}
	return errors.Join(uncertain(err), terr)
}

// awaitSwitchover waits for the role, and with DCF for the word of the group,
// which comes first when it says no.
func (v *visit) awaitSwitchover(ctx context.Context, want []ha.Role) error {
	if !v.dcf {
		return v.await(ctx, nil, want...)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if status, err := v.status(ctx, fileSwitchoverStatus); err == nil && status != 0 {
			cancel(&CommandError{Command: v.command, ExitCode: -1, Outcome: Failed, Line: fmt.Sprintf("DCF switchover failed with status %d", status)})
		}
	}()
	err := v.await(ctx, nil, want...)
	var failed *CommandError
	if errors.As(context.Cause(ctx), &failed) && err != nil {
		err = failed
	}
	cancel(nil)
	<-done
	return err
}

// cancelSwitchover takes a request back that the server has read.
func (v *visit) cancelSwitchover() error {
	if !v.n.release.Can(release.SwitchoverCancel) {
		return nil
	}
	if err := v.write(fileSwitchoverTimeout, nil); err != nil {
		return err
	}
	return v.signal()
}

// Notify tells a pending server its role: primary (with a term), standby or
// cascade standby; or a normal one that it is primary. It returns when the
// server has the role.
func (n *Native) Notify(ctx context.Context, as ha.Role, term ha.Term) error {
	v, err := n.enter(ctx, CommandNotify)
	if err != nil {
		return err
	}
	defer v.leave()
	switch {
	case as != ha.RolePrimary && as != ha.RoleStandby && as != ha.RoleCascade:
		return v.refuse("the parameter of notify is not recognized: %v", as)
	case v.before.Role == as:
		return nil
	case v.before.Role != ha.RolePending && (v.before.Role != ha.RoleNormal || as != ha.RolePrimary):
		return v.refuse("cannot notify server: it is %s, not pending", FormatRole(v.before.Role))
	}
	if as == ha.RolePrimary {
		if err := v.writeTerm(term); err != nil {
			return err
		}
	}
	file := startModes[as]
	if ctx.Err() != nil {
		return ended(ctx, "the notice")
	}
	if err = v.write(file, nil); err == nil {
		err = v.signal()
	}
	if err == nil {
		err = v.await(ctx, nil, as)
	}
	unread, terr := v.take(file)
	if err != nil && ctx.Err() != nil {
		err = v.timedOut(ctx, unread, "the new role")
	}
	return errors.Join(uncertain(err), terr)
}

// FinishRedo makes a standby stop waiting for log that is missing: what it
// misses is lost. It returns when the server was asked.
func (n *Native) FinishRedo(ctx context.Context) error {
	v, err := n.enter(ctx, CommandFinishRedo)
	if err != nil {
		return err
	}
	defer v.leave()
	if err := v.write(fileFinishRedo, []byte{1}); err != nil {
		return err
	}
	return uncertain(v.signal())
}
