// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/gaussdbsim"
	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
)

// limit bounds every wait of these tests.
const limit = 30 * time.Second

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

// template is an installation and a stopped database that members are copied
// from.
type template struct {
	once      sync.Once
	base      string
	home      string
	simulated bool
	err       error
	ports     int
}

var shared template

// makeDir makes a directory that the server's user can enter, whose name is
// short enough for Unix sockets, in memory where there is room.
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

// install finds the installation of $GAUSSHOME, and builds the simulated one
// where there is none. It is built without the race detector: the servers are
// not what is tried here, and each run of a program would take long.
func (s *template) install(ctx context.Context) error {
	if s.home = os.Getenv("GAUSSHOME"); s.home != "" {
		return nil
	}
	s.simulated, s.home = true, filepath.Join(s.base, "app")
	return gaussdbsim.InstallPlain(ctx, s.home)
}

// prepare makes the template, once.
func (s *template) prepare(t testing.TB) string {
	t.Helper()
	s.once.Do(func() {
		if s.base, s.err = makeDir(); s.err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 4*limit)
		defer cancel()
		if s.err = s.install(ctx); s.err != nil {
			return
		}
		e, err := opengauss.New(config("m-1", filepath.Join(s.base, "data"), freePort(t), nil))
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
func (*template) fill(ctx context.Context, e *opengauss.Engine) error {
	if err := e.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}); err != nil {
		return err
	}
	conn, err := gausspgx.Connect(ctx, e.ConnString("postgres")+" password=Gauss_123")
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE TABLE rows (key text PRIMARY KEY)")
	return errors.Join(err, conn.Close(ctx))
}

func config(m ha.MemberID, dir string, port int, peers []opengauss.Peer) opengauss.Config {
	c := opengauss.Config{Member: m, DataDir: dir, Port: port, Peers: peers, Home: shared.home, Logger: logger(), Password: "Gauss_123", InitOptions: []string{"--locale=C", "-E", "UTF8"}}
	if shared.simulated {
		c.ReadRecord = simulatedRecord
	}
	return c
}

// simulatedRecord reads the log of the simulated server, whose positions are
// those behind a record.
func simulatedRecord(dataDir string, at ha.LSN) (opengauss.LogRecord, error) {
	l, err := xlog.Open(filepath.Join(dataDir, "pg_xlog"))
	if err != nil {
		return opengauss.LogRecord{}, err
	}
	m := l.Before(uint64(at))
	return opengauss.LogRecord{End: at, Term: ha.Term(m.Term)}, l.Close()
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

// freePort finds a port with those above it free that a server derives from it.
func freePort(t testing.TB) int {
	t.Helper()
	const first, last, width = 20000, 32000, 8
	if shared.ports == 0 {
		shared.ports = first + os.Getpid()%((last-first)/width)*width
	}
	for range (last - first) / width {
		port := shared.ports
		if shared.ports += width; shared.ports >= last {
			shared.ports = first
		}
		free := true
		for _, d := range []int{0, 1, 4, 5} {
			l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port+d))
			if err != nil {
				free = false
				break
			}
			_ = l.Close()
		}
		if free {
			return port
		}
	}
	t.Fatal("no free ports")
	return 0
}

// member is one member of a cluster.
type member struct {
	t      testing.TB
	cfg    opengauss.Config
	engine *opengauss.Engine
	frozen bool
}

func newMember(t testing.TB, cfg opengauss.Config) *member {
	t.Helper()
	m := &member{t: t, cfg: cfg}
	m.engine = m.newEngine()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := m.engine.Stop(ctx, ha.StopKill); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			if text, err := os.ReadFile(m.engine.LogFile()); err == nil {
				t.Logf("log of %s:\n%s", cfg.Member, text)
			}
		}
	})
	return m
}

func (m *member) newEngine() *opengauss.Engine {
	m.t.Helper()
	e, err := opengauss.New(m.cfg)
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

type cluster []*member

func newCluster(t testing.TB) hatest.EngineCluster { return newMembers(t, 3) }

// newMembers makes members whose data is a copy of the template.
func newMembers(t testing.TB, n int) cluster {
	t.Helper()
	from := shared.prepare(t)
	base, err := makeDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(base); err != nil {
			t.Error(err)
		}
	})
	var all []opengauss.Peer
	for i := range n {
		all = append(all, opengauss.Peer{Member: ha.MemberID("m-" + strconv.Itoa(i+1)), Host: "127.0.0.1", Port: freePort(t)})
	}
	var c cluster
	for i, p := range all {
		dir := filepath.Join(base, string(p.Member))
		if out, err := exec.Command("cp", "-a", from, dir).CombinedOutput(); err != nil {
			t.Fatalf("cp: %v: %s", err, out)
		}
		peers := slices.Delete(slices.Clone(all), i, i+1)
		c = append(c, newMember(t, config(p.Member, dir, p.Port, peers)))
	}
	return c
}

func (c cluster) Member(i int) hatest.EngineMember { return c[i] }

func (m *member) Engine() ha.Engine     { return m.engine }
func (m *member) Twin() ha.Engine       { return m.newEngine() }
func (m *member) Upstream() ha.Upstream { return m.engine.Upstream() }

func (m *member) connect(ctx context.Context) (*pgx.Conn, error) {
	return gausspgx.Connect(ctx, m.engine.ConnString("postgres")+" password=Gauss_123")
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

func (m *member) Has(ctx context.Context, key string) (bool, error) {
	conn, err := m.connect(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var found int
	err = conn.QueryRow(ctx, "SELECT count(*) FROM rows WHERE key = $1", key).Scan(&found)
	return found > 0, err
}

func (m *member) signal(sig syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(m.cfg.DataDir, "postmaster.pid"))
	if err != nil {
		return err
	}
	file, err := opengauss.ParsePIDFile(string(text))
	if err != nil {
		return err
	}
	return syscall.Kill(file.PID, sig)
}

func (m *member) Kill() error { return m.signal(syscall.SIGKILL) }

// Freeze stops the server as a hung machine would.
func (m *member) Freeze() error {
	m.frozen = true
	return m.signal(syscall.SIGSTOP)
}

func (m *member) Thaw() error {
	if !m.frozen {
		return nil
	}
	m.frozen = false
	return m.signal(syscall.SIGCONT)
}

func (m *member) Wipe() error { return os.RemoveAll(m.cfg.DataDir) }

func TestEngineKeepsTheContract(t *testing.T) {
	hatest.TestEngine(t, newCluster)
}

// ownerOf is whom a file belongs to.
func ownerOf(info os.FileInfo) atomicfile.Owner {
	st := info.Sys().(*syscall.Stat_t)
	return atomicfile.Owner{UID: int(st.Uid), GID: int(st.Gid), Set: true}
}
