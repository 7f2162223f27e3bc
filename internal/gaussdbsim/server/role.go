// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"fmt"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

// enter gives the server a role. The postmaster calls it; what ran for the
// role before has ended when it returns.
func (s *Server) enter(mode opengauss.ServerMode) error {
	if err := s.leave(); err != nil {
		return err
	}
	s.mu.Lock()
	s.mu.mode, s.mu.phase, s.mu.rebuild = mode, steady, opengauss.RebuildNone
	s.mu.role, s.mu.endRole = context.WithCancelCause(s.ctx)
	role := s.mu.role
	if mode == opengauss.ModePrimary || mode == opengauss.ModeNormal {
		s.mu.visible = max(s.mu.visible, s.replayAt.Load())
	}
	if s.dcf == nil && (mode == opengauss.ModeStandby || mode == opengauss.ModeCascade) {
		s.mu.receiver = &receiver{s: s, cascade: mode == opengauss.ModeCascade}
		r := s.mu.receiver
		s.roleTasks.Go(func() { r.run(role) })
	}
	s.changedLocked()
	s.mu.Unlock()
	s.out.printf("server mode is now %s", mode)
	s.resync()
	s.save()
	return nil
}

// leave ends what runs for the role: receiver, senders.
func (s *Server) leave() error {
	s.mu.Lock()
	s.mu.endRole(errRoleEnded)
	for snd := range s.mu.senders {
		snd.conn.Close()
	}
	s.mu.Unlock()
	s.roleTasks.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.receiver = nil
	return nil
}

// promote makes a standby the primary, or a cascade standby a standby.
func (s *Server) promote() {
	s.mu.Lock()
	mode := s.mu.mode
	s.mu.phase = promoting
	s.mu.Unlock()
	s.save()
	switch mode {
	case opengauss.ModeCascade:
		s.must(s.enter(opengauss.ModeStandby))
	case opengauss.ModeStandby:
		s.must(s.leave())
		s.mu.Lock()
		s.mu.promotedAt = s.replayAt.Load()
		s.mu.Unlock()
		term := s.takeTerm()
		s.must(s.record(term, kindTerm))
		s.must(s.enter(opengauss.ModePrimary))
	default:
		s.mu.Lock()
		s.mu.phase = steady
		s.mu.Unlock()
	}
}

// takeTerm gives the term for a new primary: the one that gs_ctl wrote, unless
// the log has a greater one.
func (s *Server) takeTerm() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.term = max(s.mu.term, s.dir.Term())
	return s.mu.term
}

// record appends a record without content and puts it on disk.
func (s *Server) record(term uint64, kind byte) error {
	r, err := s.log.Append(term, kind, nil)
	if err != nil {
		return err
	}
	s.replayAt.Store(r.End)
	return s.log.Flush(r.End)
}

// must ends the server when its disk fails: nothing that it says can be
// trusted any more.
func (s *Server) must(err error) {
	if err != nil {
		s.out.printf("PANIC: %v", err)
		s.cancel(fmt.Errorf("gaussdb: %w", err))
	}
}

// notify is what "gs_ctl notify" asks for.
func (s *Server) notify(to opengauss.ServerMode) {
	s.mu.Lock()
	mode, configured := s.mu.mode, len(s.cfg.channels()) > 0
	s.mu.Unlock()
	pending := mode == opengauss.ModePending
	if !pending && !(mode == opengauss.ModeNormal && to == opengauss.ModePrimary && configured) {
		s.out.printf("notify to %s ignored in mode %s", to, mode)
		return
	}
	if to == opengauss.ModePrimary {
		s.must(s.record(s.takeTerm(), kindTerm))
	}
	s.must(s.enter(to))
}

// dbState computes what the server says about itself (get_local_dbstate).
func (s *Server) dbState() (opengauss.DBState, opengauss.Detail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dbStateLocked()
}

func (s *Server) dbStateLocked() (opengauss.DBState, opengauss.Detail) {
	detail := opengauss.DetailNormal
	if s.mu.rebuild != opengauss.RebuildNone {
		detail = opengauss.Detail(s.mu.rebuild.String())
	}
	switch s.mu.phase {
	case starting:
		return opengauss.StateStarting, detail
	case demoting:
		return opengauss.StateDemoting, detail
	case waitPromoting:
		return opengauss.StateWaitPromoting, detail
	case promoting:
		return opengauss.StatePromoting, detail
	}
	if s.dcf != nil {
		if s.mu.rebuild != opengauss.RebuildNone {
			return opengauss.StateNeedRepair, detail
		}
		return opengauss.StateNormal, opengauss.DetailNormal
	}
	switch s.mu.mode {
	case opengauss.ModeNormal, opengauss.ModePrimary:
		return opengauss.StateNormal, opengauss.DetailNormal
	case opengauss.ModePending:
		return opengauss.StateNeedRepair, opengauss.DetailDisconnected
	}
	r := s.mu.receiver
	switch {
	case s.mu.rebuild != opengauss.RebuildNone:
		return opengauss.StateNeedRepair, detail
	case r == nil || !r.online:
		return opengauss.StateNeedRepair, opengauss.DetailConnecting
	case r.catchup:
		return opengauss.StateCatchup, detail
	}
	return opengauss.StateNormal, detail
}

// save writes gaussdb.state when something in it has changed.
func (s *Server) save() {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, _ := s.dbStateLocked()
	f := s.mu.saved
	f.Mode, f.Channels, f.Rebuild = s.mu.mode, int32(len(s.cfg.channels())), s.mu.rebuild
	f.State = stateNumber(state)
	f.Channel = 1
	if r := s.mu.receiver; r != nil && r.channel > 0 {
		f.Channel = int32(r.channel)
	}
	if f == s.mu.saved && f.HasChannel {
		return
	}
	f.HasChannel = true
	if err := s.dir.WriteState(f); err != nil {
		s.out.printf("could not write the state file: %v", err)
		return
	}
	s.mu.saved = f
}

func stateNumber(state opengauss.DBState) int32 {
	for n := int32(0); n < 10; n++ {
		if (opengauss.StateFile{State: n}).DBState() == state {
			return n
		}
	}
	return 0
}

// roleName gives local_role.
func (s *Server) roleName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.mode.String()
}

// saveControl writes the control file as a checkpoint does. A standby has only
// the checkpoints that came with the log: where none has come, it is still at
// the one that was there.
func (s *Server) saveControl(state opengauss.ControlState) error {
	end := s.log.End()
	c := s.control
	now := s.now()
	c.State, c.Modified, c.CheckpointTime = state, now, now
	standby := state != opengauss.ControlShutDown && state != opengauss.ControlProduction
	if !standby || end.LSN != s.opened || end.Term > max(s.log.Before(uint64(c.Checkpoint)).Term, 1) {
		c.PriorCheckpoint, c.Checkpoint, c.Redo = c.Checkpoint, ha.LSN(end.LSN), ha.LSN(end.LSN)
	}
	if standby {
		c.MinRecovery = ha.LSN(end.LSN)
	}
	s.control = c
	return s.dir.WriteControl(c)
}
