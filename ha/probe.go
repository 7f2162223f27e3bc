// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ProbeVerdict is what a probe thinks of what it looks at.
type ProbeVerdict uint8

// The verdicts, from no news to the worst.
const (
	ProbeUnknown ProbeVerdict = iota // not looked yet, or could not be learned
	ProbeHealthy
	ProbeSuspect // works, worse than it should: others go first in an election
	ProbeDead    // does not work
)

var probeNames = [...]string{"unknown", "healthy", "suspect", "dead"} // read-only

// String gives the verdict in lower case.
func (v ProbeVerdict) String() string { return nameOf(v, probeNames[:]) }

// MarshalText gives the form of String.
func (v ProbeVerdict) MarshalText() ([]byte, error) { return marshalName(v, probeNames[:]) }

// UnmarshalText reads the form of String.
func (v *ProbeVerdict) UnmarshalText(text []byte) error { return unmarshalName(v, probeNames[:], text) }

// ProbeUse says what a dead probe does; add them up. A probe without any is
// shown, and puts its member behind others in an election.
type ProbeUse uint8

// The uses.
const (
	// ProbeVetoes: this member is not promoted, unless by a forced failover.
	ProbeVetoes ProbeUse = 1 << iota
	// ProbeTriggers: a primary that is dead for Patience gives the grant to
	// another member, if one that could take it lives; and it vetoes, so that
	// the grant does not come back.
	ProbeTriggers
	// ProbeObjects: no other member is promoted, unless by a forced failover.
	ProbeObjects
)

// Probe is a check of the user's own that a node repeats: of a disk (see
// package ha/probe), of a network, of an application.
type Probe struct {
	// Name is unlike those of the member's other probes: 1 to 16 of a-z, 0-9
	// and "-".
	Name string
	// Every is the pause between two checks. Default 5 s, at least 10 ms.
	Every time.Duration
	// Limit is how long a check may take: one that has not returned is dead,
	// whatever hangs it. Default 10 s.
	Limit time.Duration
	// Patience is how long the verdict must have been dead before it triggers.
	// Default 10 s, negative for none.
	Patience time.Duration
	// Uses says what a dead verdict does.
	Uses ProbeUse
	// Check looks once. It is never called again before it has returned. It
	// should return soon after ctx ends; one that cannot, because the system
	// hangs, is left behind when the node is closed.
	Check func(ctx context.Context) (ProbeVerdict, string)
}

// MaxProbes is how many probes a member may have.
const MaxProbes = 8

// ProbeStatus is the newest verdict of a probe.
type ProbeStatus struct {
	Name    string        `json:"name"`
	Verdict ProbeVerdict  `json:"verdict"`
	Detail  string        `json:"detail,omitempty"`
	Age     time.Duration `json:"age"` // since the check ended, or was given up
}

// Health is what the probes of a member add up to. It is part of what a
// decision sees, and of the member's status.
type Health struct {
	// Lost: a triggering probe has been dead for its patience, and why.
	Lost string `json:"lost,omitempty"`
	// Unfit: the member may not be promoted, and why.
	Unfit string `json:"unfit,omitempty"`
	// Objects: no other member may be promoted, and why.
	Objects string `json:"objects,omitempty"`
	// Weak: a probe is suspect or dead.
	Weak bool `json:"weak,omitempty"`
	// Probes are all verdicts in one line: "data=healthy wal=dead".
	Probes string `json:"probes,omitempty"`
}

func (p Probe) withDefaults() Probe {
	p.Every = cmp.Or(p.Every, 5*time.Second)
	p.Limit = cmp.Or(p.Limit, 10*time.Second)
	p.Patience = max(cmp.Or(p.Patience, 10*time.Second), 0)
	return p
}

// validateProbes returns all violations.
func validateProbes(probes []Probe) []error {
	var errs []error
	if len(probes) > MaxProbes {
		errs = append(errs, fmt.Errorf("Probes: %d, at most %d", len(probes), MaxProbes))
	}
	seen := map[string]bool{}
	for i := range probes {
		p := probes[i].withDefaults()
		bad := func(wrong bool, format string, args ...any) {
			if wrong {
				errs = append(errs, fmt.Errorf("Probes[%d] %q: "+format, append([]any{i, p.Name}, args...)...))
			}
		}
		bad(p.Name == "" || len(p.Name) > 16 || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "", "name is not 1 to 16 of a-z, 0-9 and -")
		bad(seen[p.Name], "name is taken")
		bad(p.Check == nil, "Check: missing")
		bad(p.Every < 10*time.Millisecond, "Every %v: below 10ms", p.Every)
		bad(p.Limit < 10*time.Millisecond, "Limit %v: below 10ms", p.Limit)
		bad(p.Uses > ProbeVetoes|ProbeTriggers|ProbeObjects, "Uses %d: no such use", p.Uses)
		seen[p.Name] = true
	}
	return errs
}

// probed is what is known of one probe.
type probed struct {
	verdict ProbeVerdict
	detail  string
	at      time.Time // when the check ended
	since   time.Time // when the verdict became what it is
	why     string    // detail of then
}

// judgeProbes adds up.
func judgeProbes(probes []Probe, known []probed, now time.Time) Health {
	var h Health
	words := make([]string, len(probes))
	for i := range probes {
		p, k := &probes[i], &known[i]
		words[i] = p.Name + "=" + k.verdict.String()
		h.Weak = h.Weak || k.verdict == ProbeSuspect || k.verdict == ProbeDead
		if k.verdict != ProbeDead {
			continue
		}
		why := "probe " + p.Name + " is dead: " + k.why
		if p.Uses&(ProbeVetoes|ProbeTriggers) != 0 {
			h.Unfit = cmp.Or(h.Unfit, why)
		}
		if p.Uses&ProbeTriggers != 0 && now.Sub(k.since) >= p.Patience {
			h.Lost = cmp.Or(h.Lost, why)
		}
		if p.Uses&ProbeObjects != 0 {
			h.Objects = cmp.Or(h.Objects, why)
		}
	}
	h.Probes = strings.Join(words, " ")
	return h
}

// maxProbeDetail bounds what a probe may say in the cluster's records, in bytes.
const maxProbeDetail = 120

// prober runs a node's probes, one goroutine for each.
type prober struct {
	probes []Probe
	news   chan struct{} // something changed
	group  sync.WaitGroup

	mu struct {
		sync.Mutex
		known  []probed
		health Health
	}
}

func newProber(probes []Probe) *prober {
	b := &prober{news: make(chan struct{}, 1)}
	for _, p := range probes {
		b.probes = append(b.probes, p.withDefaults())
	}
	b.mu.known = make([]probed, len(probes))
	b.mu.health = judgeProbes(b.probes, b.mu.known, time.Now())
	return b
}

// start runs the probes until ctx ends; then wait returns, whatever hangs.
func (b *prober) start(ctx context.Context) {
	for i := range b.probes {
		b.group.Go(func() { b.repeat(ctx, i) })
	}
}

func (b *prober) wait() { b.group.Wait() }

func (b *prober) repeat(ctx context.Context, i int) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		b.once(ctx, i)
		pause.Reset(b.probes[i].Every)
	}
}

// once runs one check. One that hangs is dead before it returns, and is waited
// for before the next.
func (b *prober) once(ctx context.Context, i int) {
	p := &b.probes[i]
	limited, cancel := context.WithTimeout(ctx, p.Limit)
	defer cancel()
	type answer struct {
		verdict ProbeVerdict
		detail  string
	}
	done := make(chan answer, 1)
	go func() { // not waited for: a call into a dead disk may never return
		v, detail := check(limited, p)
		done <- answer{v, detail}
	}()
	// A check that honours its context gets a moment to say what it saw.
	late := time.NewTimer(p.Limit + p.Limit/10)
	defer late.Stop()
	for {
		select {
		case a := <-done:
			if ctx.Err() == nil {
				b.set(i, a.verdict, a.detail)
			}
			return
		case <-late.C:
			b.set(i, ProbeDead, "no answer within "+p.Limit.String())
			late.Reset(p.Every) // for its patience
		case <-ctx.Done():
			return
		}
	}
}

// check turns a panic into an unknown verdict: a program's mistake must not
// move a primary.
func check(ctx context.Context, p *Probe) (v ProbeVerdict, detail string) {
	defer func() {
		if r := recover(); r != nil {
			v, detail = ProbeUnknown, fmt.Sprintf("it panicked: %v", r)
		}
	}()
	v, detail = p.Check(ctx)
	if v > ProbeDead {
		return ProbeUnknown, "no such verdict"
	}
	return v, detail
}

func (b *prober) set(i int, v ProbeVerdict, detail string) {
	if len(detail) > maxProbeDetail {
		detail = strings.ToValidUTF8(detail[:maxProbeDetail], "") + "..."
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	k := &b.mu.known[i]
	if k.verdict != v || k.since.IsZero() {
		k.since, k.why = now, detail
	}
	k.verdict, k.detail, k.at = v, detail, now
	if h := judgeProbes(b.probes, b.mu.known, now); h != b.mu.health {
		b.mu.health = h
		select {
		case b.news <- struct{}{}:
		default:
		}
	}
}

func (b *prober) health() Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mu.health
}

// Probes returns the newest verdict of each of the node's probes, in the order
// of Config.Probes.
func (n *Node) Probes() []ProbeStatus {
	b := n.probes
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]ProbeStatus, len(b.probes))
	for i := range out {
		k := &b.mu.known[i]
		out[i] = ProbeStatus{Name: b.probes[i].Name, Verdict: k.verdict, Detail: k.detail}
		if !k.at.IsZero() {
			out[i].Age = time.Since(k.at)
		}
	}
	return out
}
