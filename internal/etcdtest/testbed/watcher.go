// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
)

const (
	probePause = 5 * time.Millisecond  // between two questions to a server
	deafPause  = 20 * time.Millisecond // after one that was not answered
)

// Probe is what a server says of itself.
type Probe struct {
	Writable bool
	Run      string // differs for each start of the server
	LSN      ha.LSN
}

// Watcher asks servers all the time whether they accept writes, beside the
// network.
type Watcher struct {
	Now func() time.Duration
	// Changed is told when a member is found to accept writes, in another run
	// of its server too, and when it does not any more.
	Changed func(m ha.MemberID, writable bool)
	// Answered is told every answer.
	Answered func(p Probe)

	state Latest[sightings]
}

// sightings are what a watcher has found out.
type sightings struct {
	spans []*Span // in the order in which they began
	open  map[ha.MemberID]*Span
	asked int
}

// Span is a time during which a member accepted writes for certain: an answer
// holds for some moment between question and reply, so a span goes from the
// first reply to the last question.
type Span struct {
	Member ha.MemberID
	Run    string
	Time   Interval
}

// Watch asks one member until ctx ends.
func (w *Watcher) Watch(ctx context.Context, m Member) {
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, time.Second)
		asked := w.Now()
		p, err := m.Probe(limited)
		answered := w.Now()
		cancel()
		pause := probePause
		if err != nil {
			p, pause = Probe{}, deafPause
		}
		if ctx.Err() == nil {
			w.Add(m.Name(), p, Interval{asked, answered})
		}
		Wait(ctx, pause)
	}
}

// Add takes an answer that was asked for and given at these times.
func (w *Watcher) Add(m ha.MemberID, p Probe, when Interval) {
	changed := false
	w.state.Update(func(s *sightings) { changed = s.add(m, p, when) })
	if changed && w.Changed != nil {
		w.Changed(m, p.Writable)
	}
	if w.Answered != nil {
		w.Answered(p)
	}
}

func (s *sightings) add(m ha.MemberID, p Probe, when Interval) (changed bool) {
	if s.open == nil {
		s.open = map[ha.MemberID]*Span{}
	}
	s.asked++
	open := s.open[m]
	switch {
	case !p.Writable:
		delete(s.open, m)
		return open != nil
	case open != nil && open.Run == p.Run:
		open.Time.To = max(open.Time.To, when.From)
		return false
	}
	s.open[m] = &Span{m, p.Run, Interval{when.To, when.To}}
	s.spans = append(s.spans, s.open[m])
	return true
}

// Asked is how many questions were answered, or not.
func (w *Watcher) Asked() int { return w.state.Get().asked }

// Overlap is a time during which two members accepted writes.
type Overlap struct {
	A, B ha.MemberID
	Time Interval
}

// Overlaps returns the times during which two members accepted writes.
func (w *Watcher) Overlaps() []Overlap {
	var out []Overlap
	w.state.View(func(s *sightings) {
		for i, b := range s.spans {
			for _, a := range s.spans[:i] {
				both := Interval{max(a.Time.From, b.Time.From), min(a.Time.To, b.Time.To)}
				if a.Member != b.Member && both.From < both.To {
					out = append(out, Overlap{a.Member, b.Member, both})
				}
			}
		}
	})
	return out
}

// Runs names the runs of servers that have accepted writes so far.
func (w *Watcher) Runs() map[string]bool {
	out := map[string]bool{}
	w.state.View(func(s *sightings) {
		for _, sp := range s.spans {
			out[sp.name()] = true
		}
	})
	return out
}

func (s *Span) name() string { return string(s.Member) + "/" + s.Run }

// AwaitNew waits until a server accepts writes that is not one of the runs
// before.
func (w *Watcher) AwaitNew(ctx context.Context, before map[string]bool) error {
	_, err := w.state.Await(ctx, func(s *sightings) bool {
		for _, sp := range s.open {
			if !before[sp.name()] {
				return true
			}
		}
		return false
	})
	return err
}

// spread runs f for each of the items at the same time and waits for all.
func spread[T any](items []T, f func(T) error) []error {
	errs := make([]error, len(items))
	var group sync.WaitGroup
	for i, item := range items {
		group.Go(func() { errs[i] = f(item) })
	}
	group.Wait()
	return errs
}
