// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"encoding/csv"
	"errors"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// good are the settings of instance 0 of a cluster of two, as the server wants
// them in the newest release.
func good() dms.Settings {
	return dms.Settings{
		"ss_enable_dss": "on", "ss_enable_dms": "on", "ss_instance_id": "0", "ss_interconnect_url": urlOf(2).String(),
		"ss_dss_conn_path": "UDS:/home/omm/dss0/.dss_unix_d_socket", "ss_dss_data_vg_name": "+data", "ss_dss_xlog_vg_name": "+log",
		"enable_segment": "on", "enable_double_write": "off", "ssl": "on", "port": "6600", "log_directory": "/x",
	}
}

func with(s dms.Settings, pairs ...string) dms.Settings {
	s = maps.Clone(s)
	for i := 0; i < len(pairs); i += 2 {
		s[pairs[i]] = pairs[i+1]
	}
	return s
}

func TestParamsFitTheirReleases(t *testing.T) {
	for r := range dms.Releases() {
		var names []string
		for p := range dms.Params(r) {
			names = append(names, p.Name)
			if got, ok := dms.ParamByName(p.Name, r); !ok || got != p {
				t.Errorf("%s: %+v is not %+v", r, got, p)
			}
			if p.Kind != dms.KindSocket && p.Check(p.Default) != nil {
				t.Errorf("%s: the default %q of %s: %v", r, p.Default, p.Name, p.Check(p.Default))
			}
			if p.Min > p.Max || (p.Kind == dms.KindInt || p.Kind == dms.KindCount) != (p.Max > 0) {
				t.Errorf("%s: %s from %d to %d", r, p.Name, p.Min, p.Max)
			}
		}
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Errorf("%s: %v", r, names)
		}
	}
	if _, ok := dms.ParamByName("ss_nonsense", dms.Newest); ok {
		t.Error("ss_nonsense found")
	}
}

func TestParamsOfReleases(t *testing.T) {
	type facts struct {
		name    string
		release dms.Release
		known   bool
		value   string // default
		min     int64
		apply   dms.Apply
	}
	for _, want := range []facts{
		{"ss_recv_msg_pool_size", dms.V602, true, "16384", 1024, dms.ApplyRestart},
		{"ss_recv_msg_pool_size", dms.V700RC1, true, "65536", 32768, dms.ApplyRestart},
		{"ss_enable_aio", dms.V311, true, "on", 0, dms.ApplyReload},
		{"ss_enable_aio", dms.V500, true, "on", 0, dms.ApplyRestart},
		{"ss_scrlock_server_port", dms.V510, true, "8000", 0, dms.ApplyRestart},
		{"ss_scrlock_server_port", dms.V600RC1, true, "8000", 1024, dms.ApplyRestart},
		{"ss_enable_dynamic_trace", dms.V601, true, "on", 0, dms.ApplyRestart},
		{"ss_enable_dynamic_trace", dms.V602, true, "off", 0, dms.ApplyRestart},
		{"ss_dss_vg_name", dms.V600RC1, true, "", 0, dms.ApplyRestart},
		{"ss_dss_vg_name", dms.V600, false, "", 0, dms.ApplyReload},
		{"ss_disaster_mode", dms.V602, false, "", 0, dms.ApplyReload},
		{"ss_disaster_mode", dms.Newest, true, "single", 0, dms.ApplyRestart},
		{"ss_log_level", dms.Newest, true, "7", 0, dms.ApplyReload},
		{"ss_enable_log_level", dms.V500, false, "", 0, dms.ApplyReload},
	} {
		p, known := dms.ParamByName(want.name, want.release)
		if got := (facts{want.name, want.release, known, p.Default, p.Min, p.Apply}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestParamsAreThoseOfAServer compares the newest release with pg_settings of a
// running server.
func TestParamsAreThoseOfAServer(t *testing.T) {
	f, err := os.Open("testdata/pg_settings.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	contexts := map[string]dms.Apply{"postmaster": dms.ApplyRestart, "sighup": dms.ApplyReload}
	types := map[string][]dms.ParamKind{
		"bool": {dms.KindBool}, "integer": {dms.KindInt}, "enum": {dms.KindEnum},
		"string": {dms.KindWord, dms.KindText, dms.KindURL, dms.KindVolumeGroup, dms.KindSocket, dms.KindCores, dms.KindCount, dms.KindList},
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		name, unit, context, vartype, value := row[0], row[2], row[3], row[4], row[6]
		seen[name] = true
		p, ok := dms.ParamByName(name, dms.V700RC2)
		apply, known := contexts[context]
		if !ok || !known || p.Default != value || p.Unit.String() != unit || p.Apply != apply || !slices.Contains(types[vartype], p.Kind) {
			t.Errorf("%v is described as %+v", row, p)
		}
	}
	for p := range dms.Params(dms.V700RC2) {
		if strings.HasPrefix(p.Name, "ss_") && p.Build != dms.BuildHTAP && !seen[p.Name] {
			t.Errorf("the server has no %s", p.Name)
		}
	}
}

func TestChanges(t *testing.T) {
	old := with(good(), "ss_enable_dms", "on", "ss_log_level", "7")
	for _, tt := range []struct {
		name  string
		pairs []string
		want  string
		apply dms.Apply
	}{
		{"nothing", nil, "", dms.ApplyReload},
		{"spelling", []string{"ss_enable_dms", "yes", "ss_log_max_file_size", "10MB", "ss_interconnect_url", " " + urlOf(2).String()}, "", dms.ApplyReload},
		{"level", []string{"ss_log_level", "255", "port", "1"}, "ss_log_level: 7 -> 255", dms.ApplyReload},
		{"url", []string{"ss_log_level", "255", "ss_interconnect_url", two}, "ss_interconnect_url: " + urlOf(2).String() + " -> " + two + "\nss_log_level: 7 -> 255", dms.ApplyRestart},
		{"session", []string{"temp_tablespaces", "x"}, "temp_tablespaces:  -> x", dms.ApplySession},
	} {
		var got []string
		changes := dms.Changes(old, with(old, tt.pairs...), dms.Newest)
		for _, c := range changes {
			got = append(got, c.Param.Name+": "+c.Old+" -> "+c.New)
		}
		if text := strings.Join(got, "\n"); text != tt.want || dms.ApplyOf(changes) != tt.apply {
			t.Errorf("%s: %s, at %s", tt.name, text, dms.ApplyOf(changes))
		}
	}
}

func TestParamCheck(t *testing.T) {
	for _, tt := range []struct{ name, good, bad, want string }{
		{"ss_enable_dms", "on 1 t YES off of 0 f no", "o|maybe|", "bad-value"},
		{"ss_instance_id", "0 63", "-1|64|99999999999", "out-of-range"},
		{"ss_instance_id", "7", "|x|1.5|-|1-1", "not-a-number"},
		{"ss_instance_id", "7", "07", "octal"},
		{"ss_instance_id", "7", "1kB|0x10", "bad-unit"},
		{"ss_recv_msg_pool_size", "32768 32768kB 64MB 1GB", "1MB|2GB|31MB", "out-of-range"},
		{"ss_recv_msg_pool_size", "64MB", "64M|64mb|64TB|1 GB x", "bad-unit"},
		{"ss_interconnect_type", "TCP RDMA", "tcp|UBC|", "bad-value"},
		{"ss_disaster_mode", "single Dorado STREAM", "none|", "bad-value"},
		{"ss_dss_data_vg_name", "+data +d", "data|+|+a/b", "bad-value"},
		{"ss_dss_conn_path", "UDS:/tmp/.dss_unix_d_socket", "|/tmp/x|UDS:tmp|uds:/tmp/x", "bad-value"},
		{"ss_dss_conn_path", "UDS:/" + strings.Repeat("x", 106), "UDS:/" + strings.Repeat("x", 107), "path-too-long"},
		{"ss_txnstatus_cache_size", "0 8192 131072 524288", "8191|8193|4096", "bad-value"},
		{"ss_work_thread_pool_attr", "16 128", "15|129", "out-of-range"},
		{"ss_work_thread_pool_attr", "64", "x|16 |-1", "not-a-number"},
		{"ss_fi_packet_loss_entries", "1 1,2", "1;2|x", "bad-value"},
		{"ss_interconnect_url", two, "", "no-instances"},
	} {
		p, ok := dms.ParamByName(tt.name, dms.Newest)
		if !ok {
			t.Fatal(tt.name)
		}
		for good := range strings.FieldsSeq(tt.good) {
			if err := p.Check(good); err != nil {
				t.Errorf("%s = %q: %v", tt.name, good, err)
			}
		}
		for bad := range strings.SplitSeq(tt.bad, "|") {
			var problem dms.Problem
			if err := p.Check(bad); !errors.As(err, &problem) || problem.Reason.String() != tt.want {
				t.Errorf("%s = %q: %v, want %s", tt.name, bad, err, tt.want)
			}
		}
	}
	cores, _ := dms.ParamByName("ss_rdma_work_config", dms.Newest)
	for text, ok := range map[string]bool{"": true, "0 3": true, " 10  10 ": true, "3 0": false, "1": false, "1 2 3": false, "0 256": false, "a b": false, "1\t2": false} {
		if err := cores.Check(text); (err == nil) != ok {
			t.Errorf("cores %q: %v", text, err)
		}
	}
}

func TestSettingsHaveTypes(t *testing.T) {
	s := with(good(), "ss_recv_msg_pool_size", "1GB", "ss_instance_id", "1")
	if n, err := s.Bytes("ss_recv_msg_pool_size", dms.Newest); err != nil || n != 1<<30 {
		t.Error(n, err)
	}
	if n, err := s.Bytes("ss_log_max_file_size", dms.Newest); err != nil || n != 10<<20 {
		t.Error(n, err)
	}
	if n, err := s.Int("ss_work_thread_count", dms.Newest); err != nil || n != 32 {
		t.Error(n, err)
	}
	if on, err := s.Bool("ss_enable_ssl", dms.Newest); err != nil || !on {
		t.Error(on, err)
	}
	if id, err := s.InstanceID(dms.Newest); err != nil || id != 1 {
		t.Error(id, err)
	}
	if u, err := s.URL(dms.Newest); err != nil || len(u.Instances) != 2 || !s.Enabled(dms.Newest) {
		t.Error(u, err)
	}
	if _, err := s.Bytes("ss_work_thread_count", dms.Newest); err == nil {
		t.Error("a count is a size")
	}
	if _, err := s.Bool("ss_work_thread_count", dms.Newest); err == nil {
		t.Error("a count is a truth value")
	}
	if _, err := s.Int("ss_disaster_mode", dms.V500); !errors.Is(err, dms.ErrInvalid) {
		t.Error(err)
	}
	if _, err := with(s, "ss_work_thread_count", "x").Int("ss_work_thread_count", dms.Newest); !errors.Is(err, dms.ErrInvalid) {
		t.Error(err)
	}
	if s.Text("ss_nonsense", dms.Newest) != "" || s.Text("port", dms.Newest) != "6600" {
		t.Error("texts of other names")
	}
	if p, _ := dms.ParamByName("ss_fi_net_latency_ms", dms.Newest); p.Max != math.MaxInt32 || p.Build != dms.BuildDebug {
		t.Errorf("%+v", p)
	}
}

func TestSettingsCheck(t *testing.T) {
	old := dms.Settings{"ss_enable_dss": "on", "ss_enable_dms": "on", "ss_interconnect_url": two, "ss_dss_vg_name": "+data", "enable_double_write": "off", "ssl": "on"}
	for _, tt := range []struct {
		name     string
		settings dms.Settings
		release  dms.Release
		want     string
	}{
		{"good", good(), dms.Newest, ""},
		{"good in 3.1.1", old, dms.V311, ""},
		{"off", dms.Settings{"port": "5432"}, dms.Newest, ""},
		{"the recipe of 2023", with(good(), "ss_enable_reform", "off", "ss_enable_log_level", "on"), dms.Newest,
			`-1/-1/ss_enable_log_level/"on" other-release` + "\n" + `-1/-1/ss_enable_reform/"off" other-release`},
		{"new in 5.0.0", with(old, "ss_disaster_mode", "single", "enable_segment", "on"), dms.V501, `-1/-1/ss_disaster_mode/"single" other-release`},
		{"misspelt", with(good(), "ss_work_threads", "16"), dms.Newest, `-1/-1/ss_work_threads/"16" unknown-parameter`},
		{"debug", with(good(), "ss_enable_verify_page", "x"), dms.Newest,
			`-1/-1/ss_enable_verify_page/"x" other-build` + "\n" + `-1/-1/ss_enable_verify_page/"x" bad-value`},
		{"values", with(good(), "ss_work_thread_count", "8", "ss_log_level", "888"), dms.Newest,
			`-1/-1/ss_log_level/"888" out-of-range` + "\n" + `-1/-1/ss_work_thread_count/"8" out-of-range`},
		{"half on", with(good(), "ss_enable_dms", "off"), dms.Newest, `-1/-1/ss_enable_dms/"off" not-enabled`},
		{"no volume groups", dms.Settings{"ss_enable_dss": "on", "ss_enable_dms": "on"}, dms.Newest,
			`-1/-1/ss_dss_data_vg_name/"" missing-parameter` + "\n" + `-1/-1/ss_dss_xlog_vg_name/"" missing-parameter` + "\n" +
				`-1/-1/enable_segment/"off" needs-parameter` + "\n" + `-1/-1/enable_double_write/"on" needs-parameter` + "\n" + `-1/-1/ss_enable_ssl/"on" not-encrypted`},
		{"no volume group in 5.0.0", with(old, "ss_dss_vg_name", ""), dms.V500, `-1/-1/ss_dss_vg_name/"" missing-parameter`},
		{"not listed", with(good(), "ss_instance_id", "2"), dms.Newest, `-1/-1/ss_instance_id/"2" self-not-listed`},
		{"url", with(good(), "ss_interconnect_url", "0:db1:1611"), dms.Newest, `0/2/ip/"db1" bad-ip`},
		{"first digit", with(good(), "ss_interconnect_url", "0:10.0.0.1:1611,10:10.0.0.2:1611"), dms.Newest,
			`1/16/id/"10" first-digit` + "\n" + `1/16/id/"10" id-order`},
		{"temporary tablespaces", with(good(), "temp_tablespaces", "x"), dms.Newest, `-1/-1/temp_tablespaces/"x" needs-parameter`},
		{"not encrypted", with(good(), "ss_enable_ssl", "off"), dms.Newest, `-1/-1/ss_enable_ssl/"off" not-encrypted`},
		{"not encrypted either", with(good(), "ssl", "off"), dms.Newest, `-1/-1/ss_enable_ssl/"on" not-encrypted`},
		{"RDMA", with(good(), "ss_rdma_work_config", "0 3"), dms.Newest, `-1/-1/ss_rdma_work_config/"0 3" no-effect`},
		{"broadcasts", with(good(), "ss_disaster_mode", "Dorado", "ss_enable_bcast_snapshot", "on"), dms.Newest, `-1/-1/ss_enable_bcast_snapshot/"on" no-effect`},
		{"on-demand recovery", with(good(), "ss_enable_ondemand_recovery", "on"), dms.Newest, `-1/-1/ss_enable_ondemand_recovery/"on" needs-parameter`},
		{"with workers", with(good(), "ss_enable_ondemand_recovery", "on", "recovery_parse_workers", "2", "ss_enable_ondemand_realtime_build", "on"), dms.Newest, ""},
		{"realtime build", with(good(), "ss_enable_ondemand_realtime_build", "on"), dms.Newest, `-1/-1/ss_enable_ondemand_realtime_build/"on" needs-parameter`},
		{"without shared storage", dms.Settings{"ss_enable_ondemand_recovery": "on", "recovery_parse_workers": "4"}, dms.Newest, `-1/-1/ss_enable_ondemand_recovery/"on" needs-parameter`},
	} {
		found := tt.settings.Check(tt.release)
		if got := lines(found); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		for _, p := range found {
			if p.Error() == "" || !errors.Is(p, dms.ErrInvalid) {
				t.Errorf("%s: %v", tt.name, p)
			}
		}
	}
	if got := with(good(), "ss_enable_reform", "on").Check(dms.Newest).Err(); got == nil || !strings.Contains(got.Error(), "known in 3.1.1 to 6.0.0-RC1, not in 7.0.0-RC2") {
		t.Error(got)
	}
	advice := with(good(), "ssl", "off").Check(dms.Newest)
	if advice.Err() != nil || len(advice.Advice()) != 1 {
		t.Errorf("%v is more than advice", advice)
	}
}
