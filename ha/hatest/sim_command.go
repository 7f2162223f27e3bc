// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Do carries out one command, the words in which schedules and transcripts are
// written:
//
//	crash|restart|kill-node|kill-server|hang|wake|freeze|thaw|close <member>
//	partition <place>[,<place>...] [<place>...]     groups that reach each other
//	cut <place> <place>                             one way
//	cut-off <member>                                from the store, both ways
//	heal                                            the network
//	exchange|give-back <member>                     its data for another database; of one that does not run
//	slow-store <member> <duration>                  requests, answers, watches
//	slow-disk <member> <times>
//	sight <member> true|blind|rosy                  what it sees when it asks the primary's server
//	probe <member> well|veto|object|dead            what its probes say; dead also triggers
//	slow-log <member> <duration>
//	quiet-log <member> on|off                       no log comes, and all else gets through
//	slow-watch <member> <duration>
//	store down|up
//	delete-grant
//	revoke <member>                                 its lease
//	fail <member> <action> <fate> [<n>]             the action after the next n
//	switchover [<member>]
//	failover [<member>] [force]
//	reinit <member> [force]
//	restart-server <member> [force] [in-place]          in-place: the primary's, too
//	pause [<duration>] | resume
//	schedule <duration> [<member>]                  a switchover, so much later
//	cancel                                          it
//	downtime <member> [<duration>] [force]
//	end-downtime <member>
//	approve [on|off]                                the failover that waits; or whether they have to
//	limit <n> [<duration>]                          automatic failovers per window; -1 for none
//	remove <member> [force]
//	clock <member> <duration>                       by which its wall clock is wrong
//	sync <k>                                        how many must confirm; 0 ends quorum mode
//	mode lease|quorum                               who decides
//	degrade <duration>                              without standbys; 0s is never
//	ttl <duration>
//	big on|off                                      size of the client's rows
//	writes on|off
//	heal-all
//	foreign on|off|heal | foreign switchover|split [<member>]   the other manager (Options.Shadow)
//	take-over [<member>...]                         stops it, and the nodes act; without these members
//	run <duration>
//	settle <duration>                               until all is well
//
// Places are members, "store" and "client". Instead of a member stand
// "primary" for the one whose server accepts writes and "standby" for the
// first one whose server does not, "parent:<member>" for whom that one's server is
// set to follow; "all" stands for each member, one after the
// other. What a command cannot do in the
// present state it leaves undone; an error is a command that makes no sense.
func (c *Cluster) Do(command string) error {
	words := strings.Fields(command)
	if len(words) == 0 {
		return nil
	}
	verb, args := words[0], words[1:]
	v, ok := verbs[verb]
	if !ok {
		return fmt.Errorf("hatest: command %q: no such command", command)
	}
	if v.member && len(args) > 0 && args[0] == "all" {
		for _, m := range c.members {
			if err := c.Do(verb + " " + string(m.name) + " " + strings.Join(args[1:], " ")); err != nil {
				return err
			}
		}
		return nil
	}
	args = c.named(args)
	if len(args) < v.least || len(args) > v.most {
		return fmt.Errorf("hatest: command %q: want %d to %d words after it", command, v.least, v.most)
	}
	args = append(args, "", "", "", "")[:max(len(args), 4)]
	if v.member && c.member(ha.MemberID(args[0])) == nil {
		return fmt.Errorf("hatest: command %q: no member %q", command, args[0])
	}
	if err := v.do(c, args); err != nil {
		return fmt.Errorf("hatest: command %q: %w", command, err)
	}
	return nil
}

// named puts names in the place of roles.
func (c *Cluster) named(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		parts := strings.Split(a, ",")
		for j, word := range parts {
			if child, ok := strings.CutPrefix(word, "parent:"); ok {
				parts[j] = string(c.parentOf(ha.MemberID(child)))
			}
			if word == "primary" || word == "standby" {
				parts[j] = string(c.inRole(word == "primary"))
			}
		}
		out[i] = strings.Join(parts, ",")
	}
	return out
}

// inRole is the first member whose server accepts writes, or does not; m1
// when there is none.
func (c *Cluster) inRole(writable bool) ha.MemberID {
	for _, m := range c.members {
		if m.writable() == writable {
			return m.name
		}
	}
	return c.members[0].name
}

// verbOf is one command.
type verbOf struct {
	least, most int
	member      bool // the first word names a member
	do          func(c *Cluster, args []string) error
}

func onMember(f func(*Cluster, ha.MemberID)) verbOf {
	return verbOf{1, 1, true, func(c *Cluster, a []string) error {
		f(c, ha.MemberID(a[0]))
		return nil
	}}
}

func plain(f func(*Cluster)) verbOf {
	return verbOf{0, 0, false, func(c *Cluster, _ []string) error {
		f(c)
		return nil
	}}
}

func delaying(f func(*Cluster, ha.MemberID, time.Duration)) verbOf {
	return verbOf{2, 2, true, func(c *Cluster, a []string) error {
		d, err := time.ParseDuration(a[1])
		if err != nil {
			return err
		}
		f(c, ha.MemberID(a[0]), d)
		return nil
	}}
}

func toggle(off, on string, f func(c *Cluster, on bool)) verbOf {
	return verbOf{1, 1, false, func(c *Cluster, a []string) error {
		if a[0] != off && a[0] != on {
			return fmt.Errorf("want %s or %s", off, on)
		}
		f(c, a[0] == on)
		return nil
	}}
}

var verbs = map[string]verbOf{ // read-only
	"crash": onMember((*Cluster).Crash), "restart": onMember((*Cluster).Restart), "close": onMember((*Cluster).Close),
	"kill-node": onMember((*Cluster).KillNode), "kill-server": onMember((*Cluster).KillServer),
	"hang": onMember((*Cluster).HangServer), "wake": onMember((*Cluster).WakeServer),
	"freeze": onMember((*Cluster).Freeze), "thaw": onMember((*Cluster).Thaw), "revoke": onMember((*Cluster).RevokeLease),
	"heal": plain((*Cluster).Heal), "heal-all": plain((*Cluster).HealAll), "delete-grant": plain((*Cluster).DeleteGrant),
	"reinit": {1, 2, true, doMemberOrder(ha.OrderReinit)}, "restart-server": {1, 3, true, doMemberOrder(ha.OrderRestart)},
	"pause": {0, 1, false, doPause}, "schedule": {1, 2, false, doSchedule}, "cancel": ordering(ha.OrderCancel),
	"downtime": {1, 3, true, doDowntime}, "clock": {2, 2, true, doClock}, "remove": {1, 2, true, doRemove},
	"end-downtime": onMember(func(c *Cluster, m ha.MemberID) { c.Order(ha.Order{Kind: ha.OrderEndDowntime, Member: m}) }),
	"approve":      {0, 1, false, doApprove}, "limit": {1, 2, false, doLimit},
	"resume":   plain(func(c *Cluster) { c.Resume() }),
	"exchange": onMember((*Cluster).Exchange), "give-back": onMember((*Cluster).GiveBack),
	"cut-off": onMember(func(c *Cluster, m ha.MemberID) {
		c.Cut(m, "store")
		c.Cut("store", m)
	}),
	"partition":  {1, maxMembers, false, doPartition},
	"cut":        {2, 2, false, doCut},
	"slow-store": delaying((*Cluster).SlowStore), "slow-log": delaying((*Cluster).SlowReplication),
	"slow-watch": delaying((*Cluster).SlowWatch),
	"probe":      {2, 2, true, doProbe},
	"sight":      {2, 2, true, doSight},
	"quiet-log":  {2, 2, true, doQuiet},
	"slow-disk":  {2, 2, true, doSlowDisk},
	"store": toggle("down", "up", func(c *Cluster, up bool) {
		if up {
			c.StoreUp()
		} else {
			c.StoreDown()
		}
	}),
	"big":        toggle("off", "on", func(c *Cluster, on bool) { c.writer.big = on }),
	"writes":     toggle("off", "on", func(c *Cluster, on bool) { c.writer.paused = !on }),
	"fail":       {3, 4, true, doFail},
	"switchover": {0, 1, false, func(c *Cluster, a []string) error { c.Switchover(ha.MemberID(a[0])); return nil }},
	"failover":   {0, 2, false, doFailover},
	"sync":       {1, 1, false, doSync},
	"mode":       {1, 1, false, doMode},
	"degrade":    {1, 1, false, doDegrade},
	"ttl":        {1, 1, false, doTTL},
	"foreign":    {1, 2, false, doForeign},
	"take-over":  {0, maxMembers, false, doTakeOver},
	"run":        {1, 1, false, doRun},
	"settle":     {1, 1, false, doSettle},
}

func doPartition(c *Cluster, args []string) error {
	var groups [][]ha.MemberID
	for _, a := range args {
		if a == "" {
			continue
		}
		var g []ha.MemberID
		for name := range strings.SplitSeq(a, ",") {
			if _, ok := c.place(ha.MemberID(name)); !ok {
				return fmt.Errorf("no place %q", name)
			}
			g = append(g, ha.MemberID(name))
		}
		groups = append(groups, g)
	}
	c.Partition(groups...)
	return nil
}

func doCut(c *Cluster, args []string) error {
	for _, a := range args[:2] {
		if _, ok := c.place(ha.MemberID(a)); !ok {
			return fmt.Errorf("no place %q", a)
		}
	}
	c.Cut(ha.MemberID(args[0]), ha.MemberID(args[1]))
	return nil
}

func doSlowDisk(c *Cluster, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err == nil {
		c.SlowDisk(ha.MemberID(args[0]), n)
	}
	return err
}

func doProbe(c *Cluster, args []string) error {
	const why = "probe disk is dead: told to be"
	h, ok := map[string]ha.Health{
		"well": {}, "veto": {Unfit: why, Weak: true}, "object": {Objects: why, Weak: true}, "dead": {Lost: why, Unfit: why, Weak: true},
	}[args[1]]
	if !ok {
		return fmt.Errorf("no verdict %q", args[1])
	}
	c.SetHealth(ha.MemberID(args[0]), h)
	return nil
}

func doSight(c *Cluster, args []string) error {
	i := slices.Index(sightNames[:], args[1])
	if i < 0 {
		return fmt.Errorf("no sight %q", args[1])
	}
	c.SetSight(ha.MemberID(args[0]), Sight(i))
	return nil
}

func doQuiet(c *Cluster, args []string) error {
	if args[1] != "on" && args[1] != "off" {
		return fmt.Errorf("quiet-log %s: want on or off", args[1])
	}
	c.Quiet(ha.MemberID(args[0]), args[1] == "on")
	return nil
}

func doFail(c *Cluster, args []string) error {
	var kind ha.ActionKind
	if err := kind.UnmarshalText([]byte(strings.ReplaceAll(args[1], "-", " "))); err != nil {
		return err
	}
	how := slices.Index(fateNames[:], args[2])
	if how <= 0 {
		return fmt.Errorf("no fate %q", args[2])
	}
	n := 0
	if args[3] != "" {
		var err error
		if n, err = strconv.Atoi(args[3]); err != nil {
			return err
		}
	}
	c.FailLater(ha.MemberID(args[0]), kind, n, Fate(how))
	return nil
}

func doFailover(c *Cluster, args []string) error {
	force := args[0] == "force" || args[1] == "force"
	to := args[0]
	if to == "force" {
		to = args[1]
	}
	c.Failover(ha.MemberID(to), force)
	return nil
}

func doMemberOrder(kind ha.OrderKind) func(*Cluster, []string) error {
	return func(c *Cluster, args []string) error {
		o := ha.Order{Kind: kind, Member: ha.MemberID(args[0]), Limit: 20 * time.Second}
		for _, word := range args[1:] {
			switch word {
			case "force":
				o.Force = true
			case "in-place":
				o.Primary = true
			case "":
			default:
				return fmt.Errorf("want force or in-place, not %q", word)
			}
		}
		c.Order(o)
		return nil
	}
}

func doSync(c *Cluster, args []string) error {
	k, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	next := ha.Durability{K: k, Quorum: c.set.Durability.Quorum && k > 0}
	if k > 0 {
		next.Degrade = c.set.Durability.Degrade
	}
	c.set.Durability = next
	if c.Configure(c.set) == "" {
		c.writer.nothing = false
		if k == 0 {
			c.writer.promiseNothing()
		}
	}
	return nil
}

func doMode(c *Cluster, args []string) error {
	if args[0] != "lease" && args[0] != "quorum" {
		return errors.New("want lease or quorum")
	}
	next := c.set
	next.Durability.Quorum = args[0] == "quorum"
	if c.Configure(next) == "" {
		c.set = next
		c.judge.quorum = c.judge.quorum || next.Durability.Quorum
	}
	return nil
}

func doDegrade(c *Cluster, args []string) error {
	d, err := time.ParseDuration(args[0])
	if err == nil {
		c.set.Durability.Degrade = d
		c.Configure(c.set)
	}
	return err
}

func doTTL(c *Cluster, args []string) error {
	ttl, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	next := ha.Settings{
		TTL: ttl, Durability: c.set.Durability, MaxLag: c.set.MaxLag,
		FailoverLimit: c.set.FailoverLimit, FailoverWindow: c.set.FailoverWindow, Approve: c.set.Approve, AskPrimary: c.set.AskPrimary,
	}
	if c.Configure(next) == "" {
		c.set = longer(c.set, next.WithDefaults())
	}
	return nil
}

// longer is what the rules allow while both settings may be in force.
func longer(a, b ha.Settings) ha.Settings {
	if a.TTL > b.TTL {
		return a
	}
	return b
}

func doRun(c *Cluster, args []string) error {
	d, err := time.ParseDuration(args[0])
	if err == nil {
		c.Run(d)
	}
	return err
}

func doSettle(c *Cluster, args []string) error {
	d, err := time.ParseDuration(args[0])
	if err == nil && !c.Settle(d) {
		c.tell("not settled after %v", d)
	}
	return err
}
