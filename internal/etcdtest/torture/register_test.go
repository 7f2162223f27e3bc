// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// wrote and read are answered operations; sent is a write without an answer.
func wrote(value int64, from, to time.Duration) access {
	return access{isWrite: true, value: value, when: testbed.Interval{From: from, To: to}, known: true}
}

func read(value int64, from, to time.Duration) access {
	return access{value: value, when: testbed.Interval{From: from, To: to}, known: true}
}

func sent(value int64, from time.Duration) access {
	return access{isWrite: true, value: value, when: testbed.Interval{From: from, To: testbed.Forever}}
}

func TestRegisterHistories(t *testing.T) {
	of := func(register int64, a access) access {
		a.register = register
		return a
	}
	void := sent(2, 15)
	void.void = true
	for _, c := range []struct {
		name    string
		history []access
		bad     int
	}{
		{"nothing", nil, 0},
		{"empty at first", []access{read(0, 1, 2), wrote(1, 3, 4), read(1, 5, 6)}, 0},
		{"old value while a write is under way", []access{wrote(1, 1, 2), wrote(2, 3, 9), read(1, 4, 5), read(2, 6, 7)}, 0},
		{"old value after a write", []access{wrote(1, 1, 2), wrote(2, 3, 4), read(1, 5, 6)}, 1},
		{"acknowledged write lost", []access{wrote(1, 1, 2), read(0, 3, 4)}, 1},
		{"back to the old value", []access{wrote(1, 1, 2), wrote(2, 3, 20), read(2, 4, 5), read(1, 6, 7)}, 1},
		{"value from nowhere", []access{wrote(1, 1, 2), read(7, 3, 4)}, 1},
		{"value from the future", []access{read(1, 1, 2), wrote(1, 3, 4)}, 1},
		{"no answer, never seen", []access{wrote(1, 1, 2), sent(2, 3), read(1, 4, 5), read(1, 6, 7)}, 0},
		{"no answer, done late", []access{wrote(1, 1, 2), sent(2, 3), read(1, 4, 5), read(2, 6, 7)}, 0},
		{"no answer, done after another write", []access{sent(2, 3), wrote(3, 4, 5), read(2, 6, 7)}, 0},
		{"no answer, done and undone", []access{wrote(1, 1, 2), sent(2, 3), read(2, 4, 5), read(1, 6, 7)}, 1},
		{"no answer, seen before it was sent", []access{read(2, 1, 2), sent(2, 3)}, 1},
		{"read without an answer", []access{wrote(1, 1, 2), {value: 0, when: testbed.Interval{From: 3, To: testbed.Forever}}, read(1, 4, 5)}, 0},
		{"refused", []access{wrote(1, 1, 2), void, read(1, 20, 21)}, 0},
		{"refused, but done", []access{wrote(1, 1, 2), void, read(2, 20, 21)}, 1},
		{"two registers", []access{wrote(1, 1, 2), of(1, wrote(2, 3, 4)), read(1, 5, 6), of(1, read(2, 7, 8))}, 0},
		{"one of two registers", []access{wrote(1, 1, 2), of(1, wrote(2, 3, 4)), read(0, 5, 6), of(1, read(2, 7, 8))}, 1},
	} {
		v := judgeRegisters(c.history)
		if len(v.Bad) != c.bad {
			t.Errorf("%s: %d registers are bad, want %d", c.name, len(v.Bad), c.bad)
		}
		for _, b := range v.Bad {
			if b.why != porcupine.Illegal {
				t.Errorf("%s: %s", c.name, b.why)
			}
		}
	}
}

// TestManyOpenWritesAreNoBurden: left to the checker, each would double its work.
func TestManyOpenWritesAreNoBurden(t *testing.T) {
	var history []access
	for i := range int64(400) {
		at := time.Duration(10 * i)
		history = append(history, sent(2*i+1, at), wrote(2*i+2, at+1, at+2), read(2*i+2, at+3, at+4))
	}
	if v := judgeRegisters(history); len(v.Bad) != 0 || v.Unknown != 400 || v.Operations != 800 {
		t.Errorf("%d bad, %d unknown, %d operations", len(v.Bad), v.Unknown, v.Operations)
	}
}

// copies are a register store in memory: a primary, and a former one that some
// clients still talk to.
type copies struct {
	mu     sync.Mutex
	now    map[int64]int64
	former map[int64]int64 // what the former primary had when it was replaced
}

// copyClient is a client of copies. It loses some answers, and asks the former
// primary now and then when stale.
type copyClient struct {
	*copies
	rng   *rand.Rand
	stale bool
}

var errNoAnswer = errors.New("no answer")

func (c *copyClient) write(_ context.Context, register, value int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	lost := c.rng.IntN(20)
	if lost == 0 {
		return errNoAnswer // and not done
	}
	c.former[register], c.now[register] = c.now[register], value
	if lost == 1 {
		return errNoAnswer
	}
	return nil
}

func (c *copyClient) read(_ context.Context, register int64) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.rng.IntN(20) {
	case 0:
		return 0, errNoAnswer
	case 1:
		return 0, errNotDone
	case 2, 3, 4:
		if c.stale {
			return c.former[register], nil
		}
	}
	return c.now[register], nil
}

func (c *copyClient) close() {}

// play lets four clients use registers.
func play(t *testing.T, stale bool) []access {
	store := &copies{now: map[int64]int64{}, former: map[int64]int64{}}
	began := time.Now()
	r := &registers{now: func() time.Duration { return time.Since(began) }}
	var group sync.WaitGroup
	for i := range 4 {
		client := &copyClient{copies: store, rng: rngOf(7, 10+i), stale: stale && i == 0}
		rng := rngOf(7, i)
		group.Go(func() {
			defer client.close()
			for range registerSpan + registerSpan/4 {
				r.once(t.Context(), i, rng.IntN(2) == 0, client)
			}
		})
	}
	group.Wait()
	return r.snapshot()
}

func TestOneCopyIsLinearizable(t *testing.T) {
	v := judgeRegisters(play(t, false))
	if len(v.Bad) != 0 || v.Registers < 4 || v.Operations < 4*registerSpan || v.Unknown == 0 {
		t.Errorf("%d bad of %d registers, %d operations, %d unknown", len(v.Bad), v.Registers, v.Operations, v.Unknown)
	}
}

// TestStaleReadsAreFound: a former primary that tells what it has fails the run,
// the table says so, and the page that shows it lies with the logs.
func TestStaleReadsAreFound(t *testing.T) {
	s := newStage(t.Context(), options{settings: settingsOf(true)}, &bytes.Buffer{})
	s.registers.history = play(t, true)
	r := s.result()
	r.Acknowledged = 1
	r.judge(nil)
	if r.Good || len(r.Registers.Bad) == 0 {
		t.Fatalf("%d bad of %d registers, good: %v", len(r.Registers.Bad), r.Registers.Registers, r.Good)
	}
	var table bytes.Buffer
	r.print(&table)
	for _, want := range []string{"registers that are not linearizable ", fmt.Sprintf("BAD: register %d is not linearizable", r.Registers.Bad[0].register)} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
	dir := filepath.Join(t.TempDir(), "logs")
	if err := s.keepLogs(dir, r.Registers.Bad); err != nil {
		t.Fatal(err)
	}
	for _, b := range r.Registers.Bad {
		path := filepath.Join(dir, fmt.Sprintf("register-%d.html", b.register))
		if page, err := os.ReadFile(path); err != nil || !bytes.Contains(page, []byte("read ")) {
			t.Errorf("%s: %v, %d bytes", path, err, len(page))
		}
	}
}
