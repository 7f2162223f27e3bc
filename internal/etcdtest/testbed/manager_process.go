// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// manager is the process of a member's manager.
type manager struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	meant chan struct{} // closed when its end is wanted
	done  chan struct{} // closed when it has ended
	err   error         // then: how
}

// startManager starts this program once more, as the manager of a member, and
// returns when that has its orders. ended is told when it ends by itself.
func startManager(s spec, told func(report), ended func(error)) (*manager, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(s.path(".log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), managerVariable+"=1")
	cmd.Stderr = log
	// In a process group of its own, so that Ctrl-C reaches the testbed alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	orders, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the manager of %s: %w", s.Name, err)
	}
	p := &manager{cmd: cmd, stdin: stdin, meant: make(chan struct{}), done: make(chan struct{})}
	go p.attend(stdout, told, func(err error) { // ends with the process, which kill and stop wait for
		ended(fmt.Errorf("the manager of %s has ended by itself (%w): %s", s.Name, err, lastLine(s.path(".log"))))
	})
	_, err = stdin.Write(append(orders, '\n'))
	return p, err
}

// attend passes on what the manager tells, and notices its end.
func (p *manager) attend(stdout io.Reader, told func(report), ended func(error)) {
	defer close(p.done)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var r report
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			told(r)
		}
	}
	p.err = p.cmd.Wait()
	select {
	case <-p.meant:
	default:
		err := p.err
		if err == nil {
			err = errors.New("exit status 0")
		}
		ended(err)
	}
}

// kill is kill -9. It returns when the process is gone.
func (p *manager) kill() error {
	close(p.meant)
	return p.finish()
}

func (p *manager) finish() error {
	err := p.cmd.Process.Kill()
	<-p.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// stop ends the process in order, or with kill -9 when ctx ends before.
func (p *manager) stop(ctx context.Context) error {
	close(p.meant)
	if _, err := io.WriteString(p.stdin, stopWord+"\n"); err != nil {
		return errors.Join(err, p.finish())
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), p.finish())
	}
}

// lastLine is the last line of a log.
func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
