// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

func TestReloadSaysWhatTheServerWillDo(t *testing.T) { // long: a table
	own, cross := replconn.Own, replconn.CrossCluster
	type settings = map[replconn.Slot]string
	other := strings.Replace(base, "5434", "6434", 1)
	moved := strings.Replace(base, "5433", "7433", 1)
	at := func(port uint16) []replconn.Listener { return []replconn.Listener{{Host: "10.0.0.1", Port: port}} }
	primary := replconn.Running{Mode: replconn.ModePrimary}
	standby := replconn.Running{Mode: replconn.ModeOther, Receiver: own(2)}

	for _, tt := range []struct {
		name     string
		old, new settings
		running  replconn.Running
		changes  []replconn.Change
		want     replconn.Effect // without Changes
	}{
		{"nothing", settings{own(1): base}, settings{own(1): base}, primary, nil,
			replconn.Effect{Kept: []replconn.Slot{own(1)}, Connections: 1, Mode: replconn.ModePrimary}},
		{"another address", settings{own(1): base, own(2): other}, settings{own(1): base, own(2): moved}, standby,
			[]replconn.Change{replconn.ChangedAddress},
			replconn.Effect{SendersEnded: []replconn.Slot{own(2)}, Kept: []replconn.Slot{own(1)}, ReceiverRestarted: true, ListenersRebuilt: true,
				Opened: at(7433), HeartbeatRestarted: true, Connections: 2, Mode: replconn.ModeOther}},
		{"a blank more counts as another address", settings{own(1): base}, settings{own(1): base + " "}, primary,
			[]replconn.Change{replconn.ChangedAddress},
			replconn.Effect{SendersEnded: []replconn.Slot{own(1)}, ListenersRebuilt: true, HeartbeatRestarted: true, Connections: 1, Mode: replconn.ModePrimary}},
		{"one more peer", settings{own(1): base}, settings{own(1): base, own(2): other}, primary,
			[]replconn.Change{replconn.AddedOldLocal},
			replconn.Effect{Kept: []replconn.Slot{own(1)}, HeartbeatRestarted: true, Connections: 2, Mode: replconn.ModePrimary}},
		{"one more peer at a new address of ours", settings{own(1): base}, settings{own(1): base, own(2): moved}, primary,
			[]replconn.Change{replconn.AddedNewLocal},
			replconn.Effect{Kept: []replconn.Slot{own(1)}, ListenersRebuilt: true, Opened: at(7433), HeartbeatRestarted: true, Connections: 2, Mode: replconn.ModePrimary}},
		{"the first peer of a single server", nil, settings{own(1): base}, replconn.Running{},
			[]replconn.Change{replconn.AddedOldLocal}, // compared with itself: no listener
			replconn.Effect{Unopened: at(5433), HeartbeatRestarted: true, Connections: 1, Mode: replconn.ModePrimary}},
		{"in slot 2 it goes unnoticed", nil, settings{own(2): base}, replconn.Running{},
			[]replconn.Change{replconn.AddedNewLocal},
			replconn.Effect{Deferred: true, Unopened: at(5433), Stale: true}},
		{"with DMS it stays normal", nil, settings{own(1): base}, replconn.Running{DMS: true},
			[]replconn.Change{replconn.AddedOldLocal},
			replconn.Effect{Deferred: true, Unopened: at(5433), Stale: true}},
		{"any reload makes a normal server primary", settings{own(1): base}, settings{own(1): base}, replconn.Running{}, nil,
			replconn.Effect{Kept: []replconn.Slot{own(1)}, Connections: 1, Mode: replconn.ModePrimary}},
		{"the last peer goes", settings{own(1): base}, nil, primary,
			[]replconn.Change{replconn.ChangedAddress}, // the count is not taken anew
			replconn.Effect{SendersEnded: []replconn.Slot{own(1)}, ListenersRebuilt: true, Closed: at(5433), HeartbeatRestarted: true,
				Connections: 1, Stale: true, Mode: replconn.ModePrimary}},
		{"the last cross-region peer goes", settings{own(1): base + " iscrossregion=true"}, nil, primary,
			[]replconn.Change{replconn.ChangedAddress}, // leaving cross-region mode, it is
			replconn.Effect{SendersEnded: []replconn.Slot{own(1)}, ListenersRebuilt: true, Closed: at(5433), HeartbeatRestarted: true, Mode: replconn.ModeNormal}},
		{"the last cross-cluster peer goes", settings{cross(1): base}, nil, primary,
			[]replconn.Change{replconn.ChangedCross},
			replconn.Effect{SendersEnded: []replconn.Slot{own(1)}, Kept: []replconn.Slot{cross(1)}, ListenersRebuilt: true, Closed: at(5433), Mode: replconn.ModeNormal}},
		{"disaster recovery begins", settings{own(1): base}, settings{own(1): base + " iscascade=true iscrossregion=false", own(2): other + " iscascade=false iscrossregion=true"}, primary,
			[]replconn.Change{replconn.AddedRecovery, replconn.AddedOldLocal},
			replconn.Effect{Kept: []replconn.Slot{own(1)}, HeartbeatRestarted: true, CrossRegion: true, Connections: 2, Mode: replconn.ModePrimary}},
		{"disaster recovery ends", settings{own(1): base + " iscascade=true iscrossregion=false", own(2): other + " iscascade=false iscrossregion=true"}, settings{own(1): base}, primary,
			[]replconn.Change{replconn.Unchanged, replconn.RemovedRecovery}, // the old text begins with the new one
			replconn.Effect{Kept: []replconn.Slot{own(1), own(2)}, HeartbeatRestarted: true, Connections: 1, Mode: replconn.ModePrimary}},
		{"the beginning of the old text, in any case, is no change", settings{own(1): strings.Replace(base, "10.0.0.1", "DB1", 1) + " iscascade=true"},
			settings{own(1): strings.Replace(base, "10.0.0.1", "db1", 1)}, primary,
			[]replconn.Change{replconn.Unchanged}, // and yet db1 is what it uses from now on
			replconn.Effect{Kept: []replconn.Slot{own(1)}, Unopened: []replconn.Listener{{Host: "db1", Port: 5433}}, Connections: 1, Mode: replconn.ModePrimary}},
		{"cascade alone", settings{own(1): base}, settings{own(1): base + " iscascade=true"}, primary,
			[]replconn.Change{replconn.ChangedAddress},
			replconn.Effect{SendersEnded: []replconn.Slot{own(1)}, ListenersRebuilt: true, HeartbeatRestarted: true, Connections: 1, Mode: replconn.ModePrimary}},
		{"another cross-cluster peer disturbs the wrong channel", settings{own(1): base, cross(1): base}, settings{own(1): base, cross(1): moved},
			replconn.Running{Mode: replconn.ModeOther, Receiver: own(1)},
			[]replconn.Change{replconn.ChangedCross},
			replconn.Effect{SendersEnded: []replconn.Slot{own(1)}, Kept: []replconn.Slot{cross(1)}, ReceiverRestarted: true, ListenersRebuilt: true,
				Opened: at(7433), Connections: 2, Mode: replconn.ModeOther}},
		{"a value that does not pass", settings{own(1): base}, settings{own(1): "localhost=10.0.0.1"}, primary,
			[]replconn.Change{replconn.Unchanged},
			replconn.Effect{Kept: []replconn.Slot{own(1)}, Connections: 1, Mode: replconn.ModePrimary}},
		{"a value that overruns", settings{own(1): base}, settings{own(1): "localhost=10.0.0.1 localport=1 remoteport=2 remotehost=a"}, primary,
			[]replconn.Change{replconn.ChangedAddress},
			replconn.Effect{Unpredictable: true, SendersEnded: []replconn.Slot{own(1)}, ListenersRebuilt: true, Closed: at(5433), HeartbeatRestarted: true,
				Connections: 1, Stale: true, Mode: replconn.ModePrimary}},
		{"a count that was stale", settings{own(1): base}, settings{own(1): base}, replconn.Running{Mode: replconn.ModePrimary, Connections: 3}, nil,
			replconn.Effect{Kept: []replconn.Slot{own(1)}, Connections: 3, Stale: true, Mode: replconn.ModePrimary}},
	} {
		set := func(m settings) (s replconn.Settings) {
			for slot, text := range m {
				s = s.With(slot, text)
			}
			return s
		}
		got := replconn.Reload(set(tt.old), set(tt.new), tt.running)
		var kinds []replconn.Change
		for _, c := range got.Changes {
			kinds = append(kinds, c.Change)
			if c.Refused != (tt.name == "a value that does not pass") {
				t.Errorf("%s: %s refused: %v", tt.name, c.Slot, c.Refused)
			}
		}
		if !reflect.DeepEqual(kinds, tt.changes) {
			t.Errorf("%s: changes %v, want %v", tt.name, kinds, tt.changes)
		}
		got.Changes = nil
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}
