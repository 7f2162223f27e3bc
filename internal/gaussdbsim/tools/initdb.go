// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
	"github.com/gausskit/gausskit/internal/gaussdbsim/server"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
)

type initdb struct {
	out                  io.Writer
	dir                  datadir.Dir
	node, user, password string
	dcf                  bool
}

// gsInitdb is the program gs_initdb.
func gsInitdb(argv []string, stdout io.Writer) int {
	i := &initdb{out: stdout}
	if u, err := user.Current(); err == nil {
		i.user = u.Username
	}
	owner := i.user
	if err := i.parse(argv[1:]); err != nil {
		i.print("gs_initdb: %v\n", err)
		return 1
	}
	if i.node == "" {
		i.print("gs_initdb: openGauss node name is mandatory\nTry \"gs_initdb --help\" for more information.\n")
		return 1
	}
	if i.dir == "" {
		i.print("gs_initdb: no data directory specified\n")
		return 1
	}
	if len(argv) > 0 && i.user != "" {
		owner = i.user
	}
	i.print("The files belonging to this database system will be owned by user %q.\nThis user must also own the server process.\n\n"+
		"The database cluster will be initialized with locale \"C\".\nThe default text search configuration will be set to \"english\".\n\n", owner)
	if entries, err := os.ReadDir(string(i.dir)); err == nil && len(entries) > 0 {
		i.print("gs_initdb: directory %q exists but is not empty\nIf you want to create a new database system, either remove or empty\n"+
			"the directory %q or run gs_initdb\nwith an argument other than %q.\n", i.dir, i.dir, i.dir)
		return 1
	}
	if err := i.create(); err != nil {
		i.print("%v\ngs_initdb: removing data directory %q\n", err, i.dir)
		_ = os.RemoveAll(string(i.dir)) // it says so above
		return 1
	}
	return 0
}

func (i *initdb) print(format string, args ...any) { fmt.Fprintf(i.out, format, args...) }

func (i *initdb) parse(args []string) error {
	for n := 0; n < len(args); n++ {
		name, value, has := strings.Cut(args[n], "=")
		next := func() string {
			if !has && n+1 < len(args) {
				n++
				value = args[n]
			}
			return value
		}
		switch name {
		case "-D", "--pgdata":
			i.dir = datadir.Dir(filepath.Clean(next()))
		case "--nodename":
			i.node = next()
		case "-U", "--username":
			i.user = next()
		case "-w", "--pwpasswd":
			i.password = next()
		case "--pwfile":
			b, err := os.ReadFile(next())
			if err != nil {
				return fmt.Errorf("could not open file for reading: %w", err)
			}
			i.password, _, _ = strings.Cut(string(b), "\n")
		case "-c", "--enable-dcf":
			i.dcf = true
		case "-E", "--encoding", "-A", "--auth", "--auth-host", "--auth-local", "-X", "--xlogdir", "--dbcompatibility", "--lc-collate", "--lc-ctype":
			next()
		case "--locale", "--no-locale", "-S", "-n", "--noclean":
		default:
			return fmt.Errorf("unrecognized option '%s'", args[n])
		}
	}
	return nil
}

// weakness says what is wrong with a password.
func weakness(password string) error {
	if n := len(password); n < 8 || n > 32 {
		return message("passwd must contain at least eight characters andpassword can't contain more than 32 characters.")
	}
	kinds := map[string]bool{}
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			kinds["upper"] = true
		case unicode.IsLower(r):
			kinds["lower"] = true
		case unicode.IsDigit(r):
			kinds["digit"] = true
		default:
			kinds["other"] = true
		}
	}
	if len(kinds) < 3 {
		return message("Password must contain at least three kinds of characters.")
	}
	return nil
}

func makeDirs(d datadir.Dir) error {
	for _, name := range []string{"", "base", "global", "pg_clog", "pg_csnlog", "pg_errorinfo", "pg_llog", "pg_location", "pg_logical",
		"pg_multixact", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_tblspc", "pg_twophase", "pg_xlog", "undo"} {
		if err := os.MkdirAll(d.Path(name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (i *initdb) create() error {
	i.print("creating directory %s ... ok\ncreating subdirectories ... in ordinary occasionok\ncreating configuration files ... ok\n"+
		"selecting default max_connections ... 100\nselecting default shared_buffers ... 1024MB\nBegin init undo subsystem meta.\n"+
		"[INIT UNDO] Init undo subsystem meta successfully.\n", i.dir)
	i.print("creating template1 database in %s/base/1 ... ok\ninitializing pg_authid ... ok\n", i.dir)
	if i.password == "" && i.user != "" {
		p, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err == nil {
			i.password = strings.TrimSpace(p)
		}
	}
	if err := weakness(i.password); err != nil {
		return err
	}
	if err := makeDirs(i.dir); err != nil {
		return err
	}
	if err := i.files(); err != nil {
		return err
	}
	for _, step := range []string{"setting password", "initializing dependencies", "loading PL/pgSQL server-side language", "creating system views",
		"creating performance views", "loading system objects' descriptions", "creating collations", "creating conversions", "creating dictionaries",
		"setting privileges on built-in objects", "initialize global configure for bucketmap length", "creating information schema",
		"loading foreign-data wrapper for distfs access", "loading foreign-data wrapper for log access", "loading hstore extension",
		"loading security plugin", "update system tables", "creating snapshots catalog", "vacuuming database template1",
		"copying template1 to template0", "copying template1 to postgres", "freezing database template0", "freezing database template1",
		"freezing database postgres"} {
		i.print("%s ... ok\n", step)
	}
	i.print("\nWARNING: enabling \"trust\" authentication for local connections\nYou can change this by editing pg_hba.conf or using the option -A, or\n"+
		"--auth-local and --auth-host, the next time you run gs_initdb.\n\nSuccess. You can now start the database server of single node using:\n\n"+
		"    gaussdb -D %s --single_node\nor\n    gs_ctl start -D %s -Z single_node -l logfile\n\n", i.dir, i.dir)
	return nil
}

// files writes the files of a new database.
func (i *initdb) files() error {
	conf := fmt.Sprintf(freshConf, i.node)
	if i.dcf {
		conf += "enable_dcf = on\n"
	}
	for name, text := range map[string]string{
		"PG_VERSION": "9.2\n", datadir.ConfFile: conf, datadir.HBAFile: freshHBA, "pg_ident.conf": "# MAPNAME  SYSTEM-USERNAME  PG-USERNAME\n",
		datadir.ConfFile + ".lock": string(make([]byte, 1024)), datadir.CtlLock: string(make([]byte, 1024)), "postmaster.pid.lock": "",
	} {
		if err := i.dir.Write(name, []byte(text)); err != nil {
			return err
		}
	}
	if err := i.log(); err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	cd := opengauss.ControlData{ControlVersion: 923, CatalogVersion: 201611171, SystemID: rand.Uint64() >> 4, State: opengauss.ControlShutDown,
		Modified: now, Checkpoint: ha.LSN(xlog.Base), PriorCheckpoint: 0x25B4420, Redo: ha.LSN(xlog.Base), Timeline: 1, NextXID: 12978, NextOID: 15030,
		NextMultiXactID: 2, OldestXID: 3, OldestXIDDB: 1, RemoveLSN: 1, CheckpointTime: now, WALLevel: "hot_standby", MaxConnections: 250,
		MaxPreparedXacts: 200, MaxLocksPerXact: 256, MaxAlignment: 8, BlockSize: 8192, SegmentBlocks: 131072, WALBlockSize: 8192,
		WALSegmentSize: 16777216, MaxIdentifier: 64, MaxIndexColumns: 32, ToastChunkSize: 1996, DateTimeStorage: "64-bit integers",
		Float4Passing: "by value", Float8Passing: "by value"}
	return i.dir.WriteControl(cd)
}

// log writes the first record: the initial user.
func (i *initdb) log() error {
	dir := i.dir.Path(datadir.XLogDir)
	if err := xlog.Create(dir, xlog.Base); err != nil {
		return err
	}
	l, err := xlog.Open(dir)
	if err != nil {
		return err
	}
	defer l.Close()
	password, err := server.EncodePassword(i.user, i.password)
	if err != nil {
		return err
	}
	payload, err := json.Marshal([]table.Op{{Kind: "role", Role: &table.Role{Name: i.user, Password: password, SysAdmin: true, IsInitial: true}}})
	if err != nil {
		return err
	}
	r, err := l.Append(1, server.KindChanges, payload)
	if err != nil {
		return err
	}
	return l.Flush(r.End)
}

const freshHBA = `# TYPE  DATABASE        USER            ADDRESS                 METHOD

# "local" is for Unix domain socket connections only
local   all             all                                     trust
# IPv4 local connections:
host    all             all             127.0.0.1/32            trust
# IPv6 local connections:
host    all             all             ::1/128                 trust
`

const freshConf = `# openGauss configuration file, of the simulated server
#listen_addresses = 'localhost'		# what IP address(es) to listen on
#port = 5432				# (change requires restart)
max_connections = 200			# (change requires restart)
session_timeout = 10min			# allowed duration of any unused session
#unix_socket_directory = ''		# (change requires restart)
wal_level = hot_standby			# minimal, archive, hot_standby or logical
#synchronous_commit = on		# synchronization level;
max_wal_senders = 4			# max number of walsender processes
wal_keep_segments = 16			# in logfile segments, 16MB each; 0 disables
max_replication_slots = 8		# max number of replication slots
#replconninfo1 = ''			# replication connection information used to connect primary on standby
#replconninfo2 = ''
#replconninfo3 = ''
#replconninfo4 = ''
#replconninfo5 = ''
#replconninfo6 = ''
#replconninfo7 = ''
synchronous_standby_names = '*'	# standby servers that provide sync rep
#most_available_sync = off		# Whether master is allowed to continue
hot_standby = on			# "on" allows queries during recovery
pgxc_node_name = '%s'			# Coordinator or Datanode name
`

// pgControldata is the program pg_controldata.
func pgControldata(argv []string, stdout, stderr io.Writer) int {
	dir := os.Getenv("PGDATA")
	for n := 1; n < len(argv); n++ {
		if argv[n] != "-D" {
			dir = argv[n]
		}
	}
	if dir == "" {
		fmt.Fprintf(stderr, "pg_controldata: no data directory specified\nTry \"pg_controldata --help\" for more information.\n")
		return 1
	}
	cd, err := datadir.Dir(dir).ReadControl()
	if err != nil {
		fmt.Fprintf(stderr, "pg_controldata: could not open file \"%s/global/pg_control\" for reading: %v\n", dir, err)
		return 2
	}
	fmt.Fprint(stdout, cd.String())
	return 0
}
