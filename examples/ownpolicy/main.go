// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command ownpolicy tries a candidate policy and a hook of its own in the
// simulator: clusters in virtual time that crash, lose their network and drift
// apart, thousands of times in a few seconds.
//
//	go run -C examples ./ownpolicy
//
// First it tells one story, in which the policy decides and the hook says no.
// Then it runs random fault schedules with both; if a rule breaks, the seed's
// schedule is shrunk and its story printed, and the exit status is 1.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

func main() {
	seeds := flag.Uint64("seeds", 500, "how many random fault schedules to run")
	flag.Parse()
	if flag.NArg() > 0 || *seeds == 0 {
		fmt.Fprintln(os.Stderr, "ownpolicy: want only flags, and at least one seed")
		os.Exit(2)
	}
	if err := run(os.Stdout, *seeds); err != nil {
		fmt.Fprintln(os.Stderr, "ownpolicy:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, seeds uint64) error {
	if err := story(out); err != nil {
		return err
	}
	return explore(out, seeds)
}

// options are a cluster of three members in two zones with our policy and hook.
func options(seed uint64) hatest.Options {
	return hatest.Options{
		Seed:     seed,
		Members:  3,
		Settings: ha.Settings{Durability: ha.Durability{K: 1}},
		Tags:     map[ha.MemberID]ha.Tags{"m1": {Zone: home}, "m2": {Zone: "west", Priority: 10}, "m3": {Zone: home}},
		Policy:   preferHome,
		Hook:     spareReports,
	}
}

// story shows a failover that the policy decides and a switchover that the
// hook refuses.
func story(out io.Writer) error {
	c := hatest.NewCluster(options(1))
	c.Settle(time.Minute)
	c.Crash("m1")
	c.Run(15 * time.Second)
	if c.Primary() != "m3" {
		return fmt.Errorf("%q is primary after the crash of m1: the policy wants m3", c.Primary())
	}
	fmt.Fprintln(out, "m1 crashed; the default policy takes m2, which has priority; ours took m3, which is at home")

	c.Restart("m1")
	c.Settle(time.Minute)
	c.Switchover("m1")
	c.Settle(time.Minute)
	c.Switchover(reports)
	c.Settle(time.Minute)
	answers := c.Records().Answers
	if len(answers) != 2 || answers[1].Code != ha.AnswerRefused || c.Primary() != "m1" {
		return fmt.Errorf("a switchover to %s was not refused: %v", reports, answers)
	}
	fmt.Fprintf(out, "switchover to %s: %s: %s\n", reports, answers[1].Code, answers[1].Why)
	return c.Broken()
}

// explore runs random schedules of faults and orders.
func explore(out io.Writer, seeds uint64) error {
	var total hatest.Report
	began := time.Now()
	for seed := range seeds {
		o := options(seed)
		r := hatest.RunSchedule(o, hatest.RandomSchedule(seed, o, hatest.ThemeOf(seed)))
		if r.Broken != nil {
			told := hatest.Explain(r)
			fmt.Fprintln(out, told.String())
			return fmt.Errorf("seed %d: %w", seed, r.Broken)
		}
		total.Virtual += r.Virtual
		total.Promotions += r.Promotions
		total.Switchovers += r.Switchovers
		total.Acked += r.Acked
		total.Lost += r.Lost
	}
	fmt.Fprintf(out, "%d schedules, %v of virtual time in %v: %d promotions, %d switchovers, %d writes acknowledged; no rule broken\n"+
		"(%d writes were lost where the schedule itself switched to asynchronous replication or forced a failover)\n",
		seeds, total.Virtual.Round(time.Minute), time.Since(began).Round(time.Millisecond), total.Promotions, total.Switchovers, total.Acked, total.Lost)
	return nil
}
