// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
	"github.com/gausskit/gausskit/internal/gaussdbsim/server"
	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
	"github.com/gausskit/gausskit/replconn"
)

// builder is one build.
type builder struct {
	*ctl
	kind     string // full, incremental, standby_full ...
	mode     opengauss.BuildMode
	cross    bool // over the channels to the other cluster
	incr     bool
	dcf      bool
	conn     net.Conn
	rd       *bufio.Reader
	source   server.Identity
	port     int
	standbys bool // from a standby
}

// message is an error in the words of the real program.
type message string

// Error gives the text.
func (m message) Error() string { return string(m) }

const errUnreachable = message("could not connect to server.")

// build is "gs_ctl build".
func (c *ctl) build() int {
	kind := c.flags["b"]
	if kind == "copy_secure_files" || kind == "copy_upgrade_file" {
		c.log(" build mode %q is not supported by the simulated openGauss", kind)
		return 1
	}
	known := []string{"full", "incremental", "standby_full", "cross_cluster_full", "cross_cluster_incremental", "cross_cluster_standby_full", "check"}
	auto := true
	for _, k := range known {
		auto = auto && kind != k
	}
	first := kind
	if auto {
		first = "incremental"
	}
	if m := c.flags["M"]; m != "" && m != "standby" && m != "cascade_standby" && m != "hadr_main_standby" {
		c.log(" the parameter of build is not recognized")
		return 1
	}
	b := &builder{ctl: c, dcf: c.isDCF()}
	b.choose(first)
	c.log("gs_ctl %s ,datadir is %s", b.title(), c.dir)
	if !c.lock("build") {
		return 1
	}
	if b.dcf && b.incr {
		c.log("%s failed: only full build is supported in dcf mode.", b.title())
		return 1
	}
	if code := b.prepare(); code != 0 || kind == "check" {
		return code
	}
	for attempt := 1; ; attempt++ {
		err := b.once()
		if err == nil {
			break
		}
		if b.conn != nil {
			b.conn.Close()
		}
		// Without a reachable source a full build would fail as well.
		if auto && b.incr && !errors.Is(err, errUnreachable) {
			if attempt < 3 && !errors.Is(err, errNoCommon) {
				continue
			}
			b.choose("full")
			continue
		}
		if auto && attempt < 3 && errors.Is(err, errUnreachable) {
			continue
		}
		b.program = "gs_ctl"
		c.log("%v", err)
		if !b.incr {
			c.log("%s failed(%s).", b.title(), c.dir)
		}
		return 1
	}
	b.program = "gs_ctl"
	if _, quiet := c.flags["q"]; quiet {
		return b.putPID(0)
	}
	mode := c.flags["M"]
	if mode == "" {
		mode = "standby"
	}
	if code := c.launch([]string{"-M", mode}); code != 0 {
		return code
	}
	return b.putPID(0)
}

func (b *builder) choose(kind string) {
	modes := map[string]opengauss.BuildMode{"full": opengauss.BuildFull, "incremental": opengauss.BuildIncremental,
		"standby_full": opengauss.BuildStandbyFull, "cross_cluster_full": opengauss.BuildCrossClusterFull,
		"cross_cluster_incremental": opengauss.BuildCrossClusterIncremental, "cross_cluster_standby_full": opengauss.BuildCrossClusterStandbyFull, "check": opengauss.BuildCheck}
	b.kind, b.mode = kind, modes[kind]
	b.cross = strings.HasPrefix(kind, "cross_cluster_")
	b.incr = strings.HasSuffix(kind, "incremental")
	b.standbys = strings.HasSuffix(kind, "standby_full")
}

func (b *builder) title() string { return strings.ReplaceAll(b.kind, "_", " ") + " build" }

func (b *builder) putPID(pid int) int {
	path := b.dir.Path(datadir.BuildPID)
	if err := b.dir.Write(datadir.BuildPID, fmt.Append(nil, pid)); err != nil {
		b.log("fopen build pid file %q failed: %v", path, err)
		return 1
	}
	for _, done := range []string{"fopen", "fprintf", "fsync"} {
		b.log("%s build pid file %q success", done, path)
	}
	return 0
}

// prepare checks the role of a server that runs and stops it.
func (b *builder) prepare() int {
	if code := b.putPID(os.Getpid()); code != 0 {
		return code
	}
	p, err := b.dir.ReadPID()
	if err == nil && b.dir.IsServer(p.PID) {
		role := b.role()
		if _, given := b.flags["C"]; role != roleStandby && role != roleCascade && !given && role != "" {
			b.log("The local server run as %s,build cannot be executed.", role)
			return 1
		}
		if b.incr {
			delete(b.flags, "m")
		} else {
			b.flags["m"] = "immediate"
		}
		if code := b.halt(p); code != 0 {
			return code
		}
	} else {
		b.log("stop failed, killing gaussdb by force ...")
		b.log(`command [ps c -eo pid,euid,cmd | grep gaussdb | grep -v grep | awk '{if($2 == curuid && $1!="-n") print "/proc/"$1"/cwd"}' curuid=`+"`id -u`"+
			`| xargs ls -l | awk '{if ($NF=="%s")  print $(NF-2)}' | awk -F/ '{print $3 }' | xargs kill -9 >/dev/null 2>&1 ] path: [%s] `, b.dir, b.dir)
		b.log("server stopped")
	}
	return 0
}

// once tries to build.
func (b *builder) once() error {
	if !b.incr {
		if wd, err := os.Getwd(); err == nil {
			b.log("current workdir is (%s).", wd)
		}
		if err := b.progress(0, 0, 0); err != nil {
			return err
		}
		b.log("set gaussdb state file when full build build:db state(BUILDING_STATE), server mode(STANDBY_MODE), build mode(%s).", "FULL_BUILD")
	}
	b.node = b.setting("pgxc_node_name")
	if err := b.connectSource(); err != nil {
		return err
	}
	defer b.conn.Close()
	if b.incr {
		return b.rewind()
	}
	return b.copyAll()
}

// channels gives where the source can be.
func (b *builder) channels() []replconn.ServerChannel {
	if text, ok := b.flags["C"]; ok {
		ch, ok := replconn.ParseGsCtl(text).Effective()
		if !ok {
			return nil
		}
		return []replconn.ServerChannel{ch}
	}
	prefix := "replconninfo"
	if b.cross {
		prefix = "cross_cluster_replconninfo"
	}
	var all []replconn.ServerChannel
	for n := 1; n <= replconn.SlotsPerKind; n++ {
		text := b.setting(fmt.Sprintf("%s%d", prefix, n))
		if text == "" {
			continue
		}
		if ch, ok := replconn.ParseGsCtl(text).Effective(); ok {
			all = append(all, ch)
		}
	}
	return all
}

// connectSource finds the primary, or for standby_full a standby.
func (b *builder) connectSource() error {
	b.log("Get repl_auth_mode is  and repl_uuid is ")
	for _, ch := range b.channels() {
		conn, err := server.DialReplication(context.Background(), ch, b.node)
		if err != nil {
			b.log("build connection to %s failed cause could not connect to server: Operation now in progress\n"+
				"\tIs the server running on host %q and accepting\n\tTCP/IP connections on port %d?\n.", ch.RemoteHost, ch.RemoteHost, ch.RemotePort)
			b.log("build try host(%s) port(%d) failed", ch.RemoteHost, ch.RemotePort)
			continue
		}
		b.conn, b.rd, b.port = conn, bufio.NewReader(conn), int(ch.RemotePort)
		if err := b.identify(); err != nil {
			conn.Close()
			b.log("build try host(%s) port(%d) failed", ch.RemoteHost, ch.RemotePort)
			continue
		}
		b.log("build try host(%s) port(%d) success", ch.RemoteHost, ch.RemotePort)
		return nil
	}
	return errUnreachable
}

func (b *builder) identify() error {
	if err := b.conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return err
	}
	if err := server.WriteFrame(b.conn, server.FrameIdentify, nil); err != nil {
		return err
	}
	kind, body, err := server.ReadFrame(b.rd)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &b.source); err != nil || kind != server.FrameIdentify {
		return fmt.Errorf("unexpected answer %q", kind)
	}
	want := rolePrimary
	if b.standbys {
		want = roleStandby
	}
	if b.source.Role != want && !(b.source.Role == roleNormal && want == rolePrimary) {
		return fmt.Errorf("the source is %s", b.source.Role)
	}
	return nil
}

// progress writes gaussdb.state; total and done are in kB.
func (b *builder) progress(done, total uint64, percent int32) error {
	st, err := b.dir.ReadState()
	if err != nil {
		st = opengauss.StateFile{}
	}
	st.Mode, st.Channels = opengauss.ModeStandby, int32(len(b.channels()))
	for n := int32(0); n < 10; n++ {
		if (opengauss.StateFile{State: n}).DBState() == opengauss.StateBuilding {
			st.State = n
		}
	}
	st.Build = opengauss.BuildInfo{Mode: b.mode, Done: done, Total: total, Percent: percent, Remaining: -1}
	st.Rebuild = opengauss.RebuildNone
	return b.dir.WriteState(st)
}

// mark says that the data directory is not complete.
func (b *builder) mark() error {
	_ = os.Remove(b.dir.Path(datadir.BuildDone)) // of an earlier build
	return b.dir.Write(datadir.BuildStart, nil)
}

func (b *builder) unmark() error {
	return os.Rename(b.dir.Path(datadir.BuildStart), b.dir.Path(datadir.BuildDone))
}

// copyAll is a full build.
func (b *builder) copyAll() error {
	b.log("connected to server success, build started.")
	if b.dcf {
		if err := os.RemoveAll(b.dcfDir()); err != nil {
			return err
		}
		b.log("Remove dcf data dir %s.", b.dcfDir())
	}
	if err := b.mark(); err != nil {
		return err
	}
	_ = os.Remove(b.dir.Path(datadir.DisableConn)) // not of the source
	b.log("clear old target dir success")
	b.log("create build tag file success")
	b.log("create build tag file again success")
	b.log("get system identifier success")
	xdir := b.dir.Path(datadir.XLogDir)
	if err := makeDirs(b.dir); err != nil {
		return err
	}
	if err := b.dir.Write(datadir.HBAFile, []byte(b.source.HBA)); err != nil {
		return err
	}
	if err := xlog.Create(xdir, xlog.Base); err != nil {
		return err
	}
	l, err := xlog.Open(xdir)
	if err != nil {
		return err
	}
	defer l.Close()
	label := fmt.Sprintf("START WAL LOCATION: %s\nBACKUP METHOD: streamed\n", ha.LSN(xlog.Base))
	if err := b.dir.Write("full_backup_label", []byte(label)); err != nil {
		return err
	}
	b.log("create backup label success")
	b.log("xlog start point: %s", ha.LSN(xlog.Base))
	b.log("begin build tablespace list")
	b.log("finish build tablespace list")
	b.log("begin get xlog by xlogstream")
	b.log("starting background WAL receiver")
	b.log("starting walreceiver")
	b.log("begin receive tar files")
	b.log("build try host(%s) port(%d) success", hostOf(b.conn), b.port)
	b.log("check identify system success")
	b.log("send START_REPLICATION %s success", ha.LSN(xlog.Base&^0xffffff))
	b.print("Begin Receiving files \n")
	if err := b.fetch(l, "Progress: %s %d%% (%d/%dKB). (1/1)tablespaces. Receive files "); err != nil {
		return err
	}
	b.print("\nFinish Receiving files \n")
	b.log("xlog end point: %s", ha.LSN(l.End().LSN))
	b.log("waiting for background process to finish streaming...")
	b.log("starting fsync all files come from source.")
	if err := l.Flush(l.End().LSN); err != nil {
		return err
	}
	b.log("finish fsync all files.")
	if err := b.takeControl(); err != nil {
		return err
	}
	b.log("build dummy dw file success")
	if err := b.unmark(); err != nil {
		return err
	}
	b.log("rename build status file success")
	b.log("%s build completed(%s).", b.title(), b.dir)
	return nil
}

func (b *builder) dcfDir() string {
	if p := b.setting("dcf_data_path"); p != "" {
		return p
	}
	return b.dir.Path("dcf_data")
}

func hostOf(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return ""
	}
	return host
}

// takeControl writes the source's control file, and the epoch of the build.
func (b *builder) takeControl() error {
	cd, err := opengauss.ParseControlData(b.source.Control)
	if err != nil {
		return err
	}
	cd.State = opengauss.ControlArchiveRecovery
	if err := b.dir.WriteControl(cd); err != nil {
		return err
	}
	if err := b.dir.Put(datadir.TermFile, datadir.Int32(int32(b.source.Term))); err != nil {
		return err
	}
	return b.dir.Write("rewind_lable", fmt.Append(nil, time.Now().Unix()))
}

// fetch copies the source's log behind the end of l.
func (b *builder) fetch(l *xlog.Log, format string) error {
	from := l.End().LSN
	if err := server.WriteFrame(b.conn, server.FrameFetch, server.Position{LSN: from}); err != nil {
		return err
	}
	total := (b.source.Flush - min(from, b.source.Flush)) / 1024
	show := func() error {
		done := (l.End().LSN - from) / 1024
		total = max(total, done)
		percent := 100
		if total > 0 {
			percent = int(done * 100 / total)
		}
		bar := "[" + strings.Repeat("=", percent/2) + strings.Repeat(" ", 50-percent/2) + "]"
		b.print(format, bar, percent, done, total)
		return b.progress(done, total, int32(percent))
	}
	if err := show(); err != nil {
		return err
	}
	for {
		if err := b.conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			return err
		}
		kind, body, err := server.ReadFrame(b.rd)
		switch {
		case err != nil:
			return fmt.Errorf("could not receive data from WAL stream: %w", err)
		case kind == server.FrameEnd:
			b.print("\r")
			return show()
		case kind == server.FrameRefused:
			var r server.Refusal
			if err := json.Unmarshal(body, &r); err != nil {
				return err
			}
			return fmt.Errorf("could not get WAL end position from server: %s", r.Text)
		case kind != server.FrameLog || len(body) < 8 || binary.BigEndian.Uint64(body) != l.End().LSN:
			return fmt.Errorf("unexpected frame %q in the WAL stream", kind)
		}
		if _, err := l.AppendRaw(body[8:]); err != nil {
			return err
		}
		if err := b.progress((l.End().LSN-from)/1024, total, 50); err != nil {
			return err
		}
	}
}
