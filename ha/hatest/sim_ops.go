// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// What operators do besides ordering another primary, and the rules that it
// must not break.

// epoch is the wall clock's time when a simulation begins.
const epoch = 1_800_000_000_000_000_000

// wall is the true time of day, and in the time after d.
func (c *Cluster) wall() int64                       { return epoch + c.now }
func (c *Cluster) clockIn(d time.Duration) time.Time { return time.Unix(0, c.wall()+int64(d)).UTC() }

// SkewClock puts a member's wall clock wrong by so much. Its monotonic clock
// goes on as it did.
func (c *Cluster) SkewClock(name ha.MemberID, by time.Duration) {
	if m := c.member(name); m != nil {
		m.tell("wall clock is wrong by %v", by)
		m.skew = by
		c.judge.ops.skewed = c.judge.ops.skewed || by != 0
	}
}

// duration reads a word that may be left out.
func duration(word string) (time.Duration, error) {
	if word == "" {
		return 0, nil
	}
	return time.ParseDuration(word)
}

// until is the end of something that lasts as long as a word says.
func (c *Cluster) until(word string) (time.Time, error) {
	d, err := duration(word)
	if err != nil || d == 0 {
		return time.Time{}, err
	}
	return c.clockIn(d), nil
}

func doPause(c *Cluster, args []string) error {
	until, err := c.until(args[0])
	if err == nil {
		c.Order(ha.Order{Kind: ha.OrderPause, Reason: "maintenance", Until: until})
	}
	return err
}

func doSchedule(c *Cluster, args []string) error {
	at, err := c.until(args[0])
	if err == nil && at.IsZero() {
		err = errors.New("want a time ahead")
	}
	if err == nil {
		c.Order(ha.Order{Kind: ha.OrderSwitchover, To: ha.MemberID(args[1]), At: at})
	}
	return err
}

func doDowntime(c *Cluster, args []string) error {
	force := args[1] == "force" || args[2] == "force"
	if args[1] == "force" {
		args[1] = ""
	}
	until, err := c.until(args[1])
	if err == nil {
		c.Order(ha.Order{Kind: ha.OrderDowntime, Member: ha.MemberID(args[0]), Reason: "new disks", Until: until, Force: force})
	}
	return err
}

func doRemove(c *Cluster, args []string) error {
	force := args[1] == "force"
	if c.Order(ha.Order{Kind: ha.OrderRemove, Member: ha.MemberID(args[0]), Force: force}) == "" {
		c.judge.forced = c.judge.forced || force
	}
	return nil
}

func doClock(c *Cluster, args []string) error {
	by, err := time.ParseDuration(args[1])
	if err == nil {
		c.SkewClock(ha.MemberID(args[0]), by)
	}
	return err
}

// doApprove approves, or changes whether that is needed.
func doApprove(c *Cluster, args []string) error {
	switch args[0] {
	case "":
		c.Order(ha.Order{Kind: ha.OrderApprove})
		return nil
	case "on", "off":
		set := c.set
		set.Approve = args[0] == "on"
		if c.Configure(set) == "" {
			c.set.Approve = set.Approve
		}
		return nil
	}
	return errors.New("want on or off")
}

func doLimit(c *Cluster, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	window, err := duration(args[1])
	if err != nil {
		return err
	}
	set := c.set
	set.FailoverLimit, set.FailoverWindow = n, window
	set = set.WithDefaults()
	if c.Configure(set) == "" {
		c.set.FailoverLimit, c.set.FailoverWindow = set.FailoverLimit, set.FailoverWindow
	}
	return nil
}

func ordering(kind ha.OrderKind) verbOf {
	return plain(func(c *Cluster) { c.Order(ha.Order{Kind: kind}) })
}

// attend is what a good operator does once a second when all faults have ended:
// whatever waits for a person gets its word.
func (c *Cluster) attend() {
	if c.judge.broken != "" || !c.healed {
		return
	}
	r := c.Records()
	if r.Paused() {
		c.Resume()
	}
	if r.ScheduledRev != 0 {
		c.Order(ha.Order{Kind: ha.OrderCancel})
	}
	for i := range r.Members {
		if m := &r.Members[i]; m.Down() {
			c.Order(ha.Order{Kind: ha.OrderEndDowntime, Member: m.Name})
		}
	}
	if p := ha.MakePlan(clusterName, r, ha.Order{Kind: ha.OrderApprove}, nil); p.Refused == "" {
		c.Order(p.Order)
	}
	c.after(int64(time.Second), c.attend)
}

// opsJudge remembers what the rules about operators' orders need.
type opsJudge struct {
	skewed    bool // a wall clock was wrong: nothing is said about times
	ordering  ha.OrderKind
	failovers []int64 // wall times of automatic ones since somebody resumed
	former    *ha.Cluster
}

// opsCircumstances are what allowed a term, as the judge sees it.
type opsCircumstances struct {
	holder    ha.MemberID // of the reign before
	automatic bool        // a failure ended it, and nobody has ordered or approved another
	approve   bool
	limit     int
	window    time.Duration
	down      []ha.MemberID
}

func opsOf(r *ha.Cluster) opsCircumstances {
	old, set := &r.Reign, r.Settings.WithDefaults()
	out := opsCircumstances{holder: old.Holder, approve: set.Approve, limit: set.FailoverLimit, window: set.FailoverWindow}
	failed := !old.Released || old.Failed || old.Failure != ha.FailureNone
	ordered := r.RequestRev != 0 || old.Released && old.To != ""
	out.automatic = old.Term != 0 && failed && !ordered && !(r.ApprovalRev != 0 && r.Approval.Term == old.Term+1)
	for i := range r.Members {
		if r.Members[i].DowntimeRev != 0 {
			out.down = append(out.down, r.Members[i].Name)
		}
	}
	return out
}

// granted checks a term that was given to another member.
func (j *judge) granted(r *ha.Cluster) {
	g := &j.given.ops
	if r.Grant.Holder == g.holder {
		return
	}
	if slices.Contains(g.down, r.Grant.Holder) && !j.forced {
		j.fail("downtime: %s took the grant while in downtime", r.Grant.Holder)
	}
	if !g.automatic {
		return
	}
	if g.approve {
		j.fail("approval: %s took the grant and nobody had approved", r.Grant.Holder)
	}
	n := 0
	for _, at := range j.ops.failovers {
		if time.Duration(r.Reign.Wall-at) < g.window {
			n++
		}
	}
	if g.limit > 0 && n >= g.limit && !j.ops.skewed {
		j.fail("flapping: automatic failover %d within %v", n+1, g.window)
	}
	j.ops.failovers = append(j.ops.failovers, r.Reign.Wall)
	if len(r.Failovers) == 0 || r.Failovers[len(r.Failovers)-1].Term != r.Grant.Term {
		j.fail("flapping: the failover of term %d is not on record", r.Grant.Term)
	}
	if len(r.Failovers) > ha.KeptFailovers {
		j.fail("flapping: %d failovers on record", len(r.Failovers))
	}
}

// operated checks changes of what operators set, and tells of those that
// nodes have made.
func (j *judge) operated(r *ha.Cluster) {
	old := j.ops.former
	j.ops.former = r
	if old == nil {
		return
	}
	early := func(what string, at int64) {
		if j.c.wall() < at && !j.ops.skewed {
			j.fail("%s, %v early", what, time.Duration(at-j.c.wall()))
		}
	}
	if r.PauseRev != 0 && r.PauseRev != old.PauseRev && r.Pause.Automatic {
		j.c.tell("automation pauses itself: %s", r.Pause.Reason)
	}
	if old.PauseRev != 0 && r.PauseRev == 0 && j.ops.ordering == 0 {
		j.c.tell("the pause ends")
		early("expiry: the pause ended", old.Pause.Until)
		if old.Pause.Until == 0 {
			j.fail("expiry: a pause without end was ended")
		}
	}
	for i := range old.Members {
		was := &old.Members[i]
		now := r.Member(was.Name)
		if was.Down() && (now == nil || !now.Down()) && j.ops.ordering == 0 {
			j.c.tell("the downtime of %s ends", was.Name)
			early("expiry: the downtime of "+string(was.Name)+" ended", was.Downtime.Until)
			if was.Downtime.Until == 0 {
				j.fail("expiry: a downtime without end was ended")
			}
		}
	}
	if r.RequestRev != 0 && r.RequestRev != old.RequestRev && r.Request.NotBefore != 0 {
		j.c.tell("the scheduled switchover is due")
		early("schedule: a switchover began", r.Request.NotBefore)
	}
	if j.ops.ordering == ha.OrderResume && r.FailoversRev == 0 {
		j.ops.failovers = nil
	}
}

// skewedWall is the time of day as a member has it.
func (m *member) skewedWall() int64 { return m.c.wall() + int64(m.skew) }

// statusOfOrders is what a script's status tells of what operators set.
func statusOfOrders(r *ha.Cluster, members []*member) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	since := func(wall int64) time.Duration { return time.Duration(wall - epoch).Round(time.Millisecond) }
	if r.PauseRev != 0 && r.Pause.Until != 0 {
		add("paused until %v", since(r.Pause.Until))
	}
	if r.ScheduledRev != 0 {
		add("switchover %s to %q waits for %v", r.Scheduled.ID, r.Scheduled.To, since(r.Scheduled.NotBefore))
	}
	for _, m := range members {
		switch on := r.Member(m.name); {
		case on == nil:
			add("%s is not on record", m.name)
		case on.Down():
			add("%s is in downtime until %v", m.name, since(on.Downtime.Until))
		}
	}
	return lines
}
