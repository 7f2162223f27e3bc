// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"strconv"
	"strings"
	"time"
)

// ParseBlockID reads the output of "dsscmd auid".
func ParseBlockID(text string) (BlockID, error) {
	const verb = "auid"
	var id BlockID
	seen := 0
	for _, line := range outputLines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line.text), ":")
		n, err := strconv.ParseUint(strings.TrimSuffix(value, ":"), 10, 64)
		if !ok || err != nil {
			return BlockID{}, line.bad(verb, "want name:number")
		}
		seen++
		switch key {
		case "id":
			id.ID = n
		case "volumeid":
			id.Volume = n
		case "auid":
			id.AU = n
		case "blockid":
			id.Block = n
		case "item":
			id.Item = n
		default:
			seen--
		}
	}
	if seen < 5 {
		return BlockID{}, &OutputError{Verb: verb, Reason: "want id, volumeid, auid, blockid and item"}
	}
	return id, nil
}

// Client is one line of "dsscmd lscli". The command at this release lists
// itself only.
type Client struct {
	PID     int
	Started uint64 // clock ticks after the start of the machine
	Program string
}

// ParseClients reads the output of "dsscmd lscli".
func ParseClients(text string) ([]Client, error) {
	lines := outputLines(text)
	if len(lines) == 0 || strings.Join(firstFields(lines[0].text, 3), " ") != "cli_pid start_time process_name" {
		return nil, &OutputError{Verb: "lscli", Reason: "want columns cli_pid, start_time, process_name"}
	}
	clients := []Client{}
	for _, line := range lines[1:] {
		fields := strings.Fields(line.text)
		if len(fields) < 3 {
			return nil, line.bad("lscli", "want 3 columns")
		}
		r := fieldReader{}
		c := Client{r.count(fields[0]), r.uint(fields[1], 64), strings.Join(fields[2:], " ")}
		if r.bad {
			return nil, line.bad("lscli", "want numbers")
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// CallStat is one line of "dsscmd ts": how long calls of one kind took.
type CallStat struct {
	Event               string // "DSS Pread"
	Count               uint64
	Total, Average, Max time.Duration // printed in microseconds
}

// ParseCallStats reads the output of "dsscmd ts".
func ParseCallStats(text string) ([]CallStat, error) {
	lines := outputLines(text)
	if len(lines) == 0 || !strings.HasPrefix(lines[0].text, "|") || !strings.Contains(lines[0].text, "max_single_time") {
		return nil, &OutputError{Verb: "ts", Reason: "want a table that begins with its columns"}
	}
	stats := []CallStat{}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line.text, "+-") {
			continue
		}
		fields := strings.Split(strings.TrimPrefix(line.text, "|"), "|")
		if len(fields) < 5 {
			return nil, line.bad("ts", "want 5 columns")
		}
		r := fieldReader{}
		n := func(i int) uint64 { return r.uint(strings.TrimSpace(fields[i]), 63) }
		s := CallStat{Event: strings.TrimSpace(fields[0]), Count: n(1)}
		for i, d := range []*time.Duration{&s.Total, &s.Average, &s.Max} {
			us := n(i + 2)
			*d = time.Duration(min(us, uint64(1<<63-1)/uint64(time.Microsecond))) * time.Microsecond
		}
		if r.bad {
			return nil, line.bad("ts", "want numbers")
		}
		stats = append(stats, s)
	}
	return stats, nil
}
