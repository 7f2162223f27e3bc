// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// ctl is one run of gs_ctl.
type ctl struct {
	out     io.Writer
	exe     string // path of gs_ctl itself
	verb    string
	dir     datadir.Dir
	node    string // in the prefix of messages, while it builds
	program string // in the prefix: gs_ctl, or gs_rewind
	flags   map[string]string
	wait    time.Duration
	nowait  bool
	held    []io.Closer // locks, until the process ends
}

// withValue are gs_ctl's options that take one; the others take none.
const withValue = "DMmtTbrClopZUPxvuieORLaInQ"

// gsCtl is the program gs_ctl.
func gsCtl(argv []string, stdout io.Writer) int {
	c := &ctl{out: stdout, flags: map[string]string{}, wait: 60 * time.Second, program: "gs_ctl"}
	var err error
	if c.exe, err = absolute(argv[0]); err != nil {
		c.log(" %v", err)
		return 1
	}
	if code := c.lockLog(); code != 0 {
		return code
	}
	if code := c.parse(argv[1:]); code != 0 {
		return code
	}
	return c.run()
}

// lockLog takes the lock that all gs_ctl of a user share when GAUSSLOG is set.
func (c *ctl) lockLog() int {
	base := os.Getenv("GAUSSLOG")
	if base == "" {
		return 0
	}
	dir := filepath.Join(base, "bin", "gs_ctl")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		c.log(" could not create %q: %v", dir, err)
		return 1
	}
	f, err := datadir.Lock(filepath.Join(dir, "gs_ctl.lock"))
	if err != nil {
		c.print("another gs_ctl command is running, init_log failed!\n")
		return 1
	}
	c.held = append(c.held, f)
	return 0
}

func (c *ctl) parse(args []string) int {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if strings.ContainsAny(a, "|;&$<>`\\!") {
			c.log(" Error: invalid token in the argument %q", a)
			return 1
		}
		switch {
		case len(a) >= 2 && a[0] == '-' && a[1] != '-' && strings.IndexByte(withValue, a[1]) >= 0:
			value := a[2:]
			if value == "" {
				if i+1 == len(args) {
					return c.advice("option requires an argument -- '%s'", a[1:])
				}
				i++
				value = args[i]
			}
			c.flags[a[1:2]] = value
		case len(a) >= 2 && a[0] == '-':
			c.flags[strings.TrimLeft(a, "-")] = ""
		case c.verb == "":
			c.verb = a
		case c.verb == "kill":
			c.flags["arg"+strconv.Itoa(len(c.flags))] = a
		default:
			return c.advice("too many command-line arguments (first is %q)", a)
		}
	}
	if t, ok := c.flags["t"]; ok {
		n, err := strconv.Atoi(t)
		if err != nil || n < 0 {
			return c.advice("unexpected wait seconds %q", t)
		}
		c.wait = time.Duration(n) * time.Second
	}
	if m, ok := c.flags["m"]; ok && !isStopMode(m) {
		c.log(" unrecognized shutdown mode %q", m)
		return 1
	}
	_, c.nowait = c.flags["W"]
	dir := c.flags["D"]
	if dir == "" {
		dir = os.Getenv("PGDATA")
	}
	if dir != "" {
		c.dir = datadir.Dir(filepath.Clean(dir))
	}
	return 0
}

func isStopMode(m string) bool {
	return m == "f" || m == "fast" || m == "i" || m == "immediate"
}

func (c *ctl) isImmediate() bool { return strings.HasPrefix(c.flags["m"], "i") }

func (c *ctl) advice(format string, args ...any) int {
	c.log(" "+format, args...)
	c.print("Try \"gs_ctl --help\" for more information.\n")
	return 1
}

func (c *ctl) print(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }

// logPart writes a message with its prefix and without a line end.
func (c *ctl) logPart(format string, args ...any) {
	c.print("[%s][%d][%s][%s]: %s", time.Now().UTC().Format("2006-01-02 15:04:05.000"), os.Getpid(), c.node, c.program, fmt.Sprintf(format, args...))
}

// log writes a message with its prefix.
func (c *ctl) log(format string, args ...any) { c.logPart(format+"\n", args...) }

func (c *ctl) run() int {
	commands := map[string]func() int{
		"start": c.start, "stop": c.stop, "restart": c.restart, "reload": c.reload, "status": c.status, "query": c.query,
		"querybuild": c.queryBuild, "failover": c.failover, "switchover": c.switchover, "notify": c.notify, "build": c.build,
		"finishredo": c.finishRedo, "setrunmode": c.setRunMode, "member": c.member, "changerole": c.changeRole, "kill": c.kill,
	}
	do, ok := commands[c.verb]
	switch {
	case c.verb == "":
		return c.advice("no operation specified")
	case !ok:
		return c.advice("unrecognized operation mode %q", c.verb)
	case c.dir == "" && c.verb != "kill":
		return c.advice("no database directory specified and environment variable PGDATA unset")
	}
	return do()
}

// lock takes gs_ctl's lock of the data directory. It is held until the process
// ends; a started server does not inherit it.
func (c *ctl) lock(what string) bool {
	if _, err := os.Stat(string(c.dir)); err != nil {
		return true
	}
	f, err := c.dir.LockCtl()
	if err == nil {
		c.held = append(c.held, f)
		return true
	}
	c.log("Another gs_ctl command is still running,%s failed !", what)
	return false
}

// serverPID gives the process of a running server. When there is none it says
// so, with pad in front of the second line, and ok is false.
func (c *ctl) serverPID(pad string) (pid int, ok bool) {
	p, err := c.dir.ReadPID()
	switch {
	case err != nil:
		c.log(" PID file %q does not exist", c.dir.PIDPath())
	case !c.dir.IsServer(p.PID):
		c.log(" The process recorded in PID file %q is not current server", c.dir.PIDPath())
	default:
		return p.PID, true
	}
	c.log("%sIs server running?", pad)
	return 0, false
}

// poll calls done, and then again after each second, until it is true or the
// time is up. It prints a dot for each second.
func (c *ctl) poll(done func() bool) bool {
	for n := 0; ; n++ {
		if done() {
			return true
		}
		if time.Duration(n)*time.Second >= c.wait {
			return false
		}
		c.print(".")
		time.Sleep(time.Second)
	}
}
