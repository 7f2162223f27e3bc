// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// The kinds of lines on the timeline.
const (
	kindStep   = "step"   // the walk goes on
	kindOrder  = "order"  // what an operator asks for
	kindFault  = "fault"  // what is broken on purpose
	kindState  = "state"  // a node goes from one state to another
	kindWrites = "writes" // what the writer sees
	kindCheck  = "check"  // what was found at the end of a step
	kindNote   = "note"
)

// timeline prints what happens while it happens. All methods may be called
// from any goroutine.
type timeline struct {
	out   io.Writer
	json  bool
	start time.Time
	fail  func(error) // called when nobody reads any more

	mu      sync.Mutex
	headed  bool // the columns have been named
	primary ha.MemberID
	term    ha.Term
	lsn     ha.LSN
}

// event is a line of the timeline.
type event struct {
	Kind    string          `json:"kind"` // "event"
	At      float64         `json:"at"`   // seconds since the start
	What    string          `json:"what"`
	Primary ha.MemberID     `json:"primary,omitempty"` // holder of the grant
	Term    ha.Term         `json:"term,omitempty"`
	LSN     string          `json:"lsn,omitempty"` // newest that a primary was seen at
	Text    string          `json:"text"`
	State   *ha.StateChange `json:"state,omitempty"`
}

func newTimeline(out io.Writer, asJSON bool, fail func(error)) *timeline {
	return &timeline{out: out, json: asJSON, start: time.Now(), fail: fail}
}

// now is the time since the start, by the monotonic clock.
func (t *timeline) now() time.Duration { return time.Since(t.start) }

// sawStatus takes who is primary from the cluster's records.
func (t *timeline) sawStatus(s *ha.ClusterStatus) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.primary, t.term = s.Primary, s.Term
}

// sawLSN takes the position of a primary.
func (t *timeline) sawLSN(lsn ha.LSN) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lsn = max(t.lsn, lsn)
}

// say prints a line.
func (t *timeline) say(what, format string, args ...any) {
	t.print(event{What: what, Text: fmt.Sprintf(format, args...)})
}

// sayState prints a node's change of state.
func (t *timeline) sayState(c ha.StateChange) {
	t.print(event{What: kindState, Text: fmt.Sprintf("%s: %s -> %s: %s", c.Member, c.From, c.To, c.Why), State: &c})
}

func (t *timeline) print(e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Kind, e.At, e.Primary, e.Term = "event", t.now().Seconds(), t.primary, t.term
	if t.lsn != 0 {
		e.LSN = t.lsn.String()
	}
	if t.json {
		t.line(e)
		return
	}
	const columns = "%8s  %-7s %4s  %-11s %-6s  %s\n"
	if !t.headed {
		t.headed = true
		t.write(columns, "seconds", "primary", "term", "LSN", "", "what happens")
	}
	if e.What == kindStep {
		t.write("\n%s\n", e.Text)
		return
	}
	term := ""
	if e.Term != 0 {
		term = e.Term.String()
	}
	t.write(columns, fmt.Sprintf("%.3f", e.At), cmp.Or(string(e.Primary), "-"), cmp.Or(term, "-"), cmp.Or(e.LSN, "-"), e.What, e.Text)
}

// line writes one JSON object. Our own types cannot fail to be written.
func (t *timeline) line(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		t.fail(err)
		return
	}
	t.write("%s\n", text)
}

func (t *timeline) write(format string, args ...any) {
	if _, err := fmt.Fprintf(t.out, format, args...); err != nil {
		t.fail(fmt.Errorf("print: %w", err))
	}
}

// result prints the end.
func (t *timeline) result(r *result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.json {
		t.line(r)
		return
	}
	r.print(t.out)
}

// seconds writes a duration as people compare them.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// short gives the first line of an error's text, and not too much of it.
func short(text string) string {
	const most = 100
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > most {
		line = line[:most-3] + "..."
	}
	return line
}
