// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// report is what was measured.
type report struct {
	Good     bool     `json:"good"`
	Problems []string `json:"problems,omitempty"`
	Postgres int      `json:"postgresMajor"`
	Patroni  string   `json:"patroniVersion,omitempty"`
	CPUs     int      `json:"cpus"`
	TTL      string   `json:"ttl"`
	Hold     string   `json:"hold"`
	LeftOut  []string `json:"leftOut,omitempty"` // what could not be done, and why
	Dirs     []string `json:"dirs,omitempty"`    // what -keep kept

	Settings map[string]ha.Settings `json:"settings"` // of gausskit's clusters, by mode
	Results  []result               `json:"results"`

	opts  options
	cells []*cell
}

// result is a cell as JSON has it. All times are seconds.
type result struct {
	Fault  string    `json:"fault"`
	Mode   string    `json:"mode"`
	N      int       `json:"n"`
	Min    float64   `json:"min"`
	Median float64   `json:"median"`
	P90    float64   `json:"p90"`
	Max    float64   `json:"max"`
	Gaps   []float64 `json:"gaps"`
	Taken  int       `json:"takenOver"`       // how often another member was primary afterwards
	Lost   int       `json:"lost"`            // acknowledged rows
	Two    int       `json:"twoAcknowledged"` // rows that a server acknowledged after another member's had
	Stuck  int       `json:"stuck"`           // how often the cluster did not become whole by itself
}

func newReport(o options, bin postgres.Binaries) *report {
	r := &report{
		Postgres: bin.Major, CPUs: runtime.NumCPU(), TTL: o.ttl.String(), Hold: o.hold.String(), opts: o,
		Settings: map[string]ha.Settings{}, Results: []result{},
	}
	for _, m := range o.modes {
		if !m.patroni() {
			r.Settings[m.String()] = settingsOf(m, o.ttl).WithDefaults()
		}
	}
	return r
}

func (r *report) leaveOut(m mode, err error) {
	r.LeftOut = append(r.LeftOut, fmt.Sprintf("%s: %v", m, err))
}

// omit enters a repetition that could not be done, such as a switchover that was
// refused.
func (r *report) omit(f fault, m mode, err error) {
	text := fmt.Sprintf("%s in mode %s: not done: %v", f, m, err)
	if m.patroni() {
		r.LeftOut = append(r.LeftOut, text)
	} else {
		r.Problems = append(r.Problems, text)
	}
}

func (r *report) add(f fault, m mode, s sample) {
	c := r.cell(f, m)
	if c == nil {
		c = &cell{fault: f, mode: m}
		r.cells = append(r.cells, c)
	}
	c.add(s)
}

func (r *report) cell(f fault, m mode) *cell {
	for _, c := range r.cells {
		if c.fault == f && c.mode == m {
			return c
		}
	}
	return nil
}

// complaint is what a repetition has shown besides its gap.
func (s sample) complaint() string {
	text := ""
	if s.lost > 0 {
		text += fmt.Sprintf(", %d acknowledged rows LOST", s.lost)
	}
	if s.two > 0 {
		text += fmt.Sprintf(", %d rows acknowledged by a FORMER primary", s.two)
	}
	return text
}

// judge fills in what is shown and decides whether all promises were kept. err
// is what ended the measurement early.
func (r *report) judge(err error) {
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
	seconds := func(d time.Duration) float64 { return float64(d.Round(time.Millisecond)) / float64(time.Second) }
	for _, f := range r.opts.faults {
		for _, m := range r.opts.modes {
			c := r.cell(f, m)
			if c == nil {
				continue
			}
			s := spreadOf(c.gaps)
			out := result{
				Fault: f.String(), Mode: m.String(), N: len(c.gaps), Min: seconds(s.min), Median: seconds(s.median),
				P90: seconds(s.p90), Max: seconds(s.max), Taken: c.taken, Lost: c.lost, Two: c.two, Stuck: c.stuck,
			}
			for _, g := range c.gaps {
				out.Gaps = append(out.Gaps, seconds(g))
			}
			r.Results = append(r.Results, out)
			if c.stuck > 0 && !m.patroni() {
				r.Problems = append(r.Problems, fmt.Sprintf("%s in mode %s: the cluster did not become whole by itself, %d times", f, m, c.stuck))
			}
			if (c.lost > 0 || c.two > 0) && !f.excused(m) {
				r.Problems = append(r.Problems, fmt.Sprintf("%s in mode %s: %d acknowledged rows lost, %d acknowledged by a former primary", f, m, c.lost, c.two))
			}
		}
	}
	r.Good = len(r.Problems) == 0
}

func (r *report) writeJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// print writes the tables.
func (r *report) print(out io.Writer) error {
	var w strings.Builder
	fmt.Fprintf(&w, "\nWrite gaps in seconds. PostgreSQL %d, %d CPUs, TTL %s, etcd away for %s", r.Postgres, r.CPUs, r.TTL, r.Hold)
	if r.Patroni != "" {
		fmt.Fprintf(&w, "; Patroni %s", r.Patroni)
	}
	fmt.Fprint(&w, ".\n\n")
	const row = "%-15s %-13s %4s %8s %8s %8s %8s %6s %6s %6s %6s\n"
	fmt.Fprintf(&w, row, "fault", "mode", "n", "min", "median", "p90", "max", "taken", "lost", "two", "stuck")
	last := ""
	for _, c := range r.Results {
		name := c.Fault
		if name == last {
			name = ""
		} else if last != "" {
			fmt.Fprintln(&w)
		}
		last = c.Fault
		f := func(v float64) string { return fmt.Sprintf("%.3f", v) }
		fmt.Fprintf(&w, row, name, c.Mode, fmt.Sprint(c.N), f(c.Min), f(c.Median), f(c.P90), f(c.Max), fmt.Sprint(c.Taken), fmt.Sprint(c.Lost), fmt.Sprint(c.Two), fmt.Sprint(c.Stuck))
	}
	r.printMedians(&w)
	fmt.Fprint(&w, "\ntaken: another member was primary afterwards; lost: acknowledged rows that are not there;\n"+
		"two: rows that a server acknowledged after another member's had; stuck: not whole by itself after two minutes.\n")
	for _, text := range r.LeftOut {
		fmt.Fprintf(&w, "left out: %s\n", text)
	}
	for _, text := range r.Dirs {
		fmt.Fprintf(&w, "data and logs are in %s\n", text)
	}
	for _, text := range r.Problems {
		fmt.Fprintf(&w, "\nBAD: %s\n", text)
	}
	_, err := io.WriteString(out, w.String())
	return err
}

// printMedians puts the modes side by side.
func (r *report) printMedians(w io.Writer) {
	var modes []mode
	for _, m := range r.opts.modes {
		if slices.ContainsFunc(r.cells, func(c *cell) bool { return c.mode == m }) {
			modes = append(modes, m)
		}
	}
	if len(modes) < 2 {
		return
	}
	fmt.Fprintf(w, "\n%-15s", "medians")
	for _, m := range modes {
		fmt.Fprintf(w, " %13s", m)
	}
	fmt.Fprintln(w)
	for _, f := range r.opts.faults {
		row, some := fmt.Sprintf("%-15s", f), false
		for _, m := range modes {
			text := "-"
			if c := r.cell(f, m); c != nil {
				text, some = fmt.Sprintf("%.3f", spreadOf(c.gaps).median.Seconds()), true
			}
			row += fmt.Sprintf(" %13s", text)
		}
		if some {
			fmt.Fprintln(w, row)
		}
	}
}
