// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// A switchover that ran out of time exits 0. The role tells, and the error that
// it may still happen.
func ExampleTool_Switchover() {
	answers := []opengauss.Output{
		{Stdout: " HA state:           \n\tlocal_role                     : Standby\n\tstatic_connections             : 2\n" +
			"\tdb_state                       : Normal\n\tdetail_information             : Normal\n\n Senders info:       \nNo information \n Receiver info:      \nNo information \n"},
		{Exit: 0, Stdout: "[2026-11-21 11:44:58.009][12][][gs_ctl]:  switchover timeout after 60 seconds. please manually check the cluster status or backtrack log.\n"},
	}
	answers = append(answers, answers[0])
	run := func(_ context.Context, p opengauss.Program) (opengauss.Output, error) {
		fmt.Println(p)
		next := answers[0]
		answers = answers[1:]
		return next, nil
	}
	tool, err := opengauss.NewTool(opengauss.ToolConfig{DataDir: "/srv/m2", Run: run, Release: release.Latest()})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = tool.Switchover(context.Background(), 7, false, time.Minute)
	fmt.Println(errors.Is(err, opengauss.ErrTimedOut), ha.Uncertain(err))
	// Output:
	// gs_ctl query -D /srv/m2
	// gs_ctl switchover -D /srv/m2 -T 7 -t 60
	// gs_ctl query -D /srv/m2
	// true true
}

func ExampleConfig_Validate() {
	err := opengauss.Config{
		Member: "m1", DataDir: "/srv/m1", Host: "db1.example.org", Port: 5432,
		Parameters: map[string]string{"most_available_sync": "on"},
	}.Validate()
	fmt.Println(err)
	// Output:
	// opengauss: config: Member, Host, Port: host "db1.example.org": want an IP address
	// opengauss: config: Parameters: most_available_sync is managed by the engine
}

func ExampleParseConnLock() {
	file, err := opengauss.ConnLock{Mode: opengauss.ConnForbidden}.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	lock, err := opengauss.ParseConnLock(file)
	fmt.Println(lock.Mode, err)
	// Output: prohibit_connection <nil>
}
