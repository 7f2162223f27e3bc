// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParamKind is the type of a parameter.
type ParamKind uint8

// The types of parameters.
const (
	KindBool   ParamKind = iota // on or off; true, yes, 1 and their like are understood
	KindInt                     // a whole number in decimal digits; no units
	KindEnum                    // one of a few words
	KindText                    // any text
	KindPath                    // an absolute path
	KindLevels                  // log levels between '|'
	KindGroups                  // [Groups]
	KindConfig                  // [Config]
)

var paramKindNames = [...]string{"bool", "integer", "enum", "text", "path", "levels", "groups", "config"}

// String returns the type's name, for example "integer".
func (k ParamKind) String() string {
	if int(k) < len(paramKindNames) {
		return paramKindNames[k]
	}
	return fmt.Sprintf("ParamKind(%d)", uint8(k))
}

// Unit is what a parameter's number counts. The server knows no units here: it
// refuses "32MB", the number stands alone.
type Unit uint8

// The units of parameters.
const (
	UnitNone        Unit = iota // a plain number
	UnitMicrosecond             // us
	UnitMillisecond             // ms
	UnitSecond                  // s
	UnitKB                      // 1024 bytes
	UnitMB                      // 1048576 bytes
	UnitPercent                 // hundredths
)

// units gives each unit its name and its size, in nanoseconds or in bytes.
var units = [...]struct {
	name  string
	time  time.Duration
	bytes int64
}{
	UnitNone: {}, UnitMicrosecond: {"us", time.Microsecond, 0}, UnitMillisecond: {"ms", time.Millisecond, 0},
	UnitSecond: {"s", time.Second, 0}, UnitKB: {"kB", 0, 1 << 10}, UnitMB: {"MB", 0, 1 << 20}, UnitPercent: {"%", 0, 0},
}

// String returns the unit as one writes it, "" for a plain number.
func (u Unit) String() string {
	if int(u) < len(units) {
		return units[u].name
	}
	return fmt.Sprintf("Unit(%d)", uint8(u))
}

// Apply says when a changed parameter takes effect.
type Apply uint8

// When a change takes effect.
const (
	ApplyReload     Apply = iota // with the next reload (SIGHUP)
	ApplyRestart                 // when the server is started again
	ApplyFirstStart              // never, once dcf_data_path holds metadata: change the running group instead
)

var applyNames = [...]string{"reload", "restart", "first-start"}

// String returns the code: "reload", "restart" or "first-start".
func (a Apply) String() string {
	if int(a) < len(applyNames) {
		return applyNames[a]
	}
	return fmt.Sprintf("Apply(%d)", uint8(a))
}

// MarshalText implements [encoding.TextMarshaler] with the code.
func (a Apply) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Param describes a parameter of postgresql.conf that concerns DCF. It is
// comparable.
type Param struct {
	Name     string    // "dcf_election_timeout"
	Kind     ParamKind // its type
	Unit     Unit      // of an integer
	Default  string    // as pg_settings shows it
	Min, Max int64     // of an integer
	Values   string    // of an enum, between '|': "600|640"
	Apply    Apply     // when a change takes effect
	Local    bool      // differs from node to node; every other is copied from the primary by configuration sync
	Library  string    // its name in dcf_set_param; "" when it is not handed to the library
}

// params is the table of parameters, by name.
//
// Source: guc_storage.cpp of openGauss-server for types, defaults and ranges,
// checked against pg_settings of a running server; dcf_replication.cpp
// (SetDcfParams) and md_param.c of DCF for the library's names.
var params = [...]Param{
	{Name: "dcf_compress_algorithm", Kind: KindInt, Default: "0", Min: 0, Max: 2, Apply: ApplyRestart, Library: "COMPRESS_ALGORITHM"},
	{Name: "dcf_compress_level", Kind: KindInt, Default: "1", Min: 1, Max: 22, Apply: ApplyRestart, Library: "COMPRESS_LEVEL"},
	{Name: "dcf_config", Kind: KindConfig, Apply: ApplyFirstStart},
	{Name: "dcf_connect_timeout", Kind: KindInt, Unit: UnitMillisecond, Default: "60000", Min: 10, Max: 600000, Apply: ApplyRestart, Library: "CONNECT_TIMEOUT"},
	{Name: "dcf_data_path", Kind: KindPath, Apply: ApplyRestart, Local: true, Library: "DATA_PATH"},
	{Name: "dcf_election_switch_threshold", Kind: KindInt, Unit: UnitSecond, Default: "0", Min: 0, Max: math.MaxInt32, Library: "ELECTION_SWITCH_THRESHOLD"},
	{Name: "dcf_election_timeout", Kind: KindInt, Unit: UnitSecond, Default: "3", Min: 1, Max: 600, Library: "ELECTION_TIMEOUT"},
	{Name: "dcf_enable_auto_election_priority", Kind: KindInt, Default: "1", Min: 0, Max: 1, Library: "AUTO_ELC_PRIORITY_EN"},
	{Name: "dcf_flow_control_cpu_threshold", Kind: KindInt, Unit: UnitPercent, Default: "100", Min: 0, Max: math.MaxInt32, Library: "FLOW_CONTROL_CPU_THRESHOLD"},
	{Name: "dcf_flow_control_disk_rawait_threshold", Kind: KindInt, Unit: UnitMicrosecond, Default: "100000", Min: 0, Max: math.MaxInt32, Library: "FLOW_CONTROL_DISK_RAWAIT_THRESHOLD"},
	{Name: "dcf_flow_control_net_queue_message_num_threshold", Kind: KindInt, Default: "1024", Min: 0, Max: math.MaxInt32, Library: "FLOW_CONTROL_NET_QUEUE_MESSAGE_NUM_THRESHOLD"},
	{Name: "dcf_log_backup_file_count", Kind: KindInt, Default: "10", Min: 1, Max: 100, Library: "LOG_BACKUP_FILE_COUNT"},
	{Name: "dcf_log_file_permission", Kind: KindEnum, Default: "600", Values: "600|640", Apply: ApplyRestart, Library: "LOG_FILE_PERMISSION"},
	{Name: "dcf_log_level", Kind: KindLevels, Default: "RUN_ERR|RUN_WAR|DEBUG_ERR|OPER|RUN_INF|PROFILE", Values: "RUN_ERR|RUN_WAR|RUN_INF|DEBUG_ERR|DEBUG_WAR|DEBUG_INF|MEC|OPER|TRACE|PROFILE", Library: "LOG_LEVEL"},
	{Name: "dcf_log_path", Kind: KindPath, Apply: ApplyRestart, Local: true, Library: "LOG_PATH"},
	{Name: "dcf_log_path_permission", Kind: KindEnum, Default: "700", Values: "700|750", Apply: ApplyRestart, Library: "LOG_PATH_PERMISSION"},
	{Name: "dcf_majority_groups", Kind: KindGroups, Library: "MAJORITY_GROUPS"},
	{Name: "dcf_max_log_file_size", Kind: KindInt, Unit: UnitMB, Default: "10", Min: 1, Max: 1000, Library: "MAX_LOG_FILE_SIZE"},
	{Name: "dcf_max_workers", Kind: KindInt, Default: "10", Min: 10, Max: 262143, Apply: ApplyRestart},
	{Name: "dcf_mec_agent_thread_num", Kind: KindInt, Default: "10", Min: 1, Max: 1000, Apply: ApplyRestart, Library: "MEC_AGENT_THREAD_NUM"},
	{Name: "dcf_mec_batch_size", Kind: KindInt, Unit: UnitKB, Default: "0", Min: 0, Max: 1024, Apply: ApplyRestart, Library: "MEC_BATCH_SIZE"},
	{Name: "dcf_mec_channel_num", Kind: KindInt, Default: "1", Min: 1, Max: 64, Apply: ApplyRestart, Library: "MEC_CHANNEL_NUM"},
	{Name: "dcf_mec_fragment_size", Kind: KindInt, Unit: UnitKB, Default: "64", Min: 32, Max: 10240, Apply: ApplyRestart, Library: "MEC_FRAGMENT_SIZE"},
	{Name: "dcf_mec_pool_max_size", Kind: KindInt, Unit: UnitMB, Default: "200", Min: 32, Max: math.MaxInt32, Apply: ApplyRestart, Library: "MEC_POOL_MAX_SIZE"},
	{Name: "dcf_mec_reactor_thread_num", Kind: KindInt, Default: "1", Min: 1, Max: 100, Apply: ApplyRestart, Library: "MEC_REACTOR_THREAD_NUM"},
	{Name: "dcf_mem_pool_init_size", Kind: KindInt, Unit: UnitMB, Default: "32", Min: 32, Max: math.MaxInt32, Apply: ApplyRestart, Library: "MEM_POOL_INIT_SIZE"},
	{Name: "dcf_mem_pool_max_size", Kind: KindInt, Unit: UnitMB, Default: "2048", Min: 32, Max: math.MaxInt32, Apply: ApplyRestart, Library: "MEM_POOL_MAX_SIZE"},
	// The server accepts node ids up to 2147483647; dcf_start refuses those above 255.
	{Name: "dcf_node_id", Kind: KindInt, Default: "1", Min: 1, Max: MaxNodeID, Apply: ApplyRestart, Local: true},
	{Name: "dcf_rep_append_thread_num", Kind: KindInt, Default: "2", Min: 1, Max: 1000, Apply: ApplyRestart, Library: "REP_APPEND_THREAD_NUM"},
	// The library has a third mode, 1 (manual), which openGauss does not offer.
	{Name: "dcf_run_mode", Kind: KindEnum, Default: "0", Values: "0|2", Library: "RUN_MODE"},
	{Name: "dcf_socket_timeout", Kind: KindInt, Unit: UnitMillisecond, Default: "5000", Min: 10, Max: 600000, Apply: ApplyRestart, Library: "SOCKET_TIMEOUT"},
	// On by default: without the server's certificates DCF does not come up.
	{Name: "dcf_ssl", Kind: KindBool, Default: "on", Apply: ApplyRestart},
	{Name: "dcf_stg_pool_init_size", Kind: KindInt, Unit: UnitMB, Default: "32", Min: 32, Max: math.MaxInt32, Apply: ApplyRestart, Library: "STG_POOL_INIT_SIZE"},
	{Name: "dcf_stg_pool_max_size", Kind: KindInt, Unit: UnitMB, Default: "2048", Min: 32, Max: math.MaxInt32, Apply: ApplyRestart, Library: "STG_POOL_MAX_SIZE"},
	{Name: "dcf_truncate_threshold", Kind: KindInt, Default: "100000", Min: 1, Max: math.MaxInt32},
	{Name: "enable_dcf", Kind: KindBool, Default: "off", Apply: ApplyRestart},
}

// Params yields the description of every parameter, in the order of the names.
func Params() iter.Seq[Param] {
	return func(yield func(Param) bool) {
		for _, p := range params {
			if !yield(p) {
				return
			}
		}
	}
}

// ParamByName returns the description of a parameter, and whether it exists.
func ParamByName(name string) (Param, bool) {
	i, ok := slices.BinarySearchFunc(params[:], name, func(p Param, name string) int { return strings.Compare(p.Name, name) })
	if !ok {
		return Param{}, false
	}
	return params[i], true
}

// Check reports what is wrong with a value for the parameter, as [Problems];
// nil when the server and the library take it as it is meant. A [KindConfig]
// value is parsed, but not checked across its nodes.
func (p Param) Check(text string) error { return p.check(text).Err() }

func (p Param) check(text string) Problems {
	bad := func(r Reason, detail string) Problems {
		return Problems{{Reason: r, Index: -1, Key: p.Name, Text: text, Offset: -1, Detail: detail}}
	}
	switch p.Kind {
	case KindBool:
		if _, ok := parseBool(text); !ok {
			return bad(ReasonBadValue, "want on or off")
		}
	case KindInt:
		return p.checkInt(text, bad)
	case KindEnum:
		if !slices.Contains(strings.Split(p.Values, "|"), text) {
			return bad(ReasonBadValue, "want one of "+p.Values)
		}
	case KindLevels:
		return p.checkLevels(text, bad)
	case KindPath:
		if text != "" && !strings.HasPrefix(text, "/") {
			return bad(ReasonRelativePath, "")
		}
	case KindGroups:
		if _, err := ParseGroups(text); err != nil {
			reason := ReasonBadValue
			if strings.Contains(err.Error(), "twice") {
				reason = ReasonDuplicateGroup
			}
			return bad(reason, err.Error())
		}
	case KindConfig:
		if text == "" {
			return nil
		}
		if _, err := Parse(text); err != nil {
			return err.(Problems)
		}
	}
	return nil
}

func (p Param) checkInt(text string, bad func(Reason, string) Problems) Problems {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return bad(ReasonNotNumber, "")
	}
	if len(digits) > 1 && digits[0] == '0' {
		return bad(ReasonOctal, "")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < p.Min || n > p.Max {
		return bad(ReasonParamRange, fmt.Sprintf("want %d to %d%s", p.Min, p.Max, p.Unit))
	}
	return nil
}

// checkLevels accepts what parse_log_level_cfg in md_param.c does.
func (p Param) checkLevels(text string, bad func(Reason, string) Problems) Problems {
	if text == "" || strings.EqualFold(text, "NONE") {
		return nil
	}
	for word := range strings.SplitSeq(text, "|") {
		if !slices.ContainsFunc(strings.Split(p.Values, "|"), func(v string) bool { return equalFoldASCII(v, word) }) {
			return bad(ReasonBadValue, fmt.Sprintf("%q is none of NONE, %s", word, p.Values))
		}
	}
	return nil
}

// parseBool reads a truth value as the server does (bool.cpp, parse_bool).
func parseBool(text string) (value, ok bool) {
	s := strings.ToLower(text)
	prefix := func(word string, least int) bool { return len(s) >= least && strings.HasPrefix(word, s) }
	switch {
	case s == "1" || s == "on" || prefix("true", 1) || prefix("yes", 1):
		return true, true
	case s == "0" || prefix("off", 2) || prefix("false", 1) || prefix("no", 1):
		return false, true
	}
	return false, false
}
