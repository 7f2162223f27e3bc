// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/dms"
	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

func query(t testing.TB, name string) opengauss.Query {
	t.Helper()
	q, err := opengauss.ParseQuery(read(t, "query/"+name+".out"))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueryOfAPrimary(t *testing.T) {
	q := query(t, "cluster.gs_ctl-query-n1")
	if q.HA.Role != ha.RolePrimary || q.HA.Channels != 3 || q.HA.State != opengauss.StateNormal || q.HA.Detail != opengauss.DetailNormal || !q.IsLive() {
		t.Errorf("HA = %+v", q.HA)
	}
	want := opengauss.Sender{
		PID: 12996, LocalRole: ha.RolePrimary, PeerRole: "Standby", PeerState: opengauss.StateNormal, State: opengauss.SenderStreaming,
		Locations:   opengauss.Locations{0x7000000, 0x7000000, 0x7000000, 0x7000000, 0x7000000, 0x7000000, 0x7000000, 0x7000000},
		SyncPercent: 100, SyncState: opengauss.SyncPotential, SyncPriority: 1,
		Channel: opengauss.Channel{Local: opengauss.Endpoint{Host: "127.0.0.1", Port: 26001}, Remote: opengauss.Endpoint{Host: "127.0.0.1", Port: 48734}},
	}
	if len(q.Senders) != 2 || !reflect.DeepEqual(q.Senders[1], want) || q.Receiver != nil || q.DCF {
		t.Errorf("senders = %+v", q.Senders)
	}
}

func TestQueryOfACascadeStandby(t *testing.T) {
	q := query(t, "cluster.gs_ctl-query-n4")
	if q.HA.Role != ha.RoleCascade || len(q.Senders) != 0 || q.Receiver == nil {
		t.Fatalf("%+v", q)
	}
	r := q.Receiver
	if r.PID != 13058 || r.LocalRole != ha.RoleCascade || r.PeerRole.Role() != ha.RoleStandby || r.State != opengauss.StateNormal ||
		r.Channel.Remote.Address() != "127.0.0.1:26101" || r.Locations.ReceiverReplay != 0x7000000 {
		t.Errorf("receiver = %+v", r)
	}
}

func TestQueryOfAFrozenPrimaryIsNotLive(t *testing.T) {
	q := query(t, "faults.primary-frozen.gs_ctl-query-n2")
	if q.IsLive() || q.Source != opengauss.SourceStateFile || q.HA.Role != ha.RolePrimary || q.HA.State != opengauss.StateNormal ||
		q.HA.Detail != "wait /tmp:26100 timeout expired" || q.IsSync {
		t.Errorf("%+v", q)
	}
}

func TestQueryOfADivergedStandby(t *testing.T) {
	q := query(t, "diverged.4.old-primary.gs_ctl-query")
	if q.HA.State != opengauss.StateNeedRepair || q.HA.Detail.Rebuild() != opengauss.RebuildWAL || !q.HA.NeedsBuild() {
		t.Errorf("%+v", q.HA)
	}
	// A standby whose primary is away says "Need repair", too.
	if q := query(t, "failover.primary-down.gs_ctl-query-n1"); q.HA.State != opengauss.StateNeedRepair || q.HA.NeedsBuild() {
		t.Errorf("%+v", q.HA)
	}
}

func TestQueryOfADCFLeader(t *testing.T) {
	q := query(t, "dcf.gs_ctl-query-after-member-add")
	if !q.DCF || q.Paxos == nil || q.Paxos.Info == nil || q.Paxos.Commit != 0x2619D28 {
		t.Fatalf("%+v", q)
	}
	d := q.Paxos.Info
	if d.Role != dcf.RoleLeader || d.Term != 2 || d.RunMode != dcf.RunNormal || d.ElectionTimeout != 3*time.Second || !d.InMajority ||
		d.Leader == nil || d.Leader.Port != 27783 || len(d.Nodes) != 4 || d.Nodes[3].Role != dcf.RolePassive || *d.Nodes[3].Match != 0 || *d.Nodes[1].Applied != 30 {
		t.Errorf("%+v", d)
	}
	if q := query(t, "dcf.gs_ctl-query-d1-alone"); q.Paxos == nil || q.Paxos.Info != nil {
		t.Errorf("without DCF running: %+v", q.Paxos)
	}
	if d := query(t, "dcf.majority-lost.gs_ctl-query").Paxos.Info; d.Leader != nil || d.Role.IsElectable() != true {
		t.Errorf("without majority: %+v", d)
	}
}

const live = " HA state:           \n\tlocal_role                     : Standby\n\tstatic_connections             : 2\n\tdb_state                       : Normal\n\tdetail_information             : Normal\n\n"

func TestQueryAcceptsWhatALaterReleaseMayAdd(t *testing.T) {
	out := "noise first\n" + strings.Replace(live, "\tdb_state", "\tnew_field                      : 7\n\tdb_state", 1) +
		" Senders info:       \nNo information \nnoise between\n Receiver info:      \nNo information \nnoise last\n"
	q, err := opengauss.ParseQuery(strings.Replace(out, ": Normal\n\tdetail", ": Waiting for tea\n\tdetail", 1))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(q.HA.Extra, opengauss.Row{{Name: "new_field", Value: "7"}}) || len(q.Log) != 3 || q.HA.State.IsKnown() || q.HA.State != "Waiting for tea" {
		t.Errorf("%+v", q)
	}
}

func TestQueryWithFailedSQL(t *testing.T) {
	q, err := opengauss.ParseQuery(live + " Senders info:       \n[2026-11-21 11:34:54.192][1][][gs_ctl]: exc_sql failed.\n Receiver info:      \nNo information \n")
	if err != nil || !reflect.DeepEqual(q.Failed, []opengauss.Section{opengauss.SectionSenders}) || !q.IsLive() {
		t.Errorf("%+v, %v", q, err)
	}
	q, err = opengauss.ParseQuery(" HA state:           \nexc_sql failed.\n Senders info:       \nexc_sql failed.\n Receiver info:      \nexc_sql failed.\n")
	if err != nil || q.IsLive() || q.HA.Role != ha.RoleUnknown || len(q.Failed) != 3 {
		t.Errorf("%+v, %v", q, err)
	}
}

func TestQueryRefuses(t *testing.T) {
	tail := " Senders info:       \nNo information \n Receiver info:      \nNo information \n"
	for name, out := range map[string]string{
		"nothing":                 "",
		"only noise":              "Is server running?\n",
		"no sections behind":      live,
		"no receiver":             live + " Senders info:       \nNo information \n",
		"unknown role":            strings.Replace(live, "Standby", "Leader", 1) + tail,
		"role in lower case":      strings.Replace(live, "Standby", "standby", 1) + tail,
		"no state":                strings.Replace(live, "\tdb_state                       : Normal\n", "", 1) + tail,
		"field twice":             strings.Replace(live, "\tdb_state", "\tlocal_role                     : Primary\n\tdb_state", 1) + tail,
		"channels are no number":  strings.Replace(live, ": 2", ": two", 1) + tail,
		"cut in the first row":    live[:len(live)-1],
		"cut in a sender":         live + " Senders info:       \n\tsender_pid                     : 1\n",
		"DCF beside streaming":    live + " Paxos replication info:\nNo information \n" + tail,
		"receiver without fields": live + " Senders info:       \nNo information \n Receiver info:      \n",
		"sync_mode is neither":    " HA state:\n        local_role                    : Primary\n        static_connections            : 3\n        db_state                      : Normal\n        detail_information            : x\n        sync_mode                     : Maybe\n" + tail,
	} {
		if q, err := opengauss.ParseQuery(out); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%s: %+v, error %v; want ErrFormat", name, q, err)
		}
	}
}

// TestQueryCutAnywhere: an answer that was cut off is never taken for a whole
// one with other content.
func TestQueryCutAnywhere(t *testing.T) {
	for _, name := range []string{"cluster.gs_ctl-query-n1", "cluster.gs_ctl-query-n2", "cluster.gs_ctl-query-n4", "dcf.gs_ctl-query-d1"} {
		out := read(t, "query/"+name+".out")
		whole := query(t, name)
		for i := range len(out) - 1 {
			q, err := opengauss.ParseQuery(out[:i])
			if err != nil {
				continue
			}
			// What is missing at the end can only be senders that come later.
			if q.HA.Role != whole.HA.Role || len(q.Senders) < len(whole.Senders) || (q.Receiver == nil) != (whole.Receiver == nil) || (q.Paxos == nil) != (whole.Paxos == nil) {
				t.Errorf("%s cut at %d of %d: %+v", name, i, len(out), q)
			}
		}
	}
}

func TestBuildQuery(t *testing.T) {
	q, err := opengauss.ParseBuildQuery(read(t, "result/errors.after-failed-full-build.gs_ctl-querybuild.out"))
	if err != nil || q.State != opengauss.BuildFailed || q.Role != ha.RoleUnknown || q.Channels != 3 || q.Progress != nil {
		t.Errorf("%+v, %v", q, err)
	}
	const head = " HA state:\n        local_role                    : Standby\n        static_connections            : 2\n        db_state                      : Building\n        sync_mode                     : Async\n"
	const body = " Build state:\n        build_mode                    : Full\n        data_synchronized             : 24.59MB\n        estimated_total_data          : 1.50GB\n        process_schedule              : 25%\n        estimated_remaining_time      : 01:02:03\n\n"
	q, err = opengauss.ParseBuildQuery(head + body)
	if err != nil || q.Progress == nil || q.Progress.Mode != "Full" || q.Progress.Total.Bytes() != 3<<29 || q.Progress.Percent != 25 ||
		q.Progress.Remaining != time.Hour+2*time.Minute+3*time.Second || q.String() != head+body {
		t.Errorf("%+v, %v", q, err)
	}
	for name, out := range map[string]string{
		"cut before progress": head, "cut in progress": head + body[:120], "no such state": strings.Replace(head, "Building", "Brewing", 1),
		"size": head + strings.Replace(body, "24.59MB", "24.5MB", 1), "time": head + strings.Replace(body, "01:02:03", "01:62:03", 1),
		"percent": head + strings.Replace(body, "25%", "25", 1), "nothing": "",
	} {
		if _, err := opengauss.ParseBuildQuery(out); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := opengauss.ReadBuildQuery(1, read(t, "result/stopped.gs_ctl-querybuild.out")); !errors.Is(err, opengauss.ErrFailed) {
		t.Errorf("no state file: %v", err)
	}
}

func TestSizeOf(t *testing.T) {
	for kb, want := range map[uint64]string{0: "0.00kB", 1023: "1023.00kB", 1024: "1.00MB", 25180: "24.59MB", 100639: "98.28MB", 1 << 20: "1.00GB", 3 << 29: "1.50TB", 5 << 40: "5120.00TB"} {
		s := opengauss.SizeOf(kb)
		if s.String() != want {
			t.Errorf("SizeOf(%d) = %s, want %s", kb, s, want)
		}
		if back, err := opengauss.ParseSize(want); err != nil || back != s {
			t.Errorf("ParseSize(%q) = %v, %v", want, back, err)
		}
	}
}

func TestStateFile(t *testing.T) {
	s, err := opengauss.ParseStateFile(readHex(t, "state/diverged.4.old-primary.gaussdb.state.hex"))
	want := opengauss.StateFile{Mode: opengauss.ModeStandby, Channels: 3, State: 2, LSN: 0x7039DF8, Term: 1, Rebuild: opengauss.RebuildWAL, HasChannel: true, Channel: 1}
	if err != nil || s != want || s.DBState() != opengauss.StateNeedRepair || s.Mode.Role() != ha.RoleStandby {
		t.Errorf("%+v, %v; want %+v", s, err, want)
	}
	building := opengauss.StateFile{Mode: opengauss.ModeStandby, Channels: 2, State: 7, Build: opengauss.BuildInfo{Mode: opengauss.BuildFull, Done: 25180, Total: 100639, Percent: 25, Remaining: -1}}
	if got := building.BuildQuery().String(); !strings.Contains(got, ": 24.59MB\n") || !strings.Contains(got, ": --:--:--\n") || !strings.Contains(got, ": Full\n") {
		t.Errorf("BuildQuery: %s", got)
	}
	for name, change := range map[string]func([]byte){
		"mode": func(b []byte) { b[0] = 9 }, "state": func(b []byte) { b[8] = 10 }, "sync": func(b []byte) { b[12] = 2 },
		"channels": func(b []byte) { b[7] = 0x80 }, "percent": func(b []byte) { b[56] = 101 },
	} {
		b, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		change(b)
		if _, err := opengauss.ParseStateFile(b); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("bad %s: error %v", name, err)
		}
	}
	for _, n := range []int{0, 1, 67, 69, 71, 73, 144} {
		if _, err := opengauss.ParseStateFile(make([]byte, n)); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%d bytes: error %v", n, err)
		}
	}
	if _, err := (opengauss.StateFile{State: 10}).MarshalBinary(); !errors.Is(err, opengauss.ErrFormat) {
		t.Errorf("state 10 was written: %v", err)
	}
}

const reformText = "\nreformer data (last page id 64)\n\nReform control version number:        1\nStable instances list:                3\nPrimary instance ID:                  0\nCluster status:                       normal\nCluster run mode:                     primary cluster\n"

func TestControlData(t *testing.T) {
	plain := read(t, "control/cluster.pg_controldata-standby.out")
	shared := "\npg_control data\n\n" + plain + reformText
	d, err := opengauss.ParseControlData(shared)
	if err != nil || d.String() != shared || d.Reform == nil || *d.Reform != (dms.Control{Version: 1, Stable: dms.SetOf(0, 1), State: dms.ClusterNormal}) {
		t.Fatalf("%+v, %v", d, err)
	}
	if d.State != opengauss.ControlArchiveRecovery || d.MinRecovery != 0x70198C0 || d.SystemID != 215046882207039440 || d.WALSegmentSize != 16<<20 ||
		!d.Modified.Equal(time.Date(2026, 11, 21, 11, 34, 56, 0, time.UTC)) {
		t.Errorf("%+v", d)
	}
	for name, text := range map[string]string{
		"release 5.0.0": "\nreformer data (last page id 64)\n\nStable instances list:                3\nPrimary instance ID:                  0\n",
		"release 6.0":   strings.Replace(reformText, "Cluster status", "Recovery instance ID:                 1\nCluster status", 1),
	} {
		if d, err := opengauss.ParseControlData("\npg_control data (instance id 0)\n\n" + plain + text); err != nil || d.Reform == nil || d.Reform.Stable != dms.SetOf(0, 1) || d.Reform.State != dms.ClusterNormal || len(d.Extra) > 0 {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	const warning = "WARNING: Calculated CRC checksum does not match value stored in file.\nEither the file is corrupt, or it has a different layout than this program\nis expecting.  The results below are untrustworthy.\n\n"
	if d, err := opengauss.ParseControlData(warning + plain); !errors.Is(err, opengauss.ErrChecksum) || d.ControlVersion != 923 {
		t.Errorf("warning: %v", err)
	}
	if _, err := opengauss.ParseControlData("\npg_control data\n\n" + plain + warning + reformText); !errors.Is(err, opengauss.ErrChecksum) {
		t.Errorf("warning about the reform page: %v", err)
	}
	for name, text := range map[string]string{
		"cut":              plain[:900],
		"other locale":     strings.Replace(plain, "Sat Nov 21 11:34:56 2026", "Sa 21 Nov 2026 11:34:56", 1),
		"no number":        strings.Replace(plain, "215046882207039440", "many", 1),
		"lost primary":     plain + strings.Replace(reformText, "Primary instance ID", "Primary", 1),
		"unknown run mode": plain + strings.Replace(reformText, "primary cluster", "unrecognized cluster run mode", 1),
	} {
		if _, err := opengauss.ParseControlData(text); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	later, err := opengauss.ParseControlData(plain + "Data page checksum version:           1\n")
	if err != nil || !reflect.DeepEqual(later.Extra, opengauss.Row{{Name: "Data page checksum version", Value: "1"}}) {
		t.Errorf("new line: %v, %v", later.Extra, err)
	}
}

func TestLSNQuery(t *testing.T) {
	out := read(t, "result/misc.gs_ctl-query-L.out")
	q, err := opengauss.ParseLSNQuery(out)
	if err != nil || q.Max != 0x7037148 || q.Report != "It's not a valid WAL record start at 0/70371E8" || !strings.HasSuffix(out, q.String()) {
		t.Errorf("%+v, %v", q, err)
	}
	for _, bad := range []string{"", "LSN query result:\n", "LSN query result:\n   MAX_LSN: x/y\n", "LSN query result:\n   MAX_LSN: 0/7"} {
		if _, err := opengauss.ParseLSNQuery(bad); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDCFInfoRefuses(t *testing.T) {
	good := query(t, "dcf.gs_ctl-query-d2").Paxos.Info.String()
	for name, text := range map[string]string{
		"no JSON": "x", "an array": "[]", "no role": strings.Replace(good, `"role":"FOLLOWER","term"`, `"term"`, 1),
		"unknown role": strings.Replace(good, `"role":"FOLLOWER","term"`, `"role":"BOSS","term"`, 1),
		"negative":     strings.Replace(good, `"term":2`, `"term":-2`, 1), "work mode": strings.Replace(good, `"work_mode":0`, `"work_mode":7`, 1),
		"other letters": strings.Replace(good, `"group":0`, `"group":0,"ROLE":"LEADER"`, 1),
		"no nodes":      good[:strings.Index(good, `,"nodes"`)] + "}", "cut": good[:len(good)-1],
	} {
		if d, err := opengauss.ParseDCFInfo(text); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
	d, err := opengauss.ParseDCFInfo(strings.Replace(good, `"group":0`, `"group":0,"mood":"fine"`, 1))
	if err != nil || string(d.Extra["mood"]) != `"fine"` || !strings.HasSuffix(d.String(), `,"mood":"fine"}`) {
		t.Errorf("new member: %s, %v", d, err)
	}
}

func TestRoleTexts(t *testing.T) {
	for r := ha.RoleUnknown; r <= ha.RoleNormal; r++ {
		back, err := opengauss.ParseRole(opengauss.FormatRole(r))
		if err != nil || back != r || opengauss.ModeOf(r).Role() != r {
			t.Errorf("%v: %v, %v, mode %v", r, back, err, opengauss.ModeOf(r))
		}
	}
	if opengauss.PeerSecondary.Role() != ha.RoleUnknown || opengauss.ServerMode(99).Role() != ha.RoleUnknown {
		t.Error("a role where there is none")
	}
	for _, r := range []opengauss.Rebuild{opengauss.RebuildConnect, opengauss.RebuildMode, opengauss.RebuildNone} {
		if r.NeedsBuild() {
			t.Errorf("%v needs a build", r)
		}
	}
}
