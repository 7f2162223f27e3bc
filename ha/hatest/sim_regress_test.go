// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// TestSeedsThatBrokeARule runs those of many thousands that did, once.
func TestSeedsThatBrokeARule(t *testing.T) {
	for _, test := range []struct {
		seed  uint64
		theme hatest.Theme // that the seed had when it broke the rule
		what  string
	}{
		{104414, hatest.ThemeCut, "a founder that froze kept a database of its own"},
		{122575, hatest.ThemeOps, "a founder whose lease was revoked kept a database of its own"},
		{134422, hatest.ThemeCut, "a switchover on record, and the heir had not got the end of the log"},
		{142238, hatest.ThemeCut, "the only member with the log was tagged never-promote, and had been primary by force"},
		{164733, hatest.ThemeHand, "the last primary had everything, and a rule of its predecessor demanded more"},
	} {
		o := hatest.RandomOptions(test.seed, 0)
		if r := hatest.Explain(hatest.RunSchedule(o, hatest.RandomSchedule(test.seed, o, test.theme))); r.Broken != nil {
			t.Errorf("again: %s\n%s", test.what, r.String())
		}
	}
}

// TestHandOverThatFails: replication is asynchronous, the heir does not get the
// end of the log, and who has it dies. The heir takes over, and neither the
// record nor the answer calls that a switchover.
func TestHandOverThatFails(t *testing.T) {
	c := hatest.NewCluster(hatest.Options{Seed: 5})
	do := func(commands ...string) {
		t.Helper()
		for _, s := range commands {
			if err := c.Do(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	do("settle 20s")
	old := c.Primary()
	heir := ha.MemberID("m1")
	if old == heir {
		heir = "m2"
	}
	for _, m := range c.Members() {
		if m != old {
			do("cut " + string(old) + " " + string(m))
		}
	}
	do("run 2s", "switchover "+string(heir))
	for range 200 {
		if do("run 50ms"); c.Records().Reign.Released {
			break
		}
	}
	do("crash "+string(old), "settle 40s", "run 20s")
	r := c.Records()
	if r.Reign.Holder != heir || r.Reign.Cause != "failover" || r.Reign.Behind == 0 {
		t.Errorf("%+v", r.Reign)
	}
	if len(r.Answers) != 1 || r.Answers[0].Code != ha.AnswerFailed || !strings.Contains(r.Answers[0].Why, "end of the log of "+string(old)) {
		t.Errorf("answers: %+v", r.Answers)
	}
	if err := c.Broken(); err != nil || c.Lost() == 0 {
		t.Errorf("%v, %d rows lost", err, c.Lost())
	}
	do("heal", "restart "+string(old))
	if !c.Settle(40 * time.Second) {
		t.Error("not settled")
	}
}

// TestLogThatWasGivenUpIsNotLagged: after a forced failover to a member that
// was far behind, nobody is behind the log that went with it, and the next
// failover finds somebody.
func TestLogThatWasGivenUpIsNotLagged(t *testing.T) {
	o := hatest.Options{Seed: 6}
	o.Settings.MaxLag = 64 * ha.KiB
	c := hatest.NewCluster(o)
	for _, s := range []string{
		"settle 20s", "cut m1 m3", "run 5s", "writes off", "failover m3 force", "run 2s", "heal", "settle 20s", "crash m3", "run 10s",
	} {
		if err := c.Do(s); err != nil {
			t.Fatal(err)
		}
	}
	if p := c.Primary(); p == "" || p == "m3" || c.Lost() == 0 {
		t.Errorf("primary %q, %d rows lost, %+v", p, c.Lost(), c.Records().Reign)
	}
	if err := c.Broken(); err != nil {
		t.Error(err)
	}
}
