// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is quickstart as a process, with a directory of its own for
// everything temporary.
type program struct {
	t    *testing.T
	dir  string
	cmd  *exec.Cmd
	out  *bufio.Reader
	pipe io.Closer // its end of our pipe
	errs bytes.Buffer
}

func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, dir: shortTempDir(t), cmd: exec.Command(self, args...)}
	p.cmd.Env = append(os.Environ(), programVariable+"=1", "TMPDIR="+p.dir)
	p.cmd.Stderr = &p.errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.out, p.pipe = bufio.NewReader(out), out
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it has ended unless the test failed
	return p
}

// lines waits until the program has printed n lines, or all it had to.
func (p *program) lines(n int) {
	for range n {
		if _, err := p.out.ReadString('\n'); err != nil {
			return
		}
	}
}

// linesUntil waits until the program has printed a line with text.
func (p *program) linesUntil(text string) {
	p.t.Helper()
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			p.t.Fatalf("no line with %q: %v; stderr: %s", text, err, p.errs.String())
		}
		if strings.Contains(line, text) {
			return
		}
	}
}

// end reads the rest of the output and returns how the program ended.
func (p *program) end() *os.ProcessState {
	p.t.Helper()
	if _, err := io.Copy(io.Discard, p.out); err != nil {
		p.t.Error(err)
	}
	_ = p.cmd.Wait() // the state tells
	return p.cmd.ProcessState
}

// interruptAfter interrupts the program after n lines and checks that it ends
// well and leaves nothing.
func interruptAfter(t *testing.T, sig os.Signal, n int, args ...string) {
	t.Helper()
	p := startProgram(t, args...)
	p.lines(n)
	p.interrupt(sig, fmt.Sprintf("line %d", n))
}

func (p *program) interrupt(sig os.Signal, after string) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
	if state := p.end(); state.ExitCode() != exitInterrupted {
		p.t.Errorf("after %s: %v, want exit status %d; stderr: %s", after, state, exitInterrupted, p.errs.String())
	}
	checkNothingLeft(p.t, p.dir)
}

// checkNothingLeft looks for files in dir, and for processes that have it on
// their command line or in their environment.
func checkNothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left := leftovers(t, dir); left != "" {
		t.Errorf("left behind: %s", left)
	}
}

func leftovers(t *testing.T, dir string) string {
	t.Helper()
	var left []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, filepath.Join(dir, e.Name()))
	}
	if runtime.GOOS != "linux" {
		return strings.Join(left, ", ")
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		if filepath.Base(p) == "self" || p == "/proc/"+pidText() {
			continue
		}
		for _, file := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(filepath.Join(p, file))
			if err == nil && bytes.Contains(text, []byte(dir+"/")) || err == nil && bytes.Contains(text, []byte("TMPDIR="+dir+"\x00")) {
				cmdline, _ := os.ReadFile(filepath.Join(p, "cmdline")) // gone by now: then empty
				left = append(left, p+": "+strings.ReplaceAll(string(cmdline), "\x00", " "))
			}
		}
	}
	return strings.Join(left, ", ")
}

func pidText() string { return filepath.Base(must(os.Readlink("/proc/self"))) }

// must ignores an error that only makes a check stricter.
func must(s string, _ error) string { return s }

// moments are numbers of lines after which to interrupt: the first moments,
// when things come to be, and some at random.
func moments(random int) []int {
	out := []int{1, 3}
	for range random {
		out = append(out, 4+rand.IntN(60))
	}
	return out
}

func TestInterruptLeavesNothingSimulated(t *testing.T) {
	for _, n := range moments(4) {
		interruptAfter(t, os.Interrupt, n, "-engine=sim", "-ttl=1s")
	}
	interruptAfter(t, syscall.SIGTERM, 10, "-engine=sim", "-ttl=1s", "-json")
}

func TestInterruptLeavesNothingPostgres(t *testing.T) {
	needPostgres(t)
	for _, n := range moments(2) {
		interruptAfter(t, os.Interrupt, n, "-engine=postgres", "-ttl=2s")
	}
}

// TestKilledLeavesNothing: even kill -9 of quickstart itself leaves no server,
// no manager and no file, because each manager notices.
func TestKilledLeavesNothing(t *testing.T) {
	needPostgres(t)
	p := startProgram(t, "-engine=postgres", "-ttl=2s")
	p.lines(12 + rand.IntN(10))
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.end()
	p.awaitNothingLeft()
}

func (p *program) awaitNothingLeft() {
	p.t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for leftovers(p.t, p.dir) != "" {
		select {
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("left behind: %s", leftovers(p.t, p.dir))
		}
	}
}

// TestKilledWithAFrozenManager: the system lets an orphaned manager go on.
func TestKilledWithAFrozenManager(t *testing.T) {
	needPostgres(t)
	p := startProgram(t, "-engine=postgres", "-ttl=2s")
	p.linesUntil("SIGSTOP of the manager")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.end()
	p.awaitNothingLeft()
}

// TestInterruptWithAFrozenManager and while etcd is away.
func TestInterruptWithAFrozenManager(t *testing.T) {
	for _, engine := range []string{engineSim, enginePostgres} {
		for _, at := range []string{"SIGSTOP of the manager", "etcd is away since"} {
			t.Run(engine+" "+at, func(t *testing.T) {
				t.Parallel()
				if engine == enginePostgres {
					needPostgres(t)
				}
				p := startProgram(t, "-engine="+engine, "-ttl=2s")
				p.linesUntil(at)
				p.interrupt(os.Interrupt, at)
			})
		}
	}
}

// TestReaderGoesAway: quickstart | head.
func TestReaderGoesAway(t *testing.T) {
	p := startProgram(t, "-engine=sim", "-ttl=1s")
	p.lines(8)
	if err := p.pipe.Close(); err != nil {
		t.Fatal(err)
	}
	// It must end by an error, not by a signal.
	_ = p.cmd.Wait() // the state tells
	if code := p.cmd.ProcessState.ExitCode(); code != exitBad {
		t.Errorf("%v, want exit status %d; stderr: %s", p.cmd.ProcessState, exitBad, p.errs.String())
	}
	checkNothingLeft(t, p.dir)
}
