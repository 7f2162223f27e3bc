// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// patroniNode is a member of a cluster that Patroni runs.
type patroniNode struct {
	cluster *patroni
	name    ha.MemberID
	port    int    // of the server
	rest    string // address of the REST interface
	server  *testbed.ServerProcess

	manager *exec.Cmd     // nil while there is none
	meant   chan struct{} // closed when its end is wanted
	done    chan struct{} // closed when it has ended
}

// Name is the member's name.
func (m *patroniNode) Name() ha.MemberID { return m.name }

// path is a file in the member's directory, which belongs to the server's user.
func (m *patroniNode) path(name string) string {
	return filepath.Join(m.cluster.base, string(m.name), name)
}

func (m *patroniNode) address() string {
	return m.cluster.net.Way(testbed.PartyApp, testbed.Party(m.name))
}

func (m *patroniNode) connString() string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=postgres password=%s dbname=postgres sslmode=disable connect_timeout=3", m.port, m.cluster.password)
}

// start starts Patroni, which starts the server.
func (m *patroniNode) start(context.Context) error {
	log, err := os.OpenFile(m.path("patroni.log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(m.cluster.program, m.path("patroni.yml"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.path("run"), log, log
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + m.path("run")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches us alone
	if u := m.cluster.user; u != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(u.uid), Gid: uint32(u.gid)}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the manager of %s: %w", m.name, err)
	}
	meant, done := make(chan struct{}), make(chan struct{})
	m.manager, m.meant, m.done = cmd, meant, done
	go func() { // ends with the process, which killManager waits for
		defer close(done)
		err := cmd.Wait()
		select {
		case <-meant:
		default:
			m.cluster.fail(fmt.Errorf("the manager of %s has ended by itself (%v)", m.name, err))
		}
	}()
	return nil
}

func (m *patroniNode) killServer() error { return m.server.Kill() }

func (m *patroniNode) killManager() error {
	if m.manager == nil {
		return nil
	}
	cmd := m.manager
	m.manager = nil
	close(m.meant)
	err := cmd.Process.Kill()
	<-m.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func (m *patroniNode) freezeManager() (thaw func() error, err error) {
	process := m.manager.Process
	return func() error { return process.Signal(syscall.SIGCONT) }, process.Signal(syscall.SIGSTOP)
}

func (m *patroniNode) freezeServer() (thaw func() error, err error) {
	return m.server.Thaw, m.server.Freeze()
}

func (m *patroniNode) destroy() error {
	errs := []error{m.killManager(), m.server.Kill()}
	return errors.Join(append(errs, m.server.Clear())...)
}

// patroniMember is a member as GET /cluster shows it.
type patroniMember struct {
	Name  ha.MemberID `json:"name"`
	Role  string      `json:"role"`
	State string      `json:"state"`
}

// ask asks Patroni what it knows of the cluster.
func (m *patroniNode) ask(ctx context.Context) ([]patroniMember, error) {
	limited, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var out struct{ Members []patroniMember }
	text, err := m.request(limited, http.MethodGet, "/cluster", nil)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("%s: GET /cluster: %w", m.name, err)
	}
	return out.Members, nil
}

// switchOver asks for a switchover to whoever is best.
func (m *patroniNode) switchOver(ctx context.Context) error {
	_, err := m.request(ctx, http.MethodPost, "/switchover", map[string]string{"leader": string(m.name)})
	return err
}

func (m *patroniNode) request(ctx context.Context, method, path string, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+m.rest+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Close = true
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	out, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s: %s: %s", m.name, method, path, answer.Status, out)
	}
	return out, err
}

// osUser is a user of the operating system.
type osUser struct{ uid, gid int }

// serverUser is whom servers run as when we are root: PostgreSQL refuses that.
func serverUser() (*osUser, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return &osUser{uid, gid}, err
}
