// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// drainTime is how long a fast shutdown waits for standbys to have everything.
const drainTime = 3 * time.Second

// now is the wall clock, as precise as timestamps are.
func (s *Server) now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// file gives the path of a file that the configuration names.
func (s *Server) file(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return s.dir.Path(name)
}

// Run is the process gaussdb. It returns the exit code.
func Run(o Options, stderr io.Writer) int {
	dir := datadir.Dir(o.Dir)
	if dir.Exists(datadir.BuildStart) {
		fmt.Fprintf(stderr, " 0 [BACKEND] FATAL:  %q exists, the data directory is not complete, build it again\n", datadir.BuildStart)
		return 2
	}
	lock, err := dir.LockServer()
	if err != nil {
		fmt.Fprintf(stderr, " 0 [BACKEND] FATAL:  lock file %q already exists\n", dir.PIDPath())
		return 1
	}
	defer lock.Close()
	signals := make(chan os.Signal, 100)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	defer signal.Stop(signals)
	s, err := open(o, stderr)
	if err != nil {
		fmt.Fprintf(stderr, " 0 [BACKEND] FATAL:  %v\n", err)
		return 1
	}
	if err := s.start(o); err != nil {
		fmt.Fprintf(stderr, " 0 [BACKEND] FATAL:  %v\n", err)
		s.stop(errShutdown)
		return 1
	}
	err = s.postmaster(signals)
	s.stop(err)
	switch {
	case errors.Is(err, errImmediate):
		return 0
	case errors.Is(err, errShutdown):
		s.must(s.saveControl(s.controlAtEnd()))
		_ = s.dir.RemovePID() // the next start replaces it
		return 0
	case errors.Is(err, errDemoted):
		_ = s.dir.RemovePID()
		return 0
	}
	s.out.printf("%v", err)
	return 1
}

func (s *Server) controlAtEnd() opengauss.ControlState {
	if s.inRecovery() {
		return opengauss.ControlShutDownRecovery
	}
	return opengauss.ControlShutDown
}

// start opens the ports and takes the role of the command line.
func (s *Server) start(o Options) error {
	port := s.cfg.int("port")
	socketDir := s.cfg.text("unix_socket_directory")
	if socketDir == "" {
		socketDir = os.Getenv("PGHOST")
	}
	if !strings.HasPrefix(socketDir, "/") {
		socketDir = os.TempDir()
	}
	listen := ""
	for _, a := range s.addresses() {
		if listen == "" && a != "localhost" && a != "" {
			listen = a
		}
	}
	s.mu.Lock()
	s.mu.mode = o.Mode
	s.mu.Unlock()
	pid := datadir.PID{PID: os.Getpid(), Dir: o.Dir, Start: s.started.Unix(), Port: port, SocketDir: socketDir, Listen: listen}
	if err := s.listen(port, socketDir); err != nil {
		return err
	}
	if err := s.dir.WritePID(pid); err != nil {
		return err
	}
	if err := s.dir.WriteOpts(o.Argv); err != nil {
		return err
	}
	s.out.printf("create gaussdb state file success: db state(STARTING_STATE), server mode(%s), connection index(1)", o.Mode)
	s.save()
	if err := s.redirect(); err != nil {
		return err
	}
	mode := o.Mode
	if mode == opengauss.ModeNormal && len(s.cfg.channels()) > 0 {
		// As the channel hook of the real server does once shared memory is there.
		mode = opengauss.ModePrimary
	}
	state := opengauss.ControlArchiveRecovery
	if mode == opengauss.ModePrimary || mode == opengauss.ModeNormal {
		state = opengauss.ControlProduction
	}
	if err := s.saveControl(state); err != nil {
		return err
	}
	if s.dcf != nil {
		return s.dcf.start(mode)
	}
	return s.enter(mode)
}

// redirect makes the log file take over from standard output and error, which
// gs_ctl's caller reads.
func (s *Server) redirect() error {
	dir := s.file(s.cfg.text("log_directory"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "gaussdb.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := takeOver(f); err != nil {
		return err
	}
	s.out.to(f)
	return nil
}

// addresses gives listen_addresses.
func (s *Server) addresses() []string {
	var all []string
	for _, a := range strings.Split(s.cfg.text("listen_addresses"), ",") {
		switch a = strings.TrimSpace(a); a {
		case "":
		case "*":
			all = append(all, "")
		default:
			all = append(all, a)
		}
	}
	return all
}

// listen opens the ports: SQL, the port after it for replication and tools, and
// the local ends of the channels.
func (s *Server) listen(port int, socketDir string) error {
	type place struct {
		network, address string
		isHA             bool
	}
	places := []place{
		{"unix", filepath.Join(socketDir, fmt.Sprintf(".s.PGSQL.%d", port)), false},
		{"unix", filepath.Join(socketDir, fmt.Sprintf(".s.PGSQL.%d", port+1)), true},
	}
	taken := map[string]bool{}
	for _, a := range s.addresses() {
		for i := range 2 {
			at := net.JoinHostPort(a, strconv.Itoa(port+i))
			if a == "localhost" {
				at = net.JoinHostPort("127.0.0.1", strconv.Itoa(port+i))
			}
			if !taken[at] {
				places = append(places, place{"tcp", at, i == 1})
			}
			taken[at] = true
			taken[net.JoinHostPort("", strconv.Itoa(port+i))] = taken[net.JoinHostPort("", strconv.Itoa(port+i))] || a == ""
		}
	}
	for _, ch := range s.cfg.channels() {
		p := strconv.Itoa(int(ch.LocalPort))
		at := net.JoinHostPort(ch.LocalHost, p)
		if !taken[at] && !taken[net.JoinHostPort("", p)] {
			places = append(places, place{"tcp", at, true})
			taken[at] = true
		}
	}
	for _, p := range places {
		if p.network == "unix" {
			_ = os.Remove(p.address) // left by a server that was killed; this one has the lock
		}
		l, err := net.Listen(p.network, p.address)
		if err != nil {
			return fmt.Errorf("could not bind %s socket: %w", p.network, err)
		}
		context.AfterFunc(s.ctx, func() { l.Close() })
		s.tasks.Go(func() { s.accept(l, p.isHA) })
	}
	return nil
}

func (s *Server) accept(l net.Listener, isHA bool) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.mu.closing {
			s.mu.Unlock()
			conn.Close()
			return
		}
		s.mu.conns[conn] = true
		s.tasks.Go(func() {
			defer func() {
				conn.Close()
				s.mu.Lock()
				delete(s.mu.conns, conn)
				s.mu.Unlock()
			}()
			s.serve(conn, isHA)
		})
		s.mu.Unlock()
	}
}

// postmaster takes signals and requests until the server has to end. The error
// says why.
func (s *Server) postmaster(signals <-chan os.Signal) error {
	for {
		select {
		case do := <-s.events:
			do()
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		case sig := <-signals:
			switch sig {
			case syscall.SIGUSR1:
				s.requests()
			case syscall.SIGHUP:
				s.reload()
			case syscall.SIGQUIT:
				return errImmediate
			default:
				s.shutdown()
				return errShutdown
			}
		}
	}
}

// shutdown is the first part of a fast shutdown: sessions end, the standbys get
// the rest of the log.
func (s *Server) shutdown() {
	s.out.printf("received fast shutdown request")
	s.endSessions()
	if s.inRecovery() || s.dcf != nil {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, drainTime)
	defer cancel()
	for held := false; !held; {
		select {
		case <-s.writer:
			held = true
		case do := <-s.events: // a demotion holds the writer until it has ended here
			do()
		case <-ctx.Done():
			return
		}
	}
	if s.inRecovery() { // the demotion succeeded
		s.writer <- struct{}{}
		return
	}
	s.must(s.record(s.takeTerm(), kindCheckpoint))
	end := s.log.End().LSN
	// Standbys that do not answer are not waited for longer than that.
	_ = s.wait(ctx, func() bool {
		for snd := range s.mu.senders {
			if snd.state == opengauss.SenderStreaming && snd.ack.Flush < end {
				return false
			}
		}
		return true
	})
	s.writer <- struct{}{}
}

// stop ends everything that runs.
func (s *Server) stop(cause error) {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.mu.closing = true
	s.mu.Unlock()
	s.cancel(cause)
	s.mu.Lock()
	for _, c := range s.mu.sessions {
		c.terminate(errShutdown)
	}
	for conn := range s.mu.conns {
		if errors.Is(cause, errImmediate) {
			conn.Close()
		} else {
			_ = conn.SetReadDeadline(time.Unix(1, 0)) // it is closed below if that fails
		}
	}
	for snd := range s.mu.senders {
		snd.conn.Close()
	}
	s.mu.Unlock()
	_ = s.leave() // it only waits
	if s.dcf != nil {
		s.dcf.close()
	}
	s.tasks.Wait()
	s.must(s.log.Close())
}
