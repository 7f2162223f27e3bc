// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// LogLine is one message of gs_ctl. What other programs and libraries print in
// between has no time.
type LogLine struct {
	Time time.Time // wall clock of the machine, taken as UTC; zero for lines without a prefix
	PID  int       // of the tool
	Node string    // pgxc_node_name; empty for most commands
	Text string    // without prefix and line end
}

const logTime = "2006-01-02 15:04:05.000"

// logPrefix is in front of a message, which is not always at the start of a
// line: some messages end without a line end (lib/elog/elog.cpp).
//
// read-only
var logPrefix = regexp.MustCompile(`\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\]\[(\d{1,10})\]\[([^\[\]\n]*)\]\[gs_ctl\]: ?`)

// ParseLog takes the output of gs_ctl apart. Empty lines are left out.
func ParseLog(output string) []LogLine {
	var log []LogLine
	add := func(l LogLine, text string) {
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			if strings.TrimSpace(line) == "" {
				continue
			}
			l.Text = line
			log = append(log, l)
			l = LogLine{} // a second line of the same message has no prefix
		}
	}
	at, current := 0, LogLine{}
	for _, m := range logPrefix.FindAllStringSubmatchIndex(output, -1) {
		add(current, output[at:m[0]])
		current = LogLine{Node: output[m[6]:m[7]]}
		current.PID, _ = strconv.Atoi(output[m[4]:m[5]])         // ten digits always fit
		current.Time, _ = time.Parse(logTime, output[m[2]:m[3]]) // a time that is none stays zero
		at = m[1]
	}
	add(current, output[at:])
	return log
}

// String writes the message as gs_ctl does, without the line end.
func (l LogLine) String() string {
	if l.Time.IsZero() {
		return l.Text
	}
	return "[" + l.Time.Format(logTime) + "][" + strconv.Itoa(l.PID) + "][" + l.Node + "][gs_ctl]: " + l.Text
}
