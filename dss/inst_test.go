// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dss"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// now is the target of most tests.
var now = dss.Target{Release: release.V700RC2} // read-only

func read(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// codes gives "line:KEY:code" of each problem.
func codes(found dss.Problems) []string {
	var all []string
	for _, p := range found {
		s := p.Key + ":" + p.Reason.String()
		if p.Line > 0 {
			s = intText(p.Line) + ":" + s
		}
		if p.Node != "" {
			s = p.Node + ":" + s
		}
		all = append(all, s)
	}
	return all
}

func intText(n int) string { return strconv.Itoa(n) }

func check(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

func TestInstOfRealServersHasNoProblems(t *testing.T) {
	for i, name := range []string{"stand/dss_inst.inst0.ini", "stand/dss_inst.inst1.ini"} {
		text := read(t, name)
		c := dss.ParseInst(name, text)
		if c.String() != text || c.Name() != name {
			t.Errorf("%s is printed as %q", name, c)
		}
		if found := c.Lint(now); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		if id, err := c.InstanceID(); id != i || err != nil {
			t.Errorf("InstanceID() = %d, %v", id, err)
		}
		nodes, err := c.Nodes()
		if err != nil || nodes.String() != "0:127.0.0.1:17102,1:127.0.0.1:18102" || nodes.IsSolo() {
			t.Errorf("Nodes() = %v, %v", nodes, err)
		}
		if socket, err := c.Socket(); socket != "/opt/omm/dss_home"+intText(i)+"/.dss_unix_d_socket" || err != nil {
			t.Errorf("Socket() = %q, %v", socket, err)
		}
		for name, want := range map[string]string{"_log_level": "255", "MES_WAIT_TIMEOUT": "10000", "STORAGE_MODE": "DISK", "_LOG_MAX_FILE_SIZE": "256M"} {
			if v, err := c.Value(name, release.V700RC2); v.String() != want || err != nil {
				t.Errorf("Value(%s) = %v, %v; want %s", name, v, err, want)
			}
		}
	}
}

// TestPublishedRecipe: the files of the article of 2023 are found to be what
// they are, faulty for today's release and right for their own but for the
// blank and the missing cluster manager.
func TestPublishedRecipe(t *testing.T) {
	text := read(t, "recipe/dss_inst.inst0.ini")
	c := dss.ParseInst("f", text)
	check(t, "today", codes(c.Lint(now)), []string{"3:DSS_NODES_LIST:blank", "4:DISK_LOCK_FILE_PATH:renamed-key"})
	check(t, "5.0.0", codes(c.Lint(dss.Target{Release: release.V500})), []string{"3:DSS_NODES_LIST:blank"})

	nodes, err := c.Nodes()
	var first dss.Problem
	if nodes != nil || !errors.Is(err, dss.ErrInvalid) || !errors.As(err, &first) || first.Line != 3 || first.Offset != 18 {
		t.Errorf("Nodes() = %v, %+v", nodes, first)
	}
	if n := c.Rename("disk_lock_file_path", "_DISK_LOCK_FILE_PATH"); n != 1 {
		t.Errorf("Rename = %d", n)
	}
	if err := c.Set("dss_nodes_list", "0:127.0.0.1:17102,1:127.0.0.1:18102"); err != nil {
		t.Error(err)
	}
	check(t, "mended", codes(c.Lint(now)), []string{"3:DSS_CM_SO_NAME:no-cm"})
	check(t, "mended, test build", codes(c.Lint(dss.Target{Release: release.V700RC2, TestBuild: true})), nil)
	want := strings.NewReplacer("DISK_LOCK", "_DISK_LOCK", ", 1:", ",1:").Replace(text)
	if c.String() != want {
		t.Errorf("mended to %q, want %q", c, want)
	}
}

func TestInstLint(t *testing.T) {
	long := strings.Repeat("x", 2100)
	for _, test := range []struct {
		name, text string
		target     dss.Target
		want       []string
	}{
		{"empty", "", now, nil},
		{"comments and blanks", "# a\n\n  # b = c\n\t \r\n", now, nil},
		{"letter case, blanks and CRLF", "  inst_ID\t=  0 \r\n", now, nil},
		{"value with a comment in it", "_LOG_LEVEL = 7 # all\n", now, []string{"1:_LOG_LEVEL:not-a-number"}},
		{"no equals", "INST_ID\nrubbish\n=5\n", now, []string{"1:INST_ID:no-equals", "1:INST_ID:not-a-number", "2::no-equals", "3::no-key"}},
		{"unknown", "NOSUCH=1\nss_fi_packet_loss_prob=5\n", now, []string{"1:NOSUCH:unknown-key", "2:SS_FI_PACKET_LOSS_PROB:debug-key"}},
		{"debug build", "ss_fi_packet_loss_prob=5\n", dss.Target{Release: release.V700RC2, Debug: true}, nil},
		{"twice", "_SHM_KEY=1\n_shm_key=2\n", now, []string{"2:_SHM_KEY:duplicate-key"}},
		{"long line", "# " + long + "\nLOG_HOME=/" + long, now, []string{"1::line-length", "2::line-length", "2:LOG_HOME:value-length"}},
		{"long file", strings.Repeat("# 345678\n", 8000), now, []string{":file-size"}},
		{"other release", "MES_WAIT_TIMEOUT=20000\nMASTER_LOCK_TIMEOUT=5\nSTORAGE_MODE=RAID", dss.Target{Release: release.V600RC1},
			[]string{"1:MES_WAIT_TIMEOUT:out-of-range"}},
		{"today", "MES_WAIT_TIMEOUT=20000\nMASTER_LOCK_TIMEOUT=5\nSTORAGE_MODE=RAID", now,
			[]string{"2:MASTER_LOCK_TIMEOUT:unknown-key", "3:STORAGE_MODE:bad-value"}},
		{"no DSS yet", "", dss.Target{Release: release.V310}, []string{":no-dss"}},
		{"not listed", "INST_ID=3\nDSS_NODES_LIST=0:10.0.0.1:1611\n", now, []string{"1:INST_ID:self-not-listed"}},
		{"no manager", "DSS_NODES_LIST=0:10.0.0.1:1611,1:10.0.0.2:1611\n", now, []string{"1:DSS_CM_SO_NAME:no-cm"}},
		{"simulation", "DSS_CM_SO_NAME=simulation\n", now, []string{"1:DSS_CM_SO_NAME:simulation"}},
		{"water marks", "VG_SPACE_USAGE_HWM=70\n", now, []string{"VG_SPACE_USAGE_LWM:water-marks"}},
		{"certificate days", "SSL_CERT_NOTIFY_TIME=10\nSSL_PERIOD_DETECTION=11\n", now, []string{"2:SSL_PERIOD_DETECTION:detect-days"}},
		{"multipath", "LINUX_MULTIBUS=true\n", now, []string{"1:LINUX_MULTIBUS:multipath"}},
		{"half of SSL", "SSL_CA=/a\nSSL_KEY=/k\n", now, []string{"2:SSL_KEY:incomplete-ssl"}},
		{"socket elsewhere", "LSNR_PATH=/run/dss\n", dss.Target{Release: release.V700RC2, Home: "/opt/dss"}, []string{"1:LSNR_PATH:socket-path"}},
		{"socket at home", "LSNR_PATH=/opt/dss\n", dss.Target{Release: release.V700RC2, Home: "/opt/dss/"}, nil},
	} {
		c := dss.ParseInst("f", test.text)
		check(t, test.name, codes(c.Lint(test.target)), test.want)
	}
}

func TestValuesOfParameters(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"INST_ID", "63", "63"}, {"INST_ID", "64", "out-of-range"}, {"INST_ID", "-1", "not-a-number"}, {"INST_ID", "", "not-a-number"},
		{"INST_ID", "99999999999999999999", "out-of-range"}, {"_LOG_LEVEL", "007", "7"},
		{"MES_WITH_IP", "true", "TRUE"}, {"MES_WITH_IP", "False", "FALSE"}, {"MES_WITH_IP", "on", "bad-bool"},
		{"RECV_MSG_POOL_SIZE", "48M", "48M"}, {"RECV_MSG_POOL_SIZE", "49152k", "48M"}, {"RECV_MSG_POOL_SIZE", "1.5M", "out-of-range"},
		{"RECV_MSG_POOL_SIZE", "0.5G", "512M"}, {"RECV_MSG_POOL_SIZE", "50331648", "48M"}, {"RECV_MSG_POOL_SIZE", "50331649", "50331649"},
		{"RECV_MSG_POOL_SIZE", "50331648B", "bad-size"}, {"RECV_MSG_POOL_SIZE", "9", "out-of-range"}, {"RECV_MSG_POOL_SIZE", "1e7", "bad-size"},
		{"RECV_MSG_POOL_SIZE", "9E", "out-of-range"}, {"RECV_MSG_POOL_SIZE", ".M", "bad-size"},
		{"_LOG_MAX_FILE_SIZE", "4G", "4G"}, {"_LOG_MAX_FILE_SIZE", "5G", "out-of-range"},
		{"STORAGE_MODE", "share_disk", "SHARE_DISK"}, {"STORAGE_MODE", "RAID", "bad-value"},
		{"DISK_TYPE", "VTABLE", "VTABLE"}, {"DISK_TYPE", "vtable", "letter-case"},
		{"CLUSTER_RUN_MODE", "cluster_standby", "cluster_standby"}, {"CLUSTER_RUN_MODE", "CLUSTER_STANDBY", "letter-case"},
		{"_LOG_FILE_PERMISSIONS", "640", "640"}, {"_LOG_FILE_PERMISSIONS", "688", "bad-mode"}, {"_LOG_FILE_PERMISSIONS", "577", "out-of-range"},
		{"_LOG_FILE_PERMISSIONS", "0640", "bad-mode"},
		{"LSNR_PATH", "/run/dss", "/run/dss"}, {"LSNR_PATH", "", "bad-path"}, {"LSNR_PATH", "/a%b", "bad-path"}, {"LSNR_PATH", "'/a'", "bad-path"},
		{"LSNR_PATH", "/" + strings.Repeat("d", 87), "/" + strings.Repeat("d", 87)}, {"LSNR_PATH", "/" + strings.Repeat("d", 88), "path-length"},
		{"_DISK_LOCK_FILE_PATH", "/a;b", "bad-path"}, {"_DISK_LOCK_FILE_PATH", "/" + strings.Repeat("d", 107), "path-length"},
		{"LOG_HOME", "", ""}, {"LOG_HOME", "/a`", "bad-path"}, {"SSL_CA", "/a b/ca.pem", "/a b/ca.pem"},
		{"POOL_NAMES", "/dev/a=p1,/dev/b=p2", "/dev/a=p1,/dev/b=p2"}, {"POOL_NAMES", "/dev/a", "bad-pair"},
		{"DSS_CM_SO_NAME", strings.Repeat("l", 64), "value-length"}, {"SSL_CIPHER", "a\x01b", "bad-character"},
		{"DSS_NODES_LIST", "0:10.0.0.1:1611", "0:10.0.0.1:1611"}, {"DSS_NODES_LIST", "0:10.0.0.1:80", "port-range"},
	} {
		p, ok := dss.ParamByName(strings.ToLower(test.name), release.V700RC2)
		if !ok {
			t.Fatalf("no parameter %s", test.name)
		}
		v, err := p.Parse(test.text)
		got := v.String()
		var problem dss.Problem
		if errors.As(err, &problem) {
			got = problem.Reason.String()
			if problem.Key != test.name {
				t.Errorf("%s = %q: %+v", test.name, test.text, problem)
			}
		}
		if got != test.want {
			t.Errorf("%s = %q gives %q, want %q (%v)", test.name, test.text, got, test.want, err)
		}
		if (p.Check(test.text) == nil) != (err == nil) {
			t.Errorf("%s = %q: Check and Parse differ", test.name, test.text)
		}
	}
	c := dss.ParseInst("f", "")
	for name, want := range map[string]time.Duration{"MES_WAIT_TIMEOUT": 10 * time.Second, "DELAY_CLEAN_INTERVAL": 5 * time.Second,
		"SSL_PERIOD_DETECTION": 168 * time.Hour, "_LOG_LEVEL": 0} {
		if v, err := c.Value(name, release.V700RC2); v.Duration() != want || err != nil {
			t.Errorf("%s: %v, %v", name, v.Duration(), err)
		}
	}
	if v, _ := c.Value("_LOG_FILE_PERMISSIONS", release.V700RC2); v.Int() != 0o600 {
		t.Errorf("permissions are %o", v.Int())
	}
}

// TestTable holds the rules that every row keeps: the table is sorted, defaults
// are valid in every release, and the releases have the numbers of parameters
// that their sources have.
func TestTable(t *testing.T) {
	count := map[release.Release]int{release.V311: 35, release.V500: 36, release.V501: 42, release.V503: 42, release.V510: 42,
		release.V600RC1: 45, release.V600: 46, release.V602: 46, release.V700RC1: 62, release.V700RC2: 66, release.V310: 0}
	for r := range release.All() {
		n, last := 0, ""
		for p := range dss.Params(r) {
			n++
			if p.Name <= last {
				t.Errorf("%s is behind %s", p.Name, last)
			}
			last = p.Name
			if err := p.Check(p.Default); err != nil && p.Kind != dss.KindPath {
				t.Errorf("%s, %s: default: %v", r, p.Name, err)
			}
			if got, ok := dss.ParamByName(p.Name, r); !ok || got != p {
				t.Errorf("ParamByName(%s) = %+v", p.Name, got)
			}
			if !dss.ParamReleases(p.Name).Has(r) {
				t.Errorf("ParamReleases(%s) has no %s", p.Name, r)
			}
		}
		if want, ok := count[r]; ok && n != want {
			t.Errorf("%s has %d parameters, want %d", r, n, want)
		}
		if dss.HasDSS(r) != (n > 0) {
			t.Errorf("HasDSS(%s)", r)
		}
	}
	check(t, "3.1.1", dss.SetcfgNames(release.V311), []string{"_AUDIT_BACKUP_FILE_COUNT", "_AUDIT_LEVEL", "_AUDIT_MAX_FILE_SIZE",
		"_LOG_BACKUP_FILE_COUNT", "_LOG_LEVEL", "_LOG_MAX_FILE_SIZE"})
	check(t, "7.0.0-RC2", dss.SetcfgNames(release.V700RC2), []string{"CLUSTER_RUN_MODE", "DELAY_CLEAN_INTERVAL", "DELAY_CLEAN_SEARCH_FRAGMENT",
		"DSS_NODES_LIST", "MES_WAIT_TIMEOUT", "_AUDIT_BACKUP_FILE_COUNT", "_AUDIT_LEVEL", "_AUDIT_MAX_FILE_SIZE", "_BLACKBOX_DETAIL_ON",
		"_ENABLE_CORE_STATE_COLLECT", "_LOG_BACKUP_FILE_COUNT", "_LOG_LEVEL", "_LOG_MAX_FILE_SIZE"})
}

func TestSetcfgIsStricterThanTheFile(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"_LOG_LEVEL", "7", ""}, {"_LOG_LEVEL", "5000", "out-of-range"}, {"INST_ID", "3", "read-only"},
		{"CLUSTER_RUN_MODE", "cluster_primary", ""}, {"CLUSTER_RUN_MODE", "CLUSTER_PRIMARY", "letter-case"},
		{"DELAY_CLEAN_SEARCH_FRAGMENT", "0", ""}, {"DELAY_CLEAN_SEARCH_FRAGMENT", "128", "only-zero"},
		{"_LOG_MAX_FILE_SIZE", "20M", ""}, {"_LOG_MAX_FILE_SIZE", "1.5G", "bad-size"}, {"DISK_TYPE", "NORMAL", "read-only"},
	} {
		p, _ := dss.ParamByName(test.name, release.V700RC2)
		got := ""
		var problem dss.Problem
		if err := p.CheckSetcfg(test.text); errors.As(err, &problem) {
			got = problem.Reason.String()
		}
		if got != test.want {
			t.Errorf("%s = %q: %q, want %q", test.name, test.text, got, test.want)
		}
	}
}

// TestSecretsStayOut: the ciphertext of the key's password is in no message.
func TestSecretsStayOut(t *testing.T) {
	secret := "s3cr3t\x01" + strings.Repeat("s3cr3t", 400)
	c := dss.ParseInst("f", "SSL_PWD_CIPHERTEXT="+secret+"\nSSL_PWD_PLAINTEXT="+secret+"\n")
	broken := dss.ParseInst("f", strings.Repeat("SSL_PWD_CIPHERTEXT s3cr3t==\nSSL_PWD_CIPHERTEXT\ts3cr3t\nSSL_PWD_CIPHERTEXT:s3cr3t=\ns3cr3t\x00\n", 2))
	_, err := c.Value("SSL_PWD_CIPHERTEXT", release.V700RC2)
	p, _ := dss.ParamByName("SSL_PWD_CIPHERTEXT", release.V700RC2)
	messages := []error{c.Lint(now), broken.Lint(now), err, p.Check("s3cr3t\n"), p.CheckSetcfg("s3cr3t"), c.Set("SSL_PWD_CIPHERTEXT", " s3cr3t"), c.Set("SSL_PWD_CIPHERTEXT", "s3cr3t\n")}
	for i, err := range messages {
		if err == nil || strings.Contains(strings.ToLower(err.Error()), "s3cr3t") {
			t.Errorf("message %d: %v", i, err)
		}
	}
}

func TestSetKeepsEverythingElse(t *testing.T) {
	text := "# head\r\n\r\nINST_ID = 0\r\n  _log_level=7   \r\n# _SHM_KEY=3\r\n_SHM_KEY = 2\r\n_shm_key\t=3"
	for _, test := range []struct{ name, value, want string }{
		{"inst_id", "1", strings.Replace(text, "INST_ID = 0", "INST_ID = 1", 1)},
		{"_LOG_LEVEL", "255", strings.Replace(text, "=7 ", "=255 ", 1)},
		{"_SHM_KEY", "9", strings.NewReplacer("_SHM_KEY = 2", "_SHM_KEY = 9", "_shm_key", "#_shm_key").Replace(text)},
		{"LSNR_PATH", "/run", text + "\r\nLSNR_PATH = /run\r\n"},
	} {
		c := dss.ParseInst("f", text)
		if err := c.Set(test.name, test.value); err != nil || c.String() != test.want {
			t.Errorf("Set(%s): %v\n got %q\nwant %q", test.name, err, c, test.want)
		}
		if s, ok := c.Get(test.name); !ok || s.Value != test.value {
			t.Errorf("Get(%s) = %+v", test.name, s)
		}
	}
	c := dss.ParseInst("f", text)
	for name, value := range map[string]string{"A B": "1", "": "1", "IFILE": "/x", "INST_ID": "1\n2", "LOG_HOME": " x", "SSL_CA": strings.Repeat("x", 1024)} {
		if err := c.Set(name, value); !errors.Is(err, dss.ErrInvalid) || c.String() != text {
			t.Errorf("Set(%q): %v, %q", name, err, c)
		}
	}
	if n := c.Unset("_shm_key"); n != 2 {
		t.Errorf("Unset = %d", n)
	}
	if _, ok := c.Get("_SHM_KEY"); ok || len(c.Lint(now)) > 0 {
		t.Errorf("after Unset: %q, %v", c, c.Lint(now))
	}
}

func TestIncludes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("more.ini", "_LOG_LEVEL=1\nNOSUCH=1\nIFILE=x\n")
	path := write("dss_inst.ini", "_LOG_LEVEL=7\nIFILE=more.ini\nifile = gone.ini\nIFILE="+dir+"/more.ini\nINST_ID=0\n")
	c, err := dss.OpenInst(path)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "problems", codes(c.Lint(now)), []string{"2:NOSUCH:unknown-key", "3:IFILE:include", "3:IFILE:include", "4:IFILE:include"})
	if s, ok := c.Get("_log_level"); !ok || s.Value != "1" || s.Line != 1 || s.File != filepath.Join(dir, "more.ini") {
		t.Errorf("Get = %+v", s)
	}
	if err := c.Set("_LOG_LEVEL", "3"); !errors.Is(err, dss.ErrOverridden) {
		t.Errorf("Set: %v", err)
	}
	if err := c.Set("INST_ID", "3"); err != nil {
		t.Error(err)
	}
	if _, err := dss.OpenInst(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenInst: %v", err)
	}
}
