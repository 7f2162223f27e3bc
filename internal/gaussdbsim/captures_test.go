// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss"
)

// TestCaptureOfAnIncrementalBuild makes a server diverge and rewinds it.
func TestCaptureOfAnIncrementalBuild(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2, "synchronous_commit = local")
	a, b := nodes[0], nodes[1]
	b.eventually("replicated", func() bool { return b.rows() == 0 })
	b.mustCtl("stop")
	a.exec("insert into t values (2, 'lost')")
	a.kill()
	b.start("standby")
	b.mustCtl("failover")
	b.exec("insert into t values (3, 'kept')")
	each(t, nodes, capture{"build.incremental.out", 0, 0, "gs_ctl build|-D|DIR|-b|incremental|-M|standby"})
}

// capture is a program that was run on a real server, and how to run it here.
type capture struct {
	file string // below ha/opengauss/testdata, or testdata
	exit int
	node int // index
	line string
}

// chatter is what a real server and the alarm module print while gs_ctl starts
// it: it is left out, see README.md.
var chatter = regexp.MustCompile(`^\.*(0 (LOG|WARNING):|\d{4}-\d\d-\d\d .*\[unknown\]|.*0 \[BACKEND\]|\t(/opt|/lib|HOME|Use addr2line)|\t?$|.*BACKTRACELOG)`)

// masks hide what differs from run to run: times, process numbers, ports,
// positions, and how often a tool polled.
var masks = []struct{ from, to string }{
	{`\[\d{4}-\d\d-\d\d [\d:.]+\]\[\d+\]`, "[TIME][PID]"},
	{`\b[0-9A-F]{1,8}/[0-9A-F]{1,8}\b`, "LSN"},
	{`PID: \d+`, "PID: N"},
	{`waitpid \d+`, "waitpid N"},
	{`((sender|receiver)_pid +: )\d+`, "${1}N"},
	{`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"},
	{`\.{3,}`, "..."},
	{`(?m)^\.+\n?`, ""},
	{`\d+(st|nd|rd|th) line`, "Nth line"},
	{`\(\d+/\d+KB\)`, "(N/NKB)"},
	{`Progress: .*`, "Progress"},
	{`copy \d+MB \(total source directory size is \d+MB\)`, "copy NMB"},
	{`\[\d+, \d+\]`, "[CRC, CRC]"},
	{`diverge xlogfile is \w+`, "diverge xlogfile is FILE"},
	{`length is \d+`, "length is N"},
	{`success pid \d+`, "success pid N"},
	{`log directory guc is .*`, "log directory guc is DIR"},
	{`could not read WAL record at .*`, "could not read WAL record"},
	{`in mode \d`, "in mode N"},
	{`DATA/(n\d|absent)`, "DATA/nX"},
	{`\[dn\d\]`, "[dnX]"},
	{`current workdir is \(.*\)`, "current workdir is (DIR)"},
}

func mask(text string) string {
	for _, m := range masks {
		text = regexp.MustCompile(m.from).ReplaceAllString(text, m.to)
	}
	var lines []string
	for _, l := range strings.Split(text, "\n") {
		if !chatter.MatchString(l) && l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// maskReal masks what a real server printed.
func maskReal(text string) string {
	text = regexp.MustCompile(`\b2[67]\d{3}\b`).ReplaceAllString(text, "PORT")
	text = strings.NewReplacer("node1:", "HOST:", "[node1]", "[HOST]", "/opt/omm/app", "HOME").Replace(text)
	text = regexp.MustCompile(`/opt/omm/data/(d\d|n\d|nx|absent)`).ReplaceAllString(text, "DATA/n1")
	return mask(text)
}

// maskSim masks what the simulated programs printed.
func maskSim(nodes []*node, text string) string {
	if host, err := os.Hostname(); err == nil {
		text = strings.NewReplacer(host+":", "HOST:", "["+host+"]", "[HOST]").Replace(text)
	}
	text = strings.ReplaceAll(text, home, "HOME")
	for _, n := range nodes {
		text = strings.ReplaceAll(text, filepath.Dir(n.dir), "DATA")
		for i := range 6 {
			text = regexp.MustCompile(`\b`+fmt.Sprint(n.port+i)+`\b`).ReplaceAllString(text, "PORT")
		}
	}
	return mask(text)
}

func compare(t *testing.T, nodes []*node, c capture) {
	t.Helper()
	path := filepath.Join("../../ha/opengauss/testdata", c.file)
	if !strings.Contains(c.file, "/") {
		path = filepath.Join("testdata", c.file)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name, rest, _ := strings.Cut(c.line, " ")
	var args []string
	for _, w := range strings.Split(rest, "|") {
		if w = strings.TrimSpace(w); w != "" {
			args = append(args, strings.ReplaceAll(w, "DIR", nodes[c.node].dir))
		}
	}
	out := run(t, name, args...)
	if out.exit != c.exit {
		t.Errorf("%s: exit %d, want %d", c.file, out.exit, c.exit)
	}
	want, got := maskReal(string(b)), maskSim(nodes, out.text)
	if got != want {
		t.Errorf("%s: %s\n--- the simulated one\n%s--- the real one\n%s", c.file, c.line, got, want)
	}
}

func each(t *testing.T, nodes []*node, captures ...capture) {
	t.Helper()
	for _, c := range captures {
		compare(t, nodes, c)
	}
}

func TestCapturesOfAStoppedServer(t *testing.T) {
	t.Parallel()
	nodes := newNodes(t, 2)
	absent := *nodes[0]
	absent.dir = filepath.Join(filepath.Dir(nodes[0].dir), "absent")
	each(t, append(nodes, &absent),
		capture{"result/stopped.gs_ctl-query.out", 1, 0, "gs_ctl query|-D|DIR"},
		capture{"result/stopped.gs_ctl-status.out", 3, 0, "gs_ctl status|-D|DIR"},
		capture{"result/stopped.gs_ctl-stop.out", 1, 0, "gs_ctl stop|-D|DIR"},
		capture{"result/stopped.gs_ctl-querybuild.out", 1, 0, "gs_ctl querybuild|-D|DIR"},
		capture{"result/stopped.gs_ctl-failover.out", 1, 0, "gs_ctl failover|-D|DIR"},
		capture{"result/stopped.gs_ctl-switchover.out", 1, 0, "gs_ctl switchover|-D|DIR"},
		capture{"result/stopped.gs_ctl-notify.out", 1, 0, "gs_ctl notify|-M|standby|-D|DIR"},
		capture{"result/stopped.gs_ctl-reload.out", 1, 0, "gs_ctl reload|-D|DIR"},
		capture{"result/stopped.gs_ctl-query-nodir.out", 1, 2, "gs_ctl query|-D|DIR"},
		capture{"result/stopped.gs_ctl-query-no-D.out", 1, 0, "gs_ctl query"},
		capture{"result/stopped.gs_ctl-unknown-command.out", 1, 0, "gs_ctl frobnicate|-D|DIR"},
		capture{"result/stopped.gs_ctl-finishredo.out", 1, 0, "gs_ctl finishredo|-D|DIR"},
		capture{"result/stopped.gs_ctl-setrunmode.out", 1, 0, "gs_ctl setrunmode|-D|DIR|-x|minority|-v|1"},
		capture{"result/stopped.gs_ctl-member.out", 1, 0, "gs_ctl member|-O|remove|-u|2|-D|DIR"},
		capture{"result/stop.gs_ctl-stop-bad-mode.out", 1, 0, "gs_ctl stop|-D|DIR|-m|smart"},
		capture{"result/misc.gs_ctl-kill-help.out", 1, 0, "gs_ctl kill|TERM|999999"},
		capture{"guc/stopped.gs_guc-check-port.out", 0, 0, "gs_guc check|-D|DIR|-c|port"},
		capture{"guc/stopped.gs_guc-check-repl.out", 0, 0, "gs_guc check|-D|DIR|-c|replconninfo1"},
		capture{"guc/stopped.gs_guc-check-commented.out", 0, 0, "gs_guc check|-D|DIR|-c|synchronous_commit"},
		capture{"guc/stopped.gs_guc-check-unknown.out", 1, 0, "gs_guc check|-D|DIR|-c|no_such_guc"},
		capture{"guc/stopped.gs_guc-set.out", 0, 0, "gs_guc set|-D|DIR|-c|wal_keep_segments=32"},
		capture{"guc/stopped.gs_guc-set-bad-value.out", 1, 0, "gs_guc set|-D|DIR|-c|wal_keep_segments=abc"},
		capture{"guc/stopped.gs_guc-set-unknown.out", 1, 0, "gs_guc set|-D|DIR|-c|no_such_guc=1"},
		capture{"guc/stopped.gs_guc-reload.out", 1, 0, "gs_guc reload|-D|DIR|-c|wal_keep_segments=16"},
		capture{"guc/stopped.gs_guc-set-Z-datanode.out", 0, 0, "gs_guc set|-Z|datanode|-D|DIR|-c|wal_keep_segments=16"},
		capture{"guc/stopped.gs_guc-set-hba.out", 0, 0, "gs_guc set|-D|DIR|-h|host all all 10.0.0.0/8 sha256"},
		capture{"init.gs_initdb.again.out", 1, 0, "gs_initdb -D|DIR|--nodename=dn1|-U|omm|-w|Gauss_123|--locale=C|-E|UTF8"},
		capture{"init.gs_initdb.no-nodename.out", 1, 0, "gs_initdb -D|DIRx|-U|omm|-w|Gauss_123"},
	)
	if out := must(t, "pg_controldata", nodes[0].dir); !strings.HasPrefix(out.text, "pg_control version number:            923\n") {
		t.Errorf("pg_controldata: %s", out.text)
	}
	out := must(t, "pg_controldata", nodes[0].dir)
	real, err := os.ReadFile("../../ha/opengauss/testdata/control/init.pg_controldata.fresh.out")
	if err != nil {
		t.Fatal(err)
	}
	// All but the identifier and the times.
	vary := regexp.MustCompile(`(?m)^(Database system identifier|pg_control last modified|Time of latest checkpoint): .*$`)
	if got, want := vary.ReplaceAllString(out.text, "$1"), vary.ReplaceAllString(string(real), "$1"); got != want {
		t.Errorf("pg_controldata\n--- the simulated one\n%s--- the real one\n%s", got, want)
	}
}

// TestCapturesOfInitdb leaves out what the server prints that gs_initdb runs.
func TestCapturesOfInitdb(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "n1")
	nodes := []*node{{t: t, dir: dir, port: 1 << 20}}
	server := regexp.MustCompile(`(?m)(\.\.\. )?\d{4}-\d\d-\d\d .*WARNING: .*\n`)
	for _, c := range []capture{
		{"init.gs_initdb.weak-password.out", 1, 0, "-D|DIR|--nodename=dn1|-U|omm|-w|abc"},
		{"init.gs_initdb.out", 0, 0, "-D|DIR|--nodename=dn1|-U|omm|-w|Gauss_123|--locale=C|-E|UTF8"},
	} {
		b, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		out := run(t, "gs_initdb", strings.Split(strings.ReplaceAll(c.line, "DIR", dir), "|")...)
		if out.exit != c.exit {
			t.Errorf("%s: exit %d", c.file, out.exit)
		}
		want := maskReal(server.ReplaceAllStringFunc(string(b), func(s string) string {
			if strings.HasPrefix(s, "...") {
				return "... "
			}
			return ""
		}))
		want = strings.Replace(strings.ReplaceAll(want, "DATA/nx", "DATA/n1"), "The default database encoding has accordingly been set to \"SQL_ASCII\".\n", "", 1)
		if got := maskSim(nodes, out.text); got != want {
			t.Errorf("%s\n--- the simulated one\n%s--- the real one\n%s", c.file, got, want)
		}
	}
}

func TestCapturesOfAPrimary(t *testing.T) {
	t.Parallel()
	nodes := newNodes(t, 4)
	each(t, nodes,
		capture{"result/modes.gs_ctl-start-bad-M.out", 1, 3, "gs_ctl start|-D|DIR|-M|leader"},
		capture{"result/start.gs_ctl-start-n1-primary.out", 0, 0, "gs_ctl start|-D|DIR|-M|primary"},
		capture{"query/primary.gs_ctl-query-alone.out", 0, 0, "gs_ctl query|-D|DIR"},
		capture{"result/primary.gs_ctl-status.out", 0, 0, "gs_ctl status|-D|DIR"},
		capture{"result/errors.gs_ctl-start-already-running.out", 0, 0, "gs_ctl start|-D|DIR|-M|primary"},
		capture{"result/errors.gs_ctl-failover-on-primary.out", 0, 0, "gs_ctl failover|-D|DIR"},
		capture{"result/errors.gs_ctl-switchover-on-primary.out", 0, 0, "gs_ctl switchover|-D|DIR"},
		capture{"result/errors.gs_ctl-notify-bad-mode.out", 1, 0, "gs_ctl notify|-M|bogus|-D|DIR"},
		capture{"result/errors.gs_ctl-build-on-primary.out", 1, 0, "gs_ctl build|-D|DIR|-b|incremental"},
		capture{"query/primary.gs_ctl-query-after-errors.out", 0, 0, "gs_ctl query|-D|DIR"},
		capture{"guc/primary.gs_guc-reload.out", 0, 0, "gs_guc reload|-D|DIR|-c|most_available_sync=on"},
		capture{"guc/primary.gs_guc-check-after-reload.out", 0, 0, "gs_guc check|-D|DIR|-c|most_available_sync"},
		capture{"guc/primary.gs_guc-reload-N-all.out", 1, 0, "gs_guc reload|-N|all|-I|all|-c|most_available_sync=on"},
		capture{"guc/primary.gs_guc-reload-bad-ssn.out", 0, 0, "gs_guc reload|-D|DIR|-c|synchronous_standby_names='ANY x(dn2'"},
		capture{"guc/primary.gs_guc-reload-ssn.out", 0, 0, "gs_guc reload|-D|DIR|-c|synchronous_standby_names='ANY 1(dn2,dn3)'"},
		capture{"result/primary.gs_ctl-reload.out", 0, 0, "gs_ctl reload|-D|DIR"},
		capture{"result/misc.gs_ctl-finishredo.out", 0, 0, "gs_ctl finishredo|-D|DIR"},
		capture{"result/misc.gs_ctl-setrunmode-no-dcf.out", 1, 0, "gs_ctl setrunmode|-D|DIR|-x|minority|-v|1"},
		capture{"result/misc.gs_ctl-changerole-no-dcf.out", 1, 0, "gs_ctl changerole|-D|DIR|-R|follower"},
		capture{"result/misc.gs_ctl-member-no-dcf.out", 1, 0, "gs_ctl member|-O|add|-u|4|-i|127.0.0.1|-e|27000|-D|DIR"},
		capture{"result/misc.gs_ctl-query-L-ahead.out", 0, 0, "gs_ctl query|-D|DIR|-L|F/FF000000"},
		capture{"result/stop.gs_ctl-stop-n2-default.out", 0, 0, "gs_ctl stop|-D|DIR"},
	)
}

func TestCapturesOfACluster(t *testing.T) {
	t.Parallel()
	nodes := newNodes(t, 4)
	nodes[0].start("primary")
	each(t, nodes,
		capture{"build.full.out", 0, 2, "gs_ctl build|-D|DIR|-b|full|-M|standby"},
	)
	nodes[2].follows()
	nodes[1].mustCtl("build", "-b", "full", "-M", "standby")
	nodes[1].follows()
	nodes[3].mustCtl("build", "-b", "full", "-M", "cascade_standby")
	nodes[3].follows()
	nodes[0].eventually("both streaming", func() bool {
		s := nodes[0].query().Senders
		return len(s) == 2 && s[0].State == opengauss.SenderStreaming && s[1].State == opengauss.SenderStreaming && s[1].PeerState == opengauss.StateNormal && s[0].PeerState == opengauss.StateNormal
	})
	upstream := 1
	if len(nodes[2].query().Senders) == 1 {
		upstream = 2
	}
	nodes[upstream].eventually("cascade streaming", func() bool {
		s := nodes[upstream].query().Senders
		return len(s) == 1 && s[0].State == opengauss.SenderStreaming && s[0].PeerState == opengauss.StateNormal
	})
	plain := 3 - upstream
	each(t, nodes,
		capture{"query/cluster.gs_ctl-query-n1.out", 0, 0, "gs_ctl query|-D|DIR"},
		capture{"query/cluster.gs_ctl-query-n4.out", 0, 3, "gs_ctl query|-D|DIR"},
	)
	for i, file := range map[int]string{upstream: "query/cluster.gs_ctl-query-n2.out", plain: "query/cluster.gs_ctl-query-n3.out"} {
		b, err := os.ReadFile(filepath.Join("../../ha/opengauss/testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		got := maskSim(nodes, nodes[i].ctl("query").text)
		if want := maskReal(string(b)); got != want {
			t.Errorf("%s\n--- the simulated one\n%s--- the real one\n%s", file, got, want)
		}
	}
	each(t, nodes,
		capture{"result/modes.gs_ctl-notify-again.out", 1, 2, "gs_ctl notify|-M|standby|-D|DIR"},
		capture{"result/modes.gs_ctl-notify-primary-on-standby.out", 1, 2, "gs_ctl notify|-M|primary|-D|DIR"},
		capture{"result/switchover.gs_ctl-switchover-n2.out", 0, 1, "gs_ctl switchover|-D|DIR"},
	)
	nodes[0].follows()
	nodes[2].follows()
	nodes[1].kill()
	each(t, nodes,
		capture{"result/failover.dead-primary.gs_ctl-query.out", 1, 1, "gs_ctl query|-D|DIR"},
		capture{"result/failover.dead-primary.gs_ctl-status.out", 1, 1, "gs_ctl status|-D|DIR"},
		capture{"result/failover.dead-primary.gs_ctl-stop.out", 1, 1, "gs_ctl stop|-D|DIR"},
		capture{"result/failover.gs_ctl-failover-n1.out", 0, 0, "gs_ctl failover|-D|DIR"},
		capture{"result/failover.rejoin.gs_ctl-start-as-standby.out", 0, 1, "gs_ctl start|-D|DIR|-M|standby"},
	)
	nodes[2].mustCtl("stop")
	each(t, nodes, capture{"result/modes.gs_ctl-start-pending.out", 0, 2, "gs_ctl start|-D|DIR|-M|pending"},
		capture{"query/modes.pending.gs_ctl-query.out", 0, 2, "gs_ctl query|-D|DIR"},
		capture{"result/modes.pending.failover.out", 1, 2, "gs_ctl failover|-D|DIR"},
		capture{"result/modes.gs_ctl-notify-standby.out", 0, 2, "gs_ctl notify|-M|standby|-D|DIR"},
	)
	for _, n := range nodes[:3] {
		n.mustCtl("stop", "-m", "immediate")
	}
	nodes[3].mustCtl("stop", "-m", "immediate")
	// The real ones had three channels each; the order of trying is the same.
	each(t, nodes,
		capture{"result/errors.gs_ctl-build-full-no-primary-reachable.out", 1, 3, "gs_ctl build|-D|DIR|-b|full|-M|standby|-r|5"},
	)
}
