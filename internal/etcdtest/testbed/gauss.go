// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim"
	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
)

// Gauss is an installation of openGauss. The zero value is none.
type Gauss struct {
	Home      string `json:"home,omitempty"`
	Simulated bool   `json:"simulated,omitempty"`
	// Password of the servers' first user, made up for each run.
	Password string `json:"password,omitempty"`
}

// FindGauss takes the installation that $GAUSSHOME names, or builds the
// simulated one below dir. That takes the go command and a clone of the project
// around the current directory.
func FindGauss(ctx context.Context, dir string) (Gauss, error) {
	g := Gauss{Home: os.Getenv("GAUSSHOME"), Password: "Gk_" + rand.Text()}
	if g.Home != "" {
		return g, nil
	}
	g.Home, g.Simulated = filepath.Join(dir, "app"), true
	// The servers are not what is tried here: without the race detector.
	if err := gaussdbsim.InstallPlain(ctx, g.Home); err != nil {
		return Gauss{}, fmt.Errorf("cannot build the simulated gaussdb (this works inside a clone of the project, with the go command; for a real one set GAUSSHOME): %w", err)
	}
	return g, nil
}

// gaussPorts are what a server of openGauss takes beside its port.
func gaussPorts() []int { return []int{1, 4, 5} }

// openGauss makes the engine. openGauss derives the port that standbys connect
// to from that of clients, so there is no way through a proxy between members.
func (s spec) openGauss(log *zap.Logger) (*opengauss.Engine, error) {
	cfg := opengauss.Config{
		Member: s.Name, DataDir: s.path(""), RunDir: s.path(".run"), Port: s.Port, Home: s.Gauss.Home,
		Password: opengauss.Secret(s.Gauss.Password), Parameters: maps.Clone(s.Parameters),
		InitOptions: []string{"--locale=C", "-E", "UTF8"}, Logger: log,
	}
	for name, p := range s.Peers {
		port, err := strconv.Atoi(p.Address[len("127.0.0.1:"):])
		if err != nil {
			return nil, err
		}
		cfg.Peers = append(cfg.Peers, opengauss.Peer{Member: name, Host: "127.0.0.1", Port: port})
	}
	if s.Gauss.Simulated {
		cfg.ReadRecord = readSimulatedRecord
	}
	return opengauss.New(cfg)
}

// readSimulatedRecord reads the log of the simulated server, whose positions
// are those behind a record.
func readSimulatedRecord(dataDir string, at ha.LSN) (opengauss.LogRecord, error) {
	l, err := xlog.Open(filepath.Join(dataDir, "pg_xlog"))
	if err != nil {
		return opengauss.LogRecord{}, err
	}
	m := l.Before(uint64(at))
	return opengauss.LogRecord{End: at, Term: ha.Term(m.Term)}, errors.Join(l.Close())
}
