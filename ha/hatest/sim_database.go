// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"slices"

	"github.com/gausskit/gausskit/ha"
)

// record is one entry of a log. Two logs that hold the same record hold the
// same records before it, because timelines are given once.
type record struct {
	end      ha.LSN // position after the record
	row      int32  // number of the client's row; 0 for the server's own records
	timeline uint32
}

// database is the model of one data directory and the server on it. It has no
// clock: whoever drives it says when things happen. It keeps to what
// PostgreSQL does: log is sent only when flushed; a stopped server's position
// is exact only after an orderly stop; a server whose log its upstream does
// not have does not stream; an interrupted rejoin leaves no database.
type database struct {
	name     ha.MemberID
	data     ha.DataState
	systemID string
	unserved bool // an Init made it, and no server on it could have been written to

	log     []record
	flushed int // records that a crash leaves
	control int // records that the control file vouches for
	base    ha.LSN

	running  bool
	hung     bool // runs and does not answer; nothing is acknowledged meanwhile
	role     ha.Role
	clean    bool
	upstream ha.Upstream
	sync     ha.SyncSet
	shown    *ha.SyncSet // what sessions show instead, see showSync
	term     ha.Term     // that it became writable with
	// alias is what a standby calls itself to its upstream, "" for its name, and
	// alien that another program has told it whom to follow.
	alias  ha.MemberID
	alien  bool
	served int // counts runs of the server

	waiting []commit
}

// commit is a row whose client waits for the acknowledgement.
type commit struct {
	row   int32
	index int // records that must be flushed for it
}

// writable reports whether a client could be told that a write is committed.
func (db *database) writable() bool { return db.running && !db.hung && db.role == ha.RolePrimary }

func (db *database) lsn(records int) ha.LSN {
	if records == 0 {
		return db.base
	}
	return db.log[records-1].end
}

// end is the end of the log that survives a crash.
func (db *database) end() ha.LSN { return db.lsn(db.flushed) }

func (db *database) timelineAt(records int) uint32 {
	if records == 0 {
		return 1
	}
	return db.log[records-1].timeline
}

// create makes a new database in an empty directory.
func (db *database) create(systemID string, base ha.LSN) {
	*db = database{
		name: db.name, served: db.served, data: ha.DataPresent, systemID: systemID, base: base, role: ha.RolePrimary, clean: true, unserved: true,
	}
}

// copyOf makes the data a copy of another one's, as a stopped standby.
func (db *database) copyOf(src *database) {
	*db = database{
		name: db.name, served: db.served, data: ha.DataPresent, systemID: src.systemID, base: src.base, role: ha.RoleStandby,
		log: slices.Clip(src.log[:src.flushed]), flushed: src.flushed, control: min(src.control, src.flushed), clean: false,
	}
}

// write appends a record. It is not flushed yet.
func (db *database) write(row int32, size ha.Bytes, timeline uint32) int {
	db.log = append(db.log, record{end: db.lsn(len(db.log)) + ha.LSN(size), row: row, timeline: timeline})
	return len(db.log)
}

const ownRecord = 0x78 // bytes of a checkpoint or end-of-recovery record

// start brings the server up on the data as it is.
func (db *database) start(spec ha.StartSpec) error {
	switch {
	case db.data != ha.DataPresent:
		return errNoData
	case db.running && (db.role == ha.RolePrimary) == (spec.Mode == ha.StartPrimary):
		return nil
	case db.running:
		return ha.ErrWrongMode
	}
	db.running, db.hung = true, false
	db.unserved = db.unserved && spec.Mode == ha.StartStandby && spec.Upstream.Member == ""
	db.served++
	db.clean = false
	db.waiting, db.shown = nil, nil
	if spec.Mode == ha.StartStandby {
		db.role, db.upstream, db.sync = ha.RoleStandby, spec.Upstream, ha.SyncSet{}
		return nil
	}
	db.role, db.sync, db.term = ha.RolePrimary, spec.Sync, spec.Term
	db.flushed = db.write(0, ownRecord, db.timelineAt(db.flushed)) // recovery's checkpoint
	db.control = db.flushed
	return nil
}

// crash ends the server without warning.
func (db *database) crash() {
	db.running, db.hung, db.clean = false, false, false
	db.log = slices.Clip(db.log[:db.flushed])
	db.waiting = nil
}

// stop ends the server in order: the log is flushed and closed by a checkpoint.
func (db *database) stop() {
	if !db.running {
		return
	}
	if db.role == ha.RolePrimary {
		db.write(0, ownRecord, db.timelineAt(len(db.log)))
	}
	db.flushed = len(db.log)
	db.control = db.flushed
	db.running, db.hung, db.clean = false, false, true
	db.waiting = nil
}

// promote makes a running standby the primary on a new timeline.
func (db *database) promote(spec ha.PromoteSpec, timeline uint32) error {
	switch {
	case !db.running || db.hung:
		return errNotRunning
	case db.role == ha.RolePrimary:
		return nil
	}
	db.role, db.sync, db.term, db.unserved = ha.RolePrimary, spec.Sync, spec.Term, false
	db.flushed = db.write(0, ownRecord, timeline)
	db.control = db.flushed
	return nil
}

// has reports whether another's log, as far as it is flushed, begins with all
// of this log: only then can this server follow it.
func (db *database) beginsOf(up *database) bool {
	n := db.flushed
	return n == 0 || n <= up.flushed && up.log[n-1] == db.log[n-1]
}

// receive takes log from upstream and flushes it. A standby's log has no part
// that is not flushed.
func (db *database) receive(log []record) {
	db.log = append(db.log, log...)
	db.flushed = len(db.log)
}

// observe is what an engine can tell.
func (db *database) observe() ha.Observation {
	o := ha.Observation{Data: db.data, Running: db.running}
	if db.data != ha.DataPresent {
		return o
	}
	o.SystemID, o.Unserved = db.systemID, db.unserved
	o.Upstream, o.Address, o.Alias = db.upstream.Member, db.upstream.Address, db.alias
	if db.alien {
		o.Upstream = ""
	}
	switch {
	case db.hung:
		o.Role = db.role // its data says so
		o.Timeline, o.LSN = db.timelineAt(db.control), db.lsn(db.control)
		o.Problem = "no answer"
	case db.running:
		o.Answers, o.Role, o.Writable = true, db.role, db.role == ha.RolePrimary
		o.Timeline, o.LSN = db.timelineAt(db.flushed), db.end()
		o.Applied = o.LSN
		if o.Writable {
			if o.Sync = db.sync; db.shown != nil {
				o.Sync = *db.shown
			}
			o.Upstream, o.Address, o.Alias = "", "", ""
		}
	default:
		o.Role, o.Clean = db.role, db.clean
		o.Timeline, o.LSN = db.timelineAt(db.control), db.lsn(db.control)
		o.Applied = o.LSN
	}
	return o
}
