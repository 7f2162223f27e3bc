// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dss"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

func TestMend(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing wrong", "INST_ID = 0\n", "INST_ID = 0\n"},
		{"renamed", "disk_lock_file_path = /a # b\n", "_DISK_LOCK_FILE_PATH = /a # b\n"},
		{"renamed and set", "DISK_LOCK_FILE_PATH=/a\n_DISK_LOCK_FILE_PATH=/b\n", "DISK_LOCK_FILE_PATH=/a\n_DISK_LOCK_FILE_PATH=/b\n"},
		{"blanks and commas", "DSS_CM_SO_NAME=x\nDSS_NODES_LIST=,0:1.2.3.4:1611 , 1:1.2.3.5:1611,,\n", "DSS_CM_SO_NAME=x\nDSS_NODES_LIST=0:1.2.3.4:1611,1:1.2.3.5:1611\n"},
		{"a blank inside", "DSS_NODES_LIST=0: 1.2.3.4:1611\n", "DSS_NODES_LIST=0: 1.2.3.4:1611\n"},
		{"letter case", "DISK_TYPE=vtable\nCLUSTER_RUN_MODE=Cluster_Primary\n", "DISK_TYPE=VTABLE\nCLUSTER_RUN_MODE=cluster_primary\n"},
		{"the same twice", "_SHM_KEY=2\n_shm_key = 2\n_SHM_KEY=3\n", "_SHM_KEY=2\n#_shm_key = 2\n_SHM_KEY=3\n"},
		{"a decision", "INST_ID=64\nNOSUCH=1\n", "INST_ID=64\nNOSUCH=1\n"},
	} {
		c := dss.ParseInst("f", test.text)
		before := c.Lint(now)
		mended := c.Mend(now)
		if c.String() != test.want {
			t.Errorf("%s: %q, want %q", test.name, c, test.want)
		}
		if after := c.Lint(now).Fatal(); len(after) > len(before)-len(mended) {
			t.Errorf("%s: mended %v, and %v are left of %v", test.name, mended, after, before)
		}
		if again := c.Mend(now); len(again) > 0 {
			t.Errorf("%s: mended twice: %v", test.name, again)
		}
	}
}

// The published recipe of 2023, for today's release.
func ExampleInst_Mend() {
	c := dss.ParseInst("dss_inst.ini", "INST_ID=0\nDSS_NODES_LIST=0:127.0.0.1:17102, 1:127.0.0.1:18102\nDISK_LOCK_FILE_PATH=/opt/dss\n")
	target := dss.Target{Release: release.V700RC2}
	for _, p := range c.Mend(target) {
		fmt.Println("mended", p.Key, p.Reason)
	}
	fmt.Print(c)
	for _, p := range c.Lint(target) {
		fmt.Println("left:", p.Key, p.Reason)
	}
	// Output:
	// mended DSS_NODES_LIST blank
	// mended DISK_LOCK_FILE_PATH renamed-key
	// INST_ID=0
	// DSS_NODES_LIST=0:127.0.0.1:17102,1:127.0.0.1:18102
	// _DISK_LOCK_FILE_PATH=/opt/dss
	// left: DSS_CM_SO_NAME no-cm
}

// FuzzMend: what Mend does, it does once, and it breaks nothing.
func FuzzMend(f *testing.F) {
	f.Add(read(f, "recipe/dss_inst.inst0.ini"))
	f.Add("DISK_TYPE=vtable\n_SHM_KEY=2\n_shm_key = 2\nDSS_NODES_LIST=, 0:1.2.3.4:1611")
	f.Fuzz(func(t *testing.T, text string) {
		c := dss.ParseInst("f", text)
		mended := c.Mend(now)
		if len(mended) == 0 && c.String() != text {
			t.Fatalf("%q became %q for no reason", text, c)
		}
		again := dss.ParseInst("f", c.String())
		if more := again.Mend(now); len(more) > 0 {
			t.Fatalf("%q was mended to %q, and then to %q for %v", text, c, again, more)
		}
		if strings.Count(c.String(), "\n") != strings.Count(text, "\n") {
			t.Fatalf("%q became %q", text, c)
		}
	})
}
