// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"testing"

	"github.com/gausskit/gausskit/ha"
)

func TestReplication(t *testing.T) {
	nodes := cluster(t, 2)
	a, b := nodes[0], nodes[1]
	a.exec("insert into t values (1, 'one'), (2, 'two')")
	if got := a.number("select count(*) from t"); got != 2 {
		t.Errorf("primary has %d rows, want 2", got)
	}
	b.eventually("replicated", func() bool { return b.number("select count(*) from t") == 2 })
	if q := a.query(); q.HA.Role != ha.RolePrimary || len(q.Senders) != 1 {
		t.Errorf("primary: %+v", q)
	}
}
