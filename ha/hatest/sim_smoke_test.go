// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/hatest"
)

func TestSmoke(t *testing.T) {
	c := hatest.NewCluster(hatest.Options{Trace: true})
	ok := c.Settle(30 * time.Second)
	if ok {
		c.Crash(c.Primary())
		c.Run(10 * time.Second)
	}
	t.Logf("settled %v acked %d lost %d err %v\n%s", ok, c.Acked(), c.Lost(), c.Broken(), strings.Join(c.Trace(), "\n"))
}
