// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

// confSettings reads name = 'value' lines whose name is a channel setting.
func confSettings(t testing.TB, file string) (s replconn.Settings) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		slot, err := replconn.ParseSlot(strings.TrimSpace(name))
		if err != nil {
			continue
		}
		s = s.With(slot, strings.Trim(strings.TrimSpace(value), "'"))
	}
	return s
}

// viewSettings reads rows of pg_settings.
func viewSettings(t testing.TB, file string) (s replconn.Settings) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if slot, err := replconn.ParseSlot(row[0]); err == nil {
			s = s.With(slot, row[1])
		}
	}
	return s
}

// realMembers are the four members of a real cluster, as pg_settings shows them.
func realMembers(t testing.TB) (all []replconn.MemberSettings) {
	for _, name := range []string{"primary", "standby", "standby2", "cascade"} {
		all = append(all, replconn.MemberSettings{Member: name, Settings: viewSettings(t, "ha-settings."+name+".csv")})
	}
	return all
}

// dualMembers are the four members of a real dual cluster.
func dualMembers(t testing.TB) (all []replconn.MemberSettings) {
	for _, name := range []string{"dual_primary_node0", "dual_primary_node1", "dual_standby_node0", "dual_standby_node1"} {
		all = append(all, replconn.MemberSettings{Member: name, Settings: confSettings(t, name+".conf")})
	}
	return all
}

// realTexts returns every value of testdata with its setting.
func realTexts(t testing.TB) map[string]replconn.Slot {
	t.Helper()
	texts := make(map[string]replconn.Slot)
	add := func(s replconn.Settings) {
		for slot, text := range s.All() {
			texts[text] = slot
		}
	}
	for _, m := range append(realMembers(t), dualMembers(t)...) {
		add(m.Settings)
	}
	add(confSettings(t, "postgresql.conf.n1.active"))
	hadr, err := os.ReadFile("testdata/replconninfo_hadr.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts[strings.TrimSuffix(string(hadr), "\n")] = replconn.Own(2)
	if len(texts) != 12+8+1 {
		t.Fatalf("testdata has %d different values, want 21", len(texts))
	}
	return texts
}

func TestRealValuesPrintBackByteForByte(t *testing.T) {
	for text, slot := range realTexts(t) {
		v, err := replconn.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", slot, err)
			continue
		}
		if got := v.String(); got != text {
			t.Errorf("%s: canonical form\n got %s\nwant %s", slot, got, text)
		}
		if err := v.Validate(); err != nil {
			t.Errorf("%s: %v", slot, err)
		}
		doc, err := replconn.ParseDocument(text)
		if err != nil || doc.String() != text || !doc.Value().Equal(v) {
			t.Errorf("%s: document is %q, %v", slot, doc, err)
		}
	}
}

func TestRealValuesHaveNoFindings(t *testing.T) {
	for text, slot := range realTexts(t) {
		if found := replconn.Lint(slot, text); len(found) > 0 {
			t.Errorf("%s\n%s", text, found)
		}
	}
}

func TestRealClusterHasNoContradictions(t *testing.T) {
	for name, all := range map[string][]replconn.MemberSettings{"one": realMembers(t), "dual": dualMembers(t)} {
		mesh, found := replconn.Rebuild(all)
		for _, c := range found {
			t.Errorf("%s: %v", name, c)
		}
		again, err := mesh.Settings()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range all {
			if again[i] != all[i] {
				t.Errorf("%s: %s: built again\n got %+v\nwant %+v", name, all[i].Member, again[i], all[i])
			}
		}
		if dual := mesh.Recovery == replconn.RecoveryShared && mesh.SharedStorage; dual != (name == "dual") {
			t.Errorf("%s: rebuilt as %+v", name, mesh)
		}
	}
}
