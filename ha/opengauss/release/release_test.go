// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package release_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/release"
)

func Example() {
	r, err := release.Parse("(openGauss 6.0.1 build 3c5d2f1a) compiled at 2025-02-14")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r, r.Can(release.StartWalReceiver))
	fmt.Println(release.StartWalReceiver.Releases())
	// Output:
	// 6.0.1 true
	// 3.0.6, 6.0.1..7.0.0-RC2
}

func TestParse(t *testing.T) {
	seen := map[string]bool{}
	for r := range release.All() {
		if seen[r.String()] {
			t.Errorf("%s twice", r)
		}
		seen[r.String()] = true
		for _, text := range []string{r.String(), " " + r.String() + "\n", "(openGauss " + r.String() + " build 12345678) compiled at",
			"gaussdb (openGauss " + r.String() + ")"} {
			if got, err := release.Parse(text); err != nil || got != r {
				t.Errorf("Parse(%q) = %v, %v; want %v", text, got, err, r)
			}
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back release.Release
		if err := json.Unmarshal(b, &back); err != nil || back != r {
			t.Errorf("JSON %s gave %v, %v", b, back, err)
		}
	}
	if !seen[release.Latest().String()] || len(seen) != 20 {
		t.Errorf("%d releases, latest %v", len(seen), release.Latest())
	}
	for _, text := range []string{"", "unknown", "7", "7.0.0", "2.0.0", "PostgreSQL 9.2.4", "5.0.99"} {
		if got, err := release.Parse(text); !errors.Is(err, release.ErrUnknown) || got != release.Unknown {
			t.Errorf("Parse(%q) = %v, %v; want ErrUnknown", text, got, err)
		}
	}
}

// TestCapabilities checks the table against the rows as they were found in the
// sources, one letter per release.
func TestCapabilities(t *testing.T) {
	for c, want := range map[release.Capability]string{
		release.StateFileChannel:   "-YYYYYYYYYYYYYYYYYYY",
		release.MainStandby:        "-YYYYYYYYYYYYYYYYYYY",
		release.CrossClusterBuild:  "-YYYYYYYYYYYYYYYYYYY",
		release.BuildCheckMode:     "----------YYYYYYYYYY",
		release.VerifyCommit:       "-------------------Y",
		release.SwitchoverCancel:   "------Y------YYYYYYY",
		release.StartWalReceiver:   "------Y---------YYYY",
		release.DCFFailoverRefused: "-----YY-YYYYYYYYYYYY",
		release.TermLog:            "-YYYYYYYYYYYYYYYYYYY",
		release.HADRStatus:         "-YYYYYYYYYYYYYYYYYYY",
		release.SharedStorage:      "--------YYYYYYYYYYYY",
		release.ReformPage:         "---------YYYYYYYYYYY",
		release.ClusterRunMode:     "----------YYYYYYYYYY",
		release.ReformInfo:         "-------------YYYYYYY",
		release.GucBackupName:      "----YYY-YYYYYYYYYYYY",
	} {
		var got strings.Builder
		for r := range release.All() {
			if r.Can(c) {
				got.WriteByte('Y')
			} else {
				got.WriteByte('-')
			}
		}
		if got.String() != want {
			t.Errorf("%s:\n got %s\nwant %s", c, got.String(), want)
		}
		if release.Unknown.Can(c) || release.Release(200).Can(c) {
			t.Errorf("%s: an unknown release has it", c)
		}
	}
	if release.Capability(200).Releases() != 0 {
		t.Error("an unknown capability has releases")
	}
}

func TestSet(t *testing.T) {
	s := release.Of(release.V300, release.V301, release.V510, release.Unknown)
	if got, want := s.String(), "3.0.0..3.0.1, 5.1.0"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if s.Has(release.Unknown) || !s.Has(release.V510) || s.Has(release.V502) {
		t.Error("Has is wrong")
	}
}
