// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

func endpoint(t testing.TB, address string, port uint16) replconn.Endpoint {
	t.Helper()
	e, err := replconn.DeriveEndpoint(host(t, address), port)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// three is a cluster with a cascade standby.
func three(t testing.TB) replconn.Mesh {
	return replconn.Mesh{Members: []replconn.Member{
		{Name: "dn1", Endpoint: endpoint(t, "10.0.0.1", 5432)},
		{Name: "dn2", Endpoint: endpoint(t, "10.0.0.2", 5432)},
		{Name: "dn3", Endpoint: endpoint(t, "10.0.0.3", 6432), Cascade: true},
	}}
}

func settingsOf(t testing.TB, m replconn.Mesh) []replconn.MemberSettings {
	t.Helper()
	all, err := m.Settings()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEndpointsAreDerivedAsTheToolsDo(t *testing.T) {
	e := endpoint(t, "fe80::1%eth0", 5432)
	if e.Port != 5433 || e.HeartbeatPort != 5437 || e.ServicePort != 5436 || e.String() != "[fe80::1%eth0]:5433" {
		t.Errorf("got %+v", e)
	}
	for _, port := range []uint16{0, 65531, 65535} {
		if e, err := replconn.DeriveEndpoint(host(t, "a"), port); err == nil {
			t.Errorf("port %d gives %+v", port, e)
		}
	}
	endpoint(t, "a", 65530)
}

func TestMeshWritesEveryKindOfLink(t *testing.T) {
	m := three(t)
	uwal := replconn.Uwal{NodeID: 2, Host: host(t, "10.1.0.2"), Port: 9000}
	m.Members[1].Uwal = uwal
	got := settingsOf(t, m)
	const local = "localhost=10.0.0.1 localport=5433 localheartbeatport=5437 localservice=5436 "
	const to2 = local + "remotehost=10.0.0.2 remoteport=5433 remoteheartbeatport=5437 remoteservice=5436 remotenodeid=2 remoteuwalhost=10.1.0.2 remoteuwalport=9000"
	const to3 = local + "remotehost=10.0.0.3 remoteport=6433 remoteheartbeatport=6437 remoteservice=6436"
	if one, two := got[0].Settings.Get(replconn.Own(1)), got[0].Settings.Get(replconn.Own(2)); one != to2 || two != to3+" iscascade=true" {
		t.Errorf("got\n%s\n%s", one, two)
	}

	m = three(t)
	m.Recovery = replconn.RecoveryStreaming
	m.Members[2].Cluster, m.Members[2].Cascade = 1, false
	m.Members[0].CrossHost = host(t, "10.9.0.1")
	got = settingsOf(t, m)
	inside := strings.Replace(to2, " remotenodeid=2 remoteuwalhost=10.1.0.2 remoteuwalport=9000", "", 1) + " iscascade=true iscrossregion=false"
	across := strings.Replace(to3, "10.0.0.1", "10.9.0.1", 1) + " iscascade=false iscrossregion=true"
	if one, two := got[0].Settings.Get(replconn.Own(1)), got[0].Settings.Get(replconn.Own(2)); one != inside || two != across {
		t.Errorf("streaming: got\n%s\n%s", one, two)
	}

	m.Recovery = replconn.RecoveryShared
	got = settingsOf(t, m)
	if s := got[0].Settings.Get(replconn.CrossCluster(1)); s != "localhost=10.9.0.1 localport=5433 remotehost=10.0.0.3 remoteport=6433" || got[0].Settings.Get(replconn.Own(2)) != "" {
		t.Errorf("shared: got %+v", got[0])
	}
}

func TestMeshRefusesWhatCannotWork(t *testing.T) {
	many := replconn.Mesh{}
	for i := range 10 {
		many.Members = append(many.Members, replconn.Member{Name: fmt.Sprint(i), Endpoint: endpoint(t, fmt.Sprintf("10.0.0.%d", i+1), 5432)})
	}
	for _, tt := range []struct {
		name string
		edit func(*replconn.Mesh)
		kind replconn.ConflictKind
	}{
		{"no name", func(m *replconn.Mesh) { m.Members[1].Name = "" }, replconn.ConflictName},
		{"same name", func(m *replconn.Mesh) { m.Members[1].Name = "dn1" }, replconn.ConflictName},
		{"no host", func(m *replconn.Mesh) { m.Members[1].Endpoint.Host = replconn.Host{} }, replconn.ConflictEndpoint},
		{"no port", func(m *replconn.Mesh) { m.Members[1].Endpoint.Port = 0 }, replconn.ConflictEndpoint},
		{"host too long here", func(m *replconn.Mesh) { m.Members[1].Endpoint.Host = host(t, strings.Repeat("h", 63)) }, replconn.ConflictEndpoint},
		{"third cluster", func(m *replconn.Mesh) { m.Members[1].Cluster = 2 }, replconn.ConflictCluster},
		{"recovery of one cluster", func(m *replconn.Mesh) { m.Recovery = replconn.RecoveryStreaming }, replconn.ConflictRecovery},
		{"two clusters without", func(m *replconn.Mesh) { m.Members[1].Cluster = 1 }, replconn.ConflictRecovery},
		{"same address", func(m *replconn.Mesh) { m.Members[1].Endpoint = m.Members[0].Endpoint }, replconn.ConflictPort},
		{"heartbeat on another's port", func(m *replconn.Mesh) {
			m.Members[1].Endpoint.Host = m.Members[0].Endpoint.Host
			m.Members[1].Endpoint.Port, m.Members[1].Endpoint.HeartbeatPort = 7000, 5433
		}, replconn.ConflictPort},
		{"own heartbeat", func(m *replconn.Mesh) { m.Members[1].Endpoint.HeartbeatPort = m.Members[1].Endpoint.Port }, replconn.ConflictPort},
		{"zones do not help", func(m *replconn.Mesh) {
			m.Members[0].Endpoint.Host, m.Members[1].Endpoint.Host = host(t, "fe80::1%a"), host(t, "fe80::1%b")
		}, replconn.ConflictPort},
		{"ten members", func(m *replconn.Mesh) { *m = many }, replconn.ConflictTooMany},
	} {
		m := three(t)
		tt.edit(&m)
		all, err := m.Settings()
		var bad *replconn.MeshError
		if !errors.As(err, &bad) || all != nil {
			t.Errorf("%s: %v, %v", tt.name, all, err)
			continue
		}
		if !slices.ContainsFunc(bad.Conflicts, func(c replconn.Conflict) bool { return c.Kind == tt.kind }) {
			t.Errorf("%s: want %s, got %v", tt.name, tt.kind, err)
		}
	}
	nine := replconn.Mesh{Members: many.Members[:9]}
	if len(settingsOf(t, nine)) != 9 {
		t.Error("nine members do not fit")
	}
}

func TestRebuildListsContradictions(t *testing.T) { // long: a table
	own := replconn.Own
	type list = []replconn.MemberSettings
	replace := func(i int, slot replconn.Slot, old, new string) func(list) {
		return func(all list) {
			text := all[i].Settings.Get(slot)
			if !strings.Contains(text, old) {
				t.Fatalf("%s has no %q", text, old)
			}
			all[i].Settings = all[i].Settings.With(slot, strings.Replace(text, old, new, 1))
		}
	}
	clear := func(i int, slot replconn.Slot) func(list) {
		return func(all list) { all[i].Settings = all[i].Settings.With(slot, "") }
	}
	for _, tt := range []struct {
		name string
		edit func(list)
		want []replconn.Conflict
	}{
		{"nothing wrong", func(list) {}, nil},
		{"one side missing", clear(0, own(2)), []replconn.Conflict{
			{Kind: replconn.ConflictOneSided, Member: "dn3", Slot: own(1), Peer: "dn1"}}},
		{"both sides missing", func(all list) { clear(0, own(2))(all); clear(2, own(1))(all) }, []replconn.Conflict{
			{Kind: replconn.ConflictUnlinked, Member: "dn1", Peer: "dn3"}}},
		{"leads nowhere", replace(0, own(2), "remoteport=6433", "remoteport=6444"), []replconn.Conflict{
			{Kind: replconn.ConflictUnknownPeer, Member: "dn1", Slot: own(2), Got: "10.0.0.3:6444"},
			{Kind: replconn.ConflictOneSided, Member: "dn3", Slot: own(1), Peer: "dn1"}}},
		{"leads home", replace(0, own(2), "remotehost=10.0.0.3 remoteport=6433", "remotehost=10.0.0.1 remoteport=5433"), []replconn.Conflict{
			{Kind: replconn.ConflictSelf, Member: "dn1", Slot: own(2), Got: "10.0.0.1:5433"},
			{Kind: replconn.ConflictOneSided, Member: "dn3", Slot: own(1), Peer: "dn1"}}},
		{"twice the same peer", func(all list) {
			all[0].Settings = all[0].Settings.With(own(5), all[0].Settings.Get(own(1)))
		}, []replconn.Conflict{
			{Kind: replconn.ConflictDuplicate, Member: "dn1", Slot: own(5), Peer: "dn2", OtherSlot: own(1)}}},
		{"not valid", replace(1, own(1), "localport=5433", "localport=x"), []replconn.Conflict{
			{Kind: replconn.ConflictInvalid, Member: "dn2", Slot: own(1)},
			{Kind: replconn.ConflictOneSided, Member: "dn1", Slot: own(1), Peer: "dn2"}}},
		{"several channels", func(all list) {
			text := all[1].Settings.Get(own(1))
			all[1].Settings = all[1].Settings.With(own(1), text+","+text)
		}, []replconn.Conflict{{Kind: replconn.ConflictSeveral, Member: "dn2", Slot: own(1), Got: "2", Want: "1"}}},
		{"disagrees with itself", replace(1, own(2), "localheartbeatport=5437", "localheartbeatport=5438"), []replconn.Conflict{
			{Kind: replconn.ConflictLocal, Member: "dn2", Slot: own(2), Key: "localheartbeatport", Got: "5438", Want: "5437"}}},
		{"disagrees with the peer", replace(1, own(2), "remoteservice=6436", "remoteservice=1"), []replconn.Conflict{
			{Kind: replconn.ConflictRemote, Member: "dn2", Slot: own(2), Peer: "dn3", Key: "remoteservice", Got: "1", Want: "6436"}}},
		{"disagrees on who cascades", replace(1, own(2), " iscascade=true", ""), []replconn.Conflict{
			{Kind: replconn.ConflictFlags, Member: "dn2", Slot: own(2), Peer: "dn3", Key: "iscascade", Got: "false", Want: "true"}}},
		{"uwal on one side only", func(all list) {
			all[2].Settings = all[2].Settings.With(own(2), all[2].Settings.Get(own(2))+" remotenodeid=7")
		}, []replconn.Conflict{
			{Kind: replconn.ConflictRemote, Member: "dn3", Slot: own(2), Peer: "dn2", Key: "remotenodeid", Got: "7", Want: "0"}}},
		{"uwal differs", func(all list) {
			const uwal = " remotenodeid=7 remoteuwalhost=10.1.0.2 remoteuwalport=9000"
			all[0].Settings = all[0].Settings.With(own(1), all[0].Settings.Get(own(1))+uwal)
			all[2].Settings = all[2].Settings.With(own(2), all[2].Settings.Get(own(2))+strings.NewReplacer("10.1.0.2", "10.1.0.3", "9000", "9001").Replace(uwal))
		}, []replconn.Conflict{
			{Kind: replconn.ConflictRemote, Member: "dn3", Slot: own(2), Peer: "dn2", Key: "remoteuwalhost", Got: "10.1.0.3", Want: "10.1.0.2"},
			{Kind: replconn.ConflictRemote, Member: "dn3", Slot: own(2), Peer: "dn2", Key: "remoteuwalport", Got: "9001", Want: "9000"}}},
		{"other host for itself", replace(1, own(2), "localhost=10.0.0.2", "localhost=10.0.0.22"), []replconn.Conflict{
			{Kind: replconn.ConflictLocal, Member: "dn2", Slot: own(2), Key: "localhost", Got: "10.0.0.22", Want: "10.0.0.2"}}},
		{"same port", func(all list) {
			// dn3 moves to the address of dn2's heartbeat, and all know it.
			for i := range all {
				for slot, text := range all[i].Settings.All() {
					text = strings.ReplaceAll(text, "host=10.0.0.3", "host=10.0.0.2")
					all[i].Settings = all[i].Settings.With(slot, strings.ReplaceAll(text, "port=6433", "port=5437"))
				}
			}
		}, []replconn.Conflict{
			{Kind: replconn.ConflictPort, Member: "dn3", Peer: "dn2", Key: "localport", Got: "10.0.0.2:5437"}}},
		{"cross-region on one side", replace(0, own(1), "remoteservice=5436", "remoteservice=5436 iscrossregion=true"), []replconn.Conflict{
			{Kind: replconn.ConflictCluster, Member: "dn2", Slot: own(2), Peer: "dn3"},
			{Kind: replconn.ConflictFlags, Member: "dn1", Slot: own(1), Peer: "dn2", OtherSlot: own(1), Key: "iscrossregion", Got: "true", Want: "false"},
			{Kind: replconn.ConflictFlags, Member: "dn2", Slot: own(1), Peer: "dn1", Key: "iscascade", Got: "false", Want: "true"},
			{Kind: replconn.ConflictFlags, Member: "dn3", Slot: own(1), Peer: "dn1", Key: "iscascade", Got: "false", Want: "true"},
			{Kind: replconn.ConflictFlags, Member: "dn3", Slot: own(2), Peer: "dn2", Key: "iscascade", Got: "false", Want: "true"}}},
		{"both kinds of recovery", func(all list) {
			replace(0, own(1), "remoteservice=5436", "remoteservice=5436 iscascade=true iscrossregion=true")(all)
			all[0].Settings = all[0].Settings.With(replconn.CrossCluster(1), all[0].Settings.Get(own(2)))
		}, []replconn.Conflict{
			{Kind: replconn.ConflictRecovery, Member: "dn1", Slot: replconn.CrossCluster(1), Got: "shared", Want: "streaming"}}},
	} {
		all := settingsOf(t, three(t))
		tt.edit(all)
		_, got := replconn.Rebuild(all)
		for i := range got {
			if (got[i].Err != nil) != (got[i].Kind == replconn.ConflictInvalid) {
				t.Errorf("%s: %v has the wrong cause", tt.name, got[i])
			}
			got[i].Err = nil
		}
		if tt.name == "both kinds of recovery" { // and many that follow
			got = got[:min(len(got), 1)]
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %v\nwant %v", tt.name, got, tt.want)
		}
	}
}

// randomMesh makes a mesh that Rebuild can give back exactly: first member in
// cluster 0, nothing said that the settings of its kind cannot hold.
func randomMesh(rng *rand.Rand) (m replconn.Mesh) {
	m.Recovery = replconn.Recovery(rng.IntN(3))
	n := 2 + rng.IntN(8)
	if m.Recovery == replconn.RecoveryShared {
		n = 2 + rng.IntN(7)
		m.SharedStorage = n > 2 && rng.IntN(2) == 0
	}
	size := [2]int{n, 0}
	for i := range n {
		e := replconn.Endpoint{Host: randomHost(rng, i), Port: uint16(1 + rng.IntN(65534))}
		if !m.SharedStorage && rng.IntN(4) > 0 {
			e.HeartbeatPort, e.ServicePort = e.Port+1, uint16(1+rng.IntN(65535))
		}
		a := replconn.Member{Name: fmt.Sprintf("m%d", i), Endpoint: e}
		if m.Recovery != replconn.RecoveryNone && i > 0 && (i == n-1 || rng.IntN(2) == 0) {
			a.Cluster = 1
			size[0]--
			size[1]++
		}
		m.Members = append(m.Members, a)
	}
	for i := range m.Members {
		a := &m.Members[i]
		alone := size[a.Cluster] == 1 || m.SharedStorage
		if m.Recovery == replconn.RecoveryShared && alone { // four fields only
			a.Endpoint = replconn.Endpoint{Host: a.Endpoint.Host, Port: a.Endpoint.Port}
			continue
		}
		if m.Recovery != replconn.RecoveryNone && !alone && rng.IntN(2) == 0 {
			a.CrossHost = replconn.HostFrom(netip.AddrFrom4([4]byte{172, 16, 0, byte(i)}))
		}
		if m.Recovery != replconn.RecoveryStreaming && rng.IntN(3) == 0 {
			a.Cascade = true
		}
		if rng.IntN(3) == 0 {
			a.Uwal = replconn.Uwal{NodeID: rng.Int32N(100), Host: randomHost(rng, i+100), Port: uint16(1 + rng.IntN(65535))}
		}
	}
	return m
}

func randomHost(rng *rand.Rand, i int) replconn.Host {
	text := [...]string{"10.%d.0.1", "node-%d.example", "2001:db8:%d::1", "fe80::%d%%eth0"}[rng.IntN(4)]
	h, err := replconn.ParseHost(fmt.Sprintf(text, i))
	if err != nil {
		panic(err)
	}
	return h
}

func TestRandomMeshComesBackFromItsSettings(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	kinds := make(map[string]int)
	for range 500 {
		m := randomMesh(rng)
		all := settingsOf(t, m)
		got, found := replconn.Rebuild(all)
		if len(found) > 0 || !reflect.DeepEqual(got, m) {
			t.Fatalf("mesh  %+v\nback  %+v\nfound %v", m, got, found)
		}
		kinds[fmt.Sprint(m.Recovery, m.SharedStorage)]++
		for _, s := range all {
			for slot, text := range s.Settings.All() {
				v, err := replconn.Parse(text)
				if err != nil || v.String() != text {
					t.Fatalf("%s: %q is not canonical: %v", slot, text, err)
				}
				canonicalHolds(t, v)
				if bad := replconn.Lint(slot, text).Of(replconn.ReaderCareful, replconn.ReaderServer, replconn.ReaderGsCtl, replconn.ReaderFile); len(bad) > 0 {
					t.Fatalf("%q\n%s", text, bad)
				}
			}
		}
	}
	if len(kinds) != 4 {
		t.Errorf("kinds of mesh tried: %v", kinds)
	}
}

// TestEveryDamageToAMeshIsNoticed empties or bends one setting of a random
// mesh: Rebuild must find at least one contradiction.
func TestEveryDamageToAMeshIsNoticed(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		m := randomMesh(rng)
		all := settingsOf(t, m)
		victim := &all[rng.IntN(len(all))]
		var slots []replconn.Slot
		for slot := range victim.Settings.All() {
			slots = append(slots, slot)
		}
		slot := slots[rng.IntN(len(slots))]
		v := parsed(t, victim.Settings.Get(slot))
		c := &v.Channels[0]
		damage := rng.IntN(4)
		switch damage {
		case 0:
			v = replconn.Value{}
		case 1:
			c.Remote.Port ^= 1
		case 2:
			c.Remote = c.Local
		case 3:
			c.Remote.Host = host(t, "192.0.2.1")
		}
		victim.Settings = victim.Settings.With(slot, v.String())
		if _, found := replconn.Rebuild(all); len(found) == 0 {
			t.Fatalf("damage %d to %s of %s in %+v goes unnoticed", damage, slot, victim.Member, m)
		}
	}
}

func TestConflictsReadAsSentences(t *testing.T) {
	all := settingsOf(t, three(t))
	all[0].Settings = all[0].Settings.With(replconn.Own(1), "localhost=10.0.0.1")
	_, found := replconn.Rebuild(all)
	want := `member "dn1": replconninfo1: value is not valid (invalid): invalid value: ` +
		`offset 0: localport: required key is missing (missing-key); offset 0: remotehost: required key is missing (missing-key); offset 0: remoteport: required key is missing (missing-key)`
	if len(found) != 2 || found[0].Error() != want || !errors.Is(found[0], replconn.ErrInvalid) {
		t.Errorf("got  %v\nwant %s", found, want)
	}
	if want := `member "dn2": replconninfo1: the peer has no channel back (one-sided), peer "dn1"`; found[1].Error() != want {
		t.Errorf("got  %v\nwant %s", found[1], want)
	}
	m := three(t)
	m.Members[1].Name = ""
	_, err := m.Settings()
	var c replconn.Conflict
	if want := `replconn: invalid mesh: member "": member names must be given and different (name)`; err == nil || err.Error() != want || !errors.As(err, &c) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
