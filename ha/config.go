// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"go.uber.org/zap"
)

// Config is what one node is started with. Cluster, Name, Engine and Store
// are required, and Address when there is more than one member.
type Config struct {
	// Cluster names the cluster in the store: the rule is that of [MemberID].
	Cluster string
	// Name is this member's name, unlike all others of the cluster.
	Name MemberID
	// Address is host:port at which the other members' servers reach this
	// member's server.
	Address string

	// Engine runs this member's server. The node owns it from Start to Close.
	Engine Engine
	// Store is the coordination store. It may serve many nodes and clusters;
	// the node does not close it.
	Store dcs.Store

	// Tags describe this member as a candidate.
	Tags Tags
	// Settings are the cluster's settings if this node is the first of a new
	// cluster; otherwise the ones in the store count.
	Settings Settings

	// Shadow: another manager is in charge of the cluster. The node looks, says
	// what it would do, and does nothing, until [Admin.TakeOver]; see the package
	// comment. After that it acts, and Shadow should leave the configuration: a
	// node that is started with it does nothing before it has read in the store
	// that the cluster was taken over.
	Shadow bool
	// NoInit: never make a new database; wait for a member that has one.
	NoInit bool
	// KeepServer: leave the server of a standby running when the node is closed.
	KeepServer bool

	// Watchdog resets the machine when the node cannot stop its server in
	// time; nil is none. WatchdogMode says how it is used.
	Watchdog     Watchdog
	WatchdogMode WatchdogMode

	// Fencer makes sure of a former primary before this member is promoted;
	// nil is none. See Settings.Fencing.
	Fencer Fencer
	// Probes are checks of the user's own, at most MaxProbes.
	Probes []Probe

	// Policy orders candidates that may be promoted; nil is DefaultPolicy. It
	// must be pure and the same on all members.
	Policy Policy
	// Hook is asked before a promotion and a switchover; nil agrees.
	Hook Hook
	// Events are told what happens.
	Events Events
	// Logger is silent when nil.
	Logger *zap.Logger
}

// ErrConfig is wrapped by the error of a configuration that does not hold
// together. The error lists all violations.
var ErrConfig = errors.New("ha: invalid configuration")

// Validate returns all violations at once, joined, or nil.
func (c *Config) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if err := MemberID(c.Cluster).Validate(); err != nil {
		bad(true, "Cluster %w", err)
	}
	if err := c.Name.Validate(); err != nil {
		bad(true, "Name %w", err)
	}
	bad(c.Engine == nil, "Engine: missing")
	bad(c.Store == nil, "Store: missing")
	if c.Address != "" {
		host, port, err := net.SplitHostPort(c.Address)
		n, perr := strconv.Atoi(port)
		bad(err != nil, "Address %q: want host:port: %w", c.Address, err)
		bad(err == nil && host == "", "Address %q: host is empty", c.Address)
		bad(err == nil && (perr != nil || n < 1 || n > 65535), "Address %q: port is not in 1..65535", c.Address)
	}
	errs = append(errs, c.Tags.validate(c.Name)...)
	bad(c.WatchdogMode > WatchdogOff, "WatchdogMode %d: no such mode", c.WatchdogMode)
	bad(c.WatchdogMode == WatchdogRequired && c.Watchdog == nil, "WatchdogMode required: Watchdog is missing")
	if f := c.Settings.Fencing; c.Fencer == nil {
		bad(f == FenceStorage || f == FenceDevice, "settings: Fencing %v: Fencer is missing", f)
	} else {
		l := c.Fencer.Level()
		bad(l != FenceStorage && l != FenceDevice, "Fencer: its level is %v, want storage or device", l)
		bad(f > l && f != FenceStopped, "settings: Fencing %v: the Fencer proves %v only", f, l)
	}
	errs = append(errs, validateProbes(c.Probes)...)
	if err := c.Settings.Validate(); err != nil {
		errs = append(errs, err)
	}
	if _, ok := c.Engine.(SyncSetter); c.Engine != nil && !ok {
		bad(c.Settings.Durability.K > 0, "settings: Durability.K %d: the engine cannot set a synchronous set", c.Settings.Durability.K)
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrConfig, errors.Join(errs...))
}

// Bound is the worst case from a fault to the first write that is
// acknowledged again, part by part. It holds when the store answers within
// its limit, a member that may be promoted lives, and its server keeps the
// limits of the settings.
type Bound struct {
	// ServerCrash: the primary's server ends, its node lives.
	ServerCrash Phases `json:"serverCrash"`
	// NodeCrash: the primary's server and node end together. In quorum mode it
	// does not depend on TTL.
	NodeCrash Phases `json:"nodeCrash"`
	// Switchover: from the moment writes stop.
	Switchover Phases `json:"switchover"`
}

// Phases are the parts of a bound.
type Phases struct {
	Detect  time.Duration `json:"detect"`  // until somebody knows
	Decide  time.Duration `json:"decide"`  // until the grant is taken and confirmed
	Promote time.Duration `json:"promote"` // until the server accepts writes
}

// Total is the sum of the parts.
func (p Phases) Total() time.Duration { return p.Detect + p.Decide + p.Promote }

// StoreSlack is how much later than a lease's end a store may remove its
// entries: etcd looks for ended leases twice a second and counts in seconds.
const StoreSlack = 1500 * time.Millisecond

// Bound works out the worst cases of the settings.
func (s Settings) Bound() Bound {
	s = s.WithDefaults()
	// An election: look at the server, publish the position, wait for those
	// who do not, take the grant, read it again. Each asks the store or the
	// engine once.
	election := s.ElectionWait + 4*s.StoreLimit
	stop := 3 * s.StopLimit
	crash := Phases{Detect: s.TTL + StoreSlack, Decide: election, Promote: s.PromoteLimit}
	if s.Durability.Quorum {
		// Nobody waits for a lease: a standby looks at its receiver often enough
		// to see it silent soon after SuspectAfter. Then the standbys say so in
		// the store, turn away from the old primary (detach), and elect.
		crash.Detect = s.SuspectAfter + max(s.SuspectAfter/20, 20*time.Millisecond) + s.StoreLimit
		crash.Decide = s.StoreLimit + 5*s.StoreLimit + election
	}
	return Bound{
		NodeCrash: crash,
		ServerCrash: Phases{
			Detect: s.Heartbeat + s.StoreLimit, Decide: max(s.RestartLimit, 0) + stop + s.StoreLimit + election,
			Promote: s.PromoteLimit,
		},
		Switchover: Phases{Detect: s.SwitchoverLimit, Decide: s.StoreLimit + election, Promote: s.PromoteLimit},
	}
}

// Bound works out the worst cases of the configuration's settings. The
// cluster's settings in the store may differ; see Admin.Status.
func (c *Config) Bound() Bound { return c.Settings.Bound() }

// Hook is asked before a promotion (of the member that is about to be
// promoted) and before a switchover (of the primary that is about to stop). An
// error is a veto. The hook must return soon after ctx ends; a hook that does
// not agree in time vetoes.
type Hook func(ctx context.Context, info HookInfo) error

// HookInfo tells a hook what is about to happen.
type HookInfo struct {
	Phase   HookPhase
	Cluster string
	Member  MemberID // whose node asks
	Term    Term
	To      MemberID // switchover: the member that will be primary
}
