// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dss"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

func TestVGs(t *testing.T) {
	for _, name := range []string{"stand/dss_vg_conf.ini", "recipe/dss_vg_conf.ini"} {
		text := read(t, name)
		v := dss.ParseVGs(name, text)
		if groups := v.Groups(); v.String() != text || len(v.Lint()) > 0 || len(groups) != 1 || groups[0].Name != "data" || groups[0].ID != 0 ||
			groups[0].Path != strings.TrimSpace(strings.TrimPrefix(text, "data:")) || groups[0].Line != 1 {
			t.Errorf("%s: %+v, %v", name, groups, v.Lint())
		}
	}
	many := ""
	for i := range 66 {
		many += "vg" + intText(i) + ":/dev/v" + intText(i) + "\n"
	}
	for _, test := range []struct {
		text string
		want []string
	}{
		{"# nothing\n", []string{":no-vgs"}},
		{" data : /dev/a:b \r\n\n#x\nlog:/dev/c", nil},
		{"data\n:/dev/a\nb:\n", []string{"1:data:no-colon", "2::no-name", "3:b:no-name"}},
		{"+data:/dev/a\na b:/dev/c\n..:/dev/d\n", []string{"1:+data:bad-name", "2:a b:bad-name", "3:..:bad-name"}},
		{"data:/dev/a\nDATA:/dev/b\nlog:/DEV//A\n", []string{"2:DATA:duplicate-vg", "3:log:duplicate-path"}},
		{strings.Repeat("n", 64) + ":/dev/a\nb:/" + strings.Repeat("p", 63), []string{"1:" + strings.Repeat("n", 64) + ":name-length", "2:b:path-length"}},
		{"data:dev\n", []string{"1:data:relative-path"}},
		{"data:/dev/\x02a\n", []string{"1:data:bad-character"}},
		{many, []string{"66:vg65:too-many-vgs"}},
	} {
		check(t, test.text, codes(dss.ParseVGs("f", test.text).Lint()), test.want)
	}
}

func TestVGsAreNotRenumbered(t *testing.T) {
	v := dss.ParseVGs("f", "# first\ndata : /dev/a\nlog : /dev/b\n")
	for _, step := range []struct {
		err  error
		want string
	}{
		{v.Set("data", "/dev/c"), "# first\ndata : /dev/c\nlog : /dev/b\n"},
		{v.Set("more", "/dev/d"), "# first\ndata : /dev/c\nlog : /dev/b\nmore : /dev/d\n"},
		{v.Remove("+more"), "# first\ndata : /dev/c\nlog : /dev/b\n#more : /dev/d\n"},
	} {
		if step.err != nil {
			t.Error(step.err)
		}
	}
	if want := "# first\ndata : /dev/c\nlog : /dev/b\n#more : /dev/d\n"; v.String() != want {
		t.Errorf("%q, want %q", v, want)
	}
	for _, err := range []error{v.Remove("data"), v.Remove("more"), v.Set("a b", "/dev/x"), v.Set("x", ""), v.Set("x", " /dev/x"), v.Set("x", "/dev/"+strings.Repeat("x", 60))} {
		if !errors.Is(err, dss.ErrInvalid) {
			t.Errorf("%v", err)
		}
	}
	if g, ok := v.Get("+log"); !ok || g.ID != 1 {
		t.Errorf("Get = %+v", g)
	}
}

func TestEditFiles(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "cfg"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := dss.InstPath(home)
	if err := os.WriteFile(path, []byte(read(t, "stand/dss_inst.inst0.ini")), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dss.VGsPath(home), []byte("data:/dev/a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	text := func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if err := dss.EditInst(ctx, path, now, func(c *dss.Inst) error { return c.Set("_SHM_KEY", "30") }); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(read(t, "stand/dss_inst.inst0.ini"), "_SHM_KEY=21", "_SHM_KEY=30", 1)
	if text() != want {
		t.Errorf("%q", text())
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	refused := errors.New("refused")
	for name, test := range map[string]struct {
		change func(*dss.Inst) error
		want   error
	}{
		"range":   {func(c *dss.Inst) error { return c.Set("INST_ID", "64") }, dss.ErrInvalid},
		"unknown": {func(c *dss.Inst) error { return c.Set("NOSUCH", "64") }, dss.ErrInvalid},
		"refused": {func(c *dss.Inst) error { c.Unset("_SHM_KEY"); return refused }, refused},
		"changed": {func(c *dss.Inst) error {
			if err := os.WriteFile(path, []byte(want+"# by hand\n"), 0o640); err != nil {
				t.Fatal(err)
			}
			return c.Set("_SHM_KEY", "31")
		}, dss.ErrChanged},
		"nothing": {func(c *dss.Inst) error { return c.Set("INST_ID", "0") }, nil},
	} {
		before := text()
		err := dss.EditInst(ctx, path, now, test.change)
		if !errors.Is(err, test.want) || test.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := text(); strings.TrimSuffix(got, "# by hand\n") != strings.TrimSuffix(before, "# by hand\n") {
			t.Errorf("%s: the file is %q", name, got)
		}
	}
	if err := dss.EditVGs(ctx, dss.VGsPath(home), func(v *dss.VGs) error { return v.Set("log", "/dev/b") }); err != nil {
		t.Error(err)
	}
	if err := dss.EditVGs(ctx, dss.VGsPath(home), func(v *dss.VGs) error { return v.Set("log2", "/dev/b") }); !errors.Is(err, dss.ErrInvalid) {
		t.Errorf("a volume twice: %v", err)
	}
	h, err := dss.OpenHome(home)
	if err != nil || len(h.VGs.Groups()) != 2 {
		t.Errorf("%+v, %v", h, err)
	}
	left, err := os.ReadDir(filepath.Join(home, "cfg"))
	if err != nil || len(left) != 2 {
		t.Errorf("left in cfg: %v, %v", left, err)
	}
	if err := dss.EditInst(ctx, filepath.Join(home, "none"), now, func(*dss.Inst) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := dss.OpenHome(filepath.Join(home, "cfg")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenHome: %v", err)
	}
}

// TestEditsQueue: a second editor waits for the first, and gives up with its
// context.
func TestEditsQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dss_inst.ini")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := dss.EditInst(t.Context(), path, now, func(c *dss.Inst) error {
		ctx, cancel := contextEnded(t)
		defer cancel()
		if err := dss.EditInst(ctx, path, now, func(*dss.Inst) error { return nil }); !errors.Is(err, dss.ErrLocked) {
			t.Errorf("locked: %v", err)
		}
		return c.Set("INST_ID", "0")
	})
	if err != nil {
		t.Error(err)
	}
}

// TestEditsDoNotLoseEachOther: many editors at once, each with a parameter of
// its own.
func TestEditsDoNotLoseEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dss_inst.ini")
	if err := os.WriteFile(path, []byte("# shared\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	names := []string{"INST_ID", "_SHM_KEY", "XLOG_VG_ID", "IO_THREADS", "WORK_THREADS", "_LOG_LEVEL", "_AUDIT_LEVEL", "WORK_THREAD_COUNT"}
	done := make(chan error)
	for _, name := range names {
		go func() {
			done <- dss.EditInst(t.Context(), path, now, func(c *dss.Inst) error { return c.Set(name, lookUp(name).Default) })
		}()
	}
	for range names {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	c, err := dss.OpenInst(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, ok := c.Get(name); !ok {
			t.Errorf("%s was lost: %q", name, c)
		}
	}
}

func lookUp(name string) dss.Param {
	p, _ := dss.ParamByName(name, now.Release)
	return p
}

// TestEditThroughALink: the file behind a link is replaced, not the link, and
// what it includes is looked for beside the link, where the server looks.
func TestEditThroughALink(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	real, link := filepath.Join(elsewhere, "real.ini"), filepath.Join(dir, "dss_inst.ini")
	for name, text := range map[string]string{real: "IFILE=more.ini\nINST_ID=0\n", filepath.Join(dir, "more.ini"): "_LOG_LEVEL=7\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	err := dss.EditInst(t.Context(), link, now, func(c *dss.Inst) error {
		if s, ok := c.Get("_LOG_LEVEL"); !ok || s.Value != "7" {
			t.Errorf("the included file was not read: %+v", s)
		}
		return c.Set("_LOG_LEVEL", "255")
	})
	text, err2 := os.ReadFile(real)
	if want := "IFILE=more.ini\nINST_ID=0\n_LOG_LEVEL=255\n"; err != nil || err2 != nil || string(text) != want {
		t.Errorf("%v, %v, %q", err, err2, text)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// members makes a cluster of instances with these files.
func members(vgs string, insts ...string) []dss.Member {
	var all []dss.Member
	for i, text := range insts {
		all = append(all, dss.Member{Name: "n" + intText(i), Home: dss.Home{Inst: dss.ParseInst("i", text), VGs: dss.ParseVGs("v", vgs)}})
	}
	return all
}

func TestLintCluster(t *testing.T) {
	real := members(read(t, "stand/dss_vg_conf.ini"), read(t, "stand/dss_inst.inst0.ini"), read(t, "stand/dss_inst.inst1.ini"))
	check(t, "a real cluster", codes(dss.LintCluster(real, now)), nil)
	recipe := members(read(t, "recipe/dss_vg_conf.ini"), read(t, "recipe/dss_inst.inst0.ini"), read(t, "recipe/dss_inst.inst1.ini"))
	check(t, "the recipe", codes(dss.LintCluster(recipe, now)), []string{"n0:3:DSS_NODES_LIST:blank", "n0:4:DISK_LOCK_FILE_PATH:renamed-key",
		"n1:3:DSS_NODES_LIST:blank", "n1:4:DISK_LOCK_FILE_PATH:renamed-key"})

	const list = "DSS_NODES_LIST=0:10.0.0.1:1611,1:10.0.0.2:1611\nDSS_CM_SO_NAME=libclient.so\nSTORAGE_MODE=SHARE_DISK\n"
	const local = "DSS_NODES_LIST=0:10.0.0.1:1611,1:10.0.0.1:1612\nDSS_CM_SO_NAME=libclient.so\nSTORAGE_MODE=DISK\n"
	for _, test := range []struct {
		name  string
		insts []string
		want  []string
	}{
		{"good", []string{list + "INST_ID=0", list + "INST_ID=1"}, nil},
		{"one id", []string{list + "INST_ID=0", list + "INST_ID=0\n_SHM_KEY=2\nLSNR_PATH=/a"}, []string{"n1:4:INST_ID:same-id", "n0:1:DSS_NODES_LIST:node-unseen"}},
		{"one id, one memory", []string{list + "INST_ID=0", list + "LSNR_PATH=/a"},
			[]string{"n1:INST_ID:same-id", "n0:1:DSS_NODES_LIST:node-unseen", "n1:_SHM_KEY:shm-key"}},
		{"lists differ", []string{list, strings.Replace(list, "0.2:1611", "0.2:1612", 1) + "INST_ID=1"}, []string{"n1:1:DSS_NODES_LIST:nodes-differ"}},
		{"lists spelled differently", []string{list, "INST_ID=1\nDSS_NODES_LIST=1:10.0.0.2:1611,0:10.0.0.1:1611\nDSS_CM_SO_NAME=libclient.so\nSTORAGE_MODE=share_disk"},
			[]string{"n1:2:DSS_NODES_LIST:node-order", "n1:2:DSS_NODES_LIST:text-differs"}},
		{"not listed", []string{list, list + "INST_ID=1", list + "INST_ID=2"}, []string{"n2:4:INST_ID:self-not-listed", "n2:4:INST_ID:not-listed"}},
		{"parameters differ", []string{list, list + "INST_ID=1\nCLUSTER_RUN_MODE=cluster_standby\nWORK_THREAD_COUNT=4\nIO_THREADS=4"},
			[]string{"n1:XLOG_VG_ID:xlog-vg", "n1:5:CLUSTER_RUN_MODE:parameter-differs", "n1:6:WORK_THREAD_COUNT:parameter-unlike"}},
		{"SSL on one side", []string{list, list + "INST_ID=1\nSSL_CA=/a\nSSL_CERT=/b\nSSL_KEY=/c"}, []string{"n1:6:SSL_CERT:ssl-differs"}},
		{"one machine", []string{local, local + "INST_ID=1\nLOG_HOME=/l"}, []string{"n1:LSNR_PATH:shared-path"}},
		{"lock directories", []string{local, local + "INST_ID=1\nLSNR_PATH=/a\n_DISK_LOCK_FILE_PATH=/b"}, []string{"n1:6:_DISK_LOCK_FILE_PATH:lock-path"}},
		{"local locks on two machines", []string{strings.Replace(list, "SHARE_DISK", "DISK", 1), strings.Replace(list, "SHARE_DISK", "DISK", 1) + "INST_ID=1"},
			[]string{"n1:3:STORAGE_MODE:disk-mode"}},
	} {
		check(t, test.name, codes(dss.LintCluster(members("data:/dev/a", test.insts...), now)), test.want)
	}

	vgs := members("data:/dev/a\nlog:/dev/b", list, list+"INST_ID=1")
	vgs[1].Home.VGs = dss.ParseVGs("v", "data:/dev/a\n\nlog:/dev/c")
	check(t, "volume groups", codes(dss.LintCluster(vgs, now)), []string{"n1:3:log:vgs-differ"})
	vgs[1].Home.VGs = dss.ParseVGs("v", "data:/dev/a")
	check(t, "volume group missing", codes(dss.LintCluster(vgs, now)), []string{"n1::vgs-differ"})
	vgs[1].Home = dss.Home{}
	check(t, "no files", codes(dss.LintCluster(vgs, now)), []string{"n1:dss_inst.ini:no-settings", "n1:dss_vg_conf.ini:no-settings", "n0:1:DSS_NODES_LIST:node-unseen"})
	vgs = members("data:/dev/a", list, list+"INST_ID=1")
	vgs[0].Host, vgs[1].Host, vgs[0].Home.Dir, vgs[1].Home.Dir = "h", "h", "/tmp", "/tmp/"
	check(t, "one home", codes(dss.LintCluster(vgs, now)), []string{"n1:LSNR_PATH:shared-path", "n1:DSS_HOME:shared-path"})
	check(t, "no DSS", codes(dss.LintCluster(vgs[:1], dss.Target{Release: release.V210})), []string{"n0::no-dss"})
}
