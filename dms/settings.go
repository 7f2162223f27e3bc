// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Settings holds parameters of one node by name, as postgresql.conf or
// pg_settings gives them: names in lower case, values without quotes. A
// parameter that is missing has its default. Names that do not concern shared
// storage may be there and are left alone.
type Settings map[string]string

// The names of parameters that this package treats by name.
const (
	ParamEnableDSS    = "ss_enable_dss"
	ParamEnableDMS    = "ss_enable_dms"
	ParamInstanceID   = "ss_instance_id"
	ParamURL          = "ss_interconnect_url"
	ParamTransport    = "ss_interconnect_type"
	ParamSocket       = "ss_dss_conn_path"
	ParamDataVG       = "ss_dss_data_vg_name"
	ParamXLogVG       = "ss_dss_xlog_vg_name"
	ParamVG           = "ss_dss_vg_name" // one for both, up to 6.0.0-RC1
	ParamSSL          = "ss_enable_ssl"
	ParamDisasterMode = "ss_disaster_mode"
	ParamOnDemand     = "ss_enable_ondemand_recovery"
	ParamRealtime     = "ss_enable_ondemand_realtime_build"
)

// Parameters outside of shared storage that have to do with it.
const (
	paramServerSSL    = "ssl"
	paramSegment      = "enable_segment"
	paramDoubleWrite  = "enable_double_write"
	paramTempSpaces   = "temp_tablespaces"
	paramParseWorkers = "recovery_parse_workers"
	paramBcastSnap    = "ss_enable_bcast_snapshot"
	paramBcastXmin    = "ss_enable_bcast_getoldestxmin"
	paramRDMA         = "ss_rdma_work_config"
)

// Text returns the value of a parameter in a release, its default when it is
// not set, "" for a name that the release does not know.
func (s Settings) Text(name string, r Release) string {
	if text, ok := s[name]; ok {
		return text
	}
	p, _ := ParamByName(name, r)
	return p.Default
}

// param returns a parameter of one of these types and its valid value.
func (s Settings) param(name string, r Release, kinds ...ParamKind) (Param, string, error) {
	p, ok := ParamByName(name, r)
	if !ok {
		return p, "", Problems{unknownParam(name, s[name], r)}
	}
	if !slices.Contains(kinds, p.Kind) {
		return p, "", fmt.Errorf("dms: read %s: it is of type %s", name, p.Kind)
	}
	text := s.Text(name, r)
	return p, text, p.Check(text)
}

// Int returns the value of an integer, in the unit of the parameter.
func (s Settings) Int(name string, r Release) (int64, error) {
	p, text, err := s.param(name, r, KindInt)
	if err != nil {
		return 0, err
	}
	n, _, _ := p.number(text)
	return n, nil
}

// Bool returns a truth value.
func (s Settings) Bool(name string, r Release) (bool, error) {
	_, text, err := s.param(name, r, KindBool)
	if err != nil {
		return false, err
	}
	value, _ := parseBool(text)
	return value, nil
}

// Bytes returns the value of an integer that counts kB, in bytes.
func (s Settings) Bytes(name string, r Release) (int64, error) {
	n, err := s.Int(name, r)
	if p, _ := ParamByName(name, r); err == nil && p.Unit != UnitKB {
		return 0, fmt.Errorf("dms: read %s: it is no size", name)
	}
	return n << 10, err
}

// URL returns ss_interconnect_url, parsed.
func (s Settings) URL(r Release) (URL, error) { return Parse(s.Text(ParamURL, r)) }

// InstanceID returns ss_instance_id.
func (s Settings) InstanceID(r Release) (int, error) {
	n, err := s.Int(ParamInstanceID, r)
	return int(n), err
}

// Enabled reports whether ss_enable_dss and ss_enable_dms are both on.
func (s Settings) Enabled(r Release) bool { return s.on(ParamEnableDSS, r) && s.on(ParamEnableDMS, r) }

// on reports whether a parameter is known, valid and on.
func (s Settings) on(name string, r Release) bool {
	on, err := s.Bool(name, r)
	return err == nil && on
}

// isOurs reports whether a name is, or looks like, a parameter of shared
// storage.
func isOurs(name string) bool {
	return strings.HasPrefix(name, "ss_") || len(rowsOf(name)) > 0
}

// unknownParam says why a parameter is unknown to a release.
func unknownParam(name, text string, r Release) Problem {
	p := Problem{Reason: ReasonUnknownParam, Index: -1, Key: name, Text: text, Offset: -1}
	if when := known(name); when != "" {
		p.Reason, p.Detail = ReasonOtherRelease, fmt.Sprintf("%s, not in %s", when, r.real())
	}
	return p
}

// Check reports everything that is wrong with the settings of one node for a
// release: names that it does not know, values that it refuses, and when shared
// storage is on also what must fit together: the own id in the URL, volume
// groups, what other parameters need, and the rules between the entries of the
// URL. [Problems.Err] leaves out what is advice only.
func (s Settings) Check(r Release) Problems {
	var found Problems
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !isOurs(name) {
			continue
		}
		p, ok := ParamByName(name, r)
		switch {
		case !ok:
			found = append(found, unknownParam(name, s[name], r))
		case p.Build != BuildAny:
			found = append(found, Problem{Reason: ReasonOtherBuild, Index: -1, Key: name, Text: s[name], Offset: -1, Detail: p.Build.String()})
			found = append(found, p.check(s[name])...)
		case p.Kind == KindURL:
			found = append(found, Lint(s[name], r)...)
		default:
			found = append(found, p.check(s[name])...)
		}
	}
	k := settingsChecker{Settings: s, release: r}
	k.enabled()
	if s.Enabled(r) {
		k.required()
		k.url()
		k.fixed()
		k.interconnect()
		k.disaster()
	}
	k.recovery()
	return append(found, k.found...)
}

// settingsChecker looks at parameters together.
type settingsChecker struct {
	Settings
	release Release
	found   Problems
}

func (k *settingsChecker) add(r Reason, name, detail string) {
	k.found = append(k.found, Problem{Reason: r, Index: -1, Key: name, Text: k.Text(name, k.release), Offset: -1, Detail: detail})
}

func (k *settingsChecker) is(name string) bool { return k.on(name, k.release) }

// enabled finds one of the two switches on and the other off
// (postmaster.cpp, CheckShareStorageConfigConflicts).
func (k *settingsChecker) enabled() {
	if dss, dms := k.is(ParamEnableDSS), k.is(ParamEnableDMS); dss != dms {
		name := ParamEnableDSS
		if dss {
			name = ParamEnableDMS
		}
		k.add(ReasonNotEnabled, name, "")
	}
}

// required finds what shared storage cannot do without.
func (k *settingsChecker) required() {
	groups := []string{ParamVG}
	if k.release.since(V600) {
		groups = []string{ParamDataVG, ParamXLogVG}
	}
	for _, name := range groups {
		if k.Text(name, k.release) == "" {
			k.add(ReasonMissingParam, name, "")
		}
	}
}

// url checks the URL and what refers to it.
func (k *settingsChecker) url() {
	u, err := k.URL(k.release)
	if err != nil {
		return
	}
	k.found = append(k.found, u.Check(k.release)...)
	if id, err := k.InstanceID(k.release); err == nil {
		if _, ok := u.Instance(id); !ok {
			k.add(ReasonSelfUnlisted, ParamInstanceID, "")
		}
	}
}

// fixed finds parameters that have one value with shared storage. gs_initdb
// sets them, and a server refuses to start with temp_tablespaces.
func (k *settingsChecker) fixed() {
	if p, ok := ParamByName(paramSegment, k.release); ok && p.Build == BuildAny && !k.is(paramSegment) {
		k.add(ReasonNeedsParam, paramSegment, "want on with shared storage")
	}
	if k.is(paramDoubleWrite) {
		k.add(ReasonNeedsParam, paramDoubleWrite, "want off with shared storage")
	}
	if k.Text(paramTempSpaces, k.release) != "" {
		k.add(ReasonNeedsParam, paramTempSpaces, "want nothing with shared storage, the server does not start")
	}
}

// interconnect judges encryption and transport. DMS encrypts when both
// ss_enable_ssl and ssl are on, and says nothing when only one is
// (ss_init.cpp, setDMSProfile).
func (k *settingsChecker) interconnect() {
	switch {
	case !k.is(ParamSSL):
		k.add(ReasonNotEncrypted, ParamSSL, "")
	case !k.is(paramServerSSL):
		k.add(ReasonNotEncrypted, ParamSSL, "ssl is off")
	}
	if k.Text(paramRDMA, k.release) != "" && k.Text(ParamTransport, k.release) == "TCP" {
		k.add(ReasonNoEffect, paramRDMA, ParamTransport+" is TCP")
	}
}

// disaster finds what disaster recovery switches off
// (ss_common_attr.h: ENABLE_SS_BCAST_SNAPSHOT).
func (k *settingsChecker) disaster() {
	mode := lowerASCII(k.Text(ParamDisasterMode, k.release))
	if mode == "" || mode == "single" {
		return
	}
	for _, name := range [...]string{paramBcastSnap, paramBcastXmin} {
		if k.is(name) {
			k.add(ReasonNoEffect, name, ParamDisasterMode+" is "+mode)
		}
	}
}

// recovery checks on-demand recovery
// (postmaster.cpp, CheckExtremeRtoGUCConflicts).
func (k *settingsChecker) recovery() {
	onDemand := k.is(ParamOnDemand)
	if onDemand {
		if !k.is(ParamEnableDMS) {
			k.add(ReasonNeedsParam, ParamOnDemand, "want "+ParamEnableDMS+" on")
		}
		if n, err := k.Int(paramParseWorkers, k.release); err == nil && n <= 1 {
			k.add(ReasonNeedsParam, ParamOnDemand, "want "+paramParseWorkers+" above 1")
		}
	}
	if k.is(ParamRealtime) && !onDemand {
		k.add(ReasonNeedsParam, ParamRealtime, "want "+ParamOnDemand+" on")
	}
}
