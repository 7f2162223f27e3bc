// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package postgres is the engine for PostgreSQL 12 and later: it implements
// ha.Engine and all its optional abilities on the server programs of a usual
// installation. One [Engine] stands for one member: one data directory and the
// server that runs on it.
//
//	e, err := postgres.New(postgres.Config{
//		Member: "m1", DataDir: "/srv/m1", Port: 5432, Host: "10.0.0.1",
//		Replication: postgres.Replication{Password: password, Networks: []string{"10.0.0.0/24"}},
//	})
//
// # Running as root
//
// PostgreSQL refuses to run as root. When the program is root, the engine runs
// the server and all tools as Config.OSUser (postgres, or nobody where there is
// no such user) with that user's groups, and gives it every file that it
// writes. The user must be able to enter the directories above the data
// directory: one made by os.MkdirTemp as root is closed (0700), so give it mode
// 0755. When the program is not root, the server runs as its user. The way is
// checked, and the error names the directory in the way.
//
// # Whose the server is
//
// The server belongs to its data directory, not to the program that started
// it: it runs in a session of its own, writes to RunDir/server.log, and goes on
// when the manager ends. A manager that starts again finds it by
// postmaster.pid, which is believed only when its process lives and works in
// this directory. Processes that outlive a killed postmaster count as running
// until they are gone; Start and Stop end them.
//
// # What is written where
//
// In the data directory, gausskit.conf holds all settings that the engine
// manages. It is replaced as a whole (temporary file, sync, rename) and
// included at the end of postgresql.conf, which is otherwise left alone.
// pg_hba.conf and pg_ident.conf get a marked block at their top: the superuser
// may come in over the Unix socket as root or as the server's user, members
// with the replication password from Replication.Networks. Settings of ours in
// postgresql.auto.conf are removed. Beside the data directory, in RunDir: the
// claim, the password file, the log, the socket, and the copy that a Rejoin is
// making. No password is on a command line, in the environment, in a log or in
// a world-readable file.
//
// # Servers that another program has set up
//
// Observe finds a running server's socket by postmaster.pid, so a server that
// another manager has set up can be looked at as it is (ha's shadow mode). The
// process must be allowed in as Config.Superuser over that socket: run it as the
// server's user where pg_hba.conf says peer. After a take-over the first change
// of the server (SetSync, Follow) writes the files above; what only a restart
// brings into force waits for the next one. Before it: Replication.User exists
// in the database with the rights that Init gives it, and Parameters are at
// least what the servers run with. Slots of the other manager stay; drop them.
//
// # Safety
//
// A server that is not meant to be primary has a synchronous standby that does
// not exist, the guard. So a standby that somebody promotes behind the
// manager's back acknowledges nothing (set synchronous_standby_names with ALTER
// SYSTEM to take that over by hand), and a promotion never acknowledges a
// write before the set of its PromoteSpec is in force.
//
// restart_after_crash is left on: when a session crashes, the same postmaster
// recovers in place in the same role, which is quicker than any manager, and a
// manager whose lease ends meanwhile stops it like any other.
//
// Replication slots named gausskit_<member> keep the log that a standby still
// needs, up to max_slot_wal_keep_size (8GB unless Parameters say otherwise): a
// member that stays away longer is copied anew. A standby that feeds cascade
// standbys keeps such slots for them, too. Who leaves an upstream drops its slot
// there, and tries that for ten minutes if it is down. fsync, full_page_writes and
// synchronous_commit are the user's; without them acknowledged writes can be
// lost in a crash of the machine.
//
// # Probes
//
// [Engine.WriteProbe] writes as a client would, for ha.Config.Probes:
//
//	write := e.WriteProbe(postgres.WriteProbeConfig{})
//	write.Uses = ha.ProbeTriggers // a primary that cannot write gives the grant away
//
// [Engine.AskPeer] asks another member's server; nodes use it when the cluster's
// settings say AskPrimary. Both have one connection each.
//
// # Not promised
//
// Terms are not stored: PostgreSQL has no place for them. A data directory
// whose postgresql.conf lies elsewhere (Debian's /etc/postgresql) is refused at
// Start. Outside Linux processes are known by postmaster.pid alone.
package postgres
