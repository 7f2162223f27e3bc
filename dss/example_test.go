// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gausskit/gausskit/dss"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// A recipe of 2023 keeps today's server from starting. Lint says why, and what
// to write instead.
func ExampleInst_Lint() {
	c := dss.ParseInst("dss_inst.ini", `INST_ID=0
DSS_NODES_LIST=0:127.0.0.1:17102, 1:127.0.0.1:18102
DISK_LOCK_FILE_PATH=/opt/dss/dss0
LSNR_PATH=/opt/dss/dss0
`)
	for _, p := range c.Lint(dss.Target{Release: release.V700RC2}) {
		fmt.Println(p)
	}
	// Output:
	// dss_inst.ini:2: DSS_NODES_LIST: offset 18: no blanks are allowed in the list: write "1:127.0.0.1:18102" (blank)
	// dss_inst.ini:3: DISK_LOCK_FILE_PATH: has another name in this release: write _DISK_LOCK_FILE_PATH (renamed-key)
}

func ExampleInst_Set() {
	c := dss.ParseInst("dss_inst.ini", "# first instance\nINST_ID = 0\n_LOG_LEVEL = 7   \n")
	for name, value := range map[string]string{"_LOG_LEVEL": "255"} {
		if err := c.Set(name, value); err != nil {
			fmt.Println(err)
		}
	}
	level, err := c.Value("_LOG_LEVEL", release.V700RC2)
	fmt.Printf("%v %v\n%q\n", level, err, c)
	// Output:
	// 255 <nil>
	// "# first instance\nINST_ID = 0\n_LOG_LEVEL = 255   \n"
}

func ExampleEditInst() {
	home, err := os.MkdirTemp("", "dss")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(home)
	path := dss.InstPath(home)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		fmt.Println(err)
		return
	}
	if err := os.WriteFile(path, []byte("INST_ID=0\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	ctx, target := context.Background(), dss.Target{Release: release.V700RC2}
	err = dss.EditInst(ctx, path, target, func(c *dss.Inst) error { return c.Set("_SHM_KEY", "12") })
	text, _ := os.ReadFile(path)
	fmt.Printf("%v %q\n", err, text)
	// A server would not start with this: the file stays as it is.
	err = dss.EditInst(ctx, path, target, func(c *dss.Inst) error { return c.Set("_SHM_KEY", "65") })
	again, _ := os.ReadFile(path)
	fmt.Println(err != nil, string(again) == string(text))
	// Output:
	// <nil> "INST_ID=0\n_SHM_KEY=12\n"
	// true true
}

func ExampleParseNodes() {
	nodes, err := dss.ParseNodes("0:10.0.0.1:1611,1:10.0.0.2:1611")
	fmt.Println(nodes[1].Addr, nodes.IsSolo(), err)
	_, err = dss.ParseNodes("0:10.0.0.1:1611,0:10.0.0.2:80")
	fmt.Println(err)
	// Output:
	// 10.0.0.2:1611 false <nil>
	// dss: invalid configuration: offset 16: "0": the id is there twice, the server takes the last entry: first at offset 0 (duplicate-node); offset 27: "80": port must be from 1024 to 65535 (port-range)
}

func ExampleLintCluster() {
	member := func(name, inst string) dss.Member {
		return dss.Member{Name: name, Home: dss.Home{Inst: dss.ParseInst("dss_inst.ini", inst), VGs: dss.ParseVGs("dss_vg_conf.ini", "data:/dev/sdb\n")}}
	}
	const common = "DSS_NODES_LIST=0:10.0.0.1:1611,1:10.0.0.2:1611\nDSS_CM_SO_NAME=libclient.so\n"
	for _, p := range dss.LintCluster([]dss.Member{
		member("a", common+"INST_ID=0\nSTORAGE_MODE=SHARE_DISK\n"),
		member("b", common+"INST_ID=1\nSTORAGE_MODE=CLUSTER_RAID\n"),
	}, dss.Target{Release: release.V700RC2}) {
		fmt.Println(p)
	}
	// Output:
	// instance b: dss_inst.ini:4: STORAGE_MODE: "CLUSTER_RAID": must be equal on all instances: instance a has "SHARE_DISK" (parameter-differs)
}

func ExampleParseStatus() {
	s, err := dss.ParseStatus("Server status of instance 1 is open and READONLY.\nMaster id is 0 .\nDSS_MAINTAIN is FALSE.\n")
	fmt.Println(s, s.IsReady(), s.IsMaster(), err)
	// Output:
	// instance 1: open, READONLY, master 0 true false <nil>
}

func ExampleParseSpace() {
	groups, err := dss.ParseSpace(`vg_name volume_count size free used percent(%)
data    1            4.00000 3.89844 0.10156 2.54
Succeed to display lsvg info.
`, dss.MeasureGiB)
	fmt.Println(groups[0].Name, groups[0].Size, groups[0].UsedPercent, err)
	// Output:
	// data 4294967296 2.54 <nil>
}
