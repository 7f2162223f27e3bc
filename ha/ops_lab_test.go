// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// TestPauseEndsByItself: the nodes end it, and status says when.
func TestPauseEndsByItself(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		end := time.Now().Add(time.Minute)
		if err := l.admin.PauseUntil(l.Context(), "new switch", end); err != nil {
			l.Fatal(err)
		}
		l.pass(time.Second)
		if s := l.status(); s.Pause == nil || s.Pause.Until != end.UnixNano() || s.Pause.Reason != "new switch" {
			l.Errorf("%+v", s.Pause)
		}
		if s := l.nodes[old].Status(); !s.Paused || !s.PausedUntil.Equal(end) {
			l.Errorf("%+v", s)
		}
		l.crash(old) // so that a standby has to end it
		l.pass(50 * time.Second)
		if s := l.status(); s.Pause == nil || s.Term != 1 {
			l.Fatalf("%+v in term %v", s.Pause, s.Term)
		}
		if took := l.eventually(time.Minute, "the next primary", func() bool { return l.status().Writable }); took < 8*time.Second {
			l.Errorf("a primary %v before the end of the pause", took)
		}
		if s := l.status(); s.Pause != nil || s.Term != 2 {
			l.Errorf("%+v in term %v", s.Pause, s.Term)
		}
	})
}

func TestTimesThatMakeNoSense(t *testing.T) {
	inLab(t, func(l *lab) {
		standby := l.other(l.healthy(2))
		for want, err := range map[string]error{
			"has passed":               l.admin.PauseUntil(l.Context(), "x", time.Now()),
			"more than a year ahead":   l.admin.PauseUntil(l.Context(), "x", time.Now().Add(10000*time.Hour)),
			"1999-01-01T00:00:00Z has": l.admin.BeginDowntime(l.Context(), standby, "x", time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)),
		} {
			if !errors.Is(err, ha.ErrRefused) || !strings.Contains(err.Error(), want) {
				l.Errorf("%v; want %q", err, want)
			}
		}
		if _, err := l.admin.ScheduleSwitchover(l.Context(), "", time.Now().Add(-time.Second)); !errors.Is(err, ha.ErrRefused) {
			l.Errorf("scheduled in the past: %v", err)
		}
		if s := l.status(); s.Pause != nil || s.Scheduled != nil {
			l.Errorf("%+v", s)
		}
	})
}

// TestSwitchoverAtATime: it waits on record, in nobody's way, and is answered.
func TestSwitchoverAtATime(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		to := l.other(old)
		when := time.Now().Add(time.Hour)
		a, err := l.admin.ScheduleSwitchover(l.Context(), to, when)
		if err != nil || a.Code != ha.AnswerScheduled {
			l.Fatalf("%+v, %v", a, err)
		}
		if s := l.status(); s.Scheduled == nil || s.Scheduled.To != to || s.Request != nil {
			l.Errorf("%+v", s.Scheduled)
		}
		if _, err := l.admin.ScheduleSwitchover(l.Context(), "", when); !errors.Is(err, ha.ErrRefused) {
			l.Errorf("scheduled twice: %v", err)
		}
		third := l.other(old, to)
		if _, err := l.admin.Switchover(l.Context(), third); err != nil {
			l.Errorf("another order has to wait: %v", err)
		}
		l.settled(3)
		answer, err := l.admin.AwaitAnswer(l.Context(), a.ID)
		if late := time.Since(when); err != nil || answer.Code != ha.AnswerDone || answer.Primary != to || late < 0 || late > 2*time.Second {
			l.Errorf("%+v, %v, %v after its time", answer, err, late)
		}
		if now := l.settled(3); now != to || l.status().Scheduled != nil {
			l.Errorf("primary is %s", now)
		}
	})
}

func TestCancelledSwitchover(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		a, err := l.admin.ScheduleSwitchover(l.Context(), "", time.Now().Add(time.Minute))
		if err != nil {
			l.Fatal(err)
		}
		if err := l.admin.Cancel(l.Context()); err != nil {
			l.Fatal(err)
		}
		answer, err := l.admin.AwaitAnswer(l.Context(), a.ID)
		if !errors.Is(err, ha.ErrRefused) || answer.Code != ha.AnswerCancelled || answer.Why != "cancelled by test" {
			l.Errorf("%+v, %v", answer, err)
		}
		l.pass(2 * time.Minute)
		if now := l.settled(3); now != old {
			l.Errorf("primary is %s", now)
		}
		if err := l.admin.Cancel(l.Context()); !errors.Is(err, ha.ErrRefused) {
			l.Errorf("cancelled twice: %v", err)
		}
	})
}

// TestScheduleMeetsAFailover: one for the best standby was meant to move a
// primary that has gone by itself.
func TestScheduleMeetsAFailover(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		a, err := l.admin.ScheduleSwitchover(l.Context(), "", time.Now().Add(time.Hour))
		if err != nil {
			l.Fatal(err)
		}
		l.crash(old)
		answer, err := l.admin.AwaitAnswer(l.Context(), a.ID)
		if !errors.Is(err, ha.ErrRefused) || answer.Why != "void: "+string(old)+" is not the primary any more" {
			l.Errorf("%+v, %v", answer, err)
		}
	})
}

// TestDowntime: the member is left alone, and back in service afterwards.
func TestDowntime(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3, func(c *ha.Config) { c.Settings.Durability.K = 1 })
		down := l.other(primary)
		if err := l.admin.BeginDowntime(l.Context(), down, "new disks", time.Now().Add(2*time.Minute)); err != nil {
			l.Fatal(err)
		}
		l.pass(5 * time.Second)
		l.servers.Server(down).Kill()
		l.pass(30 * time.Second)
		s := l.status()
		if len(s.Rules) != 1 || len(s.Rules[0].Members) != 1 || s.Rules[0].Members[0] == down {
			l.Errorf("it counts for writes: %+v", s.Rules)
		}
		local := l.nodes[down].Status()
		if local.Running || !local.Downtime {
			l.Errorf("%+v", local)
		}
		if a := s.Alarms(); len(a) != 0 {
			l.Errorf("alarms: %q", a)
		}
		var m ha.MemberReport
		for _, x := range s.Members {
			if x.Name == down {
				m = x
			}
		}
		if m.Downtime == nil || m.Downtime.By != "test" || m.Downtime.Reason != "new disks" {
			l.Errorf("%+v", m.Downtime)
		}
		if _, err := l.admin.Switchover(l.Context(), down); !errors.Is(err, ha.ErrRefused) || !strings.Contains(err.Error(), "in downtime") {
			l.Errorf("switchover to it: %v", err)
		}
		l.pass(2 * time.Minute)
		l.settled(3) // it ended by itself, and the server was started
		if err := l.admin.EndDowntime(l.Context(), down); !errors.Is(err, ha.ErrRefused) {
			l.Errorf("ended twice: %v", err)
		}
	})
}

// TestFlapping: after so many failovers automation waits for a person, whose
// orders work; resuming begins a new count.
func TestFlapping(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3, func(c *ha.Config) { c.Settings.FailoverLimit = 1 })
		fail := func(name ha.MemberID) {
			l.crash(name)
			l.pass(7 * time.Second) // until its lease has ended
			l.start(l.config(name))
		}
		fail(primary)
		second := l.settled(3)
		if second == primary || len(l.status().Failovers) != 1 {
			l.Fatalf("primary %s: %+v", second, l.status().Failovers)
		}
		f := l.status().Failovers[0]
		if f.From != primary || f.To != second || f.Failure != ha.FailureNode || !f.Automatic || f.Term != 2 {
			l.Errorf("%+v", f)
		}
		l.crash(second)
		l.eventually(time.Minute, "automation to pause itself", func() bool { return l.status().Pause != nil })
		s := l.status()
		if !s.Pause.Automatic || !strings.HasPrefix(s.Pause.Reason, "1 automatic failovers within 1h0m0s: term 2 ") {
			l.Errorf("%+v", s.Pause)
		}
		if a := strings.Join(s.Alarms(), "\n"); !strings.Contains(a, "automation has paused itself") || !strings.Contains(a, "there is no primary") {
			l.Errorf("alarms: %s", a)
		}
		l.pass(20 * time.Second)
		if s := l.status(); s.Primary != "" {
			l.Fatalf("%s is primary during the pause", s.Primary)
		}
		third := l.other(second, primary)
		if a, err := l.admin.Failover(l.Context(), third); err != nil || a.Primary != third {
			l.Fatalf("%+v, %v\n%s", a, err, l.picture())
		}
		if err := l.admin.Resume(l.Context()); err != nil {
			l.Fatal(err)
		}
		if s := l.status(); len(s.Failovers) != 0 || s.Pause != nil {
			l.Errorf("%+v, %+v", s.Failovers, s.Pause)
		}
		l.start(l.config(second))
		l.settled(3)
		l.crash(third)
		l.eventually(time.Minute, "a failover after the resume", func() bool { return l.status().Writable && l.status().Primary != third })
	})
}

// TestFlappingEndsByItself: the window passes, and the cluster has a primary.
func TestFlappingEndsByItself(t *testing.T) {
	inLab(t, func(l *lab) {
		first := l.healthy(3, func(c *ha.Config) { c.Settings.FailoverLimit, c.Settings.FailoverWindow = 1, 2*time.Minute })
		l.crash(first)
		l.eventually(time.Minute, "a failover", func() bool { return l.status().Term == 2 && l.status().Writable })
		begin := time.Unix(0, l.status().Failovers[0].Wall)
		second := l.status().Primary
		l.crash(second)
		l.eventually(time.Minute, "a pause", func() bool { return l.status().Pause != nil })
		l.eventually(3*time.Minute, "the next failover", func() bool { return l.status().Term == 3 && l.status().Writable })
		if since := time.Since(begin); since < 2*time.Minute || since > 2*time.Minute+10*time.Second {
			l.Errorf("the second failover came %v after the first", since)
		}
	})
}

// TestCrashingServerCoolsDown: a server that keeps crashing as primary is not
// elected again although its log is the longest; its record says why.
func TestCrashingServerCoolsDown(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3, func(c *ha.Config) { c.Settings.RestartLimit, c.Settings.FailoverLimit = time.Second, -1 })
		broken := l.engines[primary]
		for range 2 {
			if now := l.status().Primary; now != primary {
				if _, err := l.admin.Switchover(l.Context(), primary); err != nil {
					l.Fatal(err)
				}
				l.settled(3)
			}
			before := l.status().Term
			broken.refuse("start", l.servers.Server(primary))
			l.eventually(time.Minute, "a failover", func() bool { s := l.status(); return s.Term > before && s.Writable })
			broken.set(nil)
			l.settled(3)
		}
		s := l.status()
		crashes := 0
		for _, f := range s.Failovers {
			if f.From == primary && f.Failure == ha.FailureCrash {
				crashes++
			}
		}
		if crashes != 2 || s.Primary == primary {
			l.Fatalf("primary %s: %+v", s.Primary, s.Failovers)
		}
		l.crash(s.Primary)
		heir := l.other(s.Primary, primary)
		l.eventually(time.Minute, "the member that does not cool down", func() bool { return l.status().Writable && l.status().Primary == heir })
	})
}

func TestApproval(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3, func(c *ha.Config) { c.Settings.Approve = true })
		if err := l.admin.Approve(l.Context()); !errors.Is(err, ha.ErrRefused) {
			l.Errorf("approved in advance: %v", err)
		}
		if _, err := l.admin.Switchover(l.Context(), l.other(old)); err != nil {
			l.Errorf("a switchover needs no approval: %v", err)
		}
		second := l.settled(3)
		l.crash(second)
		l.eventually(time.Minute, "the question", func() bool { return l.status().NeedsApproval })
		l.pass(30 * time.Second)
		s := l.status()
		if s.Primary != "" || s.Term != 2 {
			l.Fatalf("%s is primary in term %v", s.Primary, s.Term)
		}
		if a := s.Alarms(); len(a) == 0 || a[0] != "the failover from "+string(second)+" waits for an approval" {
			l.Errorf("alarms: %q", a)
		}
		plan, err := l.admin.Plan(l.Context(), ha.Order{Kind: ha.OrderApprove})
		if err != nil || plan.Refused != "" || plan.Target == "" || len(plan.Verdicts) != 3 || plan.Risk == "" {
			l.Errorf("%+v, %v", plan, err)
		}
		if _, err := l.admin.Apply(l.Context(), plan); err != nil {
			l.Fatal(err)
		}
		l.eventually(10*time.Second, "the failover", func() bool { return l.status().Writable })
		if s := l.status(); s.Primary != plan.Target || s.Term != 3 || s.Reign.Actor != "test" || s.NeedsApproval {
			l.Errorf("%s in term %v by %q, planned was %s", s.Primary, s.Term, s.Reign.Actor, plan.Target)
		}
	})
}

func TestRemove(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		gone := l.other(primary)
		if err := l.admin.Remove(l.Context(), gone, true); !errors.Is(err, ha.ErrRefused) || !strings.Contains(err.Error(), "a node lives") {
			l.Errorf("removed alive: %v", err)
		}
		l.crash(gone)
		l.pass(7 * time.Second)
		if a := l.status().Alarms(); len(a) != 1 || !strings.Contains(a[0], "no node lives") {
			l.Errorf("alarms: %q", a)
		}
		if err := l.admin.Remove(l.Context(), gone, false); err != nil {
			l.Fatal(err)
		}
		if s := l.status(); len(s.Members) != 2 || len(s.Alarms()) != 0 {
			l.Errorf("%d members, alarms %q", len(s.Members), s.Alarms())
		}
		if err := l.admin.Remove(l.Context(), gone, false); !errors.Is(err, ha.ErrRefused) {
			l.Errorf("removed twice: %v", err)
		}
		l.start(l.config(gone)) // it has come back after all
		l.settled(3)
	})
}
