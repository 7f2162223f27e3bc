// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/memory"
	"github.com/gausskit/gausskit/ha/postgres"
)

// byHand is three servers that another program has set up and looks after: this
// test, with PostgreSQL's own tools and names of its own.
type byHand struct {
	testing.TB
	bin, base string
	who       *syscall.Credential // whom the servers run as
	names     []ha.MemberID
	ports     map[ha.MemberID]int
}

func setUpByHand(t testing.TB) *byHand {
	t.Helper()
	b, err := postgres.FindBinaries(t.Context())
	if err != nil {
		t.Skipf("no real servers: %v", err)
	}
	h := &byHand{TB: t, bin: b.Dir, base: tempDir(t), names: []ha.MemberID{"m1", "m2", "m3"}, ports: map[ha.MemberID]int{}}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			u, err = user.Lookup("nobody")
		}
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		h.who = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(h.base, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range h.names {
		h.ports[m] = freePort(t)
	}
	t.Cleanup(func() {
		for _, m := range h.names {
			if err := h.try("pg_ctl", "-D", h.data(m), "-m", "immediate", "stop"); err != nil && !strings.Contains(err.Error(), "PID file") {
				t.Log(err)
			}
		}
	})
	h.run("initdb", "-D", h.data("m1"), "-U", "postgres", "-A", "trust", "--wal-segsize=1", "--locale=C", "-N")
	h.conf("m1", "port", strconv.Itoa(h.ports["m1"]))
	for _, line := range []string{"listen_addresses = '127.0.0.1'", "unix_socket_directories = '" + h.base + "'", "fsync = off", "wal_log_hints = on",
		"shared_buffers = 16MB", "max_connections = 20", "synchronous_standby_names = 'ANY 1 (node1,node2,node3)'", "wal_keep_size = 32MB"} {
		h.line("m1", line)
	}
	h.run("pg_ctl", "-D", h.data("m1"), "-l", h.data("m1")+".log", "-w", "start")
	h.sql("m1", "SET synchronous_commit = off; CREATE TABLE rows (key text PRIMARY KEY); CREATE ROLE gausskit LOGIN REPLICATION PASSWORD '"+strings.ReplaceAll(string(testPassword), "'", "''")+"';"+
		"GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean), pg_read_binary_file(text), pg_read_binary_file(text, bigint, bigint, boolean) TO gausskit")
	h.copy("m2", "m1")
	h.copy("m3", "m1")
	return h
}

func (h *byHand) data(m ha.MemberID) string { return filepath.Join(h.base, string(m)) }

func (h *byHand) try(program string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(h.bin, program), args...)
	cmd.Dir = h.base
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: h.who}
	log, err := os.CreateTemp("", "byhand") // a server would hold a pipe open
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s %q: %w: %s", program, args, err, text)
	}
	return nil
}

func (h *byHand) run(program string, args ...string) {
	h.Helper()
	if err := h.try(program, args...); err != nil {
		h.Fatal(err)
	}
}

func (h *byHand) line(m ha.MemberID, line string) {
	h.Helper()
	f, err := os.OpenFile(filepath.Join(h.data(m), "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		h.Fatal(err)
	}
}

func (h *byHand) conf(m ha.MemberID, name, value string) {
	h.Helper()
	h.line(m, name+" = '"+value+"'")
}

func (h *byHand) follow(m, up ha.MemberID) {
	h.Helper()
	h.conf(m, "primary_conninfo", fmt.Sprintf("host=127.0.0.1 port=%d user=postgres application_name=node%s", h.ports[up], m[1:]))
}

// copy makes a standby with a fresh copy of another server's data.
func (h *byHand) copy(m, up ha.MemberID) {
	h.Helper()
	if err := os.RemoveAll(h.data(m)); err != nil {
		h.Fatal(err)
	}
	h.run("pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(h.ports[up]), "-U", "postgres", "-D", h.data(m), "-R", "-c", "fast")
	h.conf(m, "port", strconv.Itoa(h.ports[m]))
	h.follow(m, up)
	h.run("pg_ctl", "-D", h.data(m), "-l", h.data(m)+".log", "-w", "start")
}

func (h *byHand) open(ctx context.Context, m ha.MemberID) (*pgx.Conn, error) {
	return pgx.Connect(ctx, fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable connect_timeout=1", h.ports[m]))
}

func (h *byHand) sql(m ha.MemberID, text string) {
	h.Helper()
	conn, err := h.open(h.Context(), m)
	if err == nil {
		_, err = conn.Exec(h.Context(), text)
		err = errors.Join(err, conn.Close(h.Context()))
	}
	if err != nil {
		h.Fatalf("%s: %v", m, err)
	}
}

// switchOver makes another server the primary in order.
func (h *byHand) switchOver(from, to ha.MemberID) {
	h.Helper()
	h.run("pg_ctl", "-D", h.data(from), "-m", "fast", "-w", "stop")
	h.run("pg_ctl", "-D", h.data(to), "-w", "promote")
	for _, m := range h.names {
		switch m {
		case to:
			continue
		case from:
			if err := os.WriteFile(filepath.Join(h.data(m), "standby.signal"), nil, 0o644); err != nil {
				h.Fatal(err)
			}
			h.follow(m, to)
			h.run("pg_ctl", "-D", h.data(m), "-l", h.data(m)+".log", "-w", "start")
		default:
			h.follow(m, to)
			h.run("pg_ctl", "-D", h.data(m), "reload")
		}
	}
}

// kill ends a server as kill -9 does.
func (h *byHand) kill(m ha.MemberID) {
	h.Helper()
	text, err := os.ReadFile(filepath.Join(h.data(m), "postmaster.pid"))
	if err != nil {
		h.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGKILL)
	}
	if err != nil {
		h.Fatal(err)
	}
}

// writing is a client that writes rows to whoever takes them.
type writing struct {
	mu     sync.Mutex
	keys   []string
	last   time.Time
	gap    time.Duration // longest since mark
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (h *byHand) write() *writing {
	ctx, cancel := context.WithCancel(h.Context())
	w := &writing{cancel: cancel, last: time.Now()}
	for _, m := range h.names {
		w.done.Go(func() {
			for ctx.Err() == nil {
				w.session(ctx, h, m)
				select {
				case <-ctx.Done():
				case <-time.After(20 * time.Millisecond):
				}
			}
		})
	}
	h.Cleanup(w.end)
	return w
}

func (w *writing) end() { w.cancel(); w.done.Wait() }

func (w *writing) session(ctx context.Context, h *byHand, m ha.MemberID) {
	conn, err := h.open(ctx, m)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for ctx.Err() == nil {
		key := rowKey()
		one, cancel := context.WithTimeout(ctx, 10*time.Second)
		_, err := conn.Exec(one, "INSERT INTO rows VALUES ($1)", key)
		cancel()
		if err != nil {
			return
		}
		w.acked(key)
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (w *writing) acked(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keys = append(w.keys, key)
	w.gap, w.last = max(w.gap, time.Since(w.last)), time.Now()
}

// mark begins a new measurement and returns the longest gap of the one before.
func (w *writing) mark() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.gap
	w.gap = 0
	return g
}

func (w *writing) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.keys)
}

// lookOn starts a node in shadow mode beside each server.
func (h *byHand) lookOn(t *testing.T) *ha.Admin {
	t.Helper()
	store := memory.New()
	for _, m := range h.names {
		cfg := config(m, h.data(m), h.ports[m])
		e, err := postgres.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		n, err := ha.Start(t.Context(), ha.Config{
			Cluster: "c1", Name: m, Address: e.Upstream().Address, Engine: e, Store: store, Shadow: true, KeepServer: true, Logger: logger(),
			Settings: ha.Settings{Durability: ha.Durability{K: 1, Quorum: true}, RestartLimit: 3 * time.Second},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			if err := errors.Join(n.Close(ctx), e.Stop(ctx, ha.StopImmediate), e.Close()); err != nil {
				t.Error(err)
			}
			if t.Failed() {
				text, _ := os.ReadFile(h.data(m) + ".log")
				t.Logf("log of %s: %s", m, text[max(0, len(text)-3000):])
			}
		})
	}
	return ha.NewAdmin(store, "c1", "test")
}

// TestShadowBesideAnotherManager: nodes look on while this test manages three
// servers by hand, say what they would do, do nothing, and take over in one
// step. The longest gap of the writer while they do is in the log of -v.
func TestShadowBesideAnotherManager(t *testing.T) {
	h := setUpByHand(t)
	admin := h.lookOn(t)
	await := func(what string, done func(ha.ClusterStatus) bool) ha.ClusterStatus {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		var s ha.ClusterStatus
		for s = range admin.Watch(ctx) {
			if done(s) {
				return s
			}
		}
		t.Fatalf("no %s: %+v, %+v", what, s.Shadow, s)
		return s
	}
	entry := func(what string) {
		t.Helper()
		await(what, func(s ha.ClusterStatus) bool {
			return s.Shadow != nil && slices.ContainsFunc(s.Shadow.Entries, func(e ha.ShadowEntry) bool { return strings.Contains(e.String(), what) })
		})
	}
	streaming := func(primary ha.MemberID, n int) func(ha.ClusterStatus) bool {
		return func(s ha.ClusterStatus) bool {
			follow := 0
			for _, m := range s.Members {
				if m.Status.Streaming && m.Status.Upstream == primary {
					follow++
				}
			}
			return s.Shadow != nil && s.Shadow.Primary == primary && follow == n
		}
	}
	w := h.write()
	await("look at m1 and its standbys", streaming("m1", 2))

	h.switchOver("m1", "m2")
	entry("m2 became primary after m1: we would have done nothing")
	await("look at m2 and its standbys", streaming("m2", 2))

	h.kill("m2")
	s := await("promotion that would have been", func(s ha.ClusterStatus) bool {
		return s.Shadow != nil && slices.ContainsFunc(s.Shadow.Would, func(w ha.Would) bool { return w.Kind == ha.WouldPromote })
	})
	if s.Term != 0 || s.Shadow.Primary == "m1" || s.Shadow.Primary == "m3" {
		t.Fatalf("%+v", s)
	}
	due := time.Now()
	soon(t, func() bool { return time.Since(due) > 2*time.Second }) // the other manager takes its time
	h.run("pg_ctl", "-D", h.data("m1"), "-w", "promote")
	h.follow("m3", "m1")
	h.run("pg_ctl", "-D", h.data("m3"), "reload")
	entry("m1 became primary after m2: ")
	for _, e := range statusOf(t, admin).Shadow.Entries {
		t.Logf("%s: %s", e.By, e)
	}
	h.copy("m2", "m1")
	await("look at m1 and its standbys", streaming("m1", 2))

	before := w.count()
	soon(t, func() bool { return w.count() > before+20 })
	w.mark()
	set := ha.Settings{Durability: ha.Durability{K: 1, Quorum: true}, RestartLimit: ha.AtOnce}
	if a, err := admin.TakeOver(t.Context(), ha.TakeOverSpec{Manager: "this test", Settings: &set}); err != nil || a.Primary != "m1" {
		t.Fatalf("%+v, %v", a, err)
	}
	await("quorum reign of m1", func(s ha.ClusterStatus) bool {
		follow := 0
		for _, m := range s.Members {
			if m.Status.State == ha.StateStandby && m.Status.Streaming {
				follow++
			}
		}
		return s.Primary == "m1" && s.Reign.Quorum && follow == 2
	})
	before = w.count()
	soon(t, func() bool { return w.count() > before+20 })
	gap := w.mark()
	t.Logf("longest gap of the writer while the nodes took over: %v", gap)
	if gap > 2*time.Second {
		t.Errorf("the writer stood still for %v while the nodes took over", gap)
	}

	h.kill("m1")
	p := await("failover", func(s ha.ClusterStatus) bool { return s.Writable && s.Term > 1 })
	before = w.count()
	soon(t, func() bool { return w.count() > before+20 })
	t.Logf("longest gap of the writer after the crash of the primary: %v", w.mark())
	w.end()
	h.has(p.Primary, w.keys)
}

// has checks that no acknowledged row is missing.
func (h *byHand) has(m ha.MemberID, keys []string) {
	h.Helper()
	conn, err := h.open(h.Context(), m)
	if err != nil {
		h.Fatal(err)
	}
	defer conn.Close(h.Context())
	var n int
	if err := conn.QueryRow(h.Context(), "SELECT count(*) FROM rows WHERE key = ANY($1)", keys).Scan(&n); err != nil || n != len(keys) {
		h.Errorf("%s has %d of %d acknowledged rows: %v", m, n, len(keys), err)
	}
	h.Logf("%d rows were acknowledged, none is missing", n)
}

func statusOf(t *testing.T, a *ha.Admin) ha.ClusterStatus {
	t.Helper()
	s, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func soon(t *testing.T, done func() bool) {
	t.Helper()
	end := time.After(limit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it does not happen")
		}
	}
}
