// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
	"github.com/gausskit/gausskit/internal/gaussdbsim/server"
	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
)

// errNoCommon: an incremental build cannot help.
const errNoCommon = message("could not find common checkpoint, must do full build.")

// rewind is an incremental build: what the source has not is cut off, and the
// source's log is copied from there.
func (b *builder) rewind() error {
	b.program = "gs_rewind"
	if err := b.progress(0, 0, 0); err != nil {
		return err
	}
	b.log("set gaussdb state file when incremental build:db state(BUILDING_STATE), server mode(STANDBY_MODE), build mode(INC_BUILD).")
	b.log("connected to server: host=%s port=%d dbname=postgres application_name=gs_rewind connect_timeout=5  rw_timeout=600", hostOf(b.conn), b.port)
	b.log("connect to primary success")
	cd, err := b.dir.ReadControl()
	if err != nil {
		return fmt.Errorf("%w (%w)", errNoCommon, err)
	}
	b.log("get pg_control success")
	b.log("target server was interrupted in mode %d.", 1)
	if cd.SystemID != b.source.SystemID {
		return fmt.Errorf("source and target clusters are from different systems: %w", errNoCommon)
	}
	b.log("sanityChecks success")
	l, err := xlog.Open(b.dir.Path(datadir.XLogDir))
	if err != nil {
		return fmt.Errorf("%w (%w)", errNoCommon, err)
	}
	defer l.Close()
	end, from := l.End(), ha.LSN(b.source.Flush)
	b.log("find last checkpoint at %s and checkpoint redo at %s from source control file", from, from)
	b.log("find last checkpoint at %s and checkpoint redo at %s from target control file", cd.Checkpoint, cd.Redo)
	b.log("find max lsn success, find max lsn rec (%s) success.", ha.LSN(end.LSN))
	b.log("Get repl_auth_mode is  and repl_uuid is ")
	b.log("build try host(%s) port(%d) success", hostOf(b.conn), b.port)
	common, err := b.common(l)
	if err != nil {
		return err
	}
	at := ha.LSN(common.LSN)
	b.log("find common checkpoint %s", at)
	b.log("find diverge point success")
	b.log("read checkpoint redo (%s) success before rewinding.", at)
	b.log("rewinding from checkpoint redo point at %s on timeline 1", at)
	b.log("diverge xlogfile is %s, older ones will not be copied or removed.", xlog.FileName)
	b.log("targetFileStatThread success pid %d.", os.Getpid())
	b.log("reading source file list")
	b.log("traverse_datadir start.")
	b.log("Get log directory guc is %s", b.setting("log_directory"))
	b.log("filemap_list_to_array start.")
	b.log("filemap_list_to_array end sort start. length is %d ", l.Len())
	for _, step := range []string{"sort end.", "targetFileStatThread return success.", "reading target file list", "traverse target datadir success",
		"reading WAL in target"} {
		b.log("%s", step)
	}
	b.log("could not read WAL record at %s: invalid record length at %s: wanted 32, got 0", ha.LSN(end.LSN), ha.LSN(end.LSN))
	b.log("calculate totals rewind success")
	if err := b.mark(); err != nil {
		return err
	}
	if err := l.Truncate(common.LSN); err != nil {
		return err
	}
	b.log("need to copy %dMB (total source directory size is %dMB)", (b.source.Flush-min(common.LSN, b.source.Flush))>>20, (b.source.Flush-xlog.Base)>>20)
	b.log("starting background WAL receiver")
	b.log("Starting copy xlog, start point: %s", at)
	b.log("in gs_rewind proecess,so no need remove.")
	b.log("build try host(%s) port(%d) success", hostOf(b.conn), b.port)
	b.log("check identify system success")
	b.log("send START_REPLICATION %s success", at&^0xffffff)
	b.print("Begin fetching files \n")
	if err := b.fetch(l, "Progress: %s %d%% (%d/%dKB). fetch files "); err != nil {
		return err
	}
	b.print("\nFinish fetching files \n")
	b.log("execute file map success")
	if err := l.Flush(l.End().LSN); err != nil {
		return err
	}
	if err := b.takeControl(); err != nil {
		return err
	}
	reached := ha.LSN(l.End().LSN)
	b.log("find minRecoveryPoint success from xlog insert location %s", reached)
	b.log("update pg_control file success, minRecoveryPoint: %s, ckpLoc:%s, ckpRedo:%s, preCkp:%s", reached, from, from, at)
	b.log("update pg_dw file success")
	b.log("xlog end point: %s", reached)
	b.log("waiting for background process to finish streaming...")
	b.log("truncating and removing old xlog files")
	b.log("truncate and remove old xlog files success")
	b.log("creating backup label and updating control file")
	b.log("create backup label success")
	b.log("read checkpoint redo (%s) success.", at)
	b.log("read checkpoint rec (%s) success.", at)
	if err := b.unmark(); err != nil {
		return err
	}
	b.log("dn incremental build completed.")
	return nil
}

// common finds the last position that both logs have with the same history.
func (b *builder) common(l *xlog.Log) (xlog.Mark, error) {
	var marks []xlog.Mark
	for at := l.End(); ; at = l.Before(at.LSN - 1) {
		marks = append(marks, at)
		if at.LSN <= l.Base() {
			break
		}
	}
	slices.Reverse(marks)
	// Histories are the same up to the fork and differ behind it.
	var fail error
	n, _ := slices.BinarySearchFunc(marks, true, func(m xlog.Mark, _ bool) int {
		same, err := b.sourceHas(m)
		if err != nil {
			fail = err
		}
		if same {
			return -1
		}
		return 1
	})
	if fail != nil {
		return xlog.Mark{}, fail
	}
	if n == 0 {
		return xlog.Mark{}, errNoCommon
	}
	m := marks[n-1]
	b.log("request lsn is %s and its crc(source, target):[%d, %d]", ha.LSN(m.LSN), uint32(m.Chain), uint32(m.Chain))
	return m, nil
}

func (b *builder) sourceHas(m xlog.Mark) (bool, error) {
	if err := server.WriteFrame(b.conn, server.FrameMark, server.Position{LSN: m.LSN}); err != nil {
		return false, err
	}
	kind, body, err := server.ReadFrame(b.rd)
	if err != nil {
		return false, err
	}
	var p server.Position
	if err := json.Unmarshal(body, &p); err != nil || kind != server.FrameMark {
		return false, fmt.Errorf("unexpected answer %q", kind)
	}
	return p.Found && p.Chain == m.Chain, nil
}
