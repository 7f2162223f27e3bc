// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPulse(t *testing.T) {
	type event struct {
		what string
		at   time.Duration
	}
	for name, c := range map[string]struct {
		answers int // how many questions are answered, a second later
		want    []event
	}{
		"no first message":     {-1, []event{{"dead", time.Second}}},
		"silence":              {0, []event{{"ask", 3 * time.Second}, {"dead", 5 * time.Second}}},
		"silence after answer": {2, []event{{"ask", 3 * time.Second}, {"ask", 7 * time.Second}, {"ask", 11 * time.Second}, {"dead", 13 * time.Second}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				events := make(chan event, 10)
				tell := func(what string) { events <- event{what, time.Since(start)} }
				p := newPulse(time.Second, func() { tell("dead") })
				ask := func() { tell("ask") }
				if c.answers >= 0 {
					p.beat(ask)
				}
				for i, want := range c.want {
					if got := <-events; got != want {
						t.Fatalf("event %d: %v, want %v", i, got, want)
					}
					if i < c.answers {
						time.Sleep(time.Second) // virtual
						p.beat(ask)
					}
				}
				if !p.stop() {
					t.Error("stop does not know that it died")
				}
				p.beat(ask)             // too late: must not start anything
				time.Sleep(time.Minute) // virtual
				if len(events) != 0 {
					t.Errorf("after the end: %v", <-events)
				}
			})
		})
	}
}
