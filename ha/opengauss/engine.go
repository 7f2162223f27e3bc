// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
	"github.com/gausskit/gausskit/ha/opengauss/release"
	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/command"
	"github.com/gausskit/gausskit/internal/postmaster"
)

// Engine runs the openGauss server of one member. Make it with New. All methods
// may be called from any goroutine.
//
// What package ha calls a timeline is openGauss's term: the server counts no
// timelines, and writes its term into every record of its log.
type Engine struct {
	cfg      Config
	in       Installation
	release  release.Release
	owner    atomicfile.Owner // whom files belong to
	userName string
	log      *zap.Logger

	tool   *Tool
	native *Native
	client *Client // kept open for the operations
	watch  *Client // kept open for Observe

	ops      *postmaster.Gate
	claim    postmaster.Claim
	child    postmaster.Child
	control  controlCache
	kind     kindCheck
	syncSure atomic.Int64 // server whose commits are known to wait

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
)

// applicationName is what our sessions call themselves. It is no member's name.
const applicationName = "gausskit:manager"

// New checks the configuration against its rules and against this machine, and
// reports all problems at once. It touches neither data nor server.
func New(cfg Config) (*Engine, error) {
	list := []error{cfg.Validate()}
	cfg = cfg.withDefaults()
	e := &Engine{cfg: cfg, ops: postmaster.NewGate()}
	e.log = cfg.Logger.With(zap.String("member", string(cfg.Member)))
	e.background, e.end = context.WithCancel(context.Background())
	if err := e.install(); err != nil {
		list = append(list, err)
	}
	if err := errors.Join(list...); err != nil {
		e.end()
		return nil, err
	}
	if err := e.connectTools(); err != nil {
		e.end()
		return nil, err
	}
	return e, nil
}

// install finds the programs, whom they run as and their release.
func (e *Engine) install() error {
	v := &problems{}
	if err := e.findUser(); err != nil {
		v.add("OSUser", "%w", err)
		return errors.Join(v.list...)
	}
	in, err := FindInstallation(e.cfg.Home)
	if err != nil {
		v.add("Home", "%w", err)
		return errors.Join(v.list...)
	}
	in.User = e.in.User
	e.in = in
	const limit = 10 * time.Second
	ctx, cancel := context.WithTimeout(e.background, limit)
	defer cancel()
	if e.release, err = ReadRelease(ctx, in.Run); err != nil {
		v.add("Home", "%w", err)
	}
	return errors.Join(v.list...)
}

func (e *Engine) connectTools() error {
	cfg, err := e.connConfig()
	if err != nil {
		return err
	}
	e.client, e.watch = NewClient(&cfg.Config), NewClient(&cfg.Config)
	if e.tool, err = NewTool(ToolConfig{DataDir: e.cfg.DataDir, Run: e.in.Run, Release: e.release}); err != nil {
		return err
	}
	e.native, err = NewNative(e.cfg.DataDir, e.client, e.release, e.owner)
	return err
}

// findUser settles whom the server runs as.
func (e *Engine) findUser() error {
	me := os.Getuid()
	if me != 0 {
		u, err := user.LookupId(strconv.Itoa(me))
		if err != nil {
			return err
		}
		e.userName, e.owner = u.Username, atomicfile.Owner{UID: me, GID: os.Getgid()}
		if e.cfg.OSUser != "" && e.cfg.OSUser != u.Username {
			return fmt.Errorf("%q: this process is %s, and only root can run the server as somebody else", e.cfg.OSUser, u.Username)
		}
		return nil
	}
	names := []string{e.cfg.OSUser}
	if e.cfg.OSUser == "" {
		names = []string{"omm", "nobody"}
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
	if e.in.User, err = runAs(u); err != nil {
		return err
	}
	e.owner = atomicfile.Owner{UID: int(e.in.User.UID), GID: int(e.in.User.GID), Set: true}
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
		return nil, fmt.Errorf("%q is root: openGauss refuses to run as root", u.Username)
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

// user is whom the engine's sessions log in as.
func (e *Engine) user() string {
	if e.cfg.User != "" {
		return e.cfg.User
	}
	return e.userName
}

// ConnString returns a connection string for this member's server as the
// engine's own user, without its password; see Config.User.
func (e *Engine) ConnString(database string) string {
	host := e.cfg.RunDir
	if e.cfg.Password != "" {
		host = e.cfg.Host
	}
	quote := strings.NewReplacer("\\", "\\\\", "'", "\\'")
	return fmt.Sprintf("host='%s' port=%d user='%s' dbname='%s' sslmode=prefer", quote.Replace(host), e.cfg.Port, quote.Replace(e.user()), quote.Replace(database))
}

func (e *Engine) connConfig() (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(e.ConnString("postgres"))
	if err != nil {
		return nil, fmt.Errorf("opengauss: connection: %w", err)
	}
	// What the environment of this process says is not meant for us.
	cfg.Password, cfg.ValidateConnect = string(e.cfg.Password), nil
	cfg.RuntimeParams = map[string]string{"application_name": applicationName}
	cfg.ConnectTimeout = 0
	if err := gausspgx.Configure(&cfg.Config, gausspgx.Options{}); err != nil {
		return nil, err
	}
	return cfg, nil
}

// Upstream is this member as others follow it.
func (e *Engine) Upstream() ha.Upstream {
	return ha.Upstream{Member: e.cfg.Member, Address: net.JoinHostPort(e.cfg.Host, strconv.Itoa(e.cfg.Port))}
}

// ServerRelease is the release of the programs.
func (e *Engine) ServerRelease() release.Release { return e.release }

// LogFile is the path of the file that the server writes its output to before it
// opens its own log.
func (e *Engine) LogFile() string { return e.runPath(logName) }

// Tool gives the programs for this data directory, for what the engine does not
// do by itself. Do not change the server behind a running manager's back.
func (e *Engine) Tool() *Tool { return e.tool }

// Native gives the requests that gs_ctl makes, for what the engine does not do
// by itself: members and roles of a DCF group, finishing redo.
func (e *Engine) Native() *Native { return e.native }

// Close ends what the engine does in the background, closes its connections and
// releases the claim. The server runs on. Close is the last call.
func (e *Engine) Close() error {
	e.end()
	e.workers.Wait()
	e.client.Close()
	e.watch.Close()
	return e.Release()
}

// failed names operation and data directory in an error.
func (e *Engine) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("opengauss: %s %s: %w", op, e.cfg.DataDir, err)
}

// poll calls done every few milliseconds until it says true or fails, or ctx
// ends.
func poll(ctx context.Context, waiting string, done func() (bool, error)) error {
	tick := time.NewTicker(lookEvery)
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
