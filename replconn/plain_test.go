// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

// TestCodesAreCompleteAndDifferent walks through each enumeration until its
// end: no value without a code, no code twice, and text that programs can use.
func TestCodesAreCompleteAndDifferent(t *testing.T) {
	type code interface {
		fmt.Stringer
		encoding.TextMarshaler
	}
	for name, enum := range map[string]struct {
		first, count int
		of           func(int) code
	}{
		"Reason":       {1, int(replconn.ReasonUwalPair), func(i int) code { return replconn.Reason(i) }},
		"Code":         {1, int(replconn.CodeQuoting), func(i int) code { return replconn.Code(i) }},
		"ConflictKind": {1, int(replconn.ConflictFlags), func(i int) code { return replconn.ConflictKind(i) }},
		"Change":       {0, int(replconn.ChangedCross) + 1, func(i int) code { return replconn.Change(i) }},
		"Outcome":      {0, int(replconn.OutcomeOverrun) + 1, func(i int) code { return replconn.Outcome(i) }},
		"Reader":       {0, int(replconn.ReaderFile) + 1, func(i int) code { return replconn.Reader(i) }},
		"Recovery":     {0, int(replconn.RecoveryShared) + 1, func(i int) code { return replconn.Recovery(i) }},
		"Mode":         {0, int(replconn.ModeOther) + 1, func(i int) code { return replconn.Mode(i) }},
	} {
		seen := make(map[string]bool)
		for i := range enum.count {
			c := enum.of(enum.first + i)
			text, err := c.MarshalText()
			if err != nil || string(text) != c.String() || seen[c.String()] || strings.ContainsAny(c.String(), " (") {
				t.Errorf("%s: value %d is %q, %q, %v", name, enum.first+i, c, text, err)
			}
			seen[c.String()] = true
		}
		for _, i := range []int{enum.first + enum.count, 255} {
			if got := enum.of(i).String(); got != fmt.Sprintf("%s(%d)", name, i) {
				t.Errorf("%s: %d, which is no value, is %q", name, i, got)
			}
		}
	}
	for _, text := range []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"} {
		if m, err := replconn.ParseSSLMode(text); err != nil || m.String() != text {
			t.Errorf("ParseSSLMode(%q) = %v, %v", text, m, err)
		}
	}
	if m, err := replconn.ParseSSLMode(""); err == nil {
		t.Errorf("no text is sslmode %v", m)
	}
}

func TestPlainDataSurvivesJSON(t *testing.T) {
	mesh := three(t)
	mesh.Members[1].Cluster, mesh.Recovery = 1, replconn.RecoveryStreaming
	var mesh2 replconn.Mesh
	roundTrip(t, mesh, &mesh2)
	if fmt.Sprint(mesh2) != fmt.Sprint(mesh) {
		t.Errorf("mesh\n got %v\nwant %v", mesh2, mesh)
	}
	settings := replconn.Settings{}.With(replconn.Own(2), base).With(replconn.CrossCluster(8), "anything")
	var settings2 replconn.Settings
	roundTrip(t, settings, &settings2)
	if settings2 != settings || !maps.Equal(settings2.Map(), settings.Map()) {
		t.Errorf("settings\n got %v\nwant %v", settings2, settings)
	}
	if err := json.Unmarshal([]byte(`{"replconninfo9":"x"}`), &settings2); !errors.Is(err, replconn.ErrBadSlot) || settings2 != settings {
		t.Errorf("a wrong name gives %v, %v", settings2, err)
	}
	channel := parsed(t, full+" iscascade=false sslmode=allow uuid=1").Channels[0]
	var channel2 replconn.Channel
	roundTrip(t, channel, &channel2)
	if channel2 != channel {
		t.Errorf("channel\n got %v\nwant %v", channel2, channel)
	}
	for _, text := range []string{"", base + "," + base, "x"} {
		if err := channel2.UnmarshalText([]byte(text)); !errors.Is(err, replconn.ErrInvalid) || channel2 != channel {
			t.Errorf("%q gives the channel %v, %v", text, channel2, err)
		}
	}
}

func roundTrip[T any](t *testing.T, in T, out *T) {
	t.Helper()
	data, err := json.Marshal(in)
	if err == nil {
		err = json.Unmarshal(data, out)
	}
	if err != nil {
		t.Errorf("%s: %v", data, err)
	}
}

func TestSettingsFindRoom(t *testing.T) {
	var s replconn.Settings
	for n := 1; n <= replconn.SlotsPerKind; n++ {
		slot, ok := s.Free(false)
		if !ok || slot != replconn.Own(n) {
			t.Fatalf("free: %s, %v", slot, ok)
		}
		s = s.With(slot, base)
	}
	if slot, ok := s.Free(false); ok {
		t.Errorf("a ninth setting is free: %s", slot)
	}
	if slot, _ := s.Free(true); slot != replconn.CrossCluster(1) {
		t.Errorf("free across clusters: %s", slot)
	}
	if s.With(0, "x") != s || s.Get(99) != "" {
		t.Error("a slot that is none holds a text")
	}
}

func TestExtrasKeepTheirOrder(t *testing.T) {
	e := replconn.Extras{}.With("b", "1").With("a", "2").With("b", "3")
	if e.String() != "b=3 a=2" || e.With("b", "").String() != "a=2" || e.With("c", "") != e || e.IsEmpty() {
		t.Errorf("got %q", e)
	}
	if v, ok := e.Get("a"); !ok || v != "2" {
		t.Errorf("a is %q, %v", v, ok)
	}
	if v, ok := e.Get("c"); ok || v != "" {
		t.Errorf("c is %q, %v", v, ok)
	}
	for k, v := range e.All() {
		if k != "b" || v != "3" {
			t.Errorf("first pair is %s=%s", k, v)
		}
		break
	}
}
