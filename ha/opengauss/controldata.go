// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/dms"
	"github.com/gausskit/gausskit/ha"
)

// ControlData is what "pg_controldata" prints about a data directory, or about
// the data volume group of a shared-storage cluster.
//
// openGauss selects no new timeline when it promotes: Timeline and
// DatabaseTimeline say nothing about divergence.
type ControlData struct {
	ControlVersion   uint64
	CatalogVersion   uint64
	SystemID         uint64 // the same on all members of a cluster
	State            ControlState
	Modified         time.Time // wall clock of the machine, taken as UTC: the output names no zone
	Checkpoint       ha.LSN
	PriorCheckpoint  ha.LSN
	Redo             ha.LSN // where replay would begin
	Timeline         uint64
	FullPageWrites   bool
	NextXID          uint64
	NextOID          uint64
	NextMultiXactID  uint64
	NextMultiOffset  uint64
	OldestXID        uint64
	OldestXIDDB      uint64
	OldestActiveXID  uint64
	RemoveLSN        ha.LSN
	CheckpointTime   time.Time // like Modified
	MinRecovery      ha.LSN    // a standby is consistent from here on
	BackupStart      ha.LSN
	BackupEnd        ha.LSN
	BackupEndNeeded  bool
	WALLevel         string
	MaxConnections   uint64
	MaxPreparedXacts uint64
	MaxLocksPerXact  uint64
	MaxAlignment     uint64
	BlockSize        uint64 // bytes
	SegmentBlocks    uint64
	WALBlockSize     uint64 // bytes
	WALSegmentSize   uint64 // bytes
	MaxIdentifier    uint64
	MaxIndexColumns  uint64
	ToastChunkSize   uint64 // bytes
	DateTimeStorage  string
	Float4Passing    string
	Float8Passing    string
	DatabaseTimeline uint64
	Reform           *dms.Control // only with shared storage
	Extra            Row          // lines that this package does not know
	Warnings         []string
}

// ControlState is the state of a database in its control file. While the
// server runs it is that of the last checkpoint.
type ControlState string

// The states (pg_controldata.cpp: dbState).
const (
	ControlStartingUp       ControlState = "starting up"
	ControlShutDown         ControlState = "shut down"
	ControlShutDownRecovery ControlState = "shut down in recovery"
	ControlShuttingDown     ControlState = "shutting down"
	ControlCrashRecovery    ControlState = "in crash recovery"
	ControlArchiveRecovery  ControlState = "in archive recovery" // a standby
	ControlProduction       ControlState = "in production"       // a primary, also one that was killed
)

// ErrChecksum is the error for a control file whose checksum does not fit its
// content: pg_controldata prints a warning and exits 0.
var ErrChecksum = errors.New("opengauss: checksum of the control file does not fit")

func controlColumns() []column[ControlData] {
	return []column[ControlData]{
		uintColumn("pg_control version number", func(v *ControlData) *uint64 { return &v.ControlVersion }),
		uintColumn("Catalog version number", func(v *ControlData) *uint64 { return &v.CatalogVersion }),
		uintColumn("Database system identifier", func(v *ControlData) *uint64 { return &v.SystemID }),
		textColumn("Database cluster state", func(v *ControlData) *ControlState { return &v.State }),
		ctimeColumn("pg_control last modified", func(v *ControlData) *time.Time { return &v.Modified }),
		lsnColumn("Latest checkpoint location", func(v *ControlData) *ha.LSN { return &v.Checkpoint }),
		lsnColumn("Prior checkpoint location", func(v *ControlData) *ha.LSN { return &v.PriorCheckpoint }),
		lsnColumn("Latest checkpoint's REDO location", func(v *ControlData) *ha.LSN { return &v.Redo }),
		uintColumn("Latest checkpoint's TimeLineID", func(v *ControlData) *uint64 { return &v.Timeline }),
		boolColumn("Latest checkpoint's full_page_writes", "on", "off", func(v *ControlData) *bool { return &v.FullPageWrites }),
		uintColumn("Latest checkpoint's NextXID", func(v *ControlData) *uint64 { return &v.NextXID }),
		uintColumn("Latest checkpoint's NextOID", func(v *ControlData) *uint64 { return &v.NextOID }),
		uintColumn("Latest checkpoint's NextMultiXactId", func(v *ControlData) *uint64 { return &v.NextMultiXactID }),
		uintColumn("Latest checkpoint's NextMultiOffset", func(v *ControlData) *uint64 { return &v.NextMultiOffset }),
		uintColumn("Latest checkpoint's oldestXID", func(v *ControlData) *uint64 { return &v.OldestXID }),
		uintColumn("Latest checkpoint's oldestXID's DB", func(v *ControlData) *uint64 { return &v.OldestXIDDB }),
		uintColumn("Latest checkpoint's oldestActiveXID", func(v *ControlData) *uint64 { return &v.OldestActiveXID }),
		lsnColumn("Latest checkpoint's remove lsn", func(v *ControlData) *ha.LSN { return &v.RemoveLSN }),
		ctimeColumn("Time of latest checkpoint", func(v *ControlData) *time.Time { return &v.CheckpointTime }),
		lsnColumn("Minimum recovery ending location", func(v *ControlData) *ha.LSN { return &v.MinRecovery }),
		lsnColumn("Backup start location", func(v *ControlData) *ha.LSN { return &v.BackupStart }),
		lsnColumn("Backup end location", func(v *ControlData) *ha.LSN { return &v.BackupEnd }),
		boolColumn("End-of-backup record required", "yes", "no", func(v *ControlData) *bool { return &v.BackupEndNeeded }),
		textColumn("Current wal_level setting", func(v *ControlData) *string { return &v.WALLevel }),
		uintColumn("Current max_connections setting", func(v *ControlData) *uint64 { return &v.MaxConnections }),
		uintColumn("Current max_prepared_xacts setting", func(v *ControlData) *uint64 { return &v.MaxPreparedXacts }),
		uintColumn("Current max_locks_per_xact setting", func(v *ControlData) *uint64 { return &v.MaxLocksPerXact }),
		uintColumn("Maximum data alignment", func(v *ControlData) *uint64 { return &v.MaxAlignment }),
		uintColumn("Database block size", func(v *ControlData) *uint64 { return &v.BlockSize }),
		uintColumn("Blocks per segment of large relation", func(v *ControlData) *uint64 { return &v.SegmentBlocks }),
		uintColumn("WAL block size", func(v *ControlData) *uint64 { return &v.WALBlockSize }),
		uintColumn("Bytes per WAL segment", func(v *ControlData) *uint64 { return &v.WALSegmentSize }),
		uintColumn("Maximum length of identifiers", func(v *ControlData) *uint64 { return &v.MaxIdentifier }),
		uintColumn("Maximum columns in an index", func(v *ControlData) *uint64 { return &v.MaxIndexColumns }),
		uintColumn("Maximum size of a TOAST chunk", func(v *ControlData) *uint64 { return &v.ToastChunkSize }),
		textColumn("Date/time type storage", func(v *ControlData) *string { return &v.DateTimeStorage }),
		textColumn("Float4 argument passing", func(v *ControlData) *string { return &v.Float4Passing }),
		textColumn("Float8 argument passing", func(v *ControlData) *string { return &v.Float8Passing }),
		uintColumn("Database system TimeLine", func(v *ControlData) *uint64 { return &v.DatabaseTimeline }),
	}
}

// The words of pg_controldata, in the order of their numbers.
var (
	clusterStatusTexts = [...]string{"in on-demand build", "in on-demand redo", "normal"} // read-only
	runModeTexts       = [...]string{"primary cluster", "standby cluster"}                // read-only
)

func reformColumns() []column[dms.Control] {
	return []column[dms.Control]{
		uintColumn("Reform control version number", func(r *dms.Control) *uint32 { return &r.Version }),
		uintColumn("Stable instances list", func(r *dms.Control) *dms.InstanceSet { return &r.Stable }),
		intColumn("Primary instance ID", func(r *dms.Control) *int { return &r.Primary }),
		intColumn("Recovery instance ID", func(r *dms.Control) *int { return &r.Recovery }),
		enumColumn("Cluster status", clusterStatusTexts[:], func(r *dms.Control) *dms.ClusterState { return &r.State }),
		enumColumn("Cluster run mode", runModeTexts[:], func(r *dms.Control) *dms.RunMode { return &r.RunMode }),
	}
}

// isReformRequired names what every release prints; 5.0.0 prints no more.
func isReformRequired(name string) bool {
	return name == "Stable instances list" || name == "Primary instance ID"
}

// controlTitle and reformTitle stand before the two parts when there are two.
const (
	controlTitle = "pg_control data"
	reformTitle  = "reformer data (last page id 64)"
	controlPad   = 38
)

// ParseControlData reads the output of pg_controldata for one instance: with
// shared storage, releases 5.0 to 6.0 print every instance unless -I names one.
// A file whose checksum
// does not fit is returned with an error that wraps [ErrChecksum]; other errors
// wrap [ErrFormat].
func ParseControlData(output string) (ControlData, error) {
	var d ControlData
	parts := map[bool]Row{} // by whether it is of the reform page
	inReform, inWarning := false, false
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if inWarning = line != "" && (inWarning || strings.HasPrefix(line, "WARNING: ")); inWarning {
			d.Warnings = append(d.Warnings, line)
			continue
		}
		if strings.HasPrefix(line, "reformer data") {
			inReform = true
			parts[true] = Row{}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if ok {
			parts[inReform] = append(parts[inReform], Field{name, strings.TrimLeft(value, " ")})
		}
	}
	if err := readRow("pg_controldata", controlColumns(), parts[false], &d, &d.Extra); err != nil {
		return ControlData{}, err
	}
	if rows, ok := parts[true]; ok {
		columns := slices.DeleteFunc(reformColumns(), func(c column[dms.Control]) bool {
			return !isReformRequired(c.name) && !slices.ContainsFunc(rows, func(f Field) bool { return f.Name == c.name })
		})
		d.Reform = &dms.Control{State: dms.ClusterNormal} // where the release has no word for it
		if err := readRow("pg_controldata", columns, rows, d.Reform, &d.Extra); err != nil {
			return ControlData{}, err
		}
	}
	for _, w := range d.Warnings {
		if strings.Contains(w, "checksum does not match") {
			return d, fmt.Errorf("%w: %s", ErrChecksum, strings.Join(d.Warnings, " "))
		}
	}
	return d, nil
}

// String writes the output of pg_controldata as release 7.0 does, without its
// warnings.
func (d ControlData) String() string {
	var b strings.Builder
	if d.Reform != nil {
		b.WriteString("\n" + controlTitle + "\n\n")
	}
	write := func(row Row) {
		for _, f := range row {
			pad(&b, f.Name+":", controlPad)
			b.WriteString(f.Value + "\n")
		}
	}
	write(rowOf(controlColumns(), &d, d.Extra))
	if d.Reform != nil {
		b.WriteString("\n" + reformTitle + "\n\n")
		write(slices.DeleteFunc(rowOf(reformColumns(), d.Reform, nil), func(f Field) bool { return f.Name == "Recovery instance ID" }))
	}
	return b.String()
}

func uintColumn[T any, U ~uint32 | ~uint64](name string, at func(*T) *U) column[T] {
	return column[T]{name, func(v *T, s string) error {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || uint64(U(n)) != n || strconv.FormatUint(n, 10) != s {
			return errors.New("want a decimal number")
		}
		*at(v) = U(n)
		return nil
	}, func(v *T) string { return strconv.FormatUint(uint64(*at(v)), 10) }}
}

func ctimeColumn[T any](name string, at func(*T) *time.Time) column[T] {
	return column[T]{name, func(v *T, s string) error {
		t, err := time.Parse(time.ANSIC, s)
		if err != nil {
			return errors.New("want a time as C prints it: run pg_controldata with LC_ALL=C")
		}
		*at(v) = t
		return nil
	}, func(v *T) string { return at(v).Format(time.ANSIC) }}
}

func enumColumn[T any, E ~uint8](name string, texts []string, at func(*T) *E) column[T] {
	return column[T]{name, func(v *T, s string) error {
		for i, text := range texts {
			if s == text {
				*at(v) = E(i)
				return nil
			}
		}
		return fmt.Errorf("want one of %q", texts)
	}, func(v *T) string { return texts[min(int(*at(v)), len(texts)-1)] }}
}
