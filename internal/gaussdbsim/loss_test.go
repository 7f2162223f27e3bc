// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// writer inserts rows until the server fails, and says which ones it confirmed.
func writer(n *node, first int, confirmed *atomic.Int64) (acked []int) {
	conn, err := gausspgx.Connect(n.t.Context(), fmt.Sprintf("host='%s' port=%d user=%s dbname=postgres sslmode=disable", n.dir, n.port, owner))
	if err != nil {
		return nil
	}
	defer conn.Close(context.Background())
	for id := first; ; id++ {
		if _, err := conn.Exec(n.t.Context(), "insert into t values ($1, 'x')", id); err != nil {
			return acked
		}
		acked = append(acked, id)
		confirmed.Add(1)
	}
}

// crash kills the primary while four clients write, and gives what they were
// told is safe.
func crash(primary *node, round int) []int {
	var confirmed atomic.Int64
	results := make(chan []int)
	for w := range 4 {
		go func() { results <- writer(primary, (round*4+w)*100000, &confirmed) }()
	}
	primary.eventually("busy", func() bool { return confirmed.Load() > 100 })
	primary.kill()
	var all []int
	for range 4 {
		all = append(all, <-results...)
	}
	return all
}

// missing gives the confirmed rows that a server does not have.
func missing(n *node, confirmed []int) []int {
	n.t.Helper()
	conn := n.admin()
	defer conn.Close(context.Background())
	rows, err := conn.Query(n.t.Context(), "select id from t")
	if err != nil {
		n.t.Fatal(err)
	}
	has := map[int]bool{}
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			n.t.Fatal(err)
		}
		has[id] = true
	}
	var lost []int
	for _, id := range confirmed {
		if !has[id] {
			lost = append(lost, id)
		}
	}
	return lost
}

// position gives how far a standby's log is on disk.
func position(n *node) ha.LSN {
	n.t.Helper()
	conn := n.admin()
	defer conn.Close(context.Background())
	var text string
	if err := conn.QueryRow(n.t.Context(), "select lsn from pg_last_xlog_replay_location()").Scan(&text); err != nil {
		n.t.Fatal(err)
	}
	lsn, err := ha.ParseLSN(text)
	if err != nil {
		n.t.Fatal(err)
	}
	return lsn
}

// TestNothingConfirmedIsLost kills primaries under load. The standby that is
// further has everything that was confirmed, because one of two must have it.
func TestNothingConfirmedIsLost(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3, "synchronous_standby_names = 'ANY 1 (dn1, dn2, dn3)'")
	primary := nodes[0]
	var confirmed []int
	for round := range 3 {
		confirmed = append(confirmed, crash(primary, round)...)
		rest := without(nodes, primary)
		for _, n := range rest {
			n.eventually("alone", func() bool { return n.query().Receiver == nil })
		}
		next := rest[0]
		if position(rest[1]) > position(next) {
			next = rest[1]
		}
		next.mustCtl("failover", "-T", fmt.Sprint(100*(round+1)))
		without(rest, next)[0].follows()
		if lost := missing(next, confirmed); len(lost) > 0 {
			t.Fatalf("round %d: %d of %d confirmed rows are lost: %v", round, len(lost), len(confirmed), lost)
		}
		primary.mustCtl("build", "-b", "incremental", "-M", "standby")
		primary.follows()
		primary = next
	}
	t.Logf("%d rows confirmed", len(confirmed))
	for _, n := range nodes {
		n.eventually("complete", func() bool { return len(missing(n, confirmed)) == 0 })
	}
}

// TestNothingConfirmedIsLostByMajority does so with DCF, which elects by itself.
func TestNothingConfirmedIsLostByMajority(t *testing.T) {
	t.Parallel()
	nodes := group(t, 3)
	primary := leader(nodes)
	primary.exec("create table t(id int primary key, v text)")
	var confirmed []int
	for round := range 3 {
		confirmed = append(confirmed, crash(primary, round)...)
		next := leader(without(nodes, primary))
		if lost := missing(next, confirmed); len(lost) > 0 {
			t.Fatalf("round %d: %d of %d confirmed rows are lost: %v", round, len(lost), len(confirmed), lost)
		}
		primary.start("standby")
		primary.eventually("complete", func() bool { return primary.rows() >= 0 && len(missing(primary, confirmed)) == 0 })
		primary = next
	}
	t.Logf("%d rows confirmed", len(confirmed))
}

// TestDCFMembers changes a role and the list of members.
func TestDCFMembers(t *testing.T) {
	t.Parallel()
	nodes := group(t, 3)
	first := leader(nodes)
	follower := without(nodes, first)[0]
	if out := follower.ctl("changerole", "-R", "passive"); out.exit != 0 || !strings.Contains(out.text, "Change role success!") {
		t.Fatalf("changerole: exit %d\n%s", out.exit, out.text)
	}
	follower.eventually("passive", func() bool { return follower.query().Paxos.Info.Role == dcf.RolePassive })
	if out := follower.ctl("member", "-O", "add", "-u", "4", "-i", "127.0.0.1", "-e", "1"); out.exit != 1 {
		t.Errorf("member add on a follower: exit %d", out.exit)
	}
	first.mustCtl("member", "-O", "add", "-u", "4", "-i", "127.0.0.1", "-e", fmt.Sprint(nodes[0].port+7))
	first.eventually("four members", func() bool { return len(first.query().Paxos.Info.Nodes) == 4 })
	first.mustCtl("member", "-O", "remove", "-u", "4")
	first.eventually("three members", func() bool { return len(first.query().Paxos.Info.Nodes) == 3 })
	first.exec("create table t(id int primary key, v text)")
	follower.eventually("replicated", func() bool { return follower.rows() == 0 })
}
