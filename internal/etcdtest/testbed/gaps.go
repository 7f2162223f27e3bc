// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"sync"
	"time"
)

// Gaps watches the time between acknowledgements. All methods may be called
// from any goroutine.
type Gaps struct {
	mu      sync.Mutex
	last    time.Duration // of the newest acknowledgement, or when counting began
	longest time.Duration // since the mark
	number  int           // of acknowledgements since the mark
	all     Histogram
}

// Histogram sorts gaps into classes.
type Histogram struct {
	Counts  [len(gapEdges) + 1]int
	Longest time.Duration
}

// gapEdges are the upper ends of the classes; the last class has none.
var gapEdges = [...]time.Duration{ // read-only
	10 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, time.Second,
	2 * time.Second, 3 * time.Second, 5 * time.Second, 7 * time.Second, 10 * time.Second, 20 * time.Second, 60 * time.Second,
}

// Edges are the upper ends of a histogram's classes; the last one has none.
func (Histogram) Edges() []time.Duration { return append([]time.Duration(nil), gapEdges[:]...) }

// Add takes the time of an acknowledgement and returns how long the one before
// is ago, or the beginning of the count. The very first has no gap.
func (g *Gaps) Add(now time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	gap := now - g.last
	if g.last == 0 {
		gap = 0
	}
	g.last = now
	g.number++
	if gap == 0 {
		return 0
	}
	i := 0
	for i < len(gapEdges) && gap >= gapEdges[i] {
		i++
	}
	g.all.Counts[i]++
	g.all.Longest = max(g.all.Longest, gap)
	g.longest = max(g.longest, gap)
	return gap
}

// Mark begins a measurement. It counts from the last acknowledgement.
func (g *Gaps) Mark() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.longest, g.number = 0, 0
}

// MarkAt begins a measurement that counts from now.
func (g *Gaps) MarkAt(now time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.longest, g.number, g.last = 0, 0, now
}

// Measured returns the longest time without an acknowledgement since the mark,
// the one that goes on now included, and how many there were.
func (g *Gaps) Measured(now time.Duration) (longest time.Duration, acknowledged int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.longest, now-g.last), g.number
}

// Histogram returns all gaps so far.
func (g *Gaps) Histogram() Histogram {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all
}
