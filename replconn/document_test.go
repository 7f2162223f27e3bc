// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"errors"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

func TestDocumentChangesOnlyWhatChanges(t *testing.T) {
	const messy = "  remoteport=5434   localport = 5433 note=kept localhost=10.0.0.1 remotehost= 10.0.0.2 iscascade=true  "
	for _, tt := range []struct {
		name, text string
		edit       func(*replconn.Channel)
		want       string
	}{
		{"nothing", messy, func(c *replconn.Channel) {}, messy},
		{"a port", messy, func(c *replconn.Channel) { c.Local.Port = 6000 },
			"  remoteport=5434   localport = 6000 note=kept localhost=10.0.0.1 remotehost= 10.0.0.2 iscascade=true  "},
		{"a host", messy, func(c *replconn.Channel) { c.Remote.Host = host(t, "fe80::2%e1") },
			"  remoteport=5434   localport = 5433 note=kept localhost=10.0.0.1 remotehost= fe80::2%e1 iscascade=true  "},
		{"a flag goes", messy, func(c *replconn.Channel) { c.IsCascade = replconn.Unset },
			"  remoteport=5434   localport = 5433 note=kept localhost=10.0.0.1 remotehost= 10.0.0.2  "},
		{"a key comes", messy, func(c *replconn.Channel) { c.IsCrossRegion = replconn.False },
			"  remoteport=5434   localport = 5433 note=kept localhost=10.0.0.1 remotehost= 10.0.0.2 iscascade=true iscrossregion=false  "},
		{"an unknown key changes", messy, func(c *replconn.Channel) { c.Extra = c.Extra.With("note", "new") },
			"  remoteport=5434   localport = 5433 note=new localhost=10.0.0.1 remotehost= 10.0.0.2 iscascade=true  "},
		{"odd spelling stays", "localhost=FE80::1 localport=05433 remotehost=10.0.0.2 remoteport=1 remotenodeid=0",
			func(c *replconn.Channel) { c.Remote.Port = 2 }, "localhost=FE80::1 localport=05433 remotehost=10.0.0.2 remoteport=2 remotenodeid=0"},
		{"an explicit zero is used", base + " remotenodeid=0", func(c *replconn.Channel) { c.Uwal.NodeID = 4 }, base + " remotenodeid=4"},
	} {
		doc, err := replconn.ParseDocument(tt.text)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		v := doc.Value()
		tt.edit(&v.Channels[0])
		got, err := doc.With(v)
		if err != nil || got.String() != tt.want || !got.Value().Equal(v) {
			t.Errorf("%s: %v\n got %q\nwant %q", tt.name, err, got, tt.want)
		}
		if doc.String() != tt.text {
			t.Errorf("%s: the old document changed to %q", tt.name, doc)
		}
	}
}

func TestDocumentFallsBackToCanonicalForm(t *testing.T) {
	doc, err := replconn.ParseDocument(base + " a=1 b=2")
	if err != nil {
		t.Fatal(err)
	}
	v := doc.Value()
	v.Channels[0].Extra = replconn.Extras{}.With("b", "2").With("a", "1")
	for _, v := range []replconn.Value{v, {}, replconn.ValueOf(baseChannel(t), baseChannel(t))} {
		if got, err := doc.With(v); err != nil || got.String() != v.String() {
			t.Errorf("with %q is %q, %v", v, got, err)
		}
	}
	if got, err := doc.With(replconn.ValueOf(replconn.Channel{})); !errors.Is(err, replconn.ErrInvalid) || got.String() != "" {
		t.Errorf("an invalid value gives %q, %v", got, err)
	}
	var text replconn.Document
	if err := text.UnmarshalText([]byte("  " + base)); err != nil || text.String() != "  "+base {
		t.Errorf("text round trip gives %q, %v", text, err)
	}
	if err := text.UnmarshalText([]byte("x")); err == nil || text.String() != "  "+base {
		t.Errorf("a failed UnmarshalText leaves %q, %v", text, err)
	}
}
