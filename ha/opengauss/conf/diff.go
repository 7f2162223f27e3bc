// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/dcf"
)

// Member is one member of a cluster with its settings.
type Member struct {
	Name     string
	Settings Settings
}

// Rule says how a parameter's values on the members of a cluster must be.
type Rule uint8

// The rules.
const (
	// RuleOwn: every member has its own value, equal or not.
	RuleOwn Rule = iota
	// RuleSynced: configuration sync makes the standbys' values those of the
	// primary; what is different now will be lost.
	RuleSynced
	// RuleEqual: the cluster does not work, or not after the next failover,
	// when values differ.
	RuleEqual
	// RuleNotLower: a standby with less than the primary had does not replay its
	// log. Equal values let every member be primary.
	RuleNotLower
	// RuleDistinct: every member needs a value that no other has.
	RuleDistinct
	numRules
)

var ruleNames = [numRules]string{"own", "synced", "equal", "not-lower", "distinct"}

// String gives the rule's name, "equal" for instance.
func (r Rule) String() string {
	if r < numRules {
		return ruleNames[r]
	}
	return fmt.Sprintf("Rule(%d)", uint8(r))
}

// equalOnAll must be the same everywhere: what the log, the acknowledgement of
// commits, and who may take part depend on.
var equalOnAll = [...]string{
	"wal_level", "hot_standby", "replication_type", "synchronous_commit", "most_available_sync", "full_page_writes",
	"password_encryption_type", "repl_auth_mode", "repl_uuid", "stream_cluster_run_mode", "cluster_run_mode",
	"enable_dcf", "enable_uwal", "xlog_file_path", "xlog_file_size", "enable_mix_replication",
	"ss_enable_dss", "ss_enable_dms", "ss_enable_ssl", "ss_enable_catalog_centralized", "ss_interconnect_url",
	"ss_interconnect_type", "ss_dss_data_vg_name", "ss_disaster_mode", "ss_enable_ondemand_recovery",
	"ss_enable_ondemand_realtime_build", "ss_enable_scrlock", "ss_enable_bcast_snapshot", "ss_enable_bcast_getoldestxmin",
}

// RuleOf gives the rule for a parameter.
func RuleOf(name string) Rule {
	name = strings.ToLower(name)
	switch name {
	case "application_name", "pgxc_node_name", "dcf_node_id", "ss_instance_id":
		return RuleDistinct
	case "max_locks_per_transaction":
		// The only one of PostgreSQL's five that openGauss still compares with
		// what the primary had (xlog.cpp: CheckRequiredParameterValues).
		return RuleNotLower
	}
	d, isDCF := dcf.ParamByName(name)
	switch {
	case isDCF && !d.Local, slices.Contains(equalOnAll[:], name):
		return RuleEqual
	case isDCF, IsMemberOwn(name):
		return RuleOwn
	}
	return RuleSynced
}

// Difference is a parameter whose values break its rule.
type Difference struct {
	Name   string
	Rule   Rule
	Values []string // by member, as given to [Diff]; the default where it is not set and the default is known
	Detail string
}

// String gives name, rule and what is wrong.
func (d Difference) String() string { return d.Name + ": " + d.Rule.String() + ": " + d.Detail }

// Diff compares the settings of a cluster's members and reports, by name,
// every parameter whose values break its [RuleOf]. Texts that mean the same are
// the same: 6s and 6000 for wal_sender_timeout. A parameter that a member does
// not set has its default.
func Diff(members []Member) []Difference {
	names := map[string]bool{}
	for _, m := range members {
		for name := range m.Settings {
			names[strings.ToLower(name)] = true
		}
	}
	var found []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		rule := RuleOf(name)
		values, same := valuesOf(name, members)
		broken := len(values) > 1
		switch rule {
		case RuleOwn:
			broken = false
		case RuleDistinct:
			broken = broken && same.repeated
		default:
			broken = broken && !same.all
		}
		if broken {
			found = append(found, Difference{name, rule, values, detail(rule, values, members)})
		}
	}
	return found
}

type sameness struct {
	all      bool // all members have the same value
	repeated bool // two members have the same value that is set
}

func valuesOf(name string, members []Member) ([]string, sameness) {
	same := sameness{all: true}
	p, typed := ParamByName(name)
	var values []string
	seen := map[any]bool{}
	for _, m := range members {
		text, set := m.Settings[name]
		if !set {
			text = p.Default
		}
		values = append(values, text)
		var key any = text
		if v, err := p.Parse(text); typed && err == nil {
			key = v
		}
		same.repeated = same.repeated || seen[key] && set && text != ""
		same.all = same.all && (len(seen) == 0 || seen[key])
		seen[key] = true
	}
	return values, same
}

func detail(rule Rule, values []string, members []Member) string {
	parts := make([]string, len(members))
	for i, m := range members {
		parts[i] = fmt.Sprintf("%s has %q", m.Name, values[i])
	}
	list := strings.Join(parts, ", ")
	switch rule {
	case RuleEqual:
		return "must be equal: " + list
	case RuleNotLower:
		return "no standby may have less than the primary: " + list
	case RuleDistinct:
		return "must differ: " + list
	case RuleSynced:
		return "the primary's value will overwrite the others: " + list
	}
	return list
}
