// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Report is what became of one seed.
type Report struct {
	Seed     uint64
	Options  Options
	Schedule Schedule
	Broken   error // the rule that was broken first; nil for none
	Story    []string

	Virtual     time.Duration
	Decisions   int64
	Promotions  int // servers that began to accept writes
	Terms       int
	Switchovers int
	Acked, Lost int // rows of the client
	Resets      int // machines that a watchdog reset
	Doubles     int // events at which two servers were writable, where the documentation says they may
}

// String tells the whole: options, schedule, story, the broken rule last.
func (r *Report) String() string {
	var b strings.Builder
	o := r.Options
	fmt.Fprintf(&b, "seed %d: %d members (%d late), K %d, quorum %v, degrade %v, TTL %v, MaxLag %v, empty %v, claim %v, watchdog %v, drift %v, shadow %v\n", r.Seed,
		o.Members, o.Late, o.Settings.Durability.K, o.Settings.Durability.Quorum, o.Settings.Durability.Degrade, o.Settings.TTL, o.Settings.MaxLag, o.Empty, !o.NoClaim, !o.NoWatchdog, o.ClockDrift, o.Shadow)
	b.WriteString(r.Schedule.String())
	if len(r.Story) > 0 {
		b.WriteString(StoryHeader + "\n" + strings.Join(r.Story, "\n") + "\n")
	}
	if r.Broken != nil {
		fmt.Fprintf(&b, "%v\n", r.Broken)
	}
	return b.String()
}

// RunSeed runs the random cluster and schedule of a seed and, when a rule is
// broken, shrinks the schedule and tells the story.
func RunSeed(seed uint64, members int) Report {
	o := ThemedOptions(seed, members, ThemeOf(seed))
	return Explain(RunSchedule(o, RandomSchedule(seed, o, ThemeOf(seed))))
}

// Explain shrinks the schedule of a report whose rule was broken and runs it
// again with a story. Other reports stay as they are.
func Explain(r Report) Report {
	if r.Broken == nil {
		return r
	}
	o := r.Options
	o.Trace = false
	rule := ruleOf(r.Broken)
	s := Shrink(r.Schedule, func(s Schedule) bool {
		again := RunSchedule(o, s)
		return again.Broken != nil && ruleOf(again.Broken) == rule
	})
	o.Trace = true
	return RunSchedule(o, s)
}

// Shrink drops steps as long as the schedule still breaks the rule.
func Shrink(s Schedule, breaks func(Schedule) bool) Schedule {
	for again := true; again; {
		again = false
		for i := len(s) - 1; i >= 0; i-- {
			if shorter := slices.Delete(slices.Clone(s), i, i+1); breaks(shorter) {
				s, again = shorter, true
			}
		}
	}
	return s
}

// brokenRule is the error of a report.
type brokenRule struct {
	at   time.Duration
	text string
}

func (e *brokenRule) Error() string { return fmt.Sprintf("hatest: at %v: %s", e.at, e.text) }

// ruleOf is the name of the rule before the colon.
func ruleOf(err error) string {
	var b *brokenRule
	if !errors.As(err, &b) {
		return ""
	}
	name, _, _ := strings.Cut(b.text, ":")
	return name
}

// RunSchedule runs a schedule, ends all faults, and checks that the cluster
// comes back within a bound that follows from its settings.
func RunSchedule(o Options, s Schedule) Report {
	healed := false
	ours := o.Hook == nil && mix(o.Seed)%4 == 0
	if ours {
		asked := uint64(0)
		o.Hook = func(m ha.MemberID, _ ha.HookPhase, _ ha.MemberID) error {
			asked++
			if !healed && mix(o.Seed^asked)%4 == 0 {
				return errors.New("not now")
			}
			return nil
		}
	}
	c := NewCluster(o)
	for _, step := range s {
		if step.At > faultTime {
			break
		}
		c.Run(step.At - c.Now())
		if c.judge.broken != "" {
			break
		}
		if c.tracing {
			c.tell("* %s", step.Do)
		}
		if err := c.Do(step.Do); err != nil {
			c.judge.fail("schedule: %v", err)
		}
	}
	c.Run(max(0, faultTime-c.Now()))
	healed = true
	c.finish()
	o = c.opt
	if ours {
		o.Hook = nil
	}
	return Report{
		Seed: o.Seed, Options: o, Schedule: s, Broken: c.Broken(), Story: c.story, Virtual: c.Now(), Decisions: c.decisions,
		Promotions: c.judge.promotions, Terms: int(c.judge.term), Switchovers: c.judge.switchovers,
		Acked: c.Acked(), Lost: c.Lost(), Doubles: c.judge.doubles, Resets: c.resets,
	}
}

// finish ends all faults and waits for the cluster to be well.
func (c *Cluster) finish() {
	if c.judge.broken != "" {
		return
	}
	c.HealAll()
	c.healed = true
	if c.Records().Paused() {
		c.Run(2 * time.Second)
		c.Resume()
	}
	c.attend()
	if c.opt.Shadow && !c.handOver() {
		c.judge.fail("take over: not possible when all is well: %v", c.unsettled())
		return
	}
	bound := c.recovery()
	for end := c.now + int64(bound); ; {
		if !c.Settle(time.Duration(end - c.now)) {
			c.judge.fail("recovery: %v after all faults ended: %s", bound, c.unsettled())
			return
		}
		// It may still have to find out that its lease is gone.
		acked := c.Acked()
		c.Run(2 * time.Second)
		if c.settled() && c.Acked() > acked {
			break
		}
		if c.now >= end {
			c.judge.fail("recovery: nothing is acknowledged %v after all faults ended", bound)
			return
		}
	}
	c.judge.agree()
}

// recovery bounds the time from the end of all faults to a whole cluster: the
// longest chain of limits, one after the other. It is generous, because it
// must hold whatever was under way.
func (c *Cluster) recovery() time.Duration {
	s := c.set
	cascades := time.Duration(0)
	if slices.ContainsFunc(c.members, (*member).cascade) {
		cascades = 2*s.ParentSettle + 4*s.RejoinAfter // a parent that does not feed is left out for a while
	}
	return cascades + 2*(s.TTL+c.opt.Sweep) + s.PromoteLimit + max(s.RestartLimit, 0) + s.HangLimit + s.SwitchoverLimit + 2*s.RejoinAfter +
		s.ElectionWait + 20*s.StoreLimit + 4*receiverTimeout
}

// unsettled says what is not as it should be.
func (c *Cluster) unsettled() string {
	var parts []string
	for _, m := range c.members {
		p := fmt.Sprintf("%s is %s", m.name, m.machine.State)
		if !m.alive {
			p = fmt.Sprintf("%s has no manager", m.name)
		}
		if m.writable() {
			p += ", writable"
		}
		if m.stream.connected {
			p += ", streams from " + string(m.stream.up.name)
		}
		if m.machine.Problem != "" {
			p += " (" + m.machine.Problem + ")"
		}
		parts = append(parts, p)
	}
	if r := c.Records(); r.RequestRev != 0 {
		parts = append(parts, fmt.Sprintf("%s %s waits", r.Request.Kind, r.Request.ID))
	}
	return strings.Join(parts, "; ")
}
