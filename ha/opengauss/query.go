// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// Source says where an answer of "gs_ctl query" comes from.
type Source uint8

// The sources.
const (
	// SourceServer: the server itself answered over SQL.
	SourceServer Source = iota
	// SourceStateFile: the server's process lives but did not answer, and
	// gs_ctl printed the file gaussdb.state, exit code 0. Role and state are
	// the last that somebody wrote there: a frozen primary reads "Primary",
	// "Normal". HA.Detail says why the server did not answer.
	SourceStateFile
)

// String gives "server" or "state file".
func (s Source) String() string {
	switch s {
	case SourceServer:
		return "server"
	case SourceStateFile:
		return "state file"
	}
	return "Source(" + strconv.Itoa(int(s)) + ")"
}

// Query is the answer of "gs_ctl query".
type Query struct {
	Source   Source
	HA       HAState
	IsSync   bool      // replicates synchronously; known only from the state file
	Senders  []Sender  // whom this server feeds; none in DCF mode
	Receiver *Receiver // who feeds this server; nil when nobody does, and in DCF mode
	DCF      bool      // the answer has the section of DCF instead of senders and receiver
	Paxos    *Paxos    // nil without DCF
	// Failed lists the sections whose SQL failed: they are empty because
	// nothing is known, not because there is nothing.
	Failed []Section
	// Log has the other lines of the output, in their order: gs_ctl's own
	// messages, and those of libraries it loads.
	Log []string
}

// IsLive reports whether the server itself said that it has its role.
func (q Query) IsLive() bool { return q.Source == SourceServer && !q.isFailed(SectionHA) }

func (q Query) isFailed(s Section) bool {
	for _, f := range q.Failed {
		if f == s {
			return true
		}
	}
	return false
}

// Section is a part of gs_ctl's output, by its title.
type Section string

// The sections.
const (
	SectionHA        Section = "HA state:"
	SectionSenders   Section = "Senders info:"
	SectionReceiver  Section = "Receiver info:"
	SectionPaxos     Section = "Paxos replication info:"
	sectionBuild     Section = "Build state:"
	noInformation            = "No information"
	failedSQL                = "exc_sql failed."
	liveFieldPad             = 30
	serverTitleWidth         = 20
)

// HAState is the first section: what a server is and how it is. The view
// pg_stat_get_stream_replications() has the same columns.
type HAState struct {
	Role     ha.Role
	Channels int // configured replconninfo channels ("static_connections"), not live ones
	State    DBState
	Detail   Detail
	Extra    Row // fields of a later release
}

// NeedsBuild reports whether the server says that only a build brings it back.
func (h HAState) NeedsBuild() bool {
	return h.State == StateNeedRepair && h.Detail.Rebuild().NeedsBuild()
}

func haColumns() []column[HAState] {
	return []column[HAState]{
		roleColumn("local_role", func(h *HAState) *ha.Role { return &h.Role }),
		intColumn("static_connections", func(h *HAState) *int { return &h.Channels }),
		textColumn("db_state", func(h *HAState) *DBState { return &h.State }),
		textColumn("detail_information", func(h *HAState) *Detail { return &h.Detail }),
	}
}

// Locations are the eight positions in the log that both ends of a channel
// report. 0/0 is unknown.
type Locations struct {
	Sent, SenderWrite, SenderFlush, SenderReplay           ha.LSN // the upstream's
	Received, ReceiverWrite, ReceiverFlush, ReceiverReplay ha.LSN // the downstream's
}

func locationColumns[T any](at func(*T) *Locations) []column[T] {
	return []column[T]{
		lsnColumn("sender_sent_location", func(v *T) *ha.LSN { return &at(v).Sent }),
		lsnColumn("sender_write_location", func(v *T) *ha.LSN { return &at(v).SenderWrite }),
		lsnColumn("sender_flush_location", func(v *T) *ha.LSN { return &at(v).SenderFlush }),
		lsnColumn("sender_replay_location", func(v *T) *ha.LSN { return &at(v).SenderReplay }),
		lsnColumn("receiver_received_location", func(v *T) *ha.LSN { return &at(v).Received }),
		lsnColumn("receiver_write_location", func(v *T) *ha.LSN { return &at(v).ReceiverWrite }),
		lsnColumn("receiver_flush_location", func(v *T) *ha.LSN { return &at(v).ReceiverFlush }),
		lsnColumn("receiver_replay_location", func(v *T) *ha.LSN { return &at(v).ReceiverReplay }),
	}
}

// SenderState is what a sender is doing.
type SenderState string

// The states of senders.
const (
	SenderStartup   SenderState = "Startup"
	SenderBackup    SenderState = "Backup" // feeds a build
	SenderCatchup   SenderState = "Catchup"
	SenderStreaming SenderState = "Streaming"
	SenderUnknown   SenderState = "Unknown"
)

// SyncState is a standby's part in synchronous replication.
type SyncState string

// The parts.
const (
	SyncAsync     SyncState = "Async"     // nobody waits for it
	SyncSync      SyncState = "Sync"      // commits wait for it
	SyncQuorum    SyncState = "Quorum"    // commits wait for some of those with this state
	SyncPotential SyncState = "Potential" // takes over when a Sync standby goes
)

// Sender is one downstream of the server. The view
// pg_stat_get_wal_senders() has the same columns and more; those are in Extra.
type Sender struct {
	PID           int64 // of the sender's thread: neither a process id nor the pid that SQL shows
	LocalRole     ha.Role
	PeerRole      PeerRole
	PeerState     DBState // last reported; may be stale
	State         SenderState
	Locations     Locations
	SyncPercent   int
	SyncState     SyncState
	SyncPriority  int  // 0: asynchronous
	MostAvailable bool // most_available_sync is on: commits do not wait for standbys that are gone
	Channel       Channel
	Extra         Row
}

func senderColumns() []column[Sender] {
	return concat([]column[Sender]{
		intColumn("sender_pid", func(s *Sender) *int64 { return &s.PID }),
		roleColumn("local_role", func(s *Sender) *ha.Role { return &s.LocalRole }),
		textColumn("peer_role", func(s *Sender) *PeerRole { return &s.PeerRole }),
		textColumn("peer_state", func(s *Sender) *DBState { return &s.PeerState }),
		textColumn("state", func(s *Sender) *SenderState { return &s.State }),
	}, locationColumns(func(s *Sender) *Locations { return &s.Locations }), []column[Sender]{
		percentColumn("sync_percent", func(s *Sender) *int { return &s.SyncPercent }),
		textColumn("sync_state", func(s *Sender) *SyncState { return &s.SyncState }),
		intColumn("sync_priority", func(s *Sender) *int { return &s.SyncPriority }),
		boolColumn("sync_most_available", "On", "Off", func(s *Sender) *bool { return &s.MostAvailable }),
		channelColumn("channel", arrowSender, func(s *Sender) *Channel { return &s.Channel }),
	})
}

// Receiver is the upstream of the server. The view pg_stat_get_wal_receiver()
// has the same columns.
type Receiver struct {
	PID         int64 // of the receiver's thread
	LocalRole   ha.Role
	PeerRole    PeerRole
	PeerState   DBState // last reported; may be stale
	State       DBState // this server's state, not the receiver's
	Locations   Locations
	SyncPercent int
	Channel     Channel
	Extra       Row
}

func receiverColumns() []column[Receiver] {
	return concat([]column[Receiver]{
		intColumn("receiver_pid", func(r *Receiver) *int64 { return &r.PID }),
		roleColumn("local_role", func(r *Receiver) *ha.Role { return &r.LocalRole }),
		textColumn("peer_role", func(r *Receiver) *PeerRole { return &r.PeerRole }),
		textColumn("peer_state", func(r *Receiver) *DBState { return &r.PeerState }),
		textColumn("state", func(r *Receiver) *DBState { return &r.State }),
	}, locationColumns(func(r *Receiver) *Locations { return &r.Locations }), []column[Receiver]{
		percentColumn("sync_percent", func(r *Receiver) *int { return &r.SyncPercent }),
		channelColumn("channel", arrowReceiver, func(r *Receiver) *Channel { return &r.Channel }),
	})
}

func concat[T any](parts ...[]T) []T {
	var all []T
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// ReadHAState reads a row of pg_stat_get_stream_replications().
func ReadHAState(row Row) (h HAState, err error) {
	err = readRow(string(SectionHA), haColumns(), row, &h, &h.Extra)
	return h, err
}

// ReadSender reads a row of pg_stat_get_wal_senders(). A user without the
// right to see it gets empty columns, which is an error here.
func ReadSender(row Row) (s Sender, err error) {
	err = readRow(string(SectionSenders), senderColumns(), row, &s, &s.Extra)
	return s, err
}

// ReadReceiver reads a row of pg_stat_get_wal_receiver().
func ReadReceiver(row Row) (r Receiver, err error) {
	err = readRow(string(SectionReceiver), receiverColumns(), row, &r, &r.Extra)
	return r, err
}

// String writes the answer as gs_ctl prints it, byte for byte, without the
// lines of Log.
func (q Query) String() string {
	var b strings.Builder
	if q.Source == SourceStateFile {
		q.writeStateFile(&b)
		return b.String()
	}
	section(&b, q, SectionHA, []Row{rowOf(haColumns(), &q.HA, q.HA.Extra)})
	if q.DCF {
		var rows []Row
		if q.Paxos != nil {
			rows = []Row{rowOf(paxosColumns(), q.Paxos, q.Paxos.Extra)}
		}
		section(&b, q, SectionPaxos, rows)
		return b.String()
	}
	var senders, receivers []Row
	for i := range q.Senders {
		senders = append(senders, rowOf(senderColumns(), &q.Senders[i], q.Senders[i].Extra))
	}
	if q.Receiver != nil {
		receivers = []Row{rowOf(receiverColumns(), q.Receiver, q.Receiver.Extra)}
	}
	section(&b, q, SectionSenders, senders)
	section(&b, q, SectionReceiver, receivers)
	return b.String()
}

// section writes one section in the layout of streamutil.cpp (exe_sql).
func section(b *strings.Builder, q Query, title Section, rows []Row) {
	b.WriteByte(' ')
	pad(b, string(title), serverTitleWidth)
	b.WriteByte('\n')
	if q.isFailed(title) {
		b.WriteString(failedSQL + "\n")
		return
	}
	if len(rows) == 0 {
		b.WriteString(noInformation + " \n")
	}
	for _, row := range rows {
		for _, f := range row {
			b.WriteByte('\t')
			pad(b, f.Name, liveFieldPad)
			b.WriteString(" : " + f.Value + "\n")
		}
		b.WriteByte('\n')
	}
}

func pad(b *strings.Builder, s string, width int) {
	b.WriteString(s)
	for n := len(s); n < width; n++ {
		b.WriteByte(' ')
	}
}

// writeStateFile writes the layout of pg_ctl.cpp (display_query). The reason
// why there was no connection comes from libpq and ends in a line end of its
// own; "Access denied" is gs_ctl's and does not.
func (q Query) writeStateFile(b *strings.Builder) {
	h := q.HA
	if h.Detail != DetailAccessDenied {
		h.Detail += "\n"
	}
	b.WriteString(" " + string(SectionHA) + "\n")
	fileRow(b, append(rowOf(haColumns(), &h, nil), Field{fieldSyncMode, syncMode(q.IsSync)}))
	fileRow(b, h.Extra)
	if !q.DCF {
		b.WriteString("\n " + string(SectionSenders) + "\n        " + noInformation + "\n " +
			string(SectionReceiver) + "\n        " + noInformation + "\n")
	}
}

const fieldSyncMode = "sync_mode"

func syncMode(sync bool) string {
	if sync {
		return "Sync"
	}
	return "Async"
}

func fileRow(b *strings.Builder, row Row) {
	for _, f := range row {
		b.WriteString("        ")
		pad(b, f.Name, liveFieldPad)
		b.WriteString(": " + f.Value + "\n")
	}
}
