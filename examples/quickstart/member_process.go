// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/ha/postgres"
)

// memberVariable in the environment makes this program the manager of one
// member: a process that can be killed as a machine can.
const memberVariable = "GAUSSKIT_QUICKSTART_MEMBER"

// stopWord on its standard input asks a manager to end in order. The end of the
// input without it says that quickstart is dead.
const stopWord = "stop"

// memberSpec is the first line that a manager reads.
type memberSpec struct {
	Name     ha.MemberID `json:"name"`
	Base     string      `json:"base"` // directory of the stage
	Keep     bool        `json:"keep"`
	BinDir   string      `json:"binDir"`
	Port     int         `json:"port"`
	Etcd     string      `json:"etcd"`
	Settings ha.Settings `json:"settings"`
}

func (s memberSpec) path(suffix string) string { return filepath.Join(s.Base, string(s.Name)+suffix) }

// server says where the member's database is.
func (s memberSpec) server(log *zap.Logger) postgres.Config {
	return postgres.Config{
		Member: s.Name, DataDir: s.path(""), RunDir: s.path(".run"), Port: s.Port, BinDir: s.BinDir,
		// The member that makes the database makes up a password for
		// replication, and all read the same file.
		Replication: postgres.Replication{PassFile: filepath.Join(s.Base, "replication.pass")},
		Parameters:  map[string]string{"shared_buffers": "16MB", "max_connections": "40"},
		InitOptions: []string{"--wal-segsize=1"}, // megabytes: less to copy
		Logger:      log,
	}
}

// memberMain is the whole manager of one member.
func memberMain(stdin io.Reader, stdout, stderr io.Writer) int {
	// Ctrl-C and the end of the terminal are the matter of quickstart, which
	// then says what to do. The signals are caught, not ignored, since
	// programs that we start would inherit that.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE)
	if err := manage(bufio.NewReader(stdin), stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "quickstart: member:", err)
		return exitBad
	}
	return exitGood
}

func manage(in *bufio.Reader, stdout, stderr io.Writer) error {
	var spec memberSpec
	line, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, &spec); err != nil {
		return err
	}
	log := fileLogger(stderr)
	engine, err := postgres.New(spec.server(log))
	if err != nil {
		return err
	}
	store, err := etcd.Open(context.Background(), etcd.Config{Endpoints: []string{spec.Etcd}})
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	node, err := ha.Start(context.Background(), ha.Config{
		Cluster: cluster, Name: spec.Name, Address: fmt.Sprintf("127.0.0.1:%d", spec.Port),
		Engine: engine, Store: store, Settings: spec.Settings, Logger: log,
		Events: ha.Events{StateChanged: reporter(stdout)},
	})
	if err == nil {
		err = await(in, spec, node, engine)
	}
	return errors.Join(err, store.Close(), engine.Close())
}

// await runs the node until quickstart says stop, or is gone.
func await(in *bufio.Reader, spec memberSpec, node *ha.Node, engine *postgres.Engine) error {
	word, _ := in.ReadString('\n') // an error is the end of the input
	if strings.TrimSpace(word) == stopWord {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		return node.Close(ctx)
	}
	// Quickstart died without clearing up; so each member does its part.
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	err := node.Close(gone)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = errors.Join(err, engine.Stop(ctx, ha.StopKill))
	if !spec.Keep {
		err = errors.Join(err, removeAll(spec.Base))
	}
	return err
}

// reporter writes changes of state as lines of JSON.
func reporter(out io.Writer) func(ha.StateChange) {
	var mu sync.Mutex
	encoder := json.NewEncoder(out)
	return func(c ha.StateChange) {
		mu.Lock()
		defer mu.Unlock()
		_ = encoder.Encode(c) // nobody reads it any more: quickstart is gone
	}
}

func fileLogger(out io.Writer) *zap.Logger {
	cfg := zap.NewDevelopmentEncoderConfig()
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(cfg), zapcore.Lock(zapcore.AddSync(out)), zapcore.InfoLevel))
}
