// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
)

// Kinds of records in the log.
const (
	kindChanges    = KindChanges
	kindTerm       = 't' // a new primary, or gs_write_term_log
	kindCheckpoint = 'k'
)

// KindChanges is the kind of a record that holds changes: []table.Op in JSON.
const KindChanges = 'c'

// phase is what a server is in the middle of.
type phase uint8

const (
	steady phase = iota
	starting
	demoting
	waitPromoting
	promoting
)

// Server is a running gaussdb.
type Server struct {
	dir      datadir.Dir
	cfg      *config
	log      *xlog.Log
	db       *table.DB
	out      *logger
	started  time.Time
	systemID uint64
	control  opengauss.ControlData // as at the start
	opened   uint64                // where the log ended then
	writer   chan struct{}         // full while nobody writes
	events   chan func()           // for the postmaster
	replayAt atomic.Uint64         // the log is applied up to here
	secret   [16]byte              // for salts of users that there are not

	ctx    context.Context // ends with the server
	cancel context.CancelCauseFunc
	tasks  sync.WaitGroup
	dcf    *consensus // nil unless enable_dcf

	mu struct {
		sync.Mutex
		mode       opengauss.ServerMode
		phase      phase
		rebuild    opengauss.Rebuild
		term       uint64
		visible    uint64           // readers see changes up to here
		syncAt     [levels]uint64   // replicated as demanded, by level
		receiver   *receiver        // nil unless a standby
		senders    map[*sender]bool // whom this server feeds
		sessions   map[uint32]*session
		nextID     uint32
		conns      map[net.Conn]bool
		closing    bool
		changed    chan struct{}
		role       context.Context // ends when the role does
		endRole    context.CancelCauseFunc
		saved      opengauss.StateFile
		lastXact   time.Time
		received   uint64 // by a receiver, since the start
		promotedAt uint64
		disconn    datadir.Disconnect
		lag        map[string]uint64 // by slot, the position of its standby
	}
	roleTasks sync.WaitGroup
}

// Options are the command line of gaussdb.
type Options struct {
	Dir  string
	Mode opengauss.ServerMode // ModeNormal without -M
	Argv []string
	Port int // -p; 0: of the configuration
}

var (
	errShutdown  = errors.New("terminating connection due to administrator command")
	errImmediate = errors.New("immediate shutdown")
	errRoleEnded = errors.New("the role of the server changed")
)

// open reads the data directory: configuration, control file, log. It applies
// the log.
func open(o Options, stderr io.Writer) (*Server, error) {
	s := &Server{dir: datadir.Dir(o.Dir), db: table.New(), started: time.Now(), out: &logger{w: stderr},
		writer: make(chan struct{}, 1), events: make(chan func(), 100)}
	s.writer <- struct{}{}
	for i := range s.secret {
		s.secret[i] = byte(rand.Uint32())
	}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.mu.senders, s.mu.sessions = map[*sender]bool{}, map[uint32]*session{}
	s.mu.conns, s.mu.lag = map[net.Conn]bool{}, map[string]uint64{}
	s.mu.changed = make(chan struct{})
	s.mu.role, s.mu.endRole = context.WithCancelCause(s.ctx)
	s.mu.phase = starting
	s.mu.nextID = 1
	var err error
	if s.cfg, err = loadConfig(s.dir.Path(datadir.ConfFile)); err != nil {
		s.out.raw(" 0 [BACKEND] FATAL:  configuration file %q contains errors\n", s.dir.Path(datadir.ConfFile))
		return nil, err
	}
	if o.Port != 0 {
		s.cfg.now["port"], s.cfg.atStart["port"] = fmt.Sprint(o.Port), fmt.Sprint(o.Port)
	}
	if s.control, err = s.dir.ReadControl(); err != nil {
		return nil, fmt.Errorf("control file: %w", err)
	}
	s.systemID = s.control.SystemID
	s.mu.disconn = s.dir.ReadDisconnect()
	if s.log, err = xlog.Open(s.dir.Path(datadir.XLogDir)); err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	end := s.log.End()
	s.opened = end.LSN
	s.mu.term = max(end.Term, s.dir.Term(), 1)
	s.replayAt.Store(s.log.Base())
	if s.cfg.bool("enable_dcf") {
		if s.dcf, err = newConsensus(s); err != nil {
			return nil, err
		}
		end.LSN = s.dcf.committedAtStart()
	}
	return s, s.replay(end.LSN)
}

// replay applies the log up to a position.
func (s *Server) replay(to uint64) error {
	for from := s.replayAt.Load(); from < to; {
		b, next, err := s.log.Read(from, to, 1<<20)
		if err != nil {
			return err
		}
		records, err := s.log.Records(from, b)
		if err != nil {
			return err
		}
		if err := s.apply(records); err != nil {
			return err
		}
		from = next
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.visible = max(s.mu.visible, to)
	return nil
}

// apply puts records into the tables, in their order.
func (s *Server) apply(records []xlog.Record) error {
	for _, r := range records {
		if r.Kind == kindChanges {
			var ops []table.Op
			if err := json.Unmarshal(r.Payload, &ops); err != nil {
				return fmt.Errorf("record at %s: %w", ha.LSN(r.Start), err)
			}
			if err := s.db.Replay(ops, r.End); err != nil {
				return fmt.Errorf("record at %s: %w", ha.LSN(r.Start), err)
			}
			s.mu.Lock()
			s.mu.lastXact = time.Now()
			s.mu.Unlock()
		}
		s.replayAt.Store(r.End)
	}
	return nil
}

// changedLocked wakes everyone who waits for a change of s.mu.
func (s *Server) changedLocked() {
	close(s.mu.changed)
	s.mu.changed = make(chan struct{})
}

// wait returns when cond holds, which it calls with s.mu locked.
func (s *Server) wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := cond(), s.mu.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// post gives the postmaster something to do.
func (s *Server) post(do func()) {
	select {
	case s.events <- do:
	case <-s.ctx.Done():
	}
}

// logger writes to the server's standard error until the log file takes over.
type logger struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *logger) raw(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format, args...)
}

func (l *logger) printf(format string, args ...any) {
	l.raw("%s [unknown] [unknown] localhost %d 0[0:0#0]  0 [BACKEND] LOG:  %s\n",
		time.Now().UTC().Format("2006-01-02 15:04:05.000"), 140000000000000+os.Getpid(), fmt.Sprintf(format, args...))
}

func (l *logger) to(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w = w
}
