// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"errors"
	"path/filepath"
)

// Home is the configuration of one instance: the two files below cfg in its
// DSS_HOME.
type Home struct {
	Dir  string // DSS_HOME; may be empty when the files came from elsewhere
	Inst *Inst
	VGs  *VGs
}

// InstPath gives the path of dss_inst.ini below a DSS_HOME.
func InstPath(home string) string { return filepath.Join(home, "cfg", "dss_inst.ini") }

// VGsPath gives the path of dss_vg_conf.ini below a DSS_HOME.
func VGsPath(home string) string { return filepath.Join(home, "cfg", "dss_vg_conf.ini") }

// OpenHome reads both files below a DSS_HOME. The error joins those of both.
func OpenHome(dir string) (Home, error) {
	inst, err := OpenInst(InstPath(dir))
	vgs, err2 := OpenVGs(VGsPath(dir))
	if err := errors.Join(err, err2); err != nil {
		return Home{}, err
	}
	return Home{dir, inst, vgs}, nil
}

// Lint reports what is wrong with each file and with both together. t.Home is
// taken from h.Dir when it is empty.
func (h Home) Lint(t Target) Problems {
	if t.Home == "" {
		t.Home = h.Dir
	}
	var found Problems
	if h.Inst != nil {
		found = append(found, h.Inst.Lint(t)...)
	}
	if h.VGs != nil {
		found = append(found, h.VGs.Lint()...)
	}
	if h.Inst != nil && h.VGs != nil {
		found = append(found, h.xlogVG(t)...)
	}
	return found
}

// xlogVG checks that XLOG_VG_ID names a volume group. It only matters where the
// log's volume is replicated to another cluster; a file that says nothing has
// the default 1, even with a single volume group.
func (h Home) xlogVG(t Target) Problems {
	r := reader{h.Inst, t.Release}
	id, s, ok := r.value(nameXlogVG)
	mode, _, ok2 := r.value("CLUSTER_RUN_MODE")
	n := len(h.VGs.Groups())
	if !ok || !ok2 || int(id.Int()) < n || s.Line == 0 && mode.Text() != "cluster_standby" {
		return nil
	}
	return Problems{{Reason: ReasonXlogVG, File: s.File, Line: s.Line, Key: nameXlogVG, Text: id.String(), Offset: -1,
		Detail: itoa(n) + " volume groups in " + h.VGs.name}}
}
