// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

const sessionsOf = "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = '%s'"

// asks bounds one question.
func asks(t testing.TB, e *postgres.Engine, up ha.Upstream, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	began := time.Now()
	err := e.AskPeer(ctx, up)
	if took := time.Since(began); took > within+2*time.Second {
		t.Errorf("the question took %v", took)
	}
	return err
}

// TestAskPeer: who answers lives, and nobody else.
func TestAskPeer(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	m, s := newCopy(t, base, "m1"), newCopy(t, base, "m2")
	if err := asks(t, s.engine, m.Upstream(), limit); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a server that does not run: %v", err)
	}
	m.start(ctx, t)
	s.follow(ctx, t, m)
	for range 3 {
		must(t, asks(t, s.engine, m.Upstream(), limit))
	}
	if got := m.ask(ctx, t, fmt.Sprintf(sessionsOf, "gausskit:ask")); got != "1" {
		t.Errorf("%s sessions of one asker", got)
	}
	if err := asks(t, m.engine, s.Upstream(), limit); err == nil || !strings.Contains(err.Error(), "standby") {
		t.Errorf("a standby: %v", err)
	}

	must(t, m.Freeze())
	for range 3 {
		if err := asks(t, s.engine, m.Upstream(), 200*time.Millisecond); err == nil {
			t.Error("a frozen server has answered")
		}
	}
	must(t, m.Thaw())
	must(t, asks(t, s.engine, m.Upstream(), limit))
	eventually(ctx, t, func() bool { return m.ask(ctx, t, fmt.Sprintf(sessionsOf, "gausskit:ask")) == "1" })

	// Its own restart breaks the session; the next question makes another.
	must(t, m.engine.Stop(ctx, ha.StopFast))
	m.start(ctx, t)
	must(t, asks(t, s.engine, m.Upstream(), limit))

	// Rules that keep the session out are an answer.
	m.ask(ctx, t, "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'gausskit:ask'")
	hba := filepath.Join(m.cfg.DataDir, "pg_hba.conf")
	text, err := os.ReadFile(hba)
	must(t, err)
	must(t, os.WriteFile(hba, []byte("local all all peer map=gausskit\nhost all all 0.0.0.0/0 reject\n"), 0o600))
	m.ask(ctx, t, "SELECT pg_reload_conf()::text")
	eventually(ctx, t, func() bool { return asks(t, s.engine, m.Upstream(), limit) == nil })
	must(t, os.WriteFile(hba, text, 0o600))
	m.ask(ctx, t, "SELECT pg_reload_conf()::text")
}

// TestAskPeerThatIsMute: a server that accepts connections and says nothing
// costs one connection at a time, and no more than the time given.
func TestAskPeerThatIsMute(t *testing.T) {
	needPostgres(t)
	m := newCopy(t, tempDir(t), "m1")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var open, most atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			most.Store(max(most.Load(), open.Add(1)))
			go func() { // ends when the asker hangs up
				defer open.Add(-1)
				defer c.Close()
				buf := make([]byte, 1024)
				for {
					if _, err := c.Read(buf); err != nil {
						return
					}
				}
			}()
		}
	}()
	up := ha.Upstream{Member: "m9", Address: l.Addr().String()}
	for range 5 {
		if err := asks(t, m.engine, up, 100*time.Millisecond); err == nil {
			t.Error("a mute server has answered")
		}
		eventually(testContext(t), t, func() bool { return open.Load() == 0 })
	}
	must(t, l.Close())
	<-done
	if most.Load() != 1 {
		t.Errorf("%d connections at a time", most.Load())
	}
}
