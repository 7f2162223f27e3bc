// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"maps"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// spec is what a manager is told about its member: the first line it reads.
type spec struct {
	Cluster    string               `json:"cluster"`
	Name       ha.MemberID          `json:"name"`
	Base       string               `json:"base"` // directory of the cluster
	Keep       bool                 `json:"keep"` // the directory, when the testbed is gone
	BinDir     string               `json:"binDir"`
	Gauss      Gauss                `json:"gauss"` // used when it has a home
	Port       int                  `json:"port"`
	Etcd       string               `json:"etcd"` // through this member's proxy
	Peers      map[ha.MemberID]peer `json:"peers"`
	Settings   ha.Settings          `json:"settings"`
	Parameters map[string]string    `json:"parameters"`
}

func (s spec) path(suffix string) string { return filepath.Join(s.Base, string(s.Name)+suffix) }

func (s spec) address() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }

// server says where the member's database is.
func (s spec) server(log *zap.Logger) postgres.Config {
	parameters := map[string]string{
		"shared_buffers": "16MB", "max_connections": "100",
		// In the data directory, so that a killed server leaves nothing elsewhere.
		"dynamic_shared_memory_type": "mmap",
	}
	maps.Copy(parameters, s.Parameters)
	return postgres.Config{
		Member: s.Name, DataDir: s.path(""), RunDir: s.path(".run"), Port: s.Port, BinDir: s.BinDir,
		// The member that makes the database makes up a password for
		// replication, and all read the same file.
		Replication: postgres.Replication{PassFile: filepath.Join(s.Base, "replication.pass")},
		Parameters:  parameters,
		InitOptions: []string{"--wal-segsize=1"}, // megabytes: less to copy
		Logger:      log,
	}
}
