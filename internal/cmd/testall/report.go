// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"
)

// event is one line of "go test -json" (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // in build-output and build-fail
	Test       string
	Output     string
}

// testID names one test of one package.
type testID struct{ pkg, test string }

// report turns the event stream into text, as it comes.
type report struct {
	out     io.Writer
	output  map[testID][]string // what running tests have printed so far
	build   map[string][]string // compiler output by import path
	skips   []string
	fails   []string
	passed  int
	skipped int
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[testID][]string{}, build: map[string][]string{}}
}

// read handles the events of one go test run until r ends. Lines that are no
// JSON are printed as they are: go writes some errors so.
func (r *report) read(in io.Reader) error {
	br := bufio.NewReader(in)
	for {
		line, err := br.ReadString('\n')
		if line != "" {
			var ev event
			if json.Unmarshal([]byte(line), &ev) != nil || ev.Action == "" {
				fmt.Fprint(r.out, line)
			} else {
				r.add(ev)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read go test's output: %w", err)
		}
	}
}

func (r *report) add(ev event) {
	id := testID{ev.Package, ev.Test}
	switch ev.Action {
	case "build-output":
		r.build[ev.ImportPath] = append(r.build[ev.ImportPath], ev.Output)
	case "build-fail":
		r.print(r.build[ev.ImportPath])
		delete(r.build, ev.ImportPath)
	case "output":
		if ev.Test == "" && isPackageLine(ev.Output) {
			fmt.Fprint(r.out, ev.Output)
			return
		}
		r.output[id] = append(r.output[id], ev.Output)
	case "pass", "skip", "fail":
		r.finish(ev.Action, id)
	}
}

// finish closes a test, or a package when the test's name is empty.
func (r *report) finish(action string, id testID) {
	if id.test == "" {
		r.finishPackage(action, id.pkg)
		return
	}
	lines := r.output[id]
	delete(r.output, id)
	switch action {
	case "pass":
		r.passed++
	case "skip":
		r.skipped++
		r.skips = append(r.skips, fmt.Sprintf("%s %s: %s", id.pkg, id.test, reason(lines)))
	case "fail":
		r.fails = append(r.fails, id.pkg+" "+id.test)
		r.print(lines)
	}
}

// finishPackage prints what is left when the package failed: the output of the
// test that ran when the process died, and the seed of the shuffle.
func (r *report) finishPackage(action, pkg string) {
	var open []testID
	for id := range r.output {
		if id.pkg == pkg {
			open = append(open, id)
		}
	}
	sort.Slice(open, func(i, j int) bool { return open[i].test < open[j].test })
	for _, id := range open {
		if action == "fail" {
			r.print(r.output[id])
			if id.test != "" {
				r.fails = append(r.fails, id.pkg+" "+id.test+" (did not finish)")
			}
		}
		delete(r.output, id)
	}
	if action == "fail" {
		r.fails = append(r.fails, pkg)
	}
}

func (r *report) print(lines []string) {
	for _, line := range lines {
		fmt.Fprint(r.out, line)
	}
}

func (r *report) failed() bool { return len(r.fails) > 0 }

// summary ends the report: failures by name, skipped tests with reasons, sums.
func (r *report) summary(took time.Duration) {
	if len(r.fails) > 0 {
		fmt.Fprintln(r.out, "\nfailed:")
		for _, name := range r.fails {
			fmt.Fprintln(r.out, "  "+name)
		}
	}
	if len(r.skips) > 0 {
		fmt.Fprintln(r.out, "\nskipped:")
		sort.Strings(r.skips)
		for _, s := range r.skips {
			fmt.Fprintln(r.out, "  "+s)
		}
	}
	fmt.Fprintf(r.out, "\n%d tests passed, %d skipped, %d failures, %s\n",
		r.passed, r.skipped, len(r.fails), took.Round(100*time.Millisecond))
}

// isPackageLine reports whether line is go's result for a whole package: these
// are shown whatever happens.
func isPackageLine(line string) bool {
	for _, p := range []string{"ok  \t", "FAIL\t", "?   \t", "\t"} {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

// reason finds what a skipped test said: its lines without go's framing.
func reason(lines []string) string {
	var said []string
	for _, line := range lines {
		text := strings.TrimSpace(line)
		if text == "" || strings.HasPrefix(text, "=== ") || strings.HasPrefix(text, "--- ") {
			continue
		}
		said = append(said, text)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}
