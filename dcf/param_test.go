// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"encoding/csv"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dcf"
)

// pgSettings returns the rows of a real server by name: setting, unit, context,
// boot value.
func pgSettings(t *testing.T) map[string][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, "pg_settings.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	m := map[string][]string{}
	for _, row := range rows[1:] {
		m[row[0]] = row[1:]
	}
	return m
}

func TestParamsAreThoseOfARealServer(t *testing.T) {
	server := pgSettings(t)
	var names []string
	for p := range dcf.Params() {
		names = append(names, p.Name)
		row, ok := server[p.Name]
		if !ok {
			t.Errorf("%s: the server has no such parameter", p.Name)
			continue
		}
		if p.Default != row[3] {
			t.Errorf("%s: default %q, the server says %q", p.Name, p.Default, row[3])
		}
		if reload := row[2] == "sighup"; reload != (p.Apply == dcf.ApplyReload) {
			t.Errorf("%s: applied at %s, the server says %s", p.Name, p.Apply, row[2])
		}
		if err := p.Check(row[0]); err != nil {
			t.Errorf("%s: a real value is refused: %v", p.Name, err)
		}
		if err := p.Check(p.Default); err != nil {
			t.Errorf("%s: the default is refused: %v", p.Name, err)
		}
		if again, ok := dcf.ParamByName(p.Name); !ok || again != p {
			t.Errorf("ParamByName(%s) = %+v, %v", p.Name, again, ok)
		}
	}
	if !slices.IsSorted(names) || len(names) != len(server) {
		t.Errorf("%d parameters, the server has %d; sorted: %v", len(names), len(server), slices.IsSorted(names))
	}
	for range dcf.Params() {
		break // an iteration may stop early
	}
	if _, ok := dcf.ParamByName("dcf_nosuch"); ok {
		t.Error("dcf_nosuch exists")
	}
}

// TestParamsAreThoseOfTheLibrary compares with what libdcf answered. Its own
// ranges are a little wider than the server's in two places.
func TestParamsAreThoseOfTheLibrary(t *testing.T) {
	byLibrary := map[string]dcf.Param{}
	for p := range dcf.Params() {
		if p.Library != "" {
			byLibrary[p.Library] = p
		}
	}
	wider := []string{"RUN_MODE 1", "AUTO_ELC_PRIORITY_EN 2"}
	compared := 0
	for _, a := range libraryAnswers(t, "param") {
		name, value, _ := strings.Cut(a.question, " ")
		p, ok := byLibrary[name]
		if !ok || slices.Contains(wider, a.question) {
			continue
		}
		compared++
		accepted := strings.Contains(a.result, "ret=0")
		if err := p.Check(value); (err == nil) != accepted {
			t.Errorf("%s: %v, the library: %s", a.question, err, a.result)
		}
	}
	if compared < 35 {
		t.Errorf("only %d answers compared", compared)
	}
}

func TestParamCheck(t *testing.T) {
	tests := []struct {
		name, text string
		want       dcf.Reason // 0 when it is right
	}{
		{"enable_dcf", "on", 0}, {"enable_dcf", "TRUE", 0}, {"enable_dcf", "y", 0}, {"enable_dcf", "1", 0}, {"enable_dcf", "of", 0},
		{"enable_dcf", "o", dcf.ReasonBadValue}, {"enable_dcf", "", dcf.ReasonBadValue}, {"enable_dcf", "2", dcf.ReasonBadValue},
		{"dcf_election_timeout", "1", 0}, {"dcf_election_timeout", "600", 0},
		{"dcf_election_timeout", "0", dcf.ReasonParamRange}, {"dcf_election_timeout", "601", dcf.ReasonParamRange},
		{"dcf_election_timeout", "-1", dcf.ReasonParamRange}, {"dcf_election_timeout", "99999999999999999999", dcf.ReasonParamRange},
		{"dcf_election_timeout", "3s", dcf.ReasonNotNumber}, {"dcf_election_timeout", "", dcf.ReasonNotNumber},
		{"dcf_election_timeout", "0x3", dcf.ReasonNotNumber}, {"dcf_election_timeout", "-", dcf.ReasonNotNumber},
		{"dcf_election_timeout", "010", dcf.ReasonOctal},
		{"dcf_mem_pool_max_size", "2GB", dcf.ReasonNotNumber}, {"dcf_mem_pool_max_size", "31", dcf.ReasonParamRange},
		{"dcf_run_mode", "0", 0}, {"dcf_run_mode", "2", 0}, {"dcf_run_mode", "1", dcf.ReasonBadValue},
		{"dcf_log_file_permission", "640", 0}, {"dcf_log_file_permission", "644", dcf.ReasonBadValue},
		{"dcf_log_level", "NONE", 0}, {"dcf_log_level", "", 0}, {"dcf_log_level", "run_err|OPER", 0},
		{"dcf_log_level", "RUN_ERR|", dcf.ReasonBadValue}, {"dcf_log_level", "7", dcf.ReasonBadValue},
		{"dcf_data_path", "/data/dcf", 0}, {"dcf_data_path", "data", dcf.ReasonRelativePath},
		{"dcf_majority_groups", "1,2", 0}, {"dcf_majority_groups", "1,1", dcf.ReasonDuplicateGroup}, {"dcf_majority_groups", "x", dcf.ReasonBadValue},
		{"dcf_node_id", "255", 0}, {"dcf_node_id", "256", dcf.ReasonParamRange},
		{"dcf_config", "", 0}, {"dcf_config", "[]", 0}, {"dcf_config", "{}", dcf.ReasonNotArray},
	}
	for _, tt := range tests {
		p, _ := dcf.ParamByName(tt.name)
		err := p.Check(tt.text)
		var got dcf.Problem
		if errors.As(err, &got); got.Reason != tt.want {
			t.Errorf("%s = %q: %v, want %s", tt.name, tt.text, err, tt.want)
		}
	}
}

// good returns settings of node 1 without any problem.
func good(t testing.TB) dcf.Settings {
	return dcf.Settings{"enable_dcf": "on", "dcf_node_id": "1", "dcf_data_path": "/data/dcf", "dcf_log_path": "/log/dcf", "dcf_config": article(t)}
}

func TestSettingsCheck(t *testing.T) {
	tests := []struct {
		name string
		set  dcf.Settings // what differs from good
		want []dcf.Reason
	}{
		{"good", nil, nil},
		{"not ours", dcf.Settings{"shared_buffers": "1GB", "port": "x"}, nil},
		{"unknown", dcf.Settings{"dcf_timeout": "1"}, []dcf.Reason{dcf.ReasonUnknownParam}},
		{"several", dcf.Settings{"dcf_election_timeout": "0", "dcf_ssl": "maybe"}, []dcf.Reason{dcf.ReasonParamRange, dcf.ReasonBadValue}},
		{"empty paths", dcf.Settings{"dcf_data_path": "", "dcf_log_path": ""}, []dcf.Reason{dcf.ReasonMissingParam, dcf.ReasonMissingParam}},
		{"relative", dcf.Settings{"dcf_data_path": "dcf"}, []dcf.Reason{dcf.ReasonRelativePath}},
		{"same path", dcf.Settings{"dcf_log_path": "/data/dcf/"}, []dcf.Reason{dcf.ReasonSamePath}},
		{"no config", dcf.Settings{"dcf_config": ""}, []dcf.Reason{dcf.ReasonMissingParam}},
		{"bad config", dcf.Settings{"dcf_config": "[1]"}, []dcf.Reason{dcf.ReasonNotObject}},
		{"off", dcf.Settings{"enable_dcf": "off", "dcf_config": "", "dcf_data_path": ""}, nil},
		{"not listed", dcf.Settings{"dcf_node_id": "4"}, []dcf.Reason{dcf.ReasonSelfNotListed}},
		{"few", dcf.Settings{"dcf_config": "[" + element("port", "5") + "]"}, []dcf.Reason{dcf.ReasonFewVoters}},
		{"no nodes", dcf.Settings{"dcf_config": "[]"}, []dcf.Reason{dcf.ReasonNoNodes}},
		{"pools", dcf.Settings{"dcf_mem_pool_init_size": "4096", "dcf_stg_pool_max_size": "32", "dcf_stg_pool_init_size": "33"},
			[]dcf.Reason{dcf.ReasonPoolSizes, dcf.ReasonPoolSizes}},
		{"groups", dcf.Settings{"dcf_majority_groups": "0,1,2"}, []dcf.Reason{dcf.ReasonUnknownGroup, dcf.ReasonUnknownGroup}},
		{"lz4", dcf.Settings{"dcf_compress_algorithm": "2", "dcf_compress_level": "10"}, []dcf.Reason{dcf.ReasonCompressionLevel}},
		{"zstd", dcf.Settings{"dcf_compress_algorithm": "1", "dcf_compress_level": "22"}, nil},
	}
	for _, tt := range tests {
		s := good(t)
		maps.Copy(s, tt.set)
		var got []dcf.Reason
		for _, p := range s.Check() {
			got = append(got, p.Reason)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, s.Check(), tt.want)
		}
	}
}

func TestSettingsHaveTypes(t *testing.T) {
	s := dcf.Settings{"dcf_election_timeout": "5", "dcf_mec_fragment_size": "64", "dcf_ssl": "false", "dcf_majority_groups": "1,2", "dcf_run_mode": "2"}
	if d, err := s.Duration("dcf_election_timeout"); d != 5*time.Second || err != nil {
		t.Errorf("Duration = %v, %v", d, err)
	}
	if d, err := s.Duration("dcf_flow_control_disk_rawait_threshold"); d != 100*time.Millisecond || err != nil {
		t.Errorf("Duration of a default = %v, %v", d, err)
	}
	if n, err := s.Bytes("dcf_mec_fragment_size"); n != 65536 || err != nil {
		t.Errorf("Bytes = %v, %v", n, err)
	}
	if n, err := s.Bytes("dcf_mem_pool_max_size"); n != 2<<30 || err != nil {
		t.Errorf("Bytes of a default = %v, %v", n, err)
	}
	if on, err := s.Bool("dcf_ssl"); on || err != nil {
		t.Errorf("Bool = %v, %v", on, err)
	}
	if g, err := s.MajorityGroups(); g.String() != "1,2" || err != nil {
		t.Errorf("MajorityGroups = %v, %v", g, err)
	}
	if m, err := s.ElectionMode(); m != dcf.ElectionDisabled || err != nil {
		t.Errorf("ElectionMode = %v, %v", m, err)
	}
	if id, err := s.NodeID(); id != 1 || err != nil {
		t.Errorf("NodeID = %v, %v", id, err)
	}
	bad := dcf.Settings{"dcf_election_timeout": "5s", "dcf_ssl": "x", "dcf_run_mode": "auto"}
	_, err1 := bad.Duration("dcf_election_timeout")
	_, err2 := bad.Bool("dcf_ssl")
	_, err3 := bad.Int("dcf_nosuch")
	_, err4 := bad.Duration("dcf_max_workers")
	_, err5 := bad.Bytes("dcf_election_switch_threshold")
	_, err6 := bad.Bool("dcf_max_workers")
	_, err7 := bad.ElectionMode()
	for i, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
		if err == nil || !strings.HasPrefix(err.Error(), "dcf: ") {
			t.Errorf("error %d is %v", i+1, err)
		}
	}
	if !errors.Is(err1, dcf.ErrInvalid) {
		t.Errorf("%v is not ErrInvalid", err1)
	}
}

func TestChanges(t *testing.T) {
	old := good(t)
	same := maps.Clone(old)
	same["enable_dcf"] = "true"
	same["dcf_config"] = strings.ReplaceAll(old["dcf_config"], ":", ": ")
	same["dcf_election_timeout"] = "3"
	if got := dcf.Changes(old, same); len(got) > 0 {
		t.Errorf("spellings are changes: %+v", got)
	}
	tests := []struct {
		name, value string
		want        dcf.Apply
	}{
		{"dcf_election_timeout", "5", dcf.ApplyReload},
		{"dcf_ssl", "off", dcf.ApplyRestart},
		{"dcf_config", strings.Replace(old["dcf_config"], "16683", "16684", 1), dcf.ApplyFirstStart},
	}
	changed := maps.Clone(old)
	for _, tt := range tests {
		changed[tt.name] = tt.value
		one := maps.Clone(old)
		one[tt.name] = tt.value
		got := dcf.Changes(old, one)
		if len(got) != 1 || got[0].Param.Name != tt.name || got[0].New != tt.value || dcf.ApplyOf(got) != tt.want {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	if got := dcf.Changes(old, changed); len(got) != 3 || dcf.ApplyOf(got) != dcf.ApplyFirstStart {
		t.Errorf("all: %+v", got)
	}
}

func TestNames(t *testing.T) {
	for r := dcf.RoleUnknown; r <= dcf.RoleCandidate; r++ {
		text, err := r.MarshalText()
		var back dcf.Role
		if err != nil || back.UnmarshalText([]byte(strings.ToLower(string(text)))) != nil || back != r {
			t.Errorf("role %d: %s, %v, back %v", r, text, err, back)
		}
	}
	var role dcf.Role
	if err := role.UnmarshalText([]byte("boss")); err == nil {
		t.Error("role boss was read")
	}
	if _, err := dcf.Role(7).MarshalText(); err == nil || dcf.Role(7).String() != "Role(7)" {
		t.Error("role 7 was written")
	}
	voters := map[dcf.Role]bool{dcf.RoleLeader: true, dcf.RoleFollower: true, dcf.RoleLogger: true, dcf.RolePreCandidate: true, dcf.RoleCandidate: true}
	for r := range dcf.Role(9) {
		if r.IsVoter() != voters[r] || r.IsElectable() != (voters[r] && r != dcf.RoleLogger) {
			t.Errorf("%s: voter %v, electable %v", r, r.IsVoter(), r.IsElectable())
		}
	}

	for _, word := range []string{"normal", "0", "minority", "1"} {
		var m dcf.RunMode
		if err := m.UnmarshalText([]byte(word)); err != nil {
			t.Error(err)
		}
		if text, err := m.MarshalText(); err != nil || len(word) > 1 && string(text) != word {
			t.Errorf("run mode %s: %s, %v", word, text, err)
		}
	}
	for _, word := range []string{"auto", "manual", "disabled"} {
		var m dcf.ElectionMode
		if err := m.UnmarshalText([]byte(word)); err != nil {
			t.Error(err)
		}
		if text, err := m.MarshalText(); err != nil || string(text) != word {
			t.Errorf("election mode %s: %s, %v", word, text, err)
		}
		if again, err := dcf.ParseElectionMode(m.Setting()); err != nil || again != m {
			t.Errorf("election mode %s as a setting: %v, %v", word, again, err)
		}
	}
	var run dcf.RunMode
	var election dcf.ElectionMode
	_, err1 := dcf.RunMode(2).MarshalText()
	_, err2 := dcf.ElectionMode(3).MarshalText()
	for i, err := range []error{err1, err2, run.UnmarshalText([]byte("2")), election.UnmarshalText([]byte("3"))} {
		if err == nil {
			t.Errorf("wrong mode %d was accepted", i)
		}
	}
	for _, s := range []string{dcf.RunMode(9).String(), dcf.ElectionMode(9).String(), dcf.ParamKind(99).String(), dcf.Unit(99).String(),
		dcf.Apply(9).String(), dcf.Outcome(9).String(), dcf.Reason(0).String(), dcf.Reason(250).String()} {
		if !strings.HasSuffix(s, ")") {
			t.Errorf("a number without a name is %q", s)
		}
	}
}

func TestReasonsHaveDistinctCodes(t *testing.T) {
	seen := map[string]dcf.Reason{}
	last := dcf.Reason(0)
	for r := dcf.Reason(1); !strings.HasPrefix(r.String(), "Reason("); r++ {
		code, err := r.MarshalText()
		if other, ok := seen[string(code)]; ok || len(code) == 0 || err != nil {
			t.Errorf("reason %d has the code %q of %d", r, code, other)
		}
		seen[string(code)] = r
		last = r
	}
	if last < dcf.ReasonDCFNotEnabled {
		t.Errorf("reason %d has no code", last+1)
	}
}
