// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
)

// int32LE writes a number as the server's machine has it.
func int32LE(n int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// maxDCFSeconds is the longest time limit in seconds that DCF can count in
// milliseconds.
const maxDCFSeconds = 2147483

// wholeSeconds is what ctx has left, and gs_ctl's default without a deadline.
func wholeSeconds(ctx context.Context) int32 {
	limit := DefaultLimit
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline)
	}
	return int32(min(max((limit+time.Second-1)/time.Second, 1), maxDCFSeconds))
}

// SetRunMode lets this node elect with fewer votes than a majority (minority,
// votes above 0), or with a majority again (normal, votes 0), and returns when
// the library has taken it. Nothing guards it: see [Tool.SetRunMode].
func (n *Native) SetRunMode(ctx context.Context, mode dcf.RunMode, votes int) error {
	if err := checkRunMode(mode, votes); err != nil {
		return err
	}
	request := binary.LittleEndian.AppendUint32(nil, uint32(votes))
	request = append(request, int32LE(int32(mode))...)
	v, err := n.enterDCF(ctx, CommandSetRunMode)
	if err != nil {
		return err
	}
	defer v.leave()
	return v.requestStatus(ctx, fileSetRunMode, request, fileSetRunModeStatus)
}

// ChangeRole makes this node a follower or passive. The leader cannot be
// changed.
func (n *Native) ChangeRole(ctx context.Context, to dcf.Role) error {
	code := -1
	switch to {
	case dcf.RoleFollower:
		code = 0
	case dcf.RolePassive:
		code = 1
	default:
		return fmt.Errorf("opengauss: DCF role %v: want follower or passive", to)
	}
	return n.changeNode(ctx, code, -1, -1)
}

// ChangeElection sets this node's group and priority in elections, each 0 or
// more.
func (n *Native) ChangeElection(ctx context.Context, group, priority int) error {
	if group < 0 || priority < 0 {
		return fmt.Errorf("opengauss: DCF group %d, priority %d: want 0 or more", group, priority)
	}
	return n.changeNode(ctx, -1, group, priority)
}

func (n *Native) changeNode(ctx context.Context, role, group, priority int) error {
	v, err := n.enterDCF(ctx, CommandChangeRole)
	if err != nil {
		return err
	}
	defer v.leave()
	if v.before.Role == ha.RolePrimary {
		return v.refuse("cannot change the leader's role")
	}
	if err := v.write(fileTimeout, int32LE(wholeSeconds(ctx))); err != nil {
		return err
	}
	return v.requestStatus(ctx, fileChangeRole, fmt.Appendf(nil, "%d_%d_%d", role, group, priority), fileChangeRoleStatus)
}

// AddMember adds a node to the group as passive; it runs on the leader. It
// returns when the server was asked: see [Tool.AddMember].
func (n *Native) AddMember(ctx context.Context, m DCFMember) error {
	if err := m.check(); err != nil {
		return err
	}
	return n.changeGroup(ctx, fileAddMember, newMemberRequest(m))
}

// RemoveMember removes a node from the group; it runs on the leader. It returns
// when the server was asked.
func (n *Native) RemoveMember(ctx context.Context, id int) error {
	if err := checkNode(id); err != nil {
		return err
	}
	return n.changeGroup(ctx, fileRemoveMember, int32LE(int32(id)))
}

// newMemberRequest writes NewNodeInfo (replicainternal.h) as gs_ctl fills it:
// stream 1, role passive, one second to wait.
func newMemberRequest(m DCFMember) []byte {
	const (
		size, ipAt, ipLen, portAt, roleAt, waitAt = 84, 8, 64, 72, 76, 80
		stream, passive, waitMS                   = 1, 4, 1000
	)
	b := make([]byte, size)
	le := binary.LittleEndian
	le.PutUint32(b, stream)
	le.PutUint32(b[4:], uint32(m.ID))
	copy(b[ipAt:ipAt+ipLen-1], m.Addr.WithZone("").String())
	le.PutUint32(b[portAt:], uint32(m.Port))
	le.PutUint32(b[roleAt:], passive)
	le.PutUint32(b[waitAt:], waitMS)
	return b
}

func (n *Native) changeGroup(ctx context.Context, file string, request []byte) error {
	v, err := n.enterDCF(ctx, CommandMember)
	if err != nil {
		return err
	}
	defer v.leave()
	if v.before.Role != ha.RolePrimary {
		return v.refuse("only the leader changes the group; this is %s", FormatRole(v.before.Role))
	}
	if err := v.write(file, request); err != nil {
		return err
	}
	return uncertain(v.signal())
}

func (n *Native) enterDCF(ctx context.Context, c Command) (*visit, error) {
	v, err := n.enter(ctx, c)
	if err == nil && !v.dcf {
		v.leave()
		return nil, v.refuse("the server is not in DCF mode")
	}
	return v, err
}

// The results that the server writes.
const (
	statusDone     = 0
	statusTimedOut = 1
)

// requestStatus makes a request and waits for the file with its result.
func (v *visit) requestStatus(ctx context.Context, file string, request []byte, statusFile string) error {
	if _, err := v.take(statusFile); err != nil { // of an earlier request
		return err
	}
	if ctx.Err() != nil {
		return ended(ctx, "the answer of DCF")
	}
	err := v.write(file, request)
	if err == nil {
		err = v.signal()
	}
	var status int32
	if err == nil {
		status, err = v.status(ctx, statusFile)
	}
	unread, terr := v.take(file, fileTimeout)
	_, serr := v.take(statusFile)
	switch {
	case err != nil && ctx.Err() != nil:
		err = v.timedOut(ctx, unread, "the answer of DCF")
	case err != nil:
		err = uncertain(err)
	case status == statusTimedOut:
		err = &CommandError{Command: v.command, ExitCode: -1, Outcome: TimedOut, Line: "DCF ran out of time"}
	case status != statusDone:
		err = &CommandError{Command: v.command, ExitCode: -1, Outcome: Failed, Line: fmt.Sprintf("DCF answered %d", status)}
	}
	return errors.Join(err, terr, serr)
}

// status waits for a result: a number of four bytes. The server creates the
// file before it writes the number.
func (v *visit) status(ctx context.Context, file string) (int32, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		b, err := os.ReadFile(v.path(file))
		if err == nil && len(b) >= 4 {
			return int32(binary.LittleEndian.Uint32(b)), nil
		}
		if dir, derr := os.Stat(v.n.dataDir); derr != nil || !worksIn(v.pid, dir) {
			return 0, &CommandError{Command: v.command, ExitCode: -1, Outcome: Failed, Line: "the server ended"}
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
}
