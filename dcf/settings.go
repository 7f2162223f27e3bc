// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings holds parameters of one node by name, as postgresql.conf or
// pg_settings gives them: names in lower case, values without quotes. A
// parameter that is missing has its default. Names that do not concern DCF may
// be there and are left alone.
type Settings map[string]string

// The names of parameters that this package treats by name.
const (
	ParamEnable         = "enable_dcf"
	ParamConfig         = "dcf_config"
	ParamNodeID         = "dcf_node_id"
	ParamDataPath       = "dcf_data_path"
	ParamLogPath        = "dcf_log_path"
	ParamElection       = "dcf_election_timeout"
	ParamElectionMode   = "dcf_run_mode"
	ParamMajorityGroups = "dcf_majority_groups"
)

// Text returns the value of a parameter, its default when it is not set, "" for
// a name that is no parameter.
func (s Settings) Text(name string) string {
	if text, ok := s[name]; ok {
		return text
	}
	p, _ := ParamByName(name)
	return p.Default
}

// param returns a parameter of one of these kinds and its valid value.
func (s Settings) param(name string, kinds ...ParamKind) (Param, string, error) {
	p, ok := ParamByName(name)
	if !ok {
		return p, "", Problems{{Reason: ReasonUnknownParam, Index: -1, Key: name, Offset: -1}}
	}
	if !slices.Contains(kinds, p.Kind) {
		return p, "", fmt.Errorf("dcf: read %s: it is of type %s", name, p.Kind)
	}
	text := s.Text(name)
	return p, text, p.Check(text)
}

// Int returns the value of an integer, in the unit of the parameter.
func (s Settings) Int(name string) (int64, error) {
	_, text, err := s.param(name, KindInt)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

// Bool returns a truth value.
func (s Settings) Bool(name string) (bool, error) {
	_, text, err := s.param(name, KindBool)
	if err != nil {
		return false, err
	}
	value, _ := parseBool(text)
	return value, nil
}

// Duration returns the value of an integer that counts seconds, milliseconds or
// microseconds.
func (s Settings) Duration(name string) (time.Duration, error) {
	p, _, err := s.param(name, KindInt)
	if err == nil && units[p.Unit].time == 0 {
		err = fmt.Errorf("dcf: read %s: it is no time", name)
	}
	if err != nil {
		return 0, err
	}
	n, err := s.Int(name)
	return time.Duration(n) * units[p.Unit].time, err
}

// Bytes returns the value of an integer that counts kB or MB, in bytes.
func (s Settings) Bytes(name string) (int64, error) {
	p, _, err := s.param(name, KindInt)
	if err == nil && units[p.Unit].bytes == 0 {
		err = fmt.Errorf("dcf: read %s: it is no size", name)
	}
	if err != nil {
		return 0, err
	}
	n, err := s.Int(name)
	return n * units[p.Unit].bytes, err
}

// Config returns dcf_config, parsed.
func (s Settings) Config() (Config, error) { return Parse(s.Text(ParamConfig)) }

// NodeID returns dcf_node_id.
func (s Settings) NodeID() (int, error) {
	n, err := s.Int(ParamNodeID)
	return int(n), err
}

// ElectionMode returns dcf_run_mode.
func (s Settings) ElectionMode() (ElectionMode, error) {
	_, text, err := s.param(ParamElectionMode, KindEnum)
	if err != nil {
		return 0, err
	}
	return ParseElectionMode(text)
}

// MajorityGroups returns dcf_majority_groups.
func (s Settings) MajorityGroups() (Groups, error) { return ParseGroups(s.Text(ParamMajorityGroups)) }

// Enabled reports whether enable_dcf is on.
func (s Settings) Enabled() bool {
	on, err := s.Bool(ParamEnable)
	return err == nil && on
}

// isOurs reports whether a name is, or looks like, a parameter of DCF.
func isOurs(name string) bool {
	return name == ParamEnable || strings.HasPrefix(name, "dcf_")
}

// Check reports everything that is wrong with the settings of one node: values
// that the server or the library refuses, and when enable_dcf is on also what
// must fit together: the own id in the list, both paths, pool sizes, majority
// groups, and the rules between the nodes of dcf_config.
func (s Settings) Check() Problems {
	var found Problems
	wrong := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if !isOurs(name) {
			continue
		}
		p, ok := ParamByName(name)
		if !ok {
			found = append(found, Problem{Reason: ReasonUnknownParam, Index: -1, Key: name, Text: s[name], Offset: -1})
			continue
		}
		if problems := p.check(s[name]); len(problems) > 0 {
			found = append(found, problems...)
			wrong[name] = true
		}
	}
	k := settingsChecker{Settings: s, wrong: wrong}
	if s.Enabled() {
		k.required()
		k.nodes()
	}
	k.pools()
	k.compression()
	return append(found, k.found...)
}

// settingsChecker looks at parameters together, leaving out those whose value
// is wrong by itself.
type settingsChecker struct {
	Settings
	wrong map[string]bool
	found Problems
}

func (k *settingsChecker) add(r Reason, name, detail string) {
	k.found = append(k.found, Problem{Reason: r, Index: -1, Key: name, Text: k.Text(name), Offset: -1, Detail: detail})
}

// required finds what DCF cannot do without. With an empty data path the
// library uses the root of the file system.
func (k *settingsChecker) required() {
	for _, name := range [...]string{ParamConfig, ParamDataPath, ParamLogPath} {
		if k.Text(name) == "" {
			k.add(ReasonMissingParam, name, "")
		}
	}
	if path := k.Text(ParamDataPath); path != "" && strings.TrimRight(path, "/") == strings.TrimRight(k.Text(ParamLogPath), "/") {
		k.add(ReasonSamePath, ParamLogPath, "")
	}
}

// nodes checks dcf_config and what refers to it.
func (k *settingsChecker) nodes() {
	if k.Text(ParamConfig) == "" || k.wrong[ParamConfig] {
		return
	}
	config, err := k.Config()
	if err != nil {
		return
	}
	k.found = append(k.found, config.Check()...)
	if id, err := k.NodeID(); err == nil && len(config.Nodes) > 0 {
		if _, ok := config.Node(id); !ok {
			k.add(ReasonSelfNotListed, ParamNodeID, "")
		}
	}
	groups, err := k.MajorityGroups()
	if err != nil {
		return
	}
	votes := config.Votes(ServerStream)
	for _, g := range groups {
		if !slices.ContainsFunc(votes.Voters, func(n Node) bool { return n.Group == g }) {
			k.add(ReasonUnknownGroup, ParamMajorityGroups, fmt.Sprintf("group %d", g))
		}
	}
}

func (k *settingsChecker) pools() {
	for _, pool := range [...]string{"dcf_mem_pool", "dcf_stg_pool"} {
		first, err1 := k.Int(pool + "_init_size")
		most, err2 := k.Int(pool + "_max_size")
		if err1 == nil && err2 == nil && first > most {
			k.add(ReasonPoolSizes, pool+"_init_size", fmt.Sprintf("%s_max_size is %d", pool, most))
		}
	}
}

func (k *settingsChecker) compression() {
	const lz4, lz4Levels = 2, 9
	algorithm, err1 := k.Int("dcf_compress_algorithm")
	level, err2 := k.Int("dcf_compress_level")
	if err1 == nil && err2 == nil && algorithm == lz4 && level > lz4Levels {
		k.add(ReasonCompressionLevel, "dcf_compress_level", "")
	}
}

// Change is one parameter whose value differs between two settings.
type Change struct {
	Param    Param
	Old, New string
}

// Changes lists the parameters of DCF that differ, in the order of their names;
// [Param.Apply] says when each takes effect. Spellings of the same value are no
// change: "on" and "true", or a dcf_config with other spaces.
func Changes(old, new Settings) []Change {
	var changes []Change
	for p := range Params() {
		if a, b := old.Text(p.Name), new.Text(p.Name); !p.same(a, b) {
			changes = append(changes, Change{p, a, b})
		}
	}
	return changes
}

// same reports whether two values of the parameter mean the same.
func (p Param) same(a, b string) bool {
	if a == b {
		return true
	}
	if p.Check(a) != nil || p.Check(b) != nil {
		return false
	}
	switch p.Kind {
	case KindBool:
		x, _ := parseBool(a)
		y, _ := parseBool(b)
		return x == y
	case KindConfig:
		x, err1 := Parse(a)
		y, err2 := Parse(b)
		return err1 == nil && err2 == nil && x.Equal(y)
	}
	return false
}

// ApplyOf returns the latest moment at which one of the changes takes effect.
func ApplyOf(changes []Change) Apply {
	latest := ApplyReload
	for _, c := range changes {
		latest = max(latest, c.Param.Apply)
	}
	return latest
}
