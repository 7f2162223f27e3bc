// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dss_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dss"
)

// Pieces of shell that answer as dsscmd does.
const (
	kicks      = "echo Begin to kick.\necho 'Succeed to kick host, kickid 1.'\n"
	registered = "echo 'iofence_key=0,1,'\necho 'The node 1 is registered, inq_result = 2.'\nexit 2\n"
	gone       = "echo 'iofence_key=0,'\necho 'The node 1 is not registered, inq_result = 0.'\nexit 0\n"
	table      = "echo 'Dev Generation RESKEY REGKEY'\n"
	end        = "echo 'Succeed to inquiry LUN information, or inquiry reservations.'\n"
	clean      = table + "echo '/dev/a 5 0 0'\necho '/dev/b 5 2 0,2'\n" + end
)

// after makes a piece of shell that does one thing n times, then another.
func after(n int, first, then string) string {
	return "count=$(cat \"$DSS_HOME/count$verb\" 2>/dev/null || echo 0)\n" +
		"mkdir -p \"$(dirname \"$DSS_HOME/count$verb\")\"\necho $((count + 1)) > \"$DSS_HOME/count$verb\"\n" +
		"if [ $count -lt " + intText(n) + " ]; then\n" + first + "\nelse\n" + then + "\nfi\n"
}

var quick = dss.FenceOptions{Interval: time.Millisecond} // read-only

func TestFence(t *testing.T) {
	cmd := newStandIn(t, map[string]string{"kickh": kicks, "inq_reg": gone, "inq": clean})
	fenced, err := cmd.Fence(t.Context(), 1, quick)
	if err != nil || fenced.Victim != 1 || fenced.Attempts != 1 || fenced.Registration.State != dss.RegNone || len(fenced.Volumes) != 2 {
		t.Errorf("%+v, %v", fenced, err)
	}
	check(t, "calls", cmd.calls(), []string{"kickh -i 1", "inq_reg -i 1", "inq -t reg"})
}

// TestFenceTriesAgain: what kickh passed over without a word is kicked again
// until it is seen to be gone.
func TestFenceTriesAgain(t *testing.T) {
	for name, verbs := range map[string]map[string]string{
		"registered for a while":      {"kickh": kicks, "inq_reg": after(2, registered, gone), "inq": clean},
		"a further volume":            {"kickh": kicks, "inq_reg": gone, "inq": after(2, table+"echo '/dev/a 5 0 0'\necho '/dev/b 5 0 0,1'\n"+end, clean)},
		"no reservation for a while":  {"kickh": kicks, "inq_reg": gone, "inq": after(2, table+"echo '/dev/a 5 - 0'\n"+end, clean)},
		"kickh fails for a while":     {"kickh": after(2, "echo Failed to kick host, kickid 1.; exit 255", kicks), "inq_reg": gone, "inq": clean},
		"inq_reg fails for a while":   {"kickh": kicks, "inq_reg": after(2, "exit 255", gone), "inq": clean},
		"inquiries fail for a while":  {"kickh": kicks, "inq_reg": gone, "inq": after(2, "exit 255", clean)},
		"answers cut off for a while": {"kickh": kicks, "inq_reg": gone, "inq": after(2, table, clean)},
	} {
		cmd := newStandIn(t, verbs)
		fenced, err := cmd.Fence(t.Context(), 1, quick)
		if err != nil || fenced.Attempts != 3 {
			t.Errorf("%s: %+v, %v", name, fenced, err)
		}
	}
}

func TestFenceThatCannotBeProven(t *testing.T) {
	for name, test := range map[string]struct {
		verbs  map[string]string
		opts   dss.FenceOptions
		reason string
		kicked bool
	}{
		"still registered":      {map[string]string{"kickh": kicks, "inq_reg": registered}, quick, "it is registered", true},
		"partly":                {map[string]string{"kickh": kicks, "inq_reg": "echo 'The node 1 is registered partially, inq_result = 1.'\nexit 1"}, quick, "it is partly registered", true},
		"words without status":  {map[string]string{"kickh": kicks, "inq_reg": "exit 0"}, quick, "its registration is not known", true},
		"another instance":      {map[string]string{"kickh": kicks, "inq_reg": strings.ReplaceAll(gone, "node 1", "node 2")}, quick, "its registration is not known", true},
		"unknown command":       {map[string]string{"kickh": kicks}, quick, "its registration is not known", true},
		"blind":                 {map[string]string{"kickh": kicks, "inq_reg": strings.ReplaceAll(gone, "=0,", "=-1")}, quick, "no key at all is seen at the entry volumes, not even this host's", true},
		"not registered itself": {map[string]string{"kickh": kicks, "inq_reg": strings.ReplaceAll(gone, "=0,", "=2,")}, quick, "this host's key is not seen at the entry volumes, so that its kickh does nothing", true},
		"contradiction":         {map[string]string{"kickh": kicks, "inq_reg": strings.ReplaceAll(gone, "=0,", "=0,1,")}, quick, "its key is still seen at an entry volume", true},
		"no volume":             {map[string]string{"kickh": kicks, "inq_reg": gone, "inq": table + end}, quick, "no volume is seen", true},
		"no reservation":        {map[string]string{"kickh": kicks, "inq_reg": gone, "inq": table + "echo '/dev/a 1 - 0'\n" + end}, quick, "/dev/a has no reservation", true},
		"reserved by it":        {map[string]string{"kickh": kicks, "inq_reg": gone, "inq": table + "echo '/dev/a 1 1 0'\n" + end}, quick, "/dev/a is reserved by it", true},
		"two volumes":           {map[string]string{"kickh": kicks, "inq_reg": gone, "inq": table + "echo '/dev/a 1 0 1'\necho '/dev/b 1 2 2'\n" + end}, quick, "/dev/a has its key, /dev/b does not have this host's key", true},
		"kickh fails":           {map[string]string{"kickh": "exit 255", "inq_reg": gone, "inq": clean}, quick, "it is registered nowhere, but kickh failed, which also clears its locks", false},
		"as CM, registered":     {map[string]string{"kickh": kicks, "inq_reg": registered}, dss.FenceOptions{Interval: time.Millisecond, EntryVolumesOnly: true}, "it is registered", true},
	} {
		err := fenceTwice(newStandIn(t, test.verbs), test.opts)
		var unfenced *dss.FenceError
		if !errors.Is(err, dss.ErrNotFenced) || !errors.Is(err, context.Canceled) || !errors.As(err, &unfenced) || unfenced.Victim != 1 ||
			unfenced.Attempts < 2 || unfenced.Kicked != test.kicked || unfenced.Reason != test.reason {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "dss: not proven to be fenced: instance 1, after ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// fenceTwice fences and ends the context during the second attempt or later,
// so that one attempt at least was not cut off.
func fenceTwice(cmd standIn, opts dss.FenceOptions) error {
	cmd.t.Helper()
	ctx, cancel := context.WithCancel(cmd.t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := cmd.Fence(ctx, 1, opts)
		done <- err
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(filepath.Join(cmd.Home, "calls"))
		if err == nil && strings.Count(string(text), "kickh") > 1 {
			cancel()
			return <-done
		}
		select {
		case err := <-done:
			return err
		case <-tick.C:
		}
	}
}

// TestFenceGivesUpEarly: no attempt more where none can help.
func TestFenceGivesUpEarly(t *testing.T) {
	cmd := newStandIn(t, map[string]string{"kickh": kicks, "inq_reg": "echo Begin to inq reg.\nkill -PIPE $$", "inq": clean})
	if _, err := cmd.Fence(t.Context(), 1, quick); !errors.Is(err, dss.ErrNotFenced) || !errors.Is(err, dss.ErrNoHelper) {
		t.Errorf("no helper: %v", err)
	}
	for name, change := range map[string]func(*dss.Cmd) int{
		"itself":     func(*dss.Cmd) int { return 0 },
		"nobody":     func(*dss.Cmd) int { return 64 },
		"no program": func(c *dss.Cmd) int { c.Path += "x"; return 1 },
		"no home":    func(c *dss.Cmd) int { c.Home += "x"; return 1 },
		"no path":    func(c *dss.Cmd) int { c.Path = "dsscmd"; return 1 },
	} {
		c := cmd.Cmd
		victim := change(&c)
		_, err := c.Fence(t.Context(), victim, quick)
		var unfenced *dss.FenceError
		if !errors.Is(err, dss.ErrNotFenced) || !errors.As(err, &unfenced) || unfenced.Attempts > 1 || unfenced.Kicked {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFenceAsCM(t *testing.T) {
	cmd := newStandIn(t, map[string]string{"kickh": kicks, "inq_reg": gone})
	fenced, err := cmd.Fence(t.Context(), 1, dss.FenceOptions{EntryVolumesOnly: true})
	if err != nil || fenced.Volumes != nil {
		t.Errorf("%+v, %v", fenced, err)
	}
	check(t, "calls", cmd.calls(), []string{"kickh -i 1", "inq_reg -i 1"})
}
