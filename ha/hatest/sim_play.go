// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Play carries out a script and returns it with what happened after each
// command, in lines that begin with a tab. Such lines of the script itself are
// left out first, so the result of Play is a script with the same result.
//
// A script begins with "cluster", followed by words of the form name=value:
// members, late, seed, sync, degrade, ttl, maxlag, settle (Settings.ParentSettle),
// cascade and promotable (members that are cascade standbys, each perhaps with
// the parent that it prefers: m4:m2,m5), foreignsync, and the flags quorum, empty,
// noclaim, nowatchdog, drift, waits (Settings.CascadeWaits), shadow and aliases,
// which take no value. Then come commands, see
// [Cluster.Do], and "status", which tells of each member. Empty lines and lines
// that begin with # are kept.
func Play(script string) (string, error) {
	var out strings.Builder
	var c *Cluster
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "\t") {
			continue
		}
		out.WriteString(line + "\n")
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#"):
			continue
		case words[0] == "cluster":
			o, err := parseOptions(words[1:])
			if err != nil {
				return "", err
			}
			c = NewCluster(o)
			continue
		case c == nil:
			return "", fmt.Errorf("hatest: script: %q before \"cluster\"", line)
		}
		told := len(c.story)
		var lines []string
		if words[0] == "status" {
			lines = c.status()
		} else if err := c.Do(line); err != nil {
			return "", err
		}
		for _, l := range append(c.story[told:], lines...) {
			if plain, ok := brief(l); ok {
				out.WriteString("\t" + plain + "\n")
			}
		}
	}
	return out.String(), nil
}

// brief leaves orders and their ends out of a story: what came of them stands
// there, too.
func brief(line string) (string, bool) {
	_, what, _ := strings.Cut(line, "  ")
	for _, boring := range []string{" orders ", ": done", ": uncertain", ": failed", "manager started", "manager ended", "--- order"} {
		if strings.Contains(what, boring) {
			return "", false
		}
	}
	return strings.TrimRight(line, " "), true
}

func (c *Cluster) status() []string {
	var lines []string
	for _, m := range c.members {
		state := "-"
		if m.alive {
			state = m.machine.State.String()
		}
		up := "nobody"
		if m.stream.connected {
			up = string(m.stream.up.name)
		}
		lines = append(lines, fmt.Sprintf("%s: %s, writable %v, streams from %s, log ends at %s", m.name, state, m.writable(), up, m.db.end()))
	}
	r := c.Records()
	lines = append(lines, c.shadowLines()...)
	lines = append(lines, statusOfOrders(r, c.members)...)
	for _, a := range r.Answers {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("answer to %s: %s in term %d, primary %s %s", a.ID, a.Code, a.Term, a.Primary, a.Why)))
	}
	return append(lines, fmt.Sprintf("term %d, lost %d", r.Reign.Term, c.Lost()))
}

func parseOptions(words []string) (Options, error) {
	o := Options{Trace: true}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		var err error
		switch name {
		case "members":
			o.Members, err = strconv.Atoi(value)
		case "late":
			o.Late, err = strconv.Atoi(value)
		case "seed":
			o.Seed, err = strconv.ParseUint(value, 10, 64)
		case "sync":
			o.Settings.Durability.K, err = strconv.Atoi(value)
		case "degrade":
			o.Settings.Durability.Degrade, err = time.ParseDuration(value)
		case "quorum":
			o.Settings.Durability.Quorum = true
		case "ttl":
			o.Settings.TTL, err = time.ParseDuration(value)
		case "maxlag":
			o.Settings.MaxLag, err = ha.ParseBytes(value)
		case "cascade", "promotable":
			o.tagCascades(value, name == "promotable")
		case "settle":
			o.Settings.ParentSettle, err = time.ParseDuration(value)
		case "waits":
			o.Settings.CascadeWaits = true
		case "shadow":
			o.Shadow = true
		case "foreignsync":
			o.ForeignSync, err = strconv.Atoi(value)
		case "aliases":
			o.Aliases = true
		case "empty":
			o.Empty = true
		case "noclaim":
			o.NoClaim = true
		case "nowatchdog":
			o.NoWatchdog = true
		case "drift":
			o.ClockDrift = true
		default:
			err = fmt.Errorf("no such option")
		}
		if err != nil {
			return o, fmt.Errorf("hatest: script: option %q: %w", w, err)
		}
	}
	return o, nil
}
