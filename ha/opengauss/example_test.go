// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/gausskit/gausskit/ha/opengauss"
)

func ExampleParseQuery() {
	out, err := os.ReadFile("testdata/query/cluster.gs_ctl-query-n1.out")
	if err != nil {
		fmt.Println(err)
		return
	}
	q, err := opengauss.ParseQuery(string(out))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(q.HA.Role, q.HA.State, "live:", q.IsLive())
	for _, s := range q.Senders {
		fmt.Println(s.PeerRole, s.State, s.SyncState, s.Locations.ReceiverFlush, s.Channel.Remote)
	}
	// Output:
	// primary Normal live: true
	// Standby Streaming Sync 0/7000000 127.0.0.1:38150
	// Standby Streaming Potential 0/7000000 127.0.0.1:48734
}

// A primary whose process was stopped with SIGSTOP still "is" primary, says
// gs_ctl, with exit code 0.
func ExampleQuery_IsLive() {
	out, err := os.ReadFile("testdata/query/faults.primary-frozen.gs_ctl-query-n2.out")
	if err != nil {
		fmt.Println(err)
		return
	}
	q, err := opengauss.ReadQuery(0, string(out))
	fmt.Println(q.HA.Role, q.HA.State, err)
	fmt.Println("live:", q.IsLive(), "-", q.Source, "-", q.HA.Detail)
	// Output:
	// primary Normal <nil>
	// live: false - state file - wait /tmp:26100 timeout expired
}

func ExampleReadResult() {
	// A real switchover that ran out of time; gs_ctl ended with exit code 0.
	out, err := os.ReadFile("testdata/result/modes.cascade.gs_ctl-switchover.out")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := opengauss.ReadResult(opengauss.CommandSwitchover, 0, string(out))
	fmt.Println(r.Outcome, r.IsUncertain(), errors.Is(r.Err(), opengauss.ErrTimedOut))
	fmt.Println(r.Err())
	// Output:
	// timed out true true
	// opengauss: gs_ctl switchover: timed out (exit code 0): switchover timeout after 60 seconds. please manually check the cluster status or backtrack log.
}

func ExampleReadGuc() {
	// The server refuses this value; gs_guc neither knows nor says so.
	out, err := os.ReadFile("testdata/guc/primary.gs_guc-reload-bad-ssn.out")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := opengauss.ReadGuc(0, string(out))
	fmt.Println(r.Outcome, r.Changes[0].Text)
	// Output:
	// requested synchronous_standby_names='ANY x(dn2'
}

func ExampleParseStateFile() {
	file := opengauss.StateFile{Mode: opengauss.ModeStandby, Channels: 3, State: 2, LSN: 0x7039DF8, Term: 1,
		Rebuild: opengauss.RebuildWAL, HasChannel: true, Channel: 1}
	b, err := file.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := opengauss.ParseStateFile(b)
	fmt.Println(len(b), s.Mode, s.DBState(), s.Rebuild, s.LSN, err)
	// Output:
	// 72 Standby Need repair WAL segment removed 0/7039DF8 <nil>
}

func ExampleParseClusterStatus() {
	s, err := opengauss.ParseClusterStatus(omStatus)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.State)
	for _, d := range s.Datanodes {
		fmt.Printf("%s: %s, %s %q\n", d.Node, d.Role.Role(), d.State, d.Detail)
	}
	// Output:
	// Degraded
	// node1: primary, Normal ""
	// node2: cascade standby, Need repair "Connecting"
	// node3: unknown, Manually stopped ""
}
