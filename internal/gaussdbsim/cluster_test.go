// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
	"github.com/gausskit/gausskit/internal/gaussdbsim"
)

// home is the installation that all tests share.
var home string

func TestMain(m *testing.M) { os.Exit(withInstallation(m)) }

func withInstallation(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gsim")
	if err == nil {
		defer os.RemoveAll(dir)
		err = gaussdbsim.Install(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	home = dir
	// The tests mostly wait for gs_ctl, which looks once a second.
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

const (
	owner    = "omm"
	user     = "tester"
	password = "Gauss_123"
)

// node is a member of a cluster under test.
type node struct {
	t    testing.TB
	name string
	dir  string
	port int
	dcf  int // port of DCF
}

// output is what a program printed.
type output struct {
	text, err string
	exit      int
}

// run runs a program of the installation.
func run(t testing.TB, name string, args ...string) output {
	t.Helper()
	return runEnv(t, nil, name, args...)
}

func runEnv(t testing.TB, env []string, name string, args ...string) output {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(home, "bin", name), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append([]string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}, env...)
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %v: %v\n%s%s", name, args, err, stdout.Bytes(), stderr.Bytes())
	}
	return output{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a program that has to exit with 0.
func must(t testing.TB, name string, args ...string) output {
	t.Helper()
	out := run(t, name, args...)
	if out.exit != 0 {
		t.Fatalf("%s %v: exit %d\n%s%s", name, args, out.exit, out.text, out.err)
	}
	return out
}

// taken are the ports that this process has given out.
var taken sync.Map

// freePorts finds ten ports that are free: the first two for the database, the
// last for DCF. They are below those that the system gives to clients, who
// could have taken one by the time the server starts.
func freePorts(t testing.TB) (port, other int) {
	t.Helper()
	for range 1000 {
		port = 10000 + 10*rand.IntN(2200)
		if _, used := taken.LoadOrStore(port, true); used {
			continue
		}
		free := true
		for _, p := range []int{port, port + 1, port + 9} {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if err != nil {
				free = false
				break
			}
			l.Close()
		}
		if free {
			return port, port + 9
		}
	}
	t.Fatal("no ports are free")
	return 0, 0
}

// newNodes makes data directories whose members know each other. The first has
// a database, the others only files: they have to be built.
func newNodes(t testing.TB, n int, more ...string) []*node {
	t.Helper()
	base := t.TempDir()
	var nodes []*node
	for i := range n {
		nd := &node{t: t, name: fmt.Sprintf("dn%d", i+1), dir: filepath.Join(base, fmt.Sprintf("n%d", i+1))}
		nd.port, nd.dcf = freePorts(t)
		nodes = append(nodes, nd)
		must(t, "gs_initdb", "-D", nd.dir, "--nodename="+nd.name, "-U", owner, "-w", password)
		t.Cleanup(nd.cleanup)
	}
	for _, nd := range nodes {
		var b strings.Builder
		fmt.Fprintf(&b, "port = %d\nlisten_addresses = '127.0.0.1'\nunix_socket_directory = '%s'\n", nd.port, nd.dir)
		slot := 0
		for _, peer := range nodes {
			if peer != nd {
				slot++
				fmt.Fprintf(&b, "replconninfo%d = 'localhost=127.0.0.1 localport=%d localheartbeatport=%d localservice=%d remotehost=127.0.0.1 "+
					"remoteport=%d remoteheartbeatport=%d remoteservice=%d'\n", slot, nd.port+1, nd.port+5, nd.port+4, peer.port+1, peer.port+5, peer.port+4)
			}
		}
		for _, line := range more {
			b.WriteString(line + "\n")
		}
		nd.append(b.String())
	}
	return nodes
}

func (n *node) append(text string) {
	n.t.Helper()
	f, err := os.OpenFile(n.path("postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) path(name string) string { return filepath.Join(n.dir, name) }

// cleanup ends the server and fails the test when it found a data race.
func (n *node) cleanup() {
	if pid := n.pid(); pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
	b, err := os.ReadFile(n.path("pg_log/gaussdb.log"))
	if err != nil {
		return
	}
	if i := bytes.Index(b, []byte("DATA RACE")); i >= 0 {
		n.t.Errorf("%s: %s", n.name, b[i:min(len(b), i+4000)])
	}
	if bytes.Contains(b, []byte("panic:")) || bytes.Contains(b, []byte("PANIC")) {
		n.t.Errorf("%s: %s", n.name, b)
	}
	if n.t.Failed() {
		n.t.Logf("log of %s:\n%s", n.name, b)
	}
}

// pid gives the process of the server, 0 for none.
func (n *node) pid() int {
	b, err := os.ReadFile(n.path("postmaster.pid"))
	if err != nil {
		return 0
	}
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil || filepath.Base(cwd) != filepath.Base(n.dir) {
		return 0
	}
	return pid
}

// kill ends the server as a crash does.
func (n *node) kill() {
	n.t.Helper()
	pid := n.pid()
	if pid == 0 {
		n.t.Fatalf("%s does not run", n.name)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		n.t.Fatal(err)
	}
	n.eventually("gone", func() bool { return n.pid() == 0 })
}

func (n *node) ctl(verb string, args ...string) output {
	n.t.Helper()
	return run(n.t, "gs_ctl", append([]string{verb, "-D", n.dir}, args...)...)
}

// mustCtl runs a command that has to exit with 0.
func (n *node) mustCtl(verb string, args ...string) output {
	n.t.Helper()
	out := n.ctl(verb, args...)
	if out.exit != 0 {
		n.t.Fatalf("%s: gs_ctl %s %v: exit %d\n%s", n.name, verb, args, out.exit, out.text)
	}
	return out
}

func (n *node) start(mode string) {
	n.t.Helper()
	n.mustCtl("start", "-M", mode)
}

func (n *node) query() opengauss.Query {
	n.t.Helper()
	out := n.ctl("query")
	q, err := opengauss.ReadQuery(out.exit, out.text)
	if err != nil {
		n.t.Fatalf("%s: query: %v\n%s", n.name, err, out.text)
	}
	return q
}

// eventually waits for a condition that a process of its own brings about.
func (n *node) eventually(what string, cond func() bool) {
	n.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Now().After(deadline) {
			n.t.Fatalf("%s: not %s in time\n%s", n.name, what, n.ctl("query").text)
		}
		<-tick.C
	}
}

// follows waits until a standby streams.
func (n *node) follows() {
	n.t.Helper()
	n.eventually("following", func() bool {
		out := n.ctl("query")
		q, err := opengauss.ReadQuery(out.exit, out.text)
		return err == nil && q.HA.State == opengauss.StateNormal && q.Receiver != nil
	})
}

// dsn is how the test user connects.
func (n *node) dsn() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s dbname=postgres sslmode=disable connect_timeout=5", n.port, user, password)
}

// open connects as the test user.
func (n *node) open() *pgx.Conn {
	n.t.Helper()
	conn, err := gausspgx.Connect(n.t.Context(), n.dsn())
	if err != nil {
		n.t.Fatalf("%s: %v", n.name, err)
	}
	n.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// admin connects as the initial user over the Unix socket.
func (n *node) admin() *pgx.Conn {
	n.t.Helper()
	conn, err := gausspgx.Connect(n.t.Context(), fmt.Sprintf("host='%s' port=%d user=%s dbname=postgres sslmode=disable", n.dir, n.port, owner))
	if err != nil {
		n.t.Fatalf("%s: %v", n.name, err)
	}
	n.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// exec runs statements as the initial user.
func (n *node) exec(statements ...string) {
	n.t.Helper()
	conn := n.admin()
	for _, s := range statements {
		if _, err := conn.Exec(n.t.Context(), s); err != nil {
			n.t.Fatalf("%s: %s: %v", n.name, s, err)
		}
	}
	conn.Close(context.Background())
}

// number runs a query that gives one number, as the initial user.
func (n *node) number(query string) int {
	n.t.Helper()
	conn := n.admin()
	defer conn.Close(context.Background())
	var v int
	if err := conn.QueryRow(n.t.Context(), query).Scan(&v); err != nil {
		n.t.Fatalf("%s: %s: %v", n.name, query, err)
	}
	return v
}

// rows counts the rows of t, -1 while it cannot.
func (n *node) rows() int {
	conn, err := gausspgx.Connect(n.t.Context(), fmt.Sprintf("host='%s' port=%d user=%s dbname=postgres sslmode=disable", n.dir, n.port, owner))
	if err != nil {
		return -1
	}
	defer conn.Close(context.Background())
	var v int
	if err := conn.QueryRow(n.t.Context(), "select count(*) from t").Scan(&v); err != nil {
		return -1
	}
	return v
}

// cluster starts a primary and builds the others as standbys.
func cluster(t testing.TB, n int, more ...string) []*node {
	t.Helper()
	nodes := newNodes(t, n, more...)
	nodes[0].start("primary")
	for _, nd := range nodes[1:] {
		nd.mustCtl("build", "-b", "full", "-M", "standby")
	}
	for _, nd := range nodes[1:] {
		nd.follows()
	}
	nodes[0].exec("create user "+user+" password '"+password+"'", "create table t(id int primary key, v text)")
	return nodes
}

func (n *node) portText() string { return fmt.Sprint(n.port) }
