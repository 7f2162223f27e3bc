// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
	"github.com/gausskit/gausskit/ha/postgres"
)

// limit bounds every wait of these tests.
const limit = 30 * time.Second

// template is a stopped, empty database that members are copied from: initdb
// takes longer than most tests.
type template struct {
	once sync.Once
	base string
	err  error
}

var shared template

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.base != "" {
		if err := os.RemoveAll(shared.base); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

const testPassword = postgres.Secret(`p:a\ss'wo rd`)

// needPostgres skips the test where no server is installed.
func needPostgres(t testing.TB) {
	t.Helper()
	if _, err := postgres.FindBinaries(t.Context()); err != nil {
		t.Skipf("no real servers: %v", err)
	}
}

// tempDir makes a directory that the server's user can enter, and whose name is
// short enough for Unix sockets.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := makeDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// makeDir prefers a file system in memory that is large enough: most of the
// time of these tests goes into copies of small files.
func makeDir() (string, error) {
	const memory, enough = "/dev/shm", 1 << 30
	var fs syscall.Statfs_t
	where := ""
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) > enough {
		where = memory
	}
	dir, err := os.MkdirTemp(where, "gk")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// prepare makes the template, once.
func (s *template) prepare(t testing.TB) string {
	t.Helper()
	s.once.Do(func() {
		if s.base, s.err = makeDir(); s.err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		e, err := postgres.New(config("m1", filepath.Join(s.base, "data"), freePort(t)))
		if err != nil {
			s.err = err
			return
		}
		s.err = errors.Join(e.Init(ctx), s.fill(ctx, e), e.Stop(ctx, ha.StopFast), e.Close())
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return filepath.Join(s.base, "data")
}

// fill makes the table of the tests.
func (*template) fill(ctx context.Context, e *postgres.Engine) error {
	if err := e.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, e.ConnString("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE TABLE rows (key text PRIMARY KEY)")
	return errors.Join(err, conn.Close(ctx))
}

// config is that of a member whose server is as quick as it can be.
func config(m ha.MemberID, dir string, port int) postgres.Config {
	return postgres.Config{
		Member: m, DataDir: dir, Port: port,
		Replication: postgres.Replication{Password: testPassword},
		// Servers are killed here, machines are not: what the kernel has is safe.
		Parameters: map[string]string{
			"shared_buffers": "16MB", "max_connections": "20", "fsync": "off",
			"min_wal_size": "2MB", "max_wal_size": "64MB", "wal_keep_size": "32MB", "autovacuum": "off",
		},
		InitOptions: []string{"--wal-segsize=1"},
		Logger:      logger(),
	}
}

// logger writes to the standard error when GAUSSKIT_TEST_LOG is set.
func logger() *zap.Logger {
	if os.Getenv("GAUSSKIT_TEST_LOG") == "" {
		return zap.NewNop()
	}
	l, err := zap.NewDevelopment()
	if err != nil {
		return zap.NewNop()
	}
	return l
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// member is one member of a cluster of real servers.
type member struct {
	t      testing.TB
	cfg    postgres.Config
	engine *postgres.Engine
	frozen []int
}

// newMember makes an engine and no data.
func newMember(t testing.TB, base string, name ha.MemberID) *member {
	t.Helper()
	m := &member{t: t, cfg: config(name, filepath.Join(base, string(name)), freePort(t))}
	m.engine = m.newEngine()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		// A killed server leaves shared memory behind until its next start.
		gentle, cancelGentle := context.WithTimeout(ctx, limit/6)
		defer cancelGentle()
		if m.engine.Stop(gentle, ha.StopImmediate) != nil {
			if err := m.engine.Stop(ctx, ha.StopKill); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			if text, err := os.ReadFile(m.engine.LogFile()); err == nil {
				t.Logf("log of %s:\n%s", name, text)
			}
		}
	})
	return m
}

func (m *member) newEngine() *postgres.Engine {
	m.t.Helper()
	e, err := postgres.New(m.cfg)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		if err := e.Close(); err != nil {
			m.t.Error(err)
		}
	})
	return e
}

// newCopy makes a member with a copy of the template.
func newCopy(t testing.TB, base string, name ha.MemberID) *member {
	t.Helper()
	from := shared.prepare(t)
	m := newMember(t, base, name)
	if out, err := exec.Command("cp", "-a", from, m.cfg.DataDir).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
	return m
}

type cluster []*member

func newCluster(t testing.TB) hatest.EngineCluster {
	t.Helper()
	needPostgres(t)
	base := tempDir(t)
	var c cluster
	for i := range 3 {
		c = append(c, newCopy(t, base, ha.MemberID("m-"+strconv.Itoa(i+1))))
	}
	return c
}

func (c cluster) Member(i int) hatest.EngineMember { return c[i] }

func (m *member) Engine() ha.Engine     { return m.engine }
func (m *member) Twin() ha.Engine       { return m.newEngine() }
func (m *member) Upstream() ha.Upstream { return m.engine.Upstream() }

func (m *member) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, m.engine.ConnString("postgres"))
}

func (m *member) Write(ctx context.Context, key string) error {
	conn, err := m.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, "INSERT INTO rows VALUES ($1)", key)
	return err
}

func (m *member) Has(ctx context.Context, key string) (found bool, err error) {
	conn, err := m.connect(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM rows WHERE key = $1)", key).Scan(&found)
	return found, err
}

// pid is the postmaster's, by its pid file.
func (m *member) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(m.cfg.DataDir, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

func (m *member) Kill() error {
	pid, err := m.pid()
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// Freeze stops all processes of the server as a hung machine would.
func (m *member) Freeze() error {
	pids, err := m.processes()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	m.frozen = pids
	return nil
}

func (m *member) Thaw() error {
	for _, pid := range m.frozen {
		if err := syscall.Kill(pid, syscall.SIGCONT); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	m.frozen = nil
	return nil
}

// processes lists the processes that work in the data directory.
func (m *member) processes() ([]int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, dir := range dirs {
		if cwd, err := os.Readlink(dir + "/cwd"); err == nil && cwd == m.cfg.DataDir {
			pid, err := strconv.Atoi(filepath.Base(dir))
			if err != nil {
				return nil, err
			}
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

func (m *member) Wipe() error {
	return os.RemoveAll(m.cfg.DataDir)
}

// ownerOf is the user id that a file belongs to.
func ownerOf(info os.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// stopwatch adds up the time of a part of a benchmark.
type stopwatch struct{ total time.Duration }

func (s *stopwatch) time(f func()) {
	began := time.Now()
	f()
	s.total += time.Since(began)
}

func (s *stopwatch) report(b *testing.B, unit string) {
	b.ReportMetric(float64(s.total.Microseconds())/1000/float64(b.N), unit)
}

// rowKey makes a key that no row has.
func rowKey() string { return rand.Text() }
