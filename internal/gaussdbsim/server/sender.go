// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"net"
	"os"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// keepalive is how often an idle channel says that it lives.
const keepalive = 500 * time.Millisecond

// sender feeds one standby, or one gs_ctl that builds.
type sender struct {
	s       *Server
	conn    net.Conn
	id      int64 // as in SQL
	thread  int64 // as gs_ctl shows it
	began   time.Time
	writing sync.Mutex

	// Guarded by s.mu.
	name      string
	cascade   bool
	state     opengauss.SenderState
	sent      uint64
	ack       Ack
	cancelled bool // a demand was taken back
	catchup   [2]time.Time
}

func (snd *sender) send(kind byte, v any) error {
	snd.writing.Lock()
	defer snd.writing.Unlock()
	if err := snd.conn.SetWriteDeadline(time.Now().Add(snd.s.cfg.duration("wal_sender_timeout", 6*time.Second))); err != nil {
		return err
	}
	err := WriteFrame(snd.conn, kind, v)
	if err != nil {
		snd.conn.Close()
	}
	return err
}

// replicate serves a replication connection behind its start-up packet.
func (s *Server) replicate(conn net.Conn) {
	id := s.newID()
	snd := &sender{s: s, conn: conn, id: 140000000000000 + int64(id), thread: int64(id) + 10000, began: s.now(), state: opengauss.SenderBackup}
	rd := bufio.NewReader(conn)
	s.mu.Lock()
	role := s.mu.role
	closing := s.mu.closing || role.Err() != nil
	if !closing {
		s.mu.senders[snd] = true
		s.roleTasks.Add(1)
	}
	s.mu.Unlock()
	if closing {
		return
	}
	defer s.roleTasks.Done()
	defer func() {
		s.mu.Lock()
		delete(s.mu.senders, snd)
		s.changedLocked()
		s.mu.Unlock()
		s.resync()
	}()
	for {
		kind, body, err := ReadFrame(rd)
		if err != nil {
			return
		}
		if kind == FrameHello {
			var h Hello
			if json.Unmarshal(body, &h) == nil {
				snd.feed(role, rd, h)
			}
			return
		}
		if err := snd.answer(kind, body); err != nil {
			return
		}
	}
}

func (s *Server) identity() Identity {
	hba, err := os.ReadFile(s.dir.Path(datadir.HBAFile))
	if err != nil {
		s.out.printf("%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Identity{HBA: string(hba), SystemID: s.systemID, Name: s.cfg.text("pgxc_node_name"), Role: s.mu.mode.String(), Term: s.mu.term,
		Version: versionNumber, Flush: s.log.Flushed(), DCF: s.dcf != nil, Control: s.control.String()}
}

// answer is what gs_ctl gets while it builds.
func (snd *sender) answer(kind byte, body []byte) error {
	s := snd.s
	var p Position
	if len(body) > 0 {
		if err := json.Unmarshal(body, &p); err != nil {
			return err
		}
	}
	switch kind {
	case FrameMark:
		m, i, ok := s.log.At(p.LSN)
		return snd.send(FrameMark, Position{LSN: p.LSN, Term: m.Term, Chain: m.Chain, Index: i, Found: ok})
	case FrameFetch:
		return snd.fetch(p.LSN)
	}
	return snd.send(FrameIdentify, s.identity())
}

func (snd *sender) fetch(from uint64) error {
	s := snd.s
	if s.dcf != nil && s.dcf.info() == "" {
		return snd.send(FrameRefused, Refusal{Text: "FATAL:  Enable DCF and get min applied index from dcf failed!\n"})
	}
	to := s.log.Flushed()
	for from < to {
		b, next, err := s.log.Read(from, to, 1<<20)
		if err != nil {
			return err
		}
		if err := snd.sendLog(from, b); err != nil {
			return err
		}
		from = next
	}
	return snd.send(FrameEnd, Position{LSN: from})
}

func (snd *sender) sendLog(from uint64, b []byte) error {
	return snd.send(FrameLog, append(binary.BigEndian.AppendUint64(nil, from), b...))
}

// refuse says why a standby cannot be fed; RebuildNone says that it can.
func (s *Server) refuse(h Hello) Refusal {
	s.mu.Lock()
	mode, ph := s.mu.mode, s.mu.phase
	s.mu.Unlock()
	wants := opengauss.ModePrimary
	if h.Cascade {
		wants = opengauss.ModeStandby
	}
	m, _, found := s.log.At(h.At.LSN)
	switch {
	case mode != wants && !(mode == opengauss.ModeNormal && !h.Cascade) || ph != steady || s.dcf != nil:
		return Refusal{opengauss.RebuildMode, "mode not matched"}
	case h.SystemID != s.systemID:
		return Refusal{opengauss.RebuildSystemID, "database system identifier differs"}
	case h.At.LSN > s.log.Flushed() || !found || m.Chain != h.At.Chain:
		return Refusal{opengauss.RebuildWAL, "standby's log has diverged or is ahead"}
	}
	return Refusal{}
}

// feed streams the log to a standby until the connection or the role ends.
func (snd *sender) feed(role context.Context, rd *bufio.Reader, h Hello) {
	s := snd.s
	if r := s.refuse(h); r.Reason != opengauss.RebuildNone {
		_ = snd.send(FrameRefused, r) // the standby notices the end, too
		return
	}
	if snd.send(FrameOK, s.identity()) != nil {
		return
	}
	s.mu.Lock()
	snd.name, snd.cascade, snd.state, snd.sent = h.Name, h.Cascade, opengauss.SenderCatchup, h.At.LSN
	snd.ack = Ack{h.At.LSN, h.At.LSN, h.At.LSN, h.At.LSN, opengauss.StateCatchup}
	snd.catchup[0] = s.now()
	s.changedLocked()
	s.mu.Unlock()
	s.out.printf("standby %q is being fed from %X", h.Name, h.At.LSN)
	ctx, cancel := context.WithCancel(role)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		snd.hear(rd)
	}()
	snd.stream(ctx)
	snd.conn.Close()
	<-done
}

// stream sends what is flushed, and signs of life.
func (snd *sender) stream(ctx context.Context) {
	s := snd.s
	from := snd.sent
	tick := time.NewTicker(keepalive)
	defer tick.Stop()
	for {
		changed := s.log.Changed()
		if to := s.log.Flushed(); from < to {
			b, next, err := s.log.Read(from, to, 1<<20)
			if err != nil || snd.sendLog(from, b) != nil {
				return
			}
			from = next
			s.mu.Lock()
			snd.sent = from
			s.mu.Unlock()
			continue
		}
		select {
		case <-changed:
			continue
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if snd.send(FrameAlive, snd.alive()) != nil {
			return
		}
	}
}

func (snd *sender) alive() Alive {
	s := snd.s
	state, _ := s.dbState()
	s.mu.Lock()
	defer s.mu.Unlock()
	return Alive{Sent: snd.sent, Write: s.log.End().LSN, Flush: s.log.Flushed(), Replay: s.replayAt.Load(),
		Role: s.mu.mode.String(), State: state, Percent: 100}
}

// hear takes what the standby says.
func (snd *sender) hear(rd *bufio.Reader) {
	s := snd.s
	for {
		if snd.conn.SetReadDeadline(time.Now().Add(s.cfg.duration("wal_sender_timeout", 6*time.Second))) != nil {
			return
		}
		kind, body, err := ReadFrame(rd)
		if err != nil {
			return
		}
		switch kind {
		case FrameAck:
			var a Ack
			if json.Unmarshal(body, &a) != nil {
				return
			}
			snd.heard(a)
		case FrameDemand:
			var d Demand
			if json.Unmarshal(body, &d) != nil {
				return
			}
			s.mu.Lock()
			snd.cancelled = false
			s.mu.Unlock()
			s.post(func() { s.stepDown(snd, d.Fast) })
		case FrameCancel:
			s.mu.Lock()
			snd.cancelled = true
			s.changedLocked()
			s.mu.Unlock()
		}
	}
}

func (snd *sender) heard(a Ack) {
	s := snd.s
	s.mu.Lock()
	snd.ack = a
	if snd.state == opengauss.SenderCatchup && a.Flush >= snd.sent {
		snd.state = opengauss.SenderStreaming
		snd.catchup[1] = s.now()
	}
	s.mu.lag[snd.name] = a.Flush
	s.changedLocked()
	s.mu.Unlock()
	s.resync()
}
