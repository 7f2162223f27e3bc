// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

// TestSyncInForce: settings under which the server acknowledges what no standby
// has are asynchronous, whatever the names say.
func TestSyncInForce(t *testing.T) {
	const names = "ANY 1(dn2,dn3)"
	set := ha.SyncSet{K: 1, Members: []ha.MemberID{"dn2", "dn3"}}
	for _, c := range []struct {
		names, mostAvailable, commit string
		want                         ha.SyncSet
		isOdd                        bool
	}{
		{names, "off", "on", set, false},
		{names, "off", "remote_apply", set, false},
		{"", "on", "off", ha.SyncSet{}, false},
		{names, "on", "on", ha.SyncSet{}, true},
		{names, "off", "local", ha.SyncSet{}, true},
		{names, "off", "remote_write", ha.SyncSet{}, true},
		{"*", "off", "on", ha.SyncSet{}, true},
	} {
		got, err := opengauss.SyncInForce(c.names, c.mostAvailable, c.commit)
		if !got.Equal(c.want) || (err != nil) != c.isOdd {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
}

func TestReceivers(t *testing.T) {
	q, err := opengauss.ParseQuery(read(t, "query/primary.gs_ctl-query-quorum.out"))
	if err != nil {
		t.Fatal(err)
	}
	var senders []opengauss.Downstream
	for i, s := range q.Senders {
		senders = append(senders, opengauss.Downstream{Name: []string{"DN3", "dn2", "x"}[i], Sender: s})
	}
	build := senders[0]
	build.Name, build.State = "dn4", opengauss.SenderBackup
	old := senders[1]
	old.State = opengauss.SenderCatchup
	got := opengauss.ReceiversOf(append([]opengauss.Downstream{build, old}, senders...))
	if len(got) < 2 || got[0].Member != "dn2" || got[1].Member != "dn3" || !got[0].Streaming || !got[0].Sync || got[0].Flushed == 0 || got[0].Applied == 0 {
		t.Errorf("%+v", got)
	}
	for application, want := range map[string]string{
		"WalSender to Standby[dn2]": "dn2", "WalSender to Build[a[b]]": "a[b]", "dn2": "dn2", "": "", "WalSender to Standby": "WalSender to Standby",
	} {
		if got := opengauss.StandbyName(application); got != want {
			t.Errorf("%q: %q", application, got)
		}
	}
}
