// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dss_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dss"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// standIn is a program in dsscmd's place: it writes down how it was called and
// runs, for each verb, a piece of shell that the test gives.
type standIn struct {
	dss.Cmd
	t *testing.T
}

const standInText = `#!/bin/sh
echo "$@" >> "$DSS_HOME/calls"
[ -f "$DSS_HOME/env" ] || env > "$DSS_HOME/env"
verb="$DSS_HOME/verbs/$1"
if [ ! -f "$verb" ]; then
	echo "dsscmd: command($1) not found!"
	exit 1
fi
shift
. "$verb"
`

// newStandIn makes one with a DSS_HOME that holds the files of instance 0.
func newStandIn(t *testing.T, verbs map[string]string) standIn {
	t.Helper()
	home := t.TempDir()
	write := func(perm fs.FileMode, text string, path ...string) string {
		name := filepath.Join(append([]string{home}, path...)...)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), perm); err != nil {
			t.Fatal(err)
		}
		return name
	}
	write(0o600, read(t, "stand/dss_inst.inst0.ini"), "cfg", "dss_inst.ini")
	write(0o600, read(t, "stand/dss_vg_conf.ini"), "cfg", "dss_vg_conf.ini")
	for verb, text := range verbs {
		write(0o600, text, "verbs", verb)
	}
	path := write(0o700, standInText, "bin", "dsscmd")
	return standIn{dss.Cmd{Path: path, Home: home}, t}
}

func (s standIn) file(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Home, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func (s standIn) calls() []string {
	s.t.Helper()
	return strings.Split(strings.TrimSpace(s.file("calls")), "\n")
}

// says makes a piece of shell of a recorded command.
func says(t *testing.T, command string) string {
	t.Helper()
	for _, c := range session(t, "dsscmd-session.txt") {
		if c.String() == command {
			return fmt.Sprintf("cat <<'END'\n%sEND\nexit %d\n", c.output, c.status)
		}
	}
	t.Fatalf("no recording of %s", command)
	return ""
}

func TestCommandsGiveTypedResults(t *testing.T) {
	t.Setenv("SECRET", "s3cr3t")
	cmd := newStandIn(t, map[string]string{
		"getstatus": says(t, "getstatus"), "lsvg": says(t, "lsvg -t d"), "ls": says(t, "ls -p +data"), "getcfg": says(t, "getcfg -n LSNR_PATH"),
		"setcfg": says(t, "setcfg -n _LOG_LEVEL -v 7 -s memory"), "switch": says(t, "switch"), "stopdss": says(t, "stopdss"),
		"en_grab_lock": says(t, "en_grab_lock"), "query_latch_remain": says(t, "query_latch_remain -i 0"), "clean_vglock": says(t, "clean_vglock"),
		"-v": says(t, "-v"), "reghl": "echo Begin to register.\necho Succeed to register.\n", "unreghl": "echo Succeed to unregister.\n",
		"inq_reg": "echo 'iofence_key=0,'\necho 'The node 1 is registered partially, inq_result = 1.'\nexit 1\n",
		"kickh":   "echo 'Succeed to kick host, kickid 1.'\n",
		"inq":     "echo 'Dev Generation RESKEY REGKEY'\necho '/dev/sda 3 0 0'\necho Succeed to inquiry LUN information.\n",
	})
	cmd.Socket, cmd.Release, cmd.Env = "/run/s", release.V700RC2, []string{"CM_CONFIG_PATH=/x"}
	ctx := t.Context()
	must := func(ok bool, err error) {
		t.Helper()
		if !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	}
	status, err := cmd.Status(ctx)
	must(status.IsMaster(), err)
	groups, err := cmd.VolumeGroups(ctx)
	must(len(groups) == 1 && groups[0].Volumes[0].Used == 377487360, err)
	entries, err := cmd.List(ctx, "+data")
	must(len(entries) == 2 && entries[1].Name == "dir1", err)
	value, err := cmd.GetCfg(ctx, "lsnr_path")
	must(value == "/opt/omm/dss_home0", err)
	must(true, cmd.SetCfg(ctx, "_log_level", "7", dss.ScopeMemory))
	status, err = cmd.Switch(ctx)
	must(status.IsMaster(), err)
	must(true, cmd.SetGrabLock(ctx, true))
	must(true, cmd.StopServer(ctx))
	latches, err := cmd.Latches(ctx, 0)
	must(latches == dss.Latches{}, err)
	must(true, cmd.CleanLocks(ctx))
	build, err := cmd.Build(ctx)
	must(build.Kind == "Debug", err)
	must(true, cmd.Register(ctx))
	must(true, cmd.Unregister(ctx))
	must(true, cmd.Kick(ctx, 1))
	reg, err := cmd.Registration(ctx, 1)
	must(reg.State == dss.RegPartly, err)
	volumes, err := cmd.Reservations(ctx)
	must(len(volumes) == 1 && volumes[0].Generation == 3, err)

	const socket = " -U UDS:/run/s"
	check(t, "calls", cmd.calls(), []string{"getstatus" + socket, "lsvg -m B -t d" + socket, "ls -p +data -m B" + socket, "getcfg -n LSNR_PATH" + socket,
		"setcfg -n _LOG_LEVEL -v 7 -s memory" + socket, "switch" + socket, "en_grab_lock" + socket, "stopdss" + socket, "query_latch_remain -i 0",
		"clean_vglock", "-v", "reghl", "unreghl", "kickh -i 1", "inq_reg -i 1", "inq -t reg"})
	env := strings.Split(strings.TrimSpace(cmd.file("env")), "\n")
	env = slices.DeleteFunc(env, func(v string) bool { // what the shell adds
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"PWD", "OLDPWD", "SHLVL", "_"}, name)
	})
	slices.Sort(env)
	check(t, "environment", env, []string{"CM_CONFIG_PATH=/x", "DSS_HOME=" + cmd.Home, "LC_ALL=C", "LD_LIBRARY_PATH=" + cmd.Home + "/lib",
		"PATH=" + cmd.Home + "/bin:/usr/bin:/bin"})
}

func TestCommandsThatFail(t *testing.T) {
	cmd := newStandIn(t, map[string]string{
		"getstatus": "exit 255", "lsvg": says(t, "lsvg") + "exit 255", "ls": says(t, "ls -p +data/none"), "getcfg": says(t, "getcfg -n NOSUCH"),
		"setcfg": says(t, "setcfg -n INST_ID -v 3"), "kickh": says(t, "kickh -i 0"), "reghl": "echo Begin to register.\nexit 141",
		"unreghl": "kill -PIPE $$", "switch": "kill -9 $$", "stopdss": "echo rubbish >&2; exit 7",
		"inq_reg": "echo 'Failed to inq reg host 1.'\nexit 255", "inq": "exit 0",
		"query_latch_remain": "echo 'Vg data lock remain in inst 1, latch status is 1.'\necho 'Succeed to query inst 1 latch type 0.'\nexit 1",
	})
	if err := os.WriteFile(filepath.Join(cmd.Home, "verbs", "lsvg"), []byte("echo Failed to get uds connection.\nexit 255"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	result := func(_ any, err error) error { return err }
	for _, test := range []struct {
		name string
		err  error
		is   error
		text string
	}{
		{"dead socket", result(cmd.Status(ctx)), dss.ErrUnreachable, "dss: dsscmd getstatus: exit status 255: server cannot be reached"},
		{"no connection", result(cmd.VolumeGroups(ctx)), dss.ErrUnreachable, "dss: dsscmd lsvg: exit status 255: Failed to get uds connection.: server cannot be reached"},
		{"no file", result(cmd.List(ctx, "+data/none")), fs.ErrNotExist, ""},
		{"bad path", result(cmd.List(ctx, "-U")), fs.ErrInvalid, "dss: ls -U: want +group/path (2193)"},
		{"bad name", result(cmd.List(ctx, "+data/a b")), fs.ErrInvalid, ""},
		{"unknown name", result(cmd.GetCfg(ctx, "NOSUCH")), fs.ErrInvalid,
			"dss: dsscmd getcfg: exit status 255: Failed to get cfg, name is NOSUCH, value is (null).: Invalid NOSUCH: 0 (108)"},
		{"read only", cmd.SetCfg(ctx, "INST_ID", "3", dss.ScopeBoth), fs.ErrInvalid, ""},
		{"secret", cmd.SetCfg(ctx, "ssl_pwd_ciphertext", "s3cr3t", dss.ScopeBoth), dss.ErrInvalid, ""},
		{"scope", cmd.SetCfg(ctx, "_LOG_LEVEL", "3", "disk"), dss.ErrInvalid, ""},
		{"option", cmd.SetCfg(ctx, "_LOG_LEVEL", "-3", dss.ScopeBoth), dss.ErrInvalid, ""},
		{"kick oneself", cmd.Kick(ctx, 0), nil, "dss: dsscmd kickh: exit status 255: Failed to kick host, curr hostid 0, kick hostid 0."},
		{"instance", cmd.Kick(ctx, 64), fs.ErrInvalid, ""},
		{"no helper", cmd.Register(ctx), dss.ErrNoHelper, ""},
		{"no helper, signal", cmd.Unregister(ctx), dss.ErrNoHelper, ""},
		{"killed", result(cmd.Switch(ctx)), dss.ErrUncertain, "dss: dsscmd switch: ended by signal killed; the outcome is not known"},
		{"words on the other pipe", cmd.StopServer(ctx), nil, "dss: dsscmd stopdss: exit status 7: rubbish"},
		{"no answer", result(cmd.Registration(ctx, 1)), nil, ""},
		{"empty answer", result(cmd.Reservations(ctx)), dss.ErrOutput, ""},
		{"unknown verb", cmd.CleanLocks(ctx), nil, "dss: dsscmd clean_vglock: exit status 1: dsscmd: command(clean_vglock) not found!"},
	} {
		if test.err == nil || test.is != nil && !errors.Is(test.err, test.is) || test.text != "" && test.err.Error() != test.text {
			t.Errorf("%s: %v", test.name, test.err)
		}
		if test.is != dss.ErrUncertain && test.name != "no helper, signal" && errors.Is(test.err, dss.ErrUncertain) {
			t.Errorf("%s: %v is uncertain", test.name, test.err)
		}
	}
	if l, err := cmd.Latches(ctx, 1); err != nil || l != (dss.Latches{Instance: 1, VG: "data"}) {
		t.Errorf("%+v, %v", l, err)
	}
	if text := cmd.file("calls"); strings.Contains(text, "s3cr3t") {
		t.Errorf("calls: %s", text)
	}
}

func TestSwitchThatDidNotHappen(t *testing.T) {
	cmd := newStandIn(t, map[string]string{
		"switch": "printf 'Switch completed. Current status:\\n  Local instance: 0\\n  Master instance: 1\\n  Server status: open, READONLY\\n'",
	})
	if s, err := cmd.Switch(t.Context()); !errors.Is(err, dss.ErrNotMaster) || s.Master != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestSecretIsNotRepeated: dsscmd prints a secret even when it fails.
func TestSecretIsNotRepeated(t *testing.T) {
	cmd := newStandIn(t, map[string]string{
		"getcfg": "echo 'Failed to get cfg, name is SSL_PWD_CIPHERTEXT, value is s3cr3t.'\necho ' detail reason [2400] : Invalid DSS parameter: x'\nexit 255",
	})
	if _, err := cmd.GetCfg(t.Context(), "SSL_PWD_CIPHERTEXT"); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v", err)
	}
}

func TestCommandsEndWithTheContext(t *testing.T) {
	cmd := newStandIn(t, map[string]string{"reghl": "echo $$ > \"$DSS_HOME/pid\"; sleep 600", "getstatus": "sleep 600"})
	cmd.Timeout = 50 * time.Millisecond
	if _, err := cmd.Status(t.Context()); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, dss.ErrUncertain) {
		t.Errorf("Status: %v", err)
	}
	if err := cmd.Register(t.Context()); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, dss.ErrUncertain) {
		t.Errorf("Register: %v", err)
	}
	ctx, cancel := contextEnded(t)
	defer cancel()
	if err := cmd.Register(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, dss.ErrUncertain) {
		t.Errorf("before it began: %v", err)
	}
}

func TestCmdChecksItself(t *testing.T) {
	for _, test := range []struct {
		cmd  dss.Cmd
		want int
	}{
		{dss.Cmd{}, 2},
		{dss.Cmd{Path: "/bin/dsscmd", Home: "/opt/dss"}, 0},
		{dss.Cmd{Path: "dsscmd", Home: "/" + strings.Repeat("h", 188), Socket: "UDS:/x", Timeout: -1, Env: []string{"DSS_HOME=/x", "novalue"}}, 6},
		{dss.Cmd{Path: "/a\n", Home: "/b\x00", SearchPath: "\n", LibraryPath: "\n"}, 4},
	} {
		err := test.cmd.Validate()
		n := 0
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			n = len(joined.Unwrap())
		}
		if n != test.want {
			t.Errorf("%+v: %v", test.cmd, err)
		}
		if _, got := test.cmd.Status(t.Context()); (got == nil) || err != nil && got.Error() != err.Error() {
			t.Errorf("Status: %v", got)
		}
	}
	missing := dss.Cmd{Path: "/nonexistent/dsscmd", Home: "/opt/dss"}
	var failed *dss.CommandError
	if _, err := missing.Status(t.Context()); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &failed) || failed.ExitCode != -1 {
		t.Errorf("%v", err)
	}
}
