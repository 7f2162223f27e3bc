// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// requests reads the files that gs_ctl writes before it sends SIGUSR1
// (xlog.cpp: Check*Signal).
func (s *Server) requests() {
	if s.dcf != nil && s.dcf.requests() {
		return
	}
	if _, ok := s.dir.Take(datadir.Failover); ok {
		s.failover()
	}
	if b, ok := s.dir.Take(datadir.Switchover); ok {
		s.demand(datadir.ReadInt32(b))
	}
	if _, ok := s.dir.Take(datadir.SwitchoverTimeout); ok {
		s.undemand()
	}
	for name, mode := range map[string]opengauss.ServerMode{
		datadir.NotifyPrimary: opengauss.ModePrimary, datadir.NotifyStandby: opengauss.ModeStandby, datadir.NotifyCascade: opengauss.ModeCascade,
	} {
		if _, ok := s.dir.Take(name); ok {
			s.notify(mode)
		}
	}
	if _, ok := s.dir.Take(datadir.FinishRedo); ok {
		s.out.printf("finish redo: nothing is missing")
	}
}

// failover promotes a standby without asking anybody.
func (s *Server) failover() {
	s.mu.Lock()
	mode, ph := s.mu.mode, s.mu.phase
	s.mu.Unlock()
	if s.dcf != nil || mode != opengauss.ModeStandby && mode != opengauss.ModeCascade || ph != steady && ph != waitPromoting {
		s.out.printf("failover request ignored in mode %s", mode)
		return
	}
	s.promote()
}

// reload is what SIGHUP asks for. A file that is locked or has an error
// changes nothing.
func (s *Server) reload() {
	if err := s.cfg.reload(); err != nil {
		s.out.printf("the configuration was not reloaded: %v", err)
		return
	}
	s.out.printf("received SIGHUP, reloading configuration files")
	s.mu.Lock()
	mode := s.mu.mode
	s.mu.Unlock()
	if mode == opengauss.ModeNormal && len(s.cfg.channels()) > 0 {
		s.must(s.enter(opengauss.ModePrimary))
	}
	s.resync()
	s.save()
}
