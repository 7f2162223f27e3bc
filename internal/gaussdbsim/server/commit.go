// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

// The levels of synchronous_commit that wait for standbys.
const (
	levelReceive = iota
	levelWrite
	levelFlush
	levelApply
	levels
	levelLocal = -1 // waits for the local disk only
	levelOff   = -2
)

func levelOf(text string) int {
	switch strings.ToLower(text) {
	case "off", "false", "no", "0":
		return levelOff
	case "local":
		return levelLocal
	case "remote_receive":
		return levelReceive
	case "remote_write":
		return levelWrite
	case "remote_apply", "2":
		return levelApply
	}
	return levelFlush
}

// resync computes anew what is replicated as demanded, and wakes whom it
// concerns.
func (s *Server) resync() {
	groups, err := parseSyncNames(s.cfg.text("synchronous_standby_names"))
	if err != nil {
		return
	}
	lenient := s.cfg.bool("most_available_sync")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.mode != opengauss.ModePrimary && s.mu.mode != opengauss.ModeNormal {
		return
	}
	if s.dcf != nil {
		return
	}
	if s.mu.mode == opengauss.ModeNormal {
		groups = nil // SyncRepWaitForLSN returns at once in this mode
	}
	for level := range levels {
		_, at, ok := judge(groups, s.standbysLocked(level), s.log.Flushed(), lenient)
		if ok {
			s.mu.syncAt[level] = max(s.mu.syncAt[level], min(at, s.log.Flushed()))
		}
	}
	if level := levelOf(s.cfg.text("synchronous_commit")); level >= 0 {
		s.mu.visible = max(s.mu.visible, s.mu.syncAt[level])
	} else {
		s.mu.visible = max(s.mu.visible, s.log.Flushed())
	}
	s.changedLocked()
}

func (s *Server) standbysLocked(level int) []standby {
	var all []standby
	for _, snd := range s.sendersLocked() {
		at := [...]uint64{snd.ack.Received, snd.ack.Write, snd.ack.Flush, snd.ack.Replay}[level]
		all = append(all, standby{snd.name, at, snd.state == opengauss.SenderStreaming && !snd.cascade})
	}
	return all
}

// commit puts the writing transaction into the log and waits until it is as
// safe as level demands. It gives the position, 0 when nothing was written. The
// caller holds the writer, which is free again when commit returns.
func (s *Server) commit(ctx context.Context, level int) (at uint64, warning *sql.Error, err error) {
	ops := s.db.Changes()
	if len(ops) == 0 {
		s.writer <- struct{}{}
		return 0, nil, nil
	}
	payload, err := json.Marshal(ops)
	if err == nil {
		at, err = s.appendChanges(payload)
	}
	if err != nil {
		s.db.RollbackTo(0)
		s.writer <- struct{}{}
		return 0, nil, err
	}
	s.writer <- struct{}{}
	if level == levelOff && s.dcf == nil {
		s.tasks.Go(func() { s.must(s.log.Flush(at)); s.resync() })
		s.see(at)
		return at, nil, nil
	}
	if err := s.log.Flush(at); err != nil {
		s.must(err)
		return 0, nil, err
	}
	if s.dcf != nil {
		return at, nil, s.wait(ctx, func() bool { return s.mu.visible >= at })
	}
	s.resync()
	if level < 0 {
		s.see(at)
		return at, nil, nil
	}
	err = s.wait(ctx, func() bool { return s.mu.syncAt[level] >= at })
	if errors.Is(err, errCancelled) || errors.Is(err, errTimedOut) {
		// As in PostgreSQL: the transaction is in the log and cannot be undone.
		warning = &sql.Error{Code: "01000", Message: "canceling wait for synchronous replication due to user request",
			Detail: "The transaction has already committed locally, but might not have been replicated to the standby."}
		s.see(at)
		return at, warning, nil
	}
	if err == nil {
		s.see(at)
	}
	return at, nil, err
}

// appendChanges writes the record and stamps the rows, unless the server may
// not write any more.
func (s *Server) appendChanges(payload []byte) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.writableLocked("COMMIT"); err != nil {
		return 0, err
	}
	r, err := s.log.Append(s.mu.term, kindChanges, payload)
	if err != nil {
		return 0, err
	}
	s.db.Commit(r.End, s.mu.visible)
	s.replayAt.Store(r.End)
	s.mu.lastXact = s.now()
	return r.End, nil
}

// see lets readers see what is in the log up to a position.
func (s *Server) see(at uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at > s.mu.visible {
		s.mu.visible = at
		s.changedLocked()
	}
}

// writableLocked says why the server takes no changes.
func (s *Server) writableLocked(what string) error {
	readOnly := sql.Errorf(sql.CodeReadOnly, "cannot execute %s in a read-only transaction", what)
	switch {
	case s.mu.mode != opengauss.ModePrimary && s.mu.mode != opengauss.ModeNormal:
		return readOnly
	case s.mu.phase != steady:
		return &sql.Error{Code: "57P03", Message: "the database system is shutting down"}
	}
	return nil
}
