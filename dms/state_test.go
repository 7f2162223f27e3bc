// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"encoding"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// wordPointer is a pointer to an enumeration.
type wordPointer[E any] interface {
	*E
	encoding.TextUnmarshaler
}

// word is an enumeration.
type word interface {
	~uint8
	fmt.Stringer
	encoding.TextMarshaler
}

// roundTrip writes and reads each of n values, and what is none.
func roundTrip[E word, P wordPointer[E]](t *testing.T, n int) {
	t.Helper()
	names := map[string]bool{}
	for i := range n {
		v := E(i)
		text, err := v.MarshalText()
		if err != nil || string(text) != v.String() || names[v.String()] {
			t.Errorf("%T(%d) = %q, %q, %v", v, i, v, text, err)
		}
		names[v.String()] = true
		var back E
		for _, spelling := range []string{v.String(), strings.ToUpper(v.String())} {
			if err := P(&back).UnmarshalText([]byte(spelling)); err != nil || back != v {
				t.Errorf("%T: %q reads as %v, %v", v, spelling, back, err)
			}
		}
		if err := P(&back).UnmarshalText([]byte("nonsense")); !errors.Is(err, dms.ErrFormat) || back != v {
			t.Errorf("%T: nonsense reads as %v, %v", v, back, err)
		}
	}
	none := E(n)
	if text, err := none.MarshalText(); err == nil || !strings.Contains(none.String(), strconv.Itoa(n)) {
		t.Errorf("%T: %q is written as %q", none, none, text)
	}
}

func TestEnumerationsReadWhatTheyWrite(t *testing.T) {
	roundTrip[dms.Role](t, 3)
	roundTrip[dms.Status](t, 4)
	roundTrip[dms.MemberStatus](t, 3)
	roundTrip[dms.Phase](t, 6)
	roundTrip[dms.Progress](t, 3)
	roundTrip[dms.Action](t, 4)
	roundTrip[dms.NodeState](t, 13)
	roundTrip[dms.ClusterState](t, 3)
	roundTrip[dms.RunMode](t, 2)
	roundTrip[dms.LockMode](t, 3)
	roundTrip[dms.BuildState](t, 5)
	roundTrip[dms.PauseState](t, 5)
	roundTrip[dms.ReformType](t, 19)
}

// TestEnumerationsAreThoseOfTheLibrary compares with the enumerations of
// version 179, as a compiler sees them.
func TestEnumerationsAreThoseOfTheLibrary(t *testing.T) {
	text, err := os.ReadFile("testdata/enums.txt")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]int{}
	for _, m := range regexp.MustCompile(`(\w+)=(\d+)`).FindAllStringSubmatch(string(text), -1) {
		if values[m[1]], err = strconv.Atoi(m[2]); err != nil {
			t.Fatal(err)
		}
	}
	types, phases := 0, 0
	for name, number := range values {
		switch {
		case name == "DMS_REFORM_TYPE_COUNT":
			if _, ok := dms.ReformType(number).Number(); !ok || dms.ReformTypeOf(number) != dms.ReformUnknown {
				t.Errorf("the library has %d types", number)
			}
		case strings.HasPrefix(name, "DMS_REFORM_TYPE_"):
			types++
			got, err := dms.ParseReformType(name)
			if n, ok := got.Number(); err != nil || !ok || n != number || dms.ReformTypeOf(number) != got {
				t.Errorf("%s = %d: %v, %v", name, number, got, err)
			}
		case strings.HasPrefix(name, "DMS_PHASE_"):
			phases++
			if got, err := dms.ParsePhase(name); err != nil || int(got) != number {
				t.Errorf("%s = %d: %v, %v", name, number, got, err)
			}
		}
	}
	if types != 18 || phases != 6 || values["DMS_ROLE_REFORMER"] != int(dms.RoleReformer) || values["DMS_ROLE_PARTNER"] != int(dms.RolePartner) {
		t.Errorf("%d types, %d phases in %v", types, phases, values)
	}
	if dms.ReformTypeOf(-1) != dms.ReformUnknown || !dms.ReformTypeOf(4).IsOpenGauss() || !dms.ReformTypeOf(7).IsOpenGauss() || dms.ReformTypeOf(8).IsOpenGauss() || dms.ReformTypeOf(3).IsOpenGauss() {
		t.Error("types by number")
	}
}

func TestOtherSpellings(t *testing.T) {
	check := func(got fmt.Stringer, err error, want fmt.Stringer) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
	typ, err := dms.ParseReformType("SWITCHOVER FOR OPENGAUSS")
	check(typ, err, dms.ReformOpenGaussSwitchover)
	typ, err = dms.ParseReformType("SWITCHOVER")
	check(typ, err, dms.ReformSwitchover)
	state, err := dms.ParseClusterState("in on-demand redo")
	check(state, err, dms.ClusterOnDemandRedo)
	state, err = dms.ParseClusterState("ONDEMAND_RECOVERY_BUILD")
	check(state, err, dms.ClusterOnDemandBuild)
	mode, err := dms.ParseRunMode("standby cluster")
	check(mode, err, dms.RunModeStandby)
	mode, err = dms.ParseRunMode("cluster_primary")
	check(mode, err, dms.RunModePrimary)
	node, err := dms.ParseNodeState("NODESTATE_STANDBY_FAILOVER_PROMOTING")
	check(node, err, dms.NodeFailoverPromoting)
	pause, err := dms.ParsePauseState("PAUSE(for seg queue full)")
	check(pause, err, dms.PauseSegQueue)
	action, err := dms.ParseAction("kick off")
	check(action, err, dms.ActionRemoved)
	lock, err := dms.ParseLockMode("Exclusive lock")
	check(lock, err, dms.LockExclusive)
}

func TestInstanceSet(t *testing.T) {
	s := dms.SetOf(3, 0, 63, 64, -1, 3)
	if s.Len() != 3 || !s.Has(0) || !s.Has(63) || s.Has(64) || s.Has(-1) || s.Has(1) || s.String() != "0,3,63" {
		t.Errorf("%v has %d", s, s.Len())
	}
	for _, want := range []dms.InstanceSet{0, 1, s, ^dms.InstanceSet(0)} {
		text, err := want.MarshalText()
		var got dms.InstanceSet
		if err2 := got.UnmarshalText(text); err != nil || err2 != nil || got != want {
			t.Errorf("%d: %q, %v, %v, %v", want, text, got, err, err2)
		}
		if got, err := dms.ParseBitmap(strconv.FormatUint(uint64(want), 10)); err != nil || got != want {
			t.Errorf("%d as a bitmap: %v, %v", want, got, err)
		}
	}
	for _, bad := range []string{",", "64", "1,1", "01", "-1", "x", "1,"} {
		if got, err := dms.ParseInstanceSet(bad); !errors.Is(err, dms.ErrFormat) {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
	if _, err := dms.ParseBitmap("-1"); !errors.Is(err, dms.ErrFormat) {
		t.Error(err)
	}
}

func TestReleases(t *testing.T) {
	count := 0
	for r := range dms.Releases() {
		count++
		text, err := r.MarshalText()
		var back dms.Release
		if err2 := back.UnmarshalText(text); err != nil || err2 != nil || back != r {
			t.Errorf("%v: %v, %v, %v", r, back, err, err2)
		}
	}
	if count != 12 {
		t.Errorf("%d releases", count)
	}
	if _, err := dms.ParseRelease("3.1.0"); err == nil {
		t.Error("3.1.0 has shared storage")
	}
	if r, err := dms.ParseRelease("newest"); err != nil || r != dms.Newest {
		t.Error(r, err)
	}
	for _, none := range []dms.Release{13, 99} {
		if _, err := none.MarshalText(); err == nil || none.String() != fmt.Sprintf("Release(%d)", uint8(none)) {
			t.Error(none)
		}
	}
}
