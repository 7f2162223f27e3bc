// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
)

// demoteTimeout is how long a primary that shall step down waits for the
// standby to have everything.
const demoteTimeout = 30 * time.Second

// stepDown is how a primary, or the standby of a cascade standby, gives its
// place to the peer of a sender. The postmaster calls it.
func (s *Server) stepDown(snd *sender, fast bool) {
	s.mu.Lock()
	mode, known := s.mu.mode, s.mu.senders[snd]
	ok := known && s.mu.phase == steady && (mode == opengauss.ModePrimary || mode == opengauss.ModeStandby && snd.cascade)
	if ok {
		s.mu.phase = demoting
		s.changedLocked()
	}
	s.mu.Unlock()
	if !ok {
		snd.send('R', nil)
		return
	}
	s.save()
	if mode == opengauss.ModeStandby {
		snd.send('P', nil)
		s.must(s.enter(opengauss.ModeCascade))
		return
	}
	s.endSessions()
	<-s.writer // nobody writes from here on
	if !fast {
		s.must(s.record(s.takeTerm(), kindCheckpoint))
	}
	end := s.log.End().LSN
	s.must(s.log.Flush(end))
	s.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(s.ctx, demoteTimeout)
		defer cancel()
		err := s.wait(ctx, func() bool { return snd.ack.Replay >= end || !s.mu.senders[snd] || snd.cancelled })
		s.post(func() { s.stepDownEnd(snd, end, err) })
	})
}

// stepDownEnd approves the promotion of the peer when it has everything, and
// becomes a standby; otherwise the server stays what it was.
func (s *Server) stepDownEnd(snd *sender, end uint64, err error) {
	s.mu.Lock()
	approved := err == nil && s.mu.senders[snd] && !snd.cancelled && snd.ack.Replay >= end
	s.mu.Unlock()
	s.writer <- struct{}{}
	if !approved {
		s.out.printf("demote failed, the server stays primary")
		snd.send('R', nil)
		s.mu.Lock()
		s.mu.phase = steady
		s.changedLocked()
		s.mu.Unlock()
		s.save()
		return
	}
	// Not a primary any more before the peer may be one.
	s.mu.Lock()
	s.mu.mode, s.mu.phase = opengauss.ModeStandby, starting
	s.mu.visible = max(s.mu.visible, end)
	s.mu.Unlock()
	s.save()
	snd.send('P', nil)
	s.must(s.enter(opengauss.ModeStandby))
}

// endSessions ends all connections of clients but those of tools.
func (s *Server) endSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.mu.sessions {
		if !c.tool {
			c.terminate(errShutdown)
		}
	}
}
