// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// result is what came out of the walk.
type result struct {
	Kind       string    `json:"kind"` // "result"
	Good       bool      `json:"good"`
	Stopped    bool      `json:"interrupted,omitempty"`
	Problem    string    `json:"problem,omitempty"`
	Engine     string    `json:"engine"`
	Mode       string    `json:"mode"` // quorum or lease
	Durability string    `json:"durability"`
	TTL        string    `json:"ttl"`
	Dir        string    `json:"dir,omitempty"` // what -keep kept
	Seconds    float64   `json:"seconds"`
	Bound      ha.Bound  `json:"bound"` // nanoseconds
	Steps      []outcome `json:"steps"`

	Acknowledged int `json:"acknowledged"`
	Lost         int `json:"lost"`
	Writable     int `json:"doubleWritable"`     // times at which two members were writable
	Acking       int `json:"doubleAcknowledged"` // rows that a former primary acknowledged
	Asked        int `json:"probes"`             // how often a server was asked whether it is writable

	Terms []ha.TermEntry `json:"terms,omitempty"`

	protected bool // losses are failures
	keep      bool
}

// outcome is a row of the table.
type outcome struct {
	Event        string        `json:"event"`
	Gap          time.Duration `json:"-"`
	GapSeconds   float64       `json:"gapSeconds"` // longest time without an acknowledged write
	Limit        time.Duration `json:"-"`
	LimitSeconds float64       `json:"boundSeconds,omitempty"` // what Config.Bound promises
	Acknowledged int           `json:"acknowledged"`
	Lost         int           `json:"lost"`
	Writable     int           `json:"doubleWritable"`
	Acking       int           `json:"doubleAcknowledged"`
}

func newResult(o options) *result {
	config := ha.Config{Settings: o.settings}
	return &result{
		Kind: "result", Mode: o.mode(), Durability: o.durability(), TTL: o.settings.TTL.String(), Bound: config.Bound(),
		protected: o.settings.Durability.K > 0, keep: o.keep,
	}
}

func (r *result) add(o outcome) {
	o.GapSeconds, o.LimitSeconds = o.Gap.Seconds(), o.Limit.Seconds()
	r.Steps = append(r.Steps, o)
	r.Acknowledged += o.Acknowledged
	r.Lost += o.Lost
	r.Writable += o.Writable
	r.Acking += o.Acking
}

// judge decides whether all is well. err is what ended the walk early.
func (r *result) judge(err error) {
	var problems []string
	r.Stopped = errors.Is(err, errInterrupted)
	if err != nil {
		problems = append(problems, err.Error())
	}
	if r.Lost > 0 && r.protected {
		problems = append(problems, fmt.Sprintf("%d acknowledged writes are lost", r.Lost))
	}
	if r.Acking > 0 {
		problems = append(problems, fmt.Sprintf("%d writes were acknowledged by a member whose successor had acknowledged one", r.Acking))
	}
	if r.Writable > 0 && r.Mode == modeLease {
		problems = append(problems, fmt.Sprintf("two members were writable at once, %d times", r.Writable))
	}
	for _, s := range r.Steps {
		if s.Limit > 0 && s.Gap > s.Limit {
			problems = append(problems, fmt.Sprintf("%s: writes stood still for %s, above the bound of %s", s.Event, seconds(s.Gap), seconds(s.Limit)))
		}
	}
	r.Good, r.Problem = len(problems) == 0, strings.Join(problems, "; ")
	if !r.keep {
		r.Dir = ""
	}
}

// left says what is left of the walk on this machine.
func (r *result) left() string {
	if r.Dir != "" {
		return "data and logs are in " + r.Dir
	}
	return "nothing is left behind"
}

// gap writes a duration, and a dash for none.
func gap(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return seconds(d)
}

// print writes the table and the verdict.
func (r *result) print(w io.Writer) {
	if len(r.Steps) > 0 {
		const format = "%-44s %10s %10s %13s %6s %14s %18s\n"
		fmt.Fprintf(w, "\n"+format, "event", "write gap", "at most", "acknowledged", "lost", "two writable", "two acknowledge")
		for _, s := range r.Steps {
			fmt.Fprintf(w, format, s.Event, gap(s.Gap), gap(s.Limit), fmt.Sprint(s.Acknowledged), fmt.Sprint(s.Lost), fmt.Sprint(s.Writable), fmt.Sprint(s.Acking))
		}
		fmt.Fprintf(w, format, "all", "", "", fmt.Sprint(r.Acknowledged), fmt.Sprint(r.Lost), fmt.Sprint(r.Writable), fmt.Sprint(r.Acking))
		fmt.Fprintf(w, "\n\"at most\" is the bound that Config.Bound works out from the settings. The servers were asked %d times\nwhether they accept writes.\n", r.Asked)
		if r.Mode == modeQuorum {
			fmt.Fprint(w, "A former primary may be writable for a moment, but gets no confirmations: it acknowledges nothing.\n")
		}
	}
	for _, h := range r.Terms {
		behind := ""
		if h.Behind > 0 {
			behind = fmt.Sprintf(", %s of log behind", h.Behind)
		}
		fmt.Fprintf(w, "term %d: %s on timeline %d: %s%s\n", h.Term, h.Holder, h.Timeline, h.Cause, behind)
	}
	switch {
	case r.Stopped:
		fmt.Fprintf(w, "\nINTERRUPTED after %.1f s\n", r.Seconds)
	case !r.Good && r.Dir == "":
		fmt.Fprintf(w, "\nFAILED after %.1f s: %s\nWith -keep the logs of managers and servers stay.\n", r.Seconds, r.Problem)
	case !r.Good:
		fmt.Fprintf(w, "\nFAILED after %.1f s: %s\n", r.Seconds, r.Problem)
	case r.Lost > 0:
		fmt.Fprintf(w, "\nGOOD after %.1f s: asynchronous replication lost %d of %d acknowledged writes, which it may; no two members acknowledged.\n",
			r.Seconds, r.Lost, r.Acknowledged)
	default:
		fmt.Fprintf(w, "\nGOOD after %.1f s: nothing acknowledged was lost, no two members acknowledged.\n", r.Seconds)
	}
	if r.Dir != "" {
		fmt.Fprintln(w, "Data and logs are in "+r.Dir)
	}
}
