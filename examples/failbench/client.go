// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

const (
	writeLimit   = 500 * time.Millisecond // for one write, and for one attempt to connect
	askPause     = 10 * time.Millisecond  // between two questions to a standby
	connectPause = 20 * time.Millisecond  // after an attempt to connect that failed
	grudge       = 300 * time.Millisecond // how long others are asked first after a server was silent
)

// seeker is the application's way to the database. It looks for the primary at
// all members at the same time, so that a silent one costs nothing.
type seeker struct {
	table   string
	servers map[ha.MemberID]*pgx.ConnConfig
	ports   map[string]ha.MemberID
	now     func() time.Duration

	session *testbed.Session
	silent  ha.MemberID // whoever did not answer last
	group   sync.WaitGroup
}

func newSeeker(table string, members []node, ports map[string]ha.MemberID, now func() time.Duration) (*seeker, error) {
	s := &seeker{table: table, servers: map[ha.MemberID]*pgx.ConnConfig{}, ports: ports, now: now}
	for _, m := range members {
		cfg, err := testbed.AppConfig(m.address())
		if err != nil {
			return nil, err
		}
		cfg.ValidateConnect = nil // a session with a standby is kept until that is promoted
		s.servers[m.Name()] = cfg
	}
	return s, nil
}

// Insert writes row n through the primary, when there is one.
func (s *seeker) Insert(ctx context.Context, n int64) (testbed.Ack, error) {
	if s.session == nil {
		session, err := s.seek(ctx)
		if err != nil {
			return testbed.Ack{}, err
		}
		s.session = session
	}
	limited, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	ack, err := s.session.Insert(limited, s.table, n, s.now)
	if err != nil {
		s.silent = ""
		if limited.Err() != nil {
			s.silent = s.session.Member
		}
		s.Close()
		return ack, err
	}
	s.silent = ""
	return ack, nil
}

// seek returns a session with the first member that accepts writes.
func (s *seeker) seek(ctx context.Context) (*testbed.Session, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found := make(chan *testbed.Session)
	for name, cfg := range s.servers {
		wait := time.Duration(0)
		if name == s.silent {
			wait = grudge
		}
		s.group.Go(func() {
			testbed.Wait(ctx, wait)
			session := s.scout(ctx, cfg)
			if session == nil {
				return
			}
			select {
			case found <- session:
			case <-ctx.Done():
				session.HangUp()
			}
		})
	}
	select {
	case session := <-found:
		return session, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// scout waits until one member accepts writes, or returns nil when ctx ends.
func (s *seeker) scout(ctx context.Context, cfg *pgx.ConnConfig) *testbed.Session {
	var session *testbed.Session
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, writeLimit)
		var err error
		if session == nil {
			session, err = testbed.Connect(limited, cfg, s.ports)
		}
		writable := false
		if err == nil {
			err = session.Conn.QueryRow(limited,
				"SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'").Scan(&writable)
		}
		cancel()
		switch {
		case writable:
			return session
		case err == nil:
			testbed.Wait(ctx, askPause)
			continue
		case session != nil:
			session.HangUp()
			session = nil
		}
		testbed.Wait(ctx, connectPause)
	}
	if session != nil {
		session.HangUp()
	}
	return nil
}

// Close gives the session up, without waiting for a server that is silent.
func (s *seeker) Close() {
	if session := s.session; session != nil {
		s.session = nil
		s.group.Go(session.HangUp)
	}
}

// wait returns when all sessions are given up.
func (s *seeker) wait() { s.group.Wait() }
