// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf_test

import (
	"encoding/csv"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// TestParamsAreThoseOfARealServer compares the table with pg_settings.
func TestParamsAreThoseOfARealServer(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(read(t, "pg_settings.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, row := range rows[1:] {
		name, unit, context, vartype, boot := row[0], row[2], row[3], row[4], row[6]
		if context == "internal" || name == "transaction_read_only" || name == "uppercase_attribute_name" {
			continue // not for the file, or no matter of availability
		}
		if strings.HasPrefix(name, "ss_fi_") || name == "ss_enable_verify_page" {
			if conf.Known(name) != 0 {
				t.Errorf("%s: only builds with assertions know it", name)
			}
			continue
		}
		p, ok := conf.ParamByName(strings.ToUpper(name))
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		compared++
		kind := map[string]conf.Kind{"bool": conf.KindBool, "integer": conf.KindInt, "int64": conf.KindInt, "real": conf.KindReal, "string": conf.KindText, "enum": conf.KindEnum}[vartype]
		apply := map[string]conf.Apply{"postmaster": conf.ApplyRestart, "sighup": conf.ApplyReload, "user": conf.ApplySession, "superuser": conf.ApplySession}[context]
		if p.Kind != kind || p.Apply != apply || p.Unit.String() != unit {
			t.Errorf("%s: %v, %v, %q; the server says %v, %v, %q", name, p.Kind, p.Apply, p.Unit, kind, apply, unit)
		}
		if p.Default != boot && name != "port" {
			t.Errorf("%s: default %q; the server says %q", name, p.Default, boot)
		}
		if err := p.Check(row[1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !p.Releases().Has(release.V700RC2) {
			t.Errorf("%s: the release of the sample does not know it", name)
		}
	}
	if compared < 140 {
		t.Errorf("only %d compared", compared)
	}
}

func TestTableOfParams(t *testing.T) {
	last, n := "", 0
	for p := range conf.Params() {
		n++
		if p.Name <= last {
			t.Errorf("%s after %s", p.Name, last)
		}
		last = p.Name
		if err := p.Check(p.Default); err != nil {
			t.Errorf("default: %v", err)
		}
		if p.Releases() == 0 {
			t.Errorf("%s: no release knows it", p.Name)
		}
		if got, ok := conf.ParamByName(p.Name); !ok || got != p {
			t.Errorf("ParamByName(%s) = %+v", p.Name, got)
		}
		if (p.Kind == conf.KindEnum) != (p.Values != "") || p.Kind == conf.KindInt && p.Min >= p.Max {
			t.Errorf("%+v", p)
		}
		v, err := p.Parse(p.Default)
		if err != nil {
			continue
		}
		if back, err := p.Parse(v.String()); err != nil || back != v {
			t.Errorf("%s: %q became %q, %v", p.Name, v, back, err)
		}
	}
	if n < 250 {
		t.Errorf("only %d parameters", n)
	}
}

func param(t *testing.T, name string) conf.Param {
	t.Helper()
	p, ok := conf.ParamByName(name)
	if !ok {
		t.Fatal(name)
	}
	return p
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		n                int64
	}{
		{"wal_sender_timeout", "6s", "6s", 6000}, {"wal_sender_timeout", "6000", "6s", 6000}, {"wal_sender_timeout", "1500", "1500ms", 1500},
		{"wal_sender_timeout", "1h", "1h", 3_600_000}, {"wal_sender_timeout", " 2 min", "2min", 120_000}, {"wal_sender_timeout", "0", "0", 0},
		{"checkpoint_timeout", "90s", "90s", 90}, {"checkpoint_timeout", "59999ms", "59s", 59},
		{"shared_buffers", "1GB", "1GB", 131072}, {"shared_buffers", "1024", "8MB", 1024}, {"shared_buffers", "129", "1032kB", 129},
		{"wal_receiver_buffer_size", "64MB", "64MB", 65536}, {"catchup2normal_wait_time", "-1", "-1", -1},
		{"unix_socket_permissions", "0700", "448", 448}, {"max_wal_senders", "0x10", "16", 16},
		{"most_available_sync", "TRUE", "on", 1}, {"most_available_sync", "of", "off", 0}, {"hot_standby", "y", "on", 1},
		{"wal_level", "Hot_Standby", "hot_standby", 0}, {"synchronous_commit", "2", "remote_apply", 0}, {"synchronous_commit", "no", "off", 0},
		{"standby_force_recycle_ratio", "0.25", "0.25", 0}, {"xlog_file_size", "576460752303423487", "576460752303423487", 576460752303423487},
		{"dcf_election_timeout", "3", "3", 3}, {"xlog_file_size", "0134217728", "134217728", 134217728},
	} {
		v, err := param(t, c.name).Parse(c.text)
		if err != nil || v.String() != c.want || v.Int() != c.n {
			t.Errorf("%s = %q: %v (%d), %v; want %s (%d)", c.name, c.text, v, v.Int(), err, c.want, c.n)
		}
	}
	s := conf.Settings{"wal_sender_timeout": "6s", "shared_buffers": "1GB", "hot_standby": "on", "standby_force_recycle_ratio": "0.5", "port": "x"}
	if v, err := s.Value("WAL_sender_timeout"); err != nil || v.Duration() != 6*time.Second || v.Bytes() != 0 {
		t.Error(v, err)
	}
	if v, err := s.Value("shared_buffers"); err != nil || v.Bytes() != 1<<30 || v.Duration() != 0 {
		t.Error(v, err)
	}
	if v, err := s.Value("hot_standby"); err != nil || !v.Bool() {
		t.Error(v, err)
	}
	if v, err := s.Value("standby_force_recycle_ratio"); err != nil || v.Float() != 0.5 {
		t.Error(v, err)
	}
	if v, err := s.Value("wal_keep_segments"); err != nil || v.Int() != 16 || v.Kind() != conf.KindInt {
		t.Error("default:", v, err)
	}
	for _, name := range []string{"port", "no_such_parameter"} {
		if _, err := s.Value(name); !errors.Is(err, conf.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if v, err := param(t, "hadr_max_size_for_xlog_receiver").Parse("2147483647"); err != nil || int64(v.Bytes()) != 2147483647<<10 || v.Float() != math.MaxInt32 {
		t.Error(v, err)
	}
}

func TestValuesThatTheServerRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{"wal_sender_timeout", "6 sec"}, {"wal_sender_timeout", "6S"}, {"wal_sender_timeout", "1MB"}, {"wal_sender_timeout", "-1"}, {"wal_sender_timeout", ""},
		{"wal_sender_timeout", "100d"}, {"wal_sender_timeout", "99999999999999999999"}, {"wal_sender_timeout", "106751991167301d"}, {"wal_sender_timeout", "1.5s"},
		{"max_wal_senders", "1025"}, {"max_wal_senders", "10ms"}, {"max_wal_senders", "0b1"}, {"max_wal_senders", "1_0"}, {"max_wal_senders", "09"}, {"max_wal_senders", "+"},
		{"most_available_sync", "o"}, {"most_available_sync", ""}, {"most_available_sync", "enabled"}, {"wal_level", "replica"}, {"wal_level", ""},
		{"standby_force_recycle_ratio", "1.5"}, {"standby_force_recycle_ratio", "NaN"}, {"xlog_file_size", "576460752303423488"}, {"xlog_file_size", "1"}, {"xlog_file_size", "0x10000000"},
		{"shared_buffers", "8kb"}, {"dcf_election_timeout", "3s"},
	} {
		if v, err := param(t, c[0]).Parse(c[1]); !errors.Is(err, conf.ErrInvalid) || !strings.Contains(err.Error(), c[0]) {
			t.Errorf("%s = %q: %v, %v", c[0], c[1], v, err)
		}
	}
}

func TestKnown(t *testing.T) {
	for name, want := range map[string]string{
		"port": "2.1.0..7.0.0-RC2", "TimeZone": "2.1.0..7.0.0-RC2", "timezone": "2.1.0..7.0.0-RC2", "sort_mem": "2.1.0..7.0.0-RC2",
		"dolphin.nulls_minimal_policy": "2.1.0..7.0.0-RC2", "replconninfo9": "3.0.0..3.0.2", "no_such_guc": "", "": "", "port ssl": "",
		"parallel_recovery_dispatch_algorithm": "3.0.6, 6.0.1..7.0.0-RC2", "ss_dss_vg_name": "3.1.1..6.0.0-RC1", "gtm_port": "",
	} {
		if got := conf.Known(name).String(); got != want {
			t.Errorf("Known(%q) = %q, want %q", name, got, want)
		}
	}
	if s := conf.Known("cluster_run_mode"); s.Has(release.V510) || !s.Has(release.V503) {
		t.Errorf("cluster_run_mode: %s", s)
	}
}

func load(t *testing.T, text string) *conf.Config {
	t.Helper()
	c, err := conf.LoadFunc("f", files(map[string]string{"f": text}))
	if c == nil {
		t.Fatal(err)
	}
	return c
}

func TestLint(t *testing.T) {
	got := conf.Lint(load(t, "port = 5432\ncluster_run_mode = 'cluster_primary'\nno_such = 1\nmax_wal_senders = 9999\na b c\nPort = 26000\n"+
		"application_name 'dn1'\nss_fi_cpu_latency_ms = 1\narchive_command = 'cp ''%p'' %f'\nsynchronous_standby_names = 'ANY 1(dn2)'\ndcf.x = 1\n"+
		"log_line_prefix = '"+strings.Repeat("x", 1020)+"'\n"), release.V700RC2)
	var short []string
	for _, p := range got {
		short = append(short, strings.Join([]string{p.Name, p.Reason.String()}, " "))
		if p.File != "f" || p.Line == 0 || p.Detail == "" || p.String() == "" {
			t.Errorf("%+v", p)
		}
	}
	want := []string{"port duplicate", "cluster_run_mode unknown", "no_such unknown", "max_wal_senders value", " syntax", "Port unprotected",
		"application_name unprotected", "ss_fi_cpu_latency_ms debug", "archive_command quote", "log_line_prefix long"}
	if !slices.Equal(short, want) {
		t.Errorf("%q\nwant %q", short, want)
	}
	if p := conf.Lint(load(t, "cluster_run_mode = 'cluster_primary'\n"), release.V503); len(p) > 0 {
		t.Errorf("5.0.3 knows cluster_run_mode: %v", p)
	}
	for r, fatal := range map[conf.Reason]bool{conf.ReasonSyntax: true, conf.ReasonUnknown: true, conf.ReasonValue: true, conf.ReasonDuplicate: false, conf.ReasonQuote: false} {
		if r.IsFatal() != fatal {
			t.Errorf("%s: fatal %v", r, r.IsFatal())
		}
	}
}

// TestLintOfSamples: what ran has nothing fatal; what articles showed for
// development builds of shared storage no longer starts.
func TestLintOfSamples(t *testing.T) {
	fatal := func(name string, r release.Release) (found []string) {
		for _, p := range conf.Lint(load(t, read(t, name)), r) {
			if p.Reason.IsFatal() {
				found = append(found, p.Name)
			}
		}
		return found
	}
	for name, want := range map[string][]string{
		"primary.conf": nil, "fresh.conf": nil, "dcf.conf": nil,
		"dual_primary_node0.conf":       {"cluster_run_mode"},
		"resource_pool_postgresql.conf": {"ss_enable_reform", "ss_enable_log_level"},
	} {
		if got := fatal(name, release.V700RC2); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: fatal in 7.0.0-RC2: %q, want %q", name, got, want)
		}
	}
	if got := fatal("dual_primary_node0.conf", release.V500); got != nil {
		t.Errorf("the article's release: %q", got)
	}
}

func TestDiff(t *testing.T) {
	members := []conf.Member{
		{Name: "m1", Settings: conf.Settings{"wal_level": "hot_standby", "max_locks_per_transaction": "256", "application_name": "dn1", "port": "1", "wal_sender_timeout": "6s",
			"dcf_election_timeout": "3", "dcf_node_id": "1", "work_mem": "64MB", "hot_standby": "on"}},
		{Name: "m2", Settings: conf.Settings{"wal_level": "logical", "max_locks_per_transaction": "128", "application_name": "dn1", "port": "2", "wal_sender_timeout": "6000",
			"dcf_election_timeout": "5", "dcf_node_id": "2", "work_mem": "32MB", "hot_standby": "yes"}},
		{Name: "m3", Settings: conf.Settings{"wal_level": "hot_standby", "max_locks_per_transaction": "256", "application_name": "dn3", "port": "3", "dcf_node_id": "3", "work_mem": "64MB", "hot_standby": "1"}},
	}
	var got []string
	for _, d := range conf.Diff(members) {
		got = append(got, d.Name+" "+d.Rule.String())
		if len(d.Values) != 3 || !strings.Contains(d.Detail, `m2 has "`) || !strings.HasPrefix(d.String(), d.Name) {
			t.Errorf("%+v", d)
		}
	}
	want := []string{"application_name distinct", "dcf_election_timeout equal", "max_locks_per_transaction not-lower", "wal_level equal", "work_mem synced"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if d := conf.Diff(members[:1]); d != nil {
		t.Errorf("one member: %v", d)
	}
	for name, want := range map[string]conf.Rule{"dcf_config": conf.RuleEqual, "dcf_data_path": conf.RuleOwn, "replconninfo1": conf.RuleOwn,
		"ss_instance_id": conf.RuleDistinct, "uwal_config": conf.RuleOwn, "max_connections": conf.RuleSynced, "wal_keep_segments": conf.RuleSynced, "SS_interconnect_url": conf.RuleEqual} {
		if got := conf.RuleOf(name); got != want {
			t.Errorf("RuleOf(%s) = %v, want %v", name, got, want)
		}
	}
}
