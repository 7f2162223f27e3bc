// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"slices"
	"strings"
)

// verdict says what a line of gs_ctl's output means.
type verdict struct {
	text    string // part of the line
	outcome Outcome
	of      []Command // nil: every command
}

// verdicts is read in its order; the first that fits a line counts, and the
// last line that any fits decides. Source: pg_ctl.cpp and the messages of a
// real server.
//
// A build ends by starting the server, and a restart begins by stopping it:
// that is why "server stopped" counts for stop alone.
var verdicts = [...]verdict{
	{"gs_ctl command is still running", Busy, nil},
	{"another gs_ctl command is running", Busy, nil},

	{"is not current server", NotRunning, nil},
	{"the postmaster process", NotRunning, nil},
	{"no server running", NotRunning, nil},
	{"postmaster.pid\" does not exist", NotRunning, []Command{
		CommandStop, CommandReload, CommandQuery, CommandFailover, CommandSwitchover, CommandNotify, CommandFinishRedo,
		CommandMember, CommandChangeRole, CommandSetRunMode, CommandStartWalReceiver,
	}},

	{"Can't run this command in non", Refused, nil},
	{"Can't run incremental build in DCF mode", Refused, nil},
	{"Can't add a member in a non-primary node", Refused, nil},
	{"Can't remove a member in a non-primary node", Refused, nil},
	{"Can't change primary role", Refused, nil},
	{"is not supported in dcf mode", Refused, nil},
	{"not supported in share storage", Refused, nil},
	{"does not support smart or immediate switchover", Refused, nil},
	{"cannot failover server", Refused, nil},
	{"cannot switchover server", Refused, nil},
	{"cannot notify server", Refused, nil},
	{"cannot start walrcv", Refused, nil},
	{"only support notify server in pending mode", Refused, nil},
	{"the parameter of notify", Refused, nil},
	{"build cannot be executed", Refused, nil},
	{"unrecognized ", Refused, nil},
	{"no database directory specified", Refused, nil},
	{"Were invalid node id", Refused, nil},
	{"Was invalid ", Refused, nil},

	{"timeout after ", TimedOut, nil},
	{"Setting run-mode timeout", TimedOut, nil},
	{"Timeout status was read", TimedOut, nil},
	{"server is still starting", TimedOut, nil},
	{"server does not shut down", TimedOut, []Command{CommandStop, CommandRestart}},

	{"could not start server", Failed, nil},
	{"because of misconfiguration", Failed, nil},
	{"notify server failed", Failed, nil},
	{"DCF switchover failed", Failed, nil},
	{"Change role failed", Failed, nil},
	{"Set run mode failed", Failed, nil},
	{"member failed", Failed, nil},
	{"build failed", Failed, []Command{CommandBuild}},
	{"could not connect to server", Failed, []Command{CommandBuild}},

	{"another server might be running", Already, []Command{CommandStart}},
	{"server is primary node yet", Already, []Command{CommandFailover}},

	{"server started (", Done, []Command{CommandStart, CommandRestart, CommandBuild}},
	{"server stopped", Done, []Command{CommandStop}},
	{"failover completed", Done, []Command{CommandFailover}},
	{"switchover completed", Done, []Command{CommandSwitchover}},
	{"notify server completed", Done, []Command{CommandNotify}},
	{"build completed", Done, []Command{CommandBuild}},
	{"Change role success", Done, []Command{CommandChangeRole}},
	{"Set run mode success", Done, []Command{CommandSetRunMode}},
	{"start walrcv completed", Done, []Command{CommandStartWalReceiver}},
	{"server is running (PID: ", Done, []Command{CommandStatus}},

	{"server signaled", Requested, []Command{CommandReload}},
	{"server starting", Requested, []Command{CommandStart, CommandRestart, CommandFailover, CommandSwitchover, CommandNotify, CommandStartWalReceiver}},
	{"server shutting down", Requested, []Command{CommandStop}},
	{"Please check adding member result", Requested, []Command{CommandMember}},
	{"Please check removing member result", Requested, []Command{CommandMember}},
}

// judge finds the verdict on one line.
func judge(c Command, line string) (Outcome, bool) {
	for _, v := range verdicts {
		if strings.Contains(line, v.text) && (v.of == nil || slices.Contains(v.of, c)) {
			return v.outcome, true
		}
	}
	return Unclear, false
}
