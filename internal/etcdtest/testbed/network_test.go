// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed_test

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// echo answers every byte with the same byte.
func echo(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // until the other side goes
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		group.Wait()
	})
	return l.Addr().String()
}

// says tells what becomes of a byte that is sent: it comes back, nothing comes,
// or the connection ends.
func says(t *testing.T, c net.Conn) string {
	t.Helper()
	_, err := c.Write([]byte{1})
	if err == nil {
		if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err = c.Read(make([]byte, 1))
	}
	switch {
	case err == nil:
		return "answer"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "silence"
	}
	return "end"
}

func TestNetworkBreaksBetweenTwoParties(t *testing.T) {
	n := &testbed.Network{}
	t.Cleanup(n.Close)
	addr := echo(t)
	for _, way := range [][2]testbed.Party{{"m1", "m2"}, {"m2", "m1"}, {"m1", "m3"}, {"app", "m1"}} {
		if err := n.Add(way[0], way[1], addr); err != nil {
			t.Fatal(err)
		}
	}
	dial := func(from, to testbed.Party) net.Conn {
		c, err := net.Dial("tcp", n.Way(from, to))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if got := says(t, c); got != "answer" {
			t.Fatalf("%s to %s: %s", from, to, got)
		}
		return c
	}
	there, back, beside := dial("m1", "m2"), dial("m2", "m1"), dial("m1", "m3")
	check := func(what, wantThere, wantBack, wantBeside string) {
		t.Helper()
		if a, b, c := says(t, there), says(t, back), says(t, beside); a != wantThere || b != wantBack || c != wantBeside {
			t.Errorf("%s: %s, %s, %s; want %s, %s, %s", what, a, b, c, wantThere, wantBack, wantBeside)
		}
	}
	n.Impair("m2", "m1", testbed.TroubleSilent)
	check("silent", "silence", "silence", "answer")
	n.Heal("m1", "m2")
	there, back = dial("m1", "m2"), dial("m2", "m1")
	heal := n.Isolate("m1")
	check("isolated", "silence", "silence", "silence")
	heal()
	there, back, beside = dial("m1", "m2"), dial("m2", "m1"), dial("m1", "m3")
	n.Impair("m1", "m2", testbed.TroubleCut)
	check("cut", "end", "end", "answer")
	if n.Way("m3", "m1") != "" {
		t.Error("there is a way that nobody made")
	}
	if got := n.Others("m1"); !slices.Equal(got, []testbed.Party{"m2", "m3", "app"}) {
		t.Errorf("others of m1: %v", got)
	}
	if a, b := testbed.LinkName("m1", "m2"), testbed.LinkName("m2", "m1"); a != b || a != "m1-m2" {
		t.Errorf("one link has two names: %s and %s", a, b)
	}
}
