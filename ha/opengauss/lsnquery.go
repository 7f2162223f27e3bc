// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"fmt"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// LSNQuery is the answer of "gs_ctl query -L": it reads the log's files and
// works without a server. The exit code is 0 whatever the answer.
type LSNQuery struct {
	Max    ha.LSN // where the last whole record of the log on disk begins
	Report string // what the tool says about the position it was asked for
}

// ParseLSNQuery reads the answer. Source: pg_ctl.cpp (do_lsn_query).
func ParseLSNQuery(output string) (LSNQuery, error) {
	_, answer, ok := strings.Cut(output, "LSN query result:\n")
	line, report, ended := strings.Cut(answer, "\n")
	text, isMax := strings.CutPrefix(strings.TrimSpace(line), "MAX_LSN: ")
	if !ok || !ended || !isMax {
		return LSNQuery{}, fmt.Errorf("%w: gs_ctl query -L: no MAX_LSN", ErrFormat)
	}
	lsn, err := ha.ParseLSN(text)
	if err != nil {
		return LSNQuery{}, fmt.Errorf("%w: gs_ctl query -L: %w", ErrFormat, err)
	}
	return LSNQuery{Max: lsn, Report: strings.TrimRight(report, "\n")}, nil
}

// String writes the answer as gs_ctl prints it.
func (q LSNQuery) String() string {
	return "LSN query result:\n   MAX_LSN: " + q.Max.String() + "\n" + q.Report + "\n"
}
