// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/replconn"
)

// retryAfter is the pause between two rounds over all channels.
const retryAfter = 200 * time.Millisecond

// receiver is how a standby gets the log. Its fields are guarded by s.mu.
type receiver struct {
	s       *Server
	cascade bool

	online   bool
	catchup  bool
	channel  int // of replconninfo, 0 for none yet
	peer     Identity
	alive    Alive
	conn     net.Conn
	received uint64
}

// run connects and receives until the role ends.
func (r *receiver) run(ctx context.Context) {
	s := r.s
	for ctx.Err() == nil {
		reason := opengauss.RebuildConnect
		for _, n := range r.order() {
			if ctx.Err() != nil {
				return
			}
			got, err := r.try(ctx, n)
			var text string
			if err != nil {
				text = err.Error()
			}
			switch {
			case got.NeedsBuild():
				reason = got
			case got == opengauss.RebuildMode && reason == opengauss.RebuildConnect && err == nil:
				reason = got
			}
			s.out.printf("channel %d: %s %s", n, got, text)
		}
		// A peer in another role is no better than none.
		if reason == opengauss.RebuildMode {
			reason = opengauss.RebuildConnect
		}
		s.mu.Lock()
		s.mu.rebuild = reason
		s.changedLocked()
		s.mu.Unlock()
		s.save()
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
		}
	}
}

// order gives the channels to try: the one that worked last first.
func (r *receiver) order() []int {
	var all []int
	for n := range r.s.cfg.channels() {
		all = append(all, n)
	}
	slices.Sort(all)
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if i := slices.Index(all, r.channel); i > 0 {
		all = append(all[i:], all[:i]...)
	}
	return all
}

// allowed applies disable_conn.
func (r *receiver) allowed(ch replconn.ServerChannel) bool {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	switch d := r.s.mu.disconn; d.Mode {
	case 1:
		return d.Host == ch.RemoteHost && d.Port == ch.RemotePort
	case 2:
		return false
	}
	return true
}

// try connects over one channel and receives until the connection ends. It
// says why the peer could not be followed.
func (r *receiver) try(ctx context.Context, n int) (opengauss.Rebuild, error) {
	s := r.s
	ch := s.cfg.channels()[n]
	if !r.allowed(ch) {
		return opengauss.RebuildConnect, errors.New("connections are disabled")
	}
	conn, err := DialReplication(ctx, ch, s.cfg.nodeName())
	if err != nil {
		return opengauss.RebuildConnect, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	at := s.log.End()
	rd := bufio.NewReaderSize(conn, 1<<16)
	timeout := s.cfg.duration("wal_receiver_timeout", 6*time.Second)
	if err := conn.SetDeadline(time.Now().Add(timeout / 2)); err != nil {
		return opengauss.RebuildConnect, err
	}
	if err := WriteFrame(conn, FrameHello, Hello{s.systemID, s.cfg.nodeName(), r.cascade, Position{LSN: at.LSN, Chain: at.Chain}}); err != nil {
		return opengauss.RebuildConnect, err
	}
	kind, body, err := ReadFrame(rd)
	if err != nil {
		return opengauss.RebuildConnect, err
	}
	if kind == FrameRefused {
		var refusal Refusal
		err := json.Unmarshal(body, &refusal)
		return refusal.Reason, err
	}
	var peer Identity
	if err := json.Unmarshal(body, &peer); err != nil || kind != FrameOK {
		return opengauss.RebuildConnect, fmt.Errorf("frame %q where %q belongs", kind, FrameOK)
	}
	s.mu.Lock()
	r.online, r.channel, r.peer, r.conn, r.received = true, n, peer, conn, at.LSN
	r.catchup = at.LSN < peer.Flush
	s.mu.received = at.LSN
	r.alive = Alive{Sent: at.LSN, Write: peer.Flush, Flush: peer.Flush, Replay: peer.Flush, Role: peer.Role, State: opengauss.StateNormal, Percent: 100}
	s.mu.rebuild = opengauss.RebuildNone
	s.mu.term = max(s.mu.term, at.Term)
	s.changedLocked()
	s.mu.Unlock()
	s.save()
	if err = r.ack(conn); err == nil {
		err = r.receive(conn, rd, timeout)
	}
	s.mu.Lock()
	r.online, r.conn, r.catchup = false, nil, false
	if s.mu.phase == waitPromoting {
		s.mu.phase = steady
	}
	s.changedLocked()
	s.mu.Unlock()
	s.save()
	return opengauss.RebuildConnect, err
}

func (r *receiver) ack(conn net.Conn) error {
	s := r.s
	state, _ := s.dbState()
	return WriteFrame(conn, FrameAck, Ack{s.log.End().LSN, s.log.End().LSN, s.log.Flushed(), s.replayAt.Load(), state})
}

func (r *receiver) receive(conn net.Conn, rd *bufio.Reader, timeout time.Duration) error {
	s := r.s
	for {
		if err := conn.SetDeadline(time.Now().Add(timeout / 2)); err != nil {
			return err
		}
		kind, body, err := ReadFrame(rd)
		if err != nil {
			return err
		}
		switch kind {
		case FrameLog:
			err = r.take(body)
		case FrameAlive:
			var a Alive
			if err = json.Unmarshal(body, &a); err == nil {
				s.mu.Lock()
				r.alive = a
				s.mu.Unlock()
			}
		case FrameApprove:
			s.post(s.promote)
			// The postmaster ends this role.
			continue
		case FrameReject:
			s.mu.Lock()
			if s.mu.phase == waitPromoting {
				s.mu.phase = steady
			}
			s.mu.Unlock()
			s.save()
		}
		if err == nil {
			err = r.ack(conn)
		}
		if err != nil {
			return err
		}
	}
}

// take writes records to disk and applies them.
func (r *receiver) take(body []byte) error {
	if len(body) < 8 {
		return errors.New("frame of the log is cut short")
	}
	s := r.s
	at := binary.BigEndian.Uint64(body)
	if at != s.log.End().LSN {
		return fmt.Errorf("log from %X where %X belongs", at, s.log.End().LSN)
	}
	records, err := s.log.AppendRaw(body[8:])
	if err != nil {
		return err
	}
	end := s.log.End()
	s.mu.Lock()
	r.received = end.LSN
	r.alive.Sent = max(r.alive.Sent, end.LSN)
	r.alive.Write, r.alive.Flush, r.alive.Replay = max(r.alive.Write, end.LSN), max(r.alive.Flush, end.LSN), max(r.alive.Replay, end.LSN)
	s.mu.Unlock()
	if err := s.log.Flush(end.LSN); err != nil {
		s.must(err)
		return err
	}
	if err := s.apply(records); err != nil {
		s.must(err)
		return err
	}
	s.mu.Lock()
	s.mu.visible, s.mu.received = max(s.mu.visible, end.LSN), end.LSN
	s.mu.term = max(s.mu.term, end.Term)
	caughtUp := r.catchup && end.LSN >= r.peer.Flush
	if caughtUp {
		r.catchup = false
	}
	s.changedLocked()
	s.mu.Unlock()
	if caughtUp {
		s.save()
	}
	return nil
}

// demand asks the upstream to give up its place. It does nothing when there is
// none, as the real server.
func (s *Server) demand(mode int32) {
	s.mu.Lock()
	r := s.mu.receiver
	ok := r != nil && r.online && s.mu.phase == steady
	var conn net.Conn
	if ok {
		conn = r.conn
		s.mu.phase = waitPromoting
	}
	s.mu.Unlock()
	if !ok {
		s.out.printf("switchover request dropped: the walreceiver is not online")
		return
	}
	s.save()
	if err := WriteFrame(conn, FrameDemand, Demand{Fast: mode == 3}); err != nil {
		conn.Close()
	}
}

// undemand takes a demand back.
func (s *Server) undemand() {
	s.mu.Lock()
	r := s.mu.receiver
	var conn net.Conn
	if r != nil && s.mu.phase == waitPromoting {
		conn = r.conn
		s.mu.phase = steady
	}
	s.mu.Unlock()
	s.save()
	if conn != nil {
		if err := WriteFrame(conn, FrameCancel, nil); err != nil {
			conn.Close()
		}
	}
}

// DialReplication opens a replication connection to the remote end of a
// channel, from its local address.
func DialReplication(ctx context.Context, ch replconn.ServerChannel, name string) (net.Conn, error) {
	d := net.Dialer{Timeout: 2 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(ch.RemoteHost, strconv.Itoa(int(ch.RemotePort))))
	if err != nil {
		return nil, err
	}
	start := &pgproto3.StartupMessage{ProtocolVersion: 196659, Parameters: map[string]string{"replication": "true", "application_name": name}}
	b, err := start.Encode(nil)
	if err == nil {
		_, err = conn.Write(b)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}
