// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"errors"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

func TestConfigReportsAllProblemsAtOnce(t *testing.T) {
	good := postgres.Config{Member: "m1", DataDir: "/srv/m1", Port: 5432}
	if err := good.Validate(); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
	for want, change := range map[string]func(*postgres.Config){
		"Member: \"M1\"":                      func(c *postgres.Config) { c.Member = "M1" },
		"DataDir: missing":                    func(c *postgres.Config) { c.DataDir, c.RunDir = "", "/run/m1" },
		"DataDir: \"m1\": want an absolute":   func(c *postgres.Config) { c.DataDir, c.RunDir = "m1", "/run/m1" },
		"DataDir: \"/\"":                      func(c *postgres.Config) { c.DataDir, c.RunDir = "/", "/run/m1" },
		"is inside the data directory":        func(c *postgres.Config) { c.RunDir = "/srv/m1/run" },
		"107 are possible":                    func(c *postgres.Config) { c.RunDir = "/" + strings.Repeat("x", 100) },
		"Port: 0":                             func(c *postgres.Config) { c.Port = 0 },
		"Port: 65536":                         func(c *postgres.Config) { c.Port = 65536 },
		"Host: \"a,b\"":                       func(c *postgres.Config) { c.Host = "a,b" },
		"Listen: ":                            func(c *postgres.Config) { c.Listen = "a'b" },
		"Superuser: \"Root\"":                 func(c *postgres.Config) { c.Superuser = "Root" },
		"Replication.User: \"postgres\" is":   func(c *postgres.Config) { c.Replication.User = "postgres" },
		"Replication.User: \"a b\"":           func(c *postgres.Config) { c.Replication.User = "a b" },
		"Replication.Password: holds":         func(c *postgres.Config) { c.Replication.Password = "a\nb" },
		"Replication.Networks: \"10.0.0.1\"":  func(c *postgres.Config) { c.Replication.Networks = []string{"10.0.0.1"} },
		"Replication.Params: \"password\"":    func(c *postgres.Config) { c.Replication.Params = map[string]string{"password": "x"} },
		"Replication.PassFile: \"pass\"":      func(c *postgres.Config) { c.Replication.PassFile = "pass" },
		"sslpassword would be readable":       func(c *postgres.Config) { c.Replication.Params = map[string]string{"sslpassword": "x"} },
		"Parameters: port is managed":         func(c *postgres.Config) { c.Parameters = map[string]string{"port": "1"} },
		"Parameters: primary_conninfo is":     func(c *postgres.Config) { c.Parameters = map[string]string{"primary_conninfo": "x"} },
		"Parameters: \"a b\" is not":          func(c *postgres.Config) { c.Parameters = map[string]string{"a b": "1"} },
		"Parameters: wal_level = \"minimal\"": func(c *postgres.Config) { c.Parameters = map[string]string{"wal_level": "minimal"} },
		"Parameters: work_mem: holds":         func(c *postgres.Config) { c.Parameters = map[string]string{"work_mem": "1\n"} },
		"InitOptions: \"-D/x\"":               func(c *postgres.Config) { c.InitOptions = []string{"-D/x"} },
		"InitOptions: \"--username=x\"":       func(c *postgres.Config) { c.InitOptions = []string{"--username=x"} },
		"InitOptions: \"locale\"":             func(c *postgres.Config) { c.InitOptions = []string{"locale"} },
	} {
		c := good
		change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: more than one problem: %v", want, err)
		}
		if _, nerr := postgres.New(c); nerr == nil || !strings.Contains(nerr.Error(), want) {
			t.Errorf("New: want an error with %q, got %v", want, nerr)
		}
	}
}

func TestMissingBinaries(t *testing.T) {
	cfg := config("m1", filepath.Join(t.TempDir(), "m1"), 5432)
	cfg.BinDir = t.TempDir()
	_, err := postgres.New(cfg)
	if !errors.Is(err, postgres.ErrNoPostgres) || !strings.Contains(err.Error(), cfg.BinDir) || !strings.Contains(err.Error(), "pg_rewind") {
		t.Errorf("an empty BinDir: %v", err)
	}
}

func TestBinariesOfSomethingElse(t *testing.T) {
	cfg := config("m1", filepath.Join(t.TempDir(), "m1"), 5432)
	cfg.BinDir = tempDir(t)
	for _, name := range []string{"postgres", "initdb", "pg_basebackup", "pg_controldata", "pg_rewind"} {
		must(t, os.WriteFile(filepath.Join(cfg.BinDir, name), []byte("#!/bin/sh\necho 'postgres (PostgreSQL) 9.6.24'\n"), 0o755))
	}
	if _, err := postgres.New(cfg); !errors.Is(err, postgres.ErrNoPostgres) || !strings.Contains(err.Error(), "too old") {
		t.Errorf("release 9.6: %v", err)
	}
}

func TestOccupiedPort(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(m.cfg.Port))
	must(t, err)
	err = m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary})
	if !errors.Is(err, postgres.ErrPortInUse) || !strings.Contains(err.Error(), strconv.Itoa(m.cfg.Port)) || !strings.Contains(err.Error(), m.cfg.DataDir) {
		t.Errorf("start on an occupied port: %v", err)
	}
	if ha.Uncertain(err) || m.observe(ctx, t).Running {
		t.Error("the server must not run")
	}
	must(t, l.Close())
	m.start(ctx, t)
}

func TestForeignDirectoryIsNotTouched(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	m, other := newMember(t, base, "m1"), newCopy(t, base, "m2")
	other.start(ctx, t)
	file := filepath.Join(m.cfg.DataDir, "thesis.txt")
	must(t, os.Mkdir(m.cfg.DataDir, 0o755))
	must(t, os.WriteFile(file, []byte("ten years of work"), 0o644))
	for name, err := range map[string]error{
		"start":  m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}),
		"rejoin": m.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: other.Upstream()}),
	} {
		if !errors.Is(err, postgres.ErrForeignData) || !strings.Contains(err.Error(), m.cfg.DataDir) {
			t.Errorf("%s on a foreign directory: %v", name, err)
		}
	}
	if err := m.engine.Init(ctx); !errors.Is(err, ha.ErrDataExists) {
		t.Errorf("init of a foreign directory: %v", err)
	}
	if o := m.observe(ctx, t); o.Data != ha.DataForeign || o.Running {
		t.Errorf("observed: %+v", o)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "ten years of work" {
		t.Errorf("the file: %q, %v", text, err)
	}
	info, err := os.Stat(m.cfg.DataDir)
	must(t, err)
	if info.Mode().Perm() != 0o755 {
		t.Errorf("its directory has mode %v", info.Mode())
	}
}

func TestDataOfAnotherClusterIsNotReplaced(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	stranger, primary := newMember(t, base, "m1"), newCopy(t, base, "m2")
	must(t, stranger.engine.Init(ctx))
	stranger.start(ctx, t)
	must(t, stranger.engine.Stop(ctx, ha.StopFast))
	primary.start(ctx, t)
	before := stranger.observe(ctx, t)
	for name, err := range map[string]error{
		"start":  stranger.engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: primary.Upstream()}),
		"rejoin": stranger.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream()}),
		"copy":   stranger.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream(), Copy: true}),
	} {
		if !errors.Is(err, postgres.ErrForeignData) || !strings.Contains(err.Error(), before.SystemID) {
			t.Errorf("%s with another cluster's data: %v", name, err)
		}
	}
	if after := stranger.observe(ctx, t); after.SystemID != before.SystemID || after.Running || !after.Clean {
		t.Errorf("observed: %+v", after)
	}
}

func TestDataTheServerWouldRefuse(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	m := newCopy(t, base, "m1")
	start := func() error { return m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}) }
	version := filepath.Join(m.cfg.DataDir, "PG_VERSION")
	text, err := os.ReadFile(version)
	must(t, err)
	must(t, os.WriteFile(version, []byte("11\n"), 0o600))
	if err := start(); !errors.Is(err, postgres.ErrVersion) || !strings.Contains(err.Error(), "release 11") {
		t.Errorf("start with data of release 11: %v", err)
	}
	must(t, os.WriteFile(version, text, 0o600))
	must(t, os.Chmod(m.cfg.DataDir, 0o755))
	if err := start(); !errors.Is(err, postgres.ErrPermission) || !strings.Contains(err.Error(), "0755") {
		t.Errorf("start with mode 0755: %v", err)
	}
	must(t, os.Chmod(m.cfg.DataDir, 0o700))
	if os.Getuid() == 0 {
		info, err := os.Stat(version)
		must(t, err)
		must(t, os.Chown(m.cfg.DataDir, 0, 0))
		if err := start(); !errors.Is(err, postgres.ErrPermission) || !strings.Contains(err.Error(), "belongs to uid 0") {
			t.Errorf("start with root's data: %v", err)
		}
		must(t, os.Chown(m.cfg.DataDir, ownerOf(info), -1))
		must(t, os.Chmod(base, 0o700))
		if err := start(); !errors.Is(err, postgres.ErrPermission) || !strings.Contains(err.Error(), "cannot enter "+base) {
			t.Errorf("start below a closed directory: %v", err)
		}
		must(t, os.Chmod(base, 0o755))
	}
	m.start(ctx, t)
}

func TestMembersCannotFollowThemselves(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	for name, err := range map[string]error{
		"follow": m.engine.Follow(ctx, m.Upstream()),
		"rejoin": m.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: m.Upstream()}),
	} {
		if err == nil || !strings.Contains(err.Error(), "this member itself") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, address := range []string{"", "host", "host:0", "host:x", ":5432"} {
		if err := m.engine.Follow(ctx, ha.Upstream{Member: "m2", Address: address}); err == nil || !strings.Contains(err.Error(), "want host:port") {
			t.Errorf("follow %q: %v", address, err)
		}
	}
}

// TestCopyNeedsThePassword: a member that has no password says what to do.
func TestCopyNeedsThePassword(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	primary, m := newCopy(t, base, "m1"), newMember(t, base, "m2")
	primary.start(ctx, t)
	m.cfg.Replication.Password = ""
	m.engine = m.newEngine()
	spec := ha.RejoinSpec{Upstream: primary.Upstream()}
	if err := m.engine.Rejoin(ctx, spec); err == nil || !strings.Contains(err.Error(), "copy the file of the member that was initialised") {
		t.Errorf("without a password: %v", err)
	}
	if o := m.observe(ctx, t); o.Data != ha.DataNone {
		t.Errorf("observed: %+v", o)
	}
	m.cfg.Replication.Password = "wrong"
	m.engine = m.newEngine()
	if err := m.engine.Rejoin(ctx, spec); err == nil || strings.Contains(err.Error(), "wrong") || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("with a wrong password: %v", err)
	}
	m.cfg.Replication.Password = testPassword // replaces the wrong one in the file
	m.engine = m.newEngine()
	must(t, m.engine.Rejoin(ctx, spec))
	m.streams(ctx, t)
}

// TestServerRunsAsTheUserAskedFor when the tests run as root.
func TestServerRunsAsTheUserAskedFor(t *testing.T) {
	needPostgres(t)
	cfg := config("m1", filepath.Join(tempDir(t), "m1"), freePort(t))
	if os.Getuid() != 0 {
		cfg.OSUser = "root"
		if _, err := postgres.New(cfg); err == nil || !strings.Contains(err.Error(), "only root can") {
			t.Errorf("another user without being root: %v", err)
		}
		return
	}
	cfg.OSUser = "root"
	if _, err := postgres.New(cfg); err == nil || !strings.Contains(err.Error(), "refuses to run as root") {
		t.Errorf("as root: %v", err)
	}
	cfg.OSUser = "no such user"
	if _, err := postgres.New(cfg); err == nil || !strings.Contains(err.Error(), "no such user") {
		t.Errorf("as nobody knows whom: %v", err)
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	cfg.OSUser = "nobody"
	ctx := testContext(t)
	m := &member{t: t, cfg: cfg}
	m.engine = m.newEngine()
	must(t, m.engine.Init(ctx))
	m.start(ctx, t)
	defer func() { must(t, m.engine.Stop(ctx, ha.StopImmediate)) }()
	pid, err := m.pid()
	must(t, err)
	info, err := os.Stat("/proc/" + strconv.Itoa(pid))
	must(t, err)
	if got := strconv.Itoa(ownerOf(info)); got != nobody.Uid {
		t.Errorf("the server runs as uid %s, want %s", got, nobody.Uid)
	}
	if o := m.observe(ctx, t); !o.Writable {
		t.Errorf("observed: %+v", o)
	}
}
