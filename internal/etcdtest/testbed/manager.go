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
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gausskit/gausskit/ha"
)

// managerVariable in the environment makes a program the manager of one
// member: a process that can be killed and frozen as a machine can.
const managerVariable = "GAUSSKIT_TESTBED_MANAGER"

// stopWord on its standard input asks a manager to end in order. The end of the
// input without it says that the testbed is dead.
const stopWord = "stop"

// StopLimit bounds an orderly end of a manager and its server.
const StopLimit = 40 * time.Second

// IsManager reports whether this process is to be a manager, not the program
// that it is otherwise.
func IsManager() bool { return os.Getenv(managerVariable) != "" }

// ManagerMain is the whole manager of one member. It returns the status to exit
// with.
func ManagerMain(stdin io.Reader, stdout, stderr io.Writer) int {
	// Ctrl-C and the end of the terminal are the matter of the testbed, which
	// then says what to do. The signals are caught, not ignored, since programs
	// that we start would inherit that.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE)
	if err := manage(bufio.NewReader(stdin), stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "manager:", err)
		return 1
	}
	return 0
}

// manage is what a manager program looks like: an engine, a store, ha.Start.
func manage(in *bufio.Reader, stdout, stderr io.Writer) error {
	var s spec
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	log := newLogger(stderr)
	log.Info("manager starts", zap.Int("pid", os.Getpid()))
	engine, routed, err := s.open(log)
	if err != nil {
		return err
	}
	store, err := openStore(s.Etcd)
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	out := &reporter{encoder: json.NewEncoder(stdout)}
	node, err := ha.Start(context.Background(), ha.Config{
		Cluster: s.Cluster, Name: s.Name, Address: s.address(),
		Engine: routed, Store: store, Settings: s.Settings, Logger: log,
		Events: ha.Events{StateChanged: out.changed, Decided: logElections(log)},
	})
	if err == nil {
		var watching sync.WaitGroup
		watched, unwatch := context.WithCancel(context.Background())
		watching.Go(func() { out.statuses(watched, node) })
		err = serve(in, s, node, engine)
		unwatch()
		watching.Wait()
	}
	return errors.Join(err, store.Close(), engine.Close())
}

// serve runs the node until the testbed says stop, or is gone.
func serve(in *bufio.Reader, s spec, node *ha.Node, engine ha.Engine) error {
	word, _ := in.ReadString('\n') // an error is the end of the input
	if strings.TrimSpace(word) == stopWord {
		ctx, cancel := context.WithTimeout(context.Background(), StopLimit)
		defer cancel()
		return node.Close(ctx)
	}
	// The testbed died without clearing up; so each member does its part.
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	err := node.Close(gone)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = errors.Join(err, engine.Stop(ctx, ha.StopKill))
	if !s.Keep {
		err = errors.Join(err, RemoveAll(s.Base))
	}
	return err
}

// report is what a manager tells of itself: a line of JSON.
type report struct {
	Changed *ha.StateChange `json:"changed,omitempty"`
	Status  *ha.LocalStatus `json:"status,omitempty"`
}

// reporter writes reports.
type reporter struct {
	mu      sync.Mutex
	encoder *json.Encoder
}

func (r *reporter) write(line report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.encoder.Encode(line) // nobody reads it any more: the testbed is gone
}

func (r *reporter) changed(c ha.StateChange) { r.write(report{Changed: &c}) }

// statuses reports the node's status until ctx or the node ends, and leaves out
// what moves all the time.
func (r *reporter) statuses(ctx context.Context, node *ha.Node) {
	var last ha.LocalStatus
	for s := range node.Watch(ctx) {
		if s.LSN, s.LeaseFor = 0, 0; s != last {
			r.write(report{Status: &s})
		}
		last = s
	}
}

// logElections tells who was thought what of in an election.
func logElections(log *zap.Logger) func(ha.Record) {
	return func(r ha.Record) {
		if e := r.Decision.Election; e != nil {
			text, err := json.Marshal(e)
			if err == nil {
				log.Info("election", zap.ByteString("record", text))
			}
		}
	}
}

func newLogger(out io.Writer) *zap.Logger {
	cfg := zap.NewDevelopmentEncoderConfig()
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(cfg), zapcore.Lock(zapcore.AddSync(out)), zapcore.InfoLevel))
}
