// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha/hatest"
)

// Three members in one goroutine and virtual time; the primary's machine
// crashes, and another one takes over when its lease has run out.
func Example() {
	c := hatest.NewCluster(hatest.Options{Members: 3})
	c.Run(10 * time.Second)
	c.Crash(c.Primary())
	c.Run(10 * time.Second)
	fmt.Printf("%s is primary in term %d, lost %d\n", c.Primary(), c.Term(), c.Lost())
	// Output: m2 is primary in term 2, lost 0
}

// A random cluster with random faults. When it breaks a rule the report has
// the shortest schedule that still does, and the story of what happened.
func ExampleRunSeed() {
	r := hatest.RunSeed(42, 3)
	if r.Broken != nil {
		fmt.Println(r.String())
	}
	fmt.Println("broken:", r.Broken)
	// Output: broken: <nil>
}

// A script: commands, and what they lead to.
func ExamplePlay() {
	story, err := hatest.Play("cluster seed=1\nsettle 10s\nswitchover m2\nsettle 10s\nstatus\n")
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(len(story) > 500)
	// Output: true
}
