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

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/ha/postgres"
)

// memberVariable in the environment makes this program the manager of one
// member: a process that can be killed and frozen as a machine can.
const memberVariable = "GAUSSKIT_TORTURE_MEMBER"

// stopWord on its standard input asks a manager to end in order. The end of the
// input without it says that the torture is dead.
const stopWord = "stop"

// clusterName names the cluster in the store.
const clusterName = "torture"

// memberSpec is the first line that a manager reads.
type memberSpec struct {
	Name     ha.MemberID          `json:"name"`
	Base     string               `json:"base"` // directory of the stage
	BinDir   string               `json:"binDir"`
	Port     int                  `json:"port"`
	Etcd     string               `json:"etcd"` // through this member's proxy
	Peers    map[ha.MemberID]peer `json:"peers"`
	Settings ha.Settings          `json:"settings"`
}

func (s memberSpec) path(suffix string) string { return filepath.Join(s.Base, string(s.Name)+suffix) }

func (s memberSpec) address() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }

// server says where the member's database is. Servers are killed here, machines
// are not: what the kernel has is safe.
func (s memberSpec) server(log *zap.Logger) postgres.Config {
	return postgres.Config{
		Member: s.Name, DataDir: s.path(""), RunDir: s.path(".run"), Port: s.Port, BinDir: s.BinDir,
		Replication: postgres.Replication{PassFile: filepath.Join(s.Base, "replication.pass")},
		Parameters: map[string]string{
			"shared_buffers": "16MB", "max_connections": "100", "fsync": "off", "autovacuum": "off",
			"min_wal_size": "4MB", "max_wal_size": "64MB", "wal_keep_size": "64MB",
			// In the data directory, so that a killed server leaves nothing elsewhere.
			"dynamic_shared_memory_type": "mmap",
		},
		InitOptions: []string{"--wal-segsize=1"}, // megabytes: less to copy
		Logger:      log,
	}
}

// memberMain is the whole manager of one member.
func memberMain(stdin io.Reader, stdout, stderr io.Writer) int {
	// Interrupts are the matter of the torture, which then says what to do. The
	// signals are caught, not ignored, since servers would inherit that.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGPIPE)
	if err := manage(bufio.NewReader(stdin), stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "torture: member:", err)
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
	log := newLogger(stderr)
	log.Info("manager starts", zap.Int("pid", os.Getpid()))
	engine, err := postgres.New(spec.server(log))
	if err != nil {
		return err
	}
	store, err := openStore(spec.Etcd)
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	node, err := ha.Start(context.Background(), ha.Config{
		Cluster: clusterName, Name: spec.Name, Address: spec.address(),
		Engine: &routed{engine, spec.Peers}, Store: store, Settings: spec.Settings, Logger: log,
		Events: ha.Events{StateChanged: reporter(stdout), Decided: logElections(log)},
	})
	if err == nil {
		err = await(in, node, engine)
	}
	return errors.Join(err, store.Close(), engine.Close())
}

// ownStore is a store that closes its client.
type ownStore struct {
	*etcd.Store
	client *clientv3.Client
}

// Close ends the store and its connection.
func (s *ownStore) Close() error { return errors.Join(s.Store.Close(), s.client.Close()) }

// openStore does not wait for etcd, as etcd.Open does: a manager that comes
// back while etcd is away must see to its server first.
func openStore(endpoint string) (*ownStore, error) {
	pauses := backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{endpoint}, Logger: zap.NewNop(),
		DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 2 * time.Second,
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{Backoff: pauses, MinConnectTimeout: 2 * time.Second})},
	})
	if err != nil {
		return nil, err
	}
	return &ownStore{etcd.New(client, ""), client}, nil
}

// await runs the node until the torture says stop, or is gone.
func await(in *bufio.Reader, node *ha.Node, engine *postgres.Engine) error {
	word, _ := in.ReadString('\n') // an error is the end of the input
	if strings.TrimSpace(word) == stopWord {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		return node.Close(ctx)
	}
	// The torture died without clearing up; so each member does its part.
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	err := node.Close(gone)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(err, engine.Stop(ctx, ha.StopKill))
}

// reporter writes changes of state as lines of JSON.
func reporter(out io.Writer) func(ha.StateChange) {
	var mu sync.Mutex
	encoder := json.NewEncoder(out)
	return func(c ha.StateChange) {
		mu.Lock()
		defer mu.Unlock()
		_ = encoder.Encode(c) // nobody reads it any more: the torture is gone
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
