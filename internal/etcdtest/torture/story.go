// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// story is what happened, line by line, each with the time since the start.
type story struct {
	began time.Time
	mu    sync.Mutex
	lines []string
	live  io.Writer // also gets each line; may be io.Discard
}

func newStory(live io.Writer) *story { return &story{began: time.Now(), live: live} }

// now is the time since the start.
func (s *story) now() time.Duration { return time.Since(s.began) }

// say adds a line. who is a member, "app", "etcd", "check" and the like.
func (s *story) say(who, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := fmt.Sprintf("%8.3f  %-6s %s", s.now().Seconds(), who, fmt.Sprintf(format, args...))
	s.lines = append(s.lines, line)
	fmt.Fprintln(s.live, line)
}

// sayState tells of a member's step from state to state.
func (s *story) sayState(c ha.StateChange) {
	s.say(string(c.Member), "%s -> %s (%s, term %d, %s) %s", c.From, c.To, c.Trigger, c.Term, c.LSN, c.Why)
}

// text is the whole story.
func (s *story) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n") + "\n"
}
