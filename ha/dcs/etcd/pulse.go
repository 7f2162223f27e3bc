// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"sync"
	"time"
)

// The machine at the other end of a watch may vanish without a word: often it
// is the very machine whose database has just failed. A watch that waits in
// silence would then miss the end of the primary's lease. So it asks, and goes
// elsewhere when no answer comes: within five seconds, which is not longer than
// a lease of the default length lasts.
const (
	pulseQuiet  = 3 * time.Second // without a message, until a watch asks
	pulseAnswer = 2 * time.Second // for an answer
)

// pulse calls dead when the other side does not answer. It needs no goroutine.
type pulse struct {
	dead func()

	mu struct {
		sync.Mutex
		timer   *time.Timer
		ask     func() // nil while an answer is awaited
		stopped bool
		died    bool
	}
}

// newPulse awaits a first answer for so long.
func newPulse(patience time.Duration, dead func()) *pulse {
	p := &pulse{dead: dead}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.timer = time.AfterFunc(patience, p.fire)
	return p
}

// beat is called with every message. After some silence it will call ask, in a
// goroutine of the timer.
func (p *pulse) beat(ask func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.stopped || p.mu.died {
		return
	}
	p.mu.ask = ask
	p.mu.timer.Reset(pulseQuiet)
}

// stop ends the pulse and reports whether it had called dead.
func (p *pulse) stop() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.stopped = true
	p.mu.timer.Stop()
	return p.mu.died
}

// fire is called by the timer.
func (p *pulse) fire() {
	if act := p.next(); act != nil {
		act()
	}
}

// next says what to do now that the time is up.
func (p *pulse) next() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ask := p.mu.ask; {
	case p.mu.stopped || p.mu.died:
		return nil
	case ask == nil:
		p.mu.died = true
		return p.dead
	default:
		p.mu.ask = nil
		p.mu.timer.Reset(pulseAnswer)
		return ask
	}
}
