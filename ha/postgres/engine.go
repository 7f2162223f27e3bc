// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/command"
)

// pollEvery is how often we look for a change that nothing announces.
const pollEvery = 5 * time.Millisecond

// Engine runs the PostgreSQL server of one member. Make it with New. All
// methods may be called from any goroutine.
type Engine struct {
	syncSure atomic.Int64 // postmaster whose backends are known to wait for synchronous standbys
	cfg      Config
	bin      Binaries
	caps     capabilities
	user     *command.User    // whom programs run as; nil is the user of this process
	owner    atomicfile.Owner // whom files belong to
	userName string
	log      *zap.Logger

	ops     *gate
	session *session
	asker   *asker
	control controlCache
	slots   slotKeeper
	claim   claim
	child   child

	// background ends with Close, which waits for what runs on it.
	background context.Context
	end        context.CancelFunc
	workers    sync.WaitGroup
}

var (
	_ ha.Engine       = (*Engine)(nil)
	_ ha.Initialiser  = (*Engine)(nil)
	_ ha.SyncSetter   = (*Engine)(nil)
	_ ha.Checkpointer = (*Engine)(nil)
	_ ha.Claimer      = (*Engine)(nil)
	_ ha.Notifier     = (*Engine)(nil)
	_ ha.PeerAsker    = (*Engine)(nil)
)

// New checks the configuration against its rules and against this machine,
// and reports all problems at once. It touches neither data nor server.
func New(cfg Config) (*Engine, error) {
	list := []error{cfg.Validate()}
	cfg = cfg.withDefaults()
	e := &Engine{cfg: cfg, ops: newGate(), session: newSession(), asker: newAsker()}
	e.log = cfg.Logger.With(zap.String("member", string(cfg.Member)))
	e.background, e.end = context.WithCancel(context.Background())

	v := &problems{}
	if err := e.findUser(); err != nil {
		v.add("OSUser", "%w", err)
	}
	ctx, cancel := context.WithTimeout(e.background, 10*time.Second)
	defer cancel()
	var err error
	if cfg.BinDir == "" {
		e.bin, err = FindBinaries(ctx)
	} else if filepath.IsAbs(cfg.BinDir) {
		e.bin, err = binariesIn(ctx, cfg.BinDir)
	}
	if err != nil {
		v.add("BinDir", "%w", err)
	} else if e.bin.Major != 0 {
		e.caps, err = capabilitiesOf(e.bin.Major)
		if err != nil {
			v.add("BinDir", "%w", err)
		}
	}
	if err := errors.Join(append(list, v.list...)...); err != nil {
		e.end()
		return nil, err
	}
	return e, nil
}

// findUser settles whom the server runs as.
func (e *Engine) findUser() error {
	me := os.Getuid()
	if me != 0 {
		e.owner = atomicfile.Owner{UID: me, GID: os.Getgid()}
		u, err := user.LookupId(strconv.Itoa(me))
		if err != nil {
			return err
		}
		e.userName = u.Username
		if e.cfg.OSUser != "" && e.cfg.OSUser != u.Username {
			return fmt.Errorf("%q: this process is %s, and only root can run the server as somebody else", e.cfg.OSUser, u.Username)
		}
		return nil
	}
	names := []string{e.cfg.OSUser}
	if e.cfg.OSUser == "" {
		names = []string{"postgres", "nobody"}
	}
	var u *user.User
	var err error
	for _, name := range names {
		if u, err = user.Lookup(name); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	e.userName = u.Username
	e.user, err = runAs(u)
	if err != nil {
		return err
	}
	e.owner = atomicfile.Owner{UID: int(e.user.UID), GID: int(e.user.GID), Set: true}
	return nil
}

func runAs(u *user.User) (*command.User, error) {
	number := func(s string) (uint32, error) {
		n, err := strconv.ParseUint(s, 10, 32)
		return uint32(n), err
	}
	uid, err := number(u.Uid)
	if err != nil {
		return nil, err
	}
	if uid == 0 {
		return nil, fmt.Errorf("%q is root: PostgreSQL refuses to run as root", u.Username)
	}
	gid, err := number(u.Gid)
	if err != nil {
		return nil, err
	}
	as := &command.User{UID: uid, GID: gid}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		n, err := number(g)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(as.Groups, n) {
			as.Groups = append(as.Groups, n)
		}
	}
	return as, nil
}

// Upstream is this member as others follow it.
func (e *Engine) Upstream() ha.Upstream {
	return ha.Upstream{Member: e.cfg.Member, Address: e.cfg.address()}
}

// Binaries returns the programs that the engine runs.
func (e *Engine) Binaries() Binaries { return e.bin }

// LogFile is the path of the file that the server writes its output to.
func (e *Engine) LogFile() string { return e.runPath(logName) }

// ConnString returns a libpq connection string for the superuser on the
// private Unix socket: it works on this machine, for root and for the user the
// server runs as, and needs no password.
func (e *Engine) ConnString(database string) string {
	return e.socketString(e.cfg.RunDir, e.cfg.Port, database)
}

// localString is ConnString for the server that runs: one that another program
// has set up has its socket elsewhere until it is started by us.
func (e *Engine) localString(database string) string {
	if file, err := e.readPidFile(); err == nil && filepath.IsAbs(file.Socket) && file.Port != 0 {
		return e.socketString(file.Socket, file.Port, database)
	}
	return e.ConnString(database)
}

func (e *Engine) socketString(dir string, port int, database string) string {
	return formatConninfo([]param{
		{"host", dir}, {"port", strconv.Itoa(port)},
		{"user", e.cfg.Superuser}, {"dbname", database}, {"sslmode", "disable"},
	})
}

// Close ends what the engine does in the background, closes its connections
// and releases the claim. The server runs on. Close is the last call.
func (e *Engine) Close() error {
	e.slots.stop()
	e.end()
	e.workers.Wait()
	e.session.close()
	e.asker.close()
	return e.Release()
}

// run runs f in the background until Close.
func (e *Engine) run(f func(ctx context.Context)) {
	if e.background.Err() != nil {
		return
	}
	e.workers.Go(func() { f(e.background) })
}

// failed names operation and data directory in an error.
func (e *Engine) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("postgres: %s %s: %w", op, e.cfg.DataDir, err)
}

// poll calls done every few milliseconds until it says true or fails, or ctx
// ends.
func poll(ctx context.Context, waiting string, done func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ended(ctx, waiting)
		case <-tick.C:
		}
	}
}
