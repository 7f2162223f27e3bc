// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// patroniTiming are the times that decide how quick Patroni is.
type patroniTiming struct{ ttl, loopWait, retryTimeout time.Duration }

// patroniTimes are Patroni's defaults, or the shortest that its manual allows
// ("Dynamic configuration settings").
func patroniTimes(m mode) patroniTiming {
	if m == modePatroniFast {
		return patroniTiming{20 * time.Second, time.Second, 3 * time.Second}
	}
	return patroniTiming{30 * time.Second, 10 * time.Second, 10 * time.Second}
}

// configure makes the member's directory and writes Patroni's configuration into
// it.
func (m *patroniNode) configure() error {
	p := m.cluster
	var errs []error
	for _, dir := range []string{"", "run"} {
		errs = append(errs, os.Mkdir(m.path(dir), 0o700), p.chown(m.path(dir)))
	}
	errs = append(errs, os.WriteFile(m.path("patroni.yml"), []byte(m.config()), 0o600), p.chown(m.path("patroni.yml")))
	return errors.Join(errs...)
}

// config is the configuration. Others reach the member through its proxies, and
// it reaches etcd through its own.
func (m *patroniNode) config() string {
	p, self := m.cluster, testbed.Party(m.name)
	times := patroniTimes(p.mode)
	settings := parameters()
	settings["wal_log_hints"] = "on" // pg_rewind needs it
	settings["dynamic_shared_memory_type"] = "mmap"
	settings["unix_socket_directories"] = m.path("run")
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(settings)) {
		lines = append(lines, fmt.Sprintf("        %s: '%s'", k, settings[k]))
	}
	return fmt.Sprintf(`scope: failbench
name: %[1]s
restapi:
  listen: %[2]s
  connect_address: %[3]s
etcd3:
  hosts: %[4]s
  use_proxies: true
bootstrap:
  dcs:
    ttl: %[5]d
    loop_wait: %[6]d
    retry_timeout: %[7]d
    maximum_lag_on_failover: 16777216
    synchronous_mode: true
    postgresql:
      use_pg_rewind: true
      use_slots: true
  initdb:
  - encoding: UTF8
  - wal-segsize: "1"
  - auth: scram-sha-256
postgresql:
  listen: 127.0.0.1:%[8]d
  connect_address: %[9]s
  data_dir: %[10]s
  bin_dir: %[11]s
  pgpass: %[12]s/pgpass
  authentication:
    superuser:
      username: postgres
      password: %[13]s
    replication:
      username: replicator
      password: %[13]s
  pg_hba:
  - local all all scram-sha-256
  - host all all 127.0.0.1/32 scram-sha-256
  - host replication all 127.0.0.1/32 scram-sha-256
  parameters:
%[14]s
`, m.name, m.rest, p.net.Way(testbed.PartyOps, self), p.net.Way(self, testbed.PartyEtcd),
		int(times.ttl.Seconds()), int(times.loopWait.Seconds()), int(times.retryTimeout.Seconds()),
		m.port, m.address(), m.path("data"), p.bin.Dir, m.path("run"), p.password, strings.Join(lines, "\n"))
}
