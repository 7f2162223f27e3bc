// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// BuildState is how far the copying of a server's data is.
type BuildState string

// The states.
const (
	BuildFailed    BuildState = "Build failed" // or none was ever tried
	BuildRunning   BuildState = "Building"
	BuildCompleted BuildState = "Build completed" // the last build; it stays so afterwards
)

// BuildQuery is the answer of "gs_ctl querybuild". It comes from files, so the
// role is that of the server only while the server runs.
type BuildQuery struct {
	Role     ha.Role
	Channels int // configured channels
	State    BuildState
	IsSync   bool
	Progress *BuildProgress // nil unless State is BuildRunning
	Extra    Row
	Log      []string // lines of the output that are no part of the answer
}

// BuildProgress is how far a running build is.
type BuildProgress struct {
	Mode      string // "Full" or "Incremental"; empty for the other kinds
	Done      Size
	Total     Size          // estimated
	Percent   int           // 0 to 100
	Remaining time.Duration // estimated, in whole seconds; negative: not known
	Extra     Row
}

func buildColumns() []column[BuildQuery] {
	return []column[BuildQuery]{
		roleColumn("local_role", func(q *BuildQuery) *ha.Role { return &q.Role }),
		intColumn("static_connections", func(q *BuildQuery) *int { return &q.Channels }),
		{"db_state", func(q *BuildQuery, s string) error {
			switch q.State = BuildState(s); q.State {
			case BuildFailed, BuildRunning, BuildCompleted:
				return nil
			}
			return fmt.Errorf("want %q, %q or %q", BuildFailed, BuildRunning, BuildCompleted)
		}, func(q *BuildQuery) string { return string(q.State) }},
		boolColumn(fieldSyncMode, syncMode(true), syncMode(false), func(q *BuildQuery) *bool { return &q.IsSync }),
	}
}

const fieldBuildMode = "build_mode"

// progressColumns leaves build_mode out: only two kinds of builds have it.
func progressColumns() []column[BuildProgress] {
	return []column[BuildProgress]{
		sizeColumn("data_synchronized", func(p *BuildProgress) *Size { return &p.Done }),
		sizeColumn("estimated_total_data", func(p *BuildProgress) *Size { return &p.Total }),
		percentColumn("process_schedule", func(p *BuildProgress) *int { return &p.Percent }),
		{"estimated_remaining_time", func(p *BuildProgress, s string) (err error) {
			p.Remaining, err = parseClock(s)
			return err
		}, func(p *BuildProgress) string { return formatClock(p.Remaining) }},
	}
}

// ParseBuildQuery reads what "gs_ctl querybuild" printed. Errors wrap
// [ErrFormat]. Source: pg_ctl.cpp (display_build_query).
func ParseBuildQuery(output string) (BuildQuery, error) {
	var q BuildQuery
	parts, log := splitSections(output)
	q.Log = log
	state, ok := take(parts, SectionHA)
	if !ok || len(state.rows) != 1 {
		return BuildQuery{}, fmt.Errorf("%w: gs_ctl querybuild: no section %q", ErrFormat, SectionHA)
	}
	if err := readRow(string(SectionHA), buildColumns(), state.rows[0], &q, &q.Extra); err != nil {
		return BuildQuery{}, err
	}
	progress, ok := take(parts, sectionBuild)
	if !ok {
		if q.State == BuildRunning {
			return BuildQuery{}, fmt.Errorf("%w: gs_ctl querybuild: cut short: section %q is missing", ErrFormat, sectionBuild)
		}
		return q, nil
	}
	if len(progress.rows) != 1 {
		return BuildQuery{}, fmt.Errorf("%w: section %q: %d rows, want 1", ErrFormat, sectionBuild, len(progress.rows))
	}
	var p BuildProgress
	row := progress.rows[0]
	if row[0].Name == fieldBuildMode {
		p.Mode, row = row[0].Value, row[1:]
	}
	if err := readRow(string(sectionBuild), progressColumns(), row, &p, &p.Extra); err != nil {
		return BuildQuery{}, err
	}
	q.Progress = &p
	return q, nil
}

// String writes the answer as gs_ctl prints it, without the lines of Log.
func (q BuildQuery) String() string {
	var b strings.Builder
	b.WriteString(" " + string(SectionHA) + "\n")
	fileRow(&b, rowOf(buildColumns(), &q, q.Extra))
	if p := q.Progress; p != nil {
		b.WriteString(" " + string(sectionBuild) + "\n")
		if p.Mode != "" {
			fileRow(&b, Row{{fieldBuildMode, p.Mode}})
		}
		fileRow(&b, rowOf(progressColumns(), p, p.Extra))
	}
	b.WriteByte('\n')
	return b.String()
}

// Size is an amount of data as gs_ctl shows it: two decimals and a unit. It is
// comparable, but 1024.00kB and 1.00MB differ; use Bytes to compare amounts.
type Size struct {
	hundredths int64
	unit       uint8 // 0 is kB
}

var sizeUnits = [...]string{"kB", "MB", "GB", "TB"}

// SizeOf gives the size that gs_ctl shows for a number of kilobytes
// (pg_ctl.cpp: show_datasize).
func SizeOf(kilobytes uint64) Size {
	unit, divisor := uint8(0), uint64(1)
	for int(unit) < len(sizeUnits)-1 && kilobytes/divisor >= 1024 {
		unit++
		divisor *= 1024
	}
	// The tool computes with single precision and rounds with %.2f.
	shown := strconv.FormatFloat(float64(float32(kilobytes)/float32(divisor)), 'f', 2, 64)
	whole, frac, _ := strings.Cut(shown, ".")
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		n = math.MaxInt64
	}
	return Size{n, unit}
}

// ParseSize reads a size: digits, a point, two digits, and kB, MB, GB or TB.
func ParseSize(s string) (Size, error) {
	for u, name := range sizeUnits {
		digits, ok := strings.CutSuffix(s, name)
		if !ok {
			continue
		}
		whole, frac, ok := strings.Cut(digits, ".")
		w, err := strconv.ParseUint(whole, 10, 56)
		f, err2 := strconv.ParseUint(frac, 10, 8)
		if !ok || err != nil || err2 != nil || len(frac) != 2 || strconv.FormatUint(w, 10) != whole {
			break
		}
		return Size{int64(w*100 + f), uint8(u)}, nil
	}
	return Size{}, errors.New("want a number with two decimals and kB, MB, GB or TB")
}

// Bytes gives the amount as precisely as it was shown.
func (s Size) Bytes() ha.Bytes {
	return ha.Bytes(float64(s.hundredths) / 100 * float64(int64(1024)<<(10*s.unit)))
}

// String gives the form of [ParseSize].
func (s Size) String() string {
	return fmt.Sprintf("%d.%02d%s", s.hundredths/100, s.hundredths%100, sizeUnits[s.unit])
}

func sizeColumn[T any](name string, at func(*T) *Size) column[T] {
	return column[T]{name, func(v *T, s string) (err error) {
		*at(v), err = ParseSize(s)
		return err
	}, func(v *T) string { return at(v).String() }}
}

const clockUnknown = "--:--:--"

// parseClock reads hours, minutes and seconds; hours can have more digits.
func parseClock(s string) (time.Duration, error) {
	if s == clockUnknown {
		return -time.Second, nil
	}
	parts := strings.Split(s, ":")
	if len(parts) != 3 || len(parts[0]) < 2 || len(parts[1]) != 2 || len(parts[2]) != 2 {
		return 0, errors.New("want HH:MM:SS or " + clockUnknown)
	}
	var n [3]uint64
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 20)
		if err != nil || i > 0 && v > 59 {
			return 0, errors.New("want HH:MM:SS or " + clockUnknown)
		}
		n[i] = v
	}
	return time.Duration(n[0]*3600+n[1]*60+n[2]) * time.Second, nil
}

func formatClock(d time.Duration) string {
	if d < 0 {
		return clockUnknown
	}
	s := int64(d / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}
