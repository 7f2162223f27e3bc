// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Kind is the type of a parameter.
type Kind uint8

// The types.
const (
	KindBool Kind = iota
	KindInt
	KindReal
	KindText
	KindEnum
	numKinds
)

var kindNames = [numKinds]string{"bool", "integer", "real", "text", "enum"}

// String gives the type's name, "integer" for instance.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Unit is what a bare number counts, and says which units may stand behind a
// number: kB, MB, GB for memory; ms, s, min, h, d for time.
type Unit uint8

// The units.
const (
	UnitNone        Unit = iota
	UnitKB               // 1024 bytes
	UnitBlock            // 8192 bytes
	UnitMillisecond      // ms
	UnitSecond           // s
	numUnits
)

var unitNames = [numUnits]string{"", "kB", "8kB", "ms", "s"}

// String gives the unit as pg_settings shows it, "" for a plain number.
func (u Unit) String() string {
	if u < numUnits {
		return unitNames[u]
	}
	return fmt.Sprintf("Unit(%d)", uint8(u))
}

// Apply says when a changed line takes effect.
type Apply uint8

// When a change takes effect.
const (
	ApplyReload  Apply = iota // at the next reload (SIGHUP)
	ApplyRestart              // when the server is started again
	ApplySession              // at the next reload, for sessions that have not set it themselves
	numApply
)

var applyNames = [numApply]string{"reload", "restart", "session"}

// String gives "reload", "restart" or "session".
func (a Apply) String() string {
	if a < numApply {
		return applyNames[a]
	}
	return fmt.Sprintf("Apply(%d)", uint8(a))
}

// Param describes a parameter. It is comparable.
type Param struct {
	Name     string
	Kind     Kind
	Unit     Unit
	Default  string  // compiled in
	Min, Max float64 // of numbers; whole and exact for integers below 2^53
	Values   string  // of an enum, between '|'
	Apply    Apply
}

// Params yields every parameter that concerns high availability, the ones of
// DCF included, by name.
func Params() iter.Seq[Param] {
	return func(yield func(Param) bool) {
		i := 0
		for d := range dcf.Params() {
			for ; i < len(table) && table[i].Name < d.Name; i++ {
				if !yield(table[i]) {
					return
				}
			}
			if !yield(ofDCF(d)) {
				return
			}
		}
		for _, p := range table[i:] {
			if !yield(p) {
				return
			}
		}
	}
}

// ParamByName gives the description of a parameter. Letter case does not
// matter.
func ParamByName(name string) (Param, bool) {
	name = strings.ToLower(name)
	if i, ok := slices.BinarySearchFunc(table[:], name, func(p Param, n string) int { return strings.Compare(p.Name, n) }); ok {
		return table[i], true
	}
	if d, ok := dcf.ParamByName(name); ok {
		return ofDCF(d), true
	}
	return Param{}, false
}

// ofDCF describes a parameter of DCF in this package's words. Their numbers
// take no units in the file, whatever they count.
func ofDCF(d dcf.Param) Param {
	p := Param{Name: d.Name, Kind: KindText, Default: d.Default, Apply: ApplyReload}
	if d.Apply != dcf.ApplyReload {
		p.Apply = ApplyRestart
	}
	switch d.Kind {
	case dcf.KindBool:
		p.Kind = KindBool
	case dcf.KindInt:
		p.Kind, p.Min, p.Max = KindInt, float64(d.Min), float64(d.Max)
	case dcf.KindEnum:
		p.Kind, p.Values = KindEnum, d.Values
	}
	return p
}

// Releases gives the releases whose servers know the parameter.
func (p Param) Releases() release.Set { return Known(p.Name) }

// Check returns an error that wraps [ErrInvalid] when the server would refuse
// the value. For texts it knows no rule.
func (p Param) Check(value string) error {
	_, err := p.Parse(value)
	return err
}

// IsMemberOwn reports whether the line belongs to the member: configuration
// sync, which overwrites a standby's file with the primary's, keeps it
// (walreceiver.cpp: g_reserve_param). The list is that of release 7.0; earlier
// releases keep less.
func IsMemberOwn(name string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "uwal_") {
		return true
	}
	for _, prefix := range []string{"replconninfo", "cross_cluster_replconninfo"} {
		if digit, ok := strings.CutPrefix(name, prefix); ok {
			return len(digit) == 1 && digit >= "1" && digit <= "8"
		}
	}
	return slices.Contains(memberOwn[:], name)
}

var memberOwn = [...]string{
	"application_name", "archive_command", "audit_directory", "available_zone", "comm_control_port", "comm_sctp_port",
	"listen_addresses", "log_directory", "port", "repl_uuid", "repl_auth_mode", "ssl", "ssl_ca_file", "ssl_cert_file",
	"ssl_ciphers", "ssl_crl_file", "ssl_key_file", "ssl_renegotiation_limit", "ssl_cert_notify_time",
	"synchronous_standby_names", "local_bind_address", "perf_directory", "query_log_directory", "asp_log_directory",
	"streaming_router_port", "enable_upsert_to_merge", "archive_dest", "cluster_run_mode", "stream_cluster_run_mode",
	"xlog_file_size", "xlog_file_path", "xlog_lock_file_path", "auto_csn_barrier", "recovery_min_apply_delay",
	"sync_config_strategy", "dcf_node_id", "dcf_data_path", "dcf_log_path", "enable_huge_pages", "huge_page_size",
	"exrto_standby_read_opt", "enable_uwal", "ss_enable_dss", "ss_enable_dms", "ss_enable_catalog_centralized",
	"ss_instance_id", "ss_dss_vg_name", "ss_dss_conn_path", "ss_rdma_work_config", "ss_ock_log_path",
	"ss_scrlock_server_port", "ss_enable_ondemand_recovery", "ss_enable_ondemand_realtime_build", "ss_disaster_mode",
}

// Known gives the releases whose servers know a parameter, by any of its
// names. A name with a dot belongs to an extension: every server takes it.
// Letter case does not matter.
func Known(name string) release.Set {
	if old, ok := oldNames[strings.ToLower(name)]; ok {
		name = old
	}
	if strings.Contains(name, ".") {
		return every
	}
	var in release.Set
	for _, k := range knownNames {
		if hasWord(k.names, name) {
			in |= k.in
		}
	}
	return in
}

// hasWord reports whether name is one of the words of list.
func hasWord(list, name string) bool {
	if name == "" || strings.Contains(name, " ") {
		return false
	}
	for word := range strings.SplitSeq(list, " ") {
		if strings.EqualFold(word, name) {
			return true
		}
	}
	return false
}

// maxExact is the largest integer that a float64 holds together with all below.
const maxExact = 1 << 53

// limits gives the range of an integer parameter.
func (p Param) limits() (lo, hi int64) {
	hi = math.MaxInt64
	if p.Max < maxExact {
		hi = int64(p.Max)
	} else if p.Max < math.MaxInt64 {
		hi = int64(p.Max) - 1 // rounded up to a power of two when it was written
	}
	return int64(p.Min), hi
}
