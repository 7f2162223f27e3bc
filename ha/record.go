// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// The records of a cluster in the store. All but history stand below
// <cluster>/state/, which nodes watch; history is read when asked for.

// Grant says who may be primary. It is bound to the lease of its holder's
// session and gone with it.
type Grant struct {
	Holder   MemberID `json:"holder"`
	Term     Term     `json:"term"`
	Instance string   `json:"instance"`        // run of the node that took it
	Claim    string   `json:"claim,omitempty"` // data directory it took it for
}

// Reign is what is known of the newest term, and stays when its grant is gone.
type Reign struct {
	Term     Term     `json:"term"`
	Holder   MemberID `json:"holder"`
	Instance string   `json:"instance"`           // run of the holder's node
	Promoted bool     `json:"promoted"`           // the server became writable in this term
	Last     LSN      `json:"last,omitempty"`     // last known position of the primary before this term; of its log that a promotion took over, once there was one
	Timeline uint32   `json:"timeline,omitempty"` // of the log written in this term
	Start    LSN      `json:"start"`              // where that timeline begins: a member beyond it on an older one has diverged

	// Parent is the timeline that Timeline branched off at Start; 0 if unknown.
	Parent uint32 `json:"parent,omitempty"`
	// Adopted says that the timeline was another manager's, so nobody knows
	// which older ones it goes on from, and where: only members that are on it
	// are known to have its log.
	Adopted bool `json:"adopted,omitempty"`
	// Loss is the verdict of the election on what the promotion loses.
	Loss Loss `json:"loss,omitzero"`
	// Quorum says that the holder does not stop when its lease runs out, so
	// that the end of a session proves nothing: only the promises of enough of
	// its synchronous standbys end the reign. It is on record before the holder
	// relies on it.
	Quorum bool `json:"quorum,omitempty"`

	// Set when the grant was given back, and only after the server was stopped.
	Released bool     `json:"released,omitempty"`
	End      LSN      `json:"end,omitempty"`   // end of the log at the stop
	Exact    bool     `json:"exact,omitempty"` // End is exact: the stop was orderly
	To       MemberID `json:"to,omitempty"`    // who should take the grant next
	Failed   bool     `json:"failed,omitempty"`
	Lost     bool     `json:"lost,omitempty"`    // the server had crashed or hung: among equals another member goes first
	Failure  Failure  `json:"failure,omitempty"` // why it was given back, when nobody wanted that

	// Fenced is how the former primary was known to write nothing any more when
	// this term's was promoted. ToFence are those of whom that was all that was
	// known when the term began, until the promotion is on record.
	Fenced  FenceLevel `json:"fenced,omitempty"`
	ToFence []MemberID `json:"toFence,omitempty"`

	Former MemberID `json:"former,omitempty"` // holder of the term before
	Cause  string   `json:"cause,omitempty"`  // why the term began
	Actor  string   `json:"actor,omitempty"`  // who asked for it
	Why    string   `json:"why,omitempty"`    // the reason that was given with the request
	// Behind is how far the promoted log was behind the last known position
	// of the former primary: what may be lost when replication is asynchronous.
	// The primary tells its position once in a heartbeat, so it is a lower
	// bound: what was written since then is not in it.
	Behind Bytes `json:"behind,omitempty"`
	Wall   int64 `json:"wall,omitempty"` // when the term began, Unix nanoseconds by its holder's clock
}

// Identity says which database the cluster holds. SystemID is empty while
// the member By makes it; then the record is bound to By's session.
type Identity struct {
	SystemID string   `json:"systemId,omitempty"`
	By       MemberID `json:"by"`
	// Timeline is the newest that the database had on any member when the
	// cluster got it. Each promotion adds its term to it, so that no two
	// promotions choose the same timeline, and none an older one.
	Timeline uint32 `json:"timeline,omitempty"`
}

// SyncRule is a synchronous set that was in force under a primary, so that an
// election must honour it: every acknowledged write is on the primary and on
// K of Members. With K of 0 replication was asynchronous for a while: writes
// may be on the primary alone. No rules at all say that it was so all the time.
type SyncRule struct {
	Primary MemberID   `json:"primary"`
	K       int        `json:"k"`
	Members []MemberID `json:"members"`
}

// Pause stops all automatic changes of roles, with a reason.
type Pause struct {
	Reason string `json:"reason"`
	By     string `json:"by"`
	Wall   int64  `json:"wall"`
	// Until is when it ends by itself, Unix nanoseconds; 0 for never. Any node
	// ends it; one whose clock is wrong ends it early or late.
	Until int64 `json:"until,omitempty"`
	// Automatic: automation has paused itself after too many failovers.
	Automatic bool `json:"automatic,omitempty"`
}

// Session binds a member's name to one run of its node.
type Session struct {
	Instance string `json:"instance"`
	Claim    string `json:"claim,omitempty"`
}

// Tags are what an operator says about a member as a candidate.
type Tags struct {
	// Preferred members become primary again as Settings.FailBack says.
	Preferred    bool   `json:"preferred,omitempty"`
	Priority     int    `json:"priority,omitempty"`     // higher is preferred among equals; default 0
	NeverPromote bool   `json:"neverPromote,omitempty"` // is never promoted, not even alone
	NeverSync    bool   `json:"neverSync,omitempty"`    // never counts for synchronous commits
	Zone         string `json:"zone,omitempty"`         // among equals the old primary's zone is preferred

	// Cascade makes the member a cascade standby: it receives the log from
	// another standby, never confirms writes and has no voice in elections. It
	// is not promoted, not even alone, unless Promotable, or by a failover that
	// names it with force. When its parent is gone, or not fit any more, it gets
	// another one; see [ChooseParent].
	Cascade bool `json:"cascade,omitempty"`
	// Promotable, with Cascade: the member may be promoted when no other can be,
	// and by a switchover or failover that names it.
	Promotable bool `json:"promotable,omitempty"`
	// Parent, with Cascade, is the standby to stream from while it is fit; empty
	// for the best. It must not be a cascade standby: chains are not built.
	Parent MemberID `json:"parent,omitempty"`
}

// MemberStatus is what a node tells about its member. It stays in the store
// when the node is gone; whether it lives is said by its session.
type MemberStatus struct {
	Instance  string    `json:"instance"` // run of the node that tells this
	Address   string    `json:"address"`
	Tags      Tags      `json:"tags,omitzero"`
	State     State     `json:"state"`
	Role      Role      `json:"role"`
	Data      DataState `json:"data"`
	Running   bool      `json:"running"`
	Writable  bool      `json:"writable"`
	Streaming bool      `json:"streaming"`
	Upstream  MemberID  `json:"upstream,omitempty"`
	SystemID  string    `json:"systemId,omitempty"`
	Timeline  uint32    `json:"timeline"`
	LSN       LSN       `json:"lsn"`
	Applied   LSN       `json:"applied"`
	// Suspect is the term whose holder this member doubts (quorum mode): it has
	// heard nothing from the holder's server for SuspectAfter. 0 for none.
	Suspect Term `json:"suspect,omitempty"`
	// Final is the term of the election for which Timeline and LSN are this
	// member's last word: read after it saw the grant gone. 0 for none. In a
	// quorum reign it is a promise: the member has turned away from the old
	// holder, and will not take log from it again unless it takes the promise
	// back first.
	Final Term `json:"final,omitempty"`
	// PendingRestart: a changed setting of the server waits for a restart.
	PendingRestart bool `json:"pendingRestart,omitempty"`
	// Reinit: the member's data is about to be thrown away, so that nobody may
	// count on it.
	Reinit bool `json:"reinit,omitempty"`
	// Dry: its server has taken no log from the primary for RejoinAfter. It
	// confirms nothing, so the synchronous set does without it as long as enough
	// others are left.
	Dry bool `json:"dry,omitempty"`
	// Restarting: its server is being restarted in place, on order.
	Restarting bool `json:"restarting,omitempty"`
	// Degraded is, on a primary, that writes are confirmed by SyncK standbys and
	// not by as many as the settings ask for, since DegradedSince (Unix
	// nanoseconds by the primary's clock); see Durability.Degrade.
	// Narrow is, on a primary, that writes may be confirmed in its own zone only,
	// although Durability.Spread asks for another.
	Narrow bool `json:"narrow,omitempty"`
	// LagTime is, with Final, how long before the primary's last word this
	// member last had all that it had told; see Settings.MaxLagTime.
	LagTime       time.Duration `json:"lagTime,omitempty"`
	Degraded      bool          `json:"degraded,omitempty"`
	DegradedSince int64         `json:"degradedSince,omitempty"`
	SyncK         int           `json:"syncK,omitempty"` // of the synchronous set in force
	// Parent is whom a cascade standby has chosen to stream from, why, and since
	// when (Unix nanoseconds by its own clock). Upstream says whom its server is
	// set to follow.
	Parent      MemberID     `json:"parent,omitempty"`
	ParentWhy   ParentReason `json:"parentWhy,omitempty"`
	ParentSince int64        `json:"parentSince,omitempty"`
	// Lags says that this standby has for some time been further behind what the
	// primary has told than Settings.MaxLag, so that nobody should stream from it.
	Lags bool `json:"lags,omitempty"`
	// Guarded says that a watchdog resets the member's machine when its node
	// does not stop a server in time.
	Guarded bool `json:"guarded,omitempty"`
	// Health is what the member's probes say.
	Health  Health `json:"health,omitzero"`
	Problem string `json:"problem,omitempty"`
}

// Member is a member as the store shows it.
type Member struct {
	Name    MemberID     `json:"name"`
	Status  MemberStatus `json:"status"`
	Known   bool         `json:"known"` // Status was published at least once
	Session Session      `json:"session,omitzero"`
	Lease   dcs.LeaseID  `json:"lease,omitempty"`

	Order    MemberOrder  `json:"order,omitzero"` // waits for the member's node
	OrderRev dcs.Revision `json:"orderRev,omitempty"`

	Downtime Downtime `json:"downtime,omitzero"`

	// Shadow is what a node that looks only would do.
	Shadow    ShadowRecord `json:"shadow,omitzero"`
	ShadowRev dcs.Revision `json:"shadowRev,omitempty"`

	StatusRev   dcs.Revision `json:"statusRev,omitempty"`
	SessionRev  dcs.Revision `json:"sessionRev,omitempty"`  // 0: no node lives under this name
	DowntimeRev dcs.Revision `json:"downtimeRev,omitempty"` // 0: it is not in downtime
}

// Alive reports whether a node lives under the member's name.
func (m *Member) Alive() bool { return m.SessionRev != 0 }

// Cluster is all records of a cluster at one revision, with the revision at
// which each was last changed; 0 says that the record does not exist.
type Cluster struct {
	Revision dcs.Revision `json:"revision"`

	Settings Settings   `json:"settings,omitzero"`
	Identity Identity   `json:"identity,omitzero"`
	Grant    Grant      `json:"grant,omitzero"`
	Reign    Reign      `json:"reign,omitzero"`
	Rules    []SyncRule `json:"rules,omitempty"`
	Pause    Pause      `json:"pause,omitzero"`
	Request  Request    `json:"request,omitzero"`
	Answers  []Answer   `json:"answers,omitempty"`
	Members  []Member   `json:"members,omitempty"` // sorted by name

	Changes    []SettingsChange `json:"changes,omitempty"` // of the settings, oldest first
	ChangesRev dcs.Revision     `json:"changesRev,omitempty"`
	Scheduled  Request          `json:"scheduled,omitzero"`  // a switchover that waits for its time
	Failovers  []Failover       `json:"failovers,omitempty"` // the newest, oldest first
	Approval   Approval         `json:"approval,omitzero"`
	TakeOver   TakeOver         `json:"takeOver,omitzero"`

	SettingsRev dcs.Revision `json:"settingsRev,omitempty"`
	IdentityRev dcs.Revision `json:"identityRev,omitempty"`
	GrantRev    dcs.Revision `json:"grantRev,omitempty"`
	ReignRev    dcs.Revision `json:"reignRev,omitempty"`
	RulesRev    dcs.Revision `json:"rulesRev,omitempty"`
	PauseRev    dcs.Revision `json:"pauseRev,omitempty"`
	RequestRev  dcs.Revision `json:"requestRev,omitempty"`
	AnswersRev  dcs.Revision `json:"answersRev,omitempty"`

	ScheduledRev dcs.Revision `json:"scheduledRev,omitempty"`
	FailoversRev dcs.Revision `json:"failoversRev,omitempty"`
	ApprovalRev  dcs.Revision `json:"approvalRev,omitempty"`
	TakeOverRev  dcs.Revision `json:"takeOverRev,omitempty"`
}

// Member returns the member of a name, or nil.
func (c *Cluster) Member(name MemberID) *Member {
	i, ok := slices.BinarySearchFunc(c.Members, name, func(m Member, n MemberID) int {
		return strings.Compare(string(m.Name), string(n))
	})
	if !ok {
		return nil
	}
	return &c.Members[i]
}

// Paused reports whether automation is off.
func (c *Cluster) Paused() bool { return c.PauseRev != 0 }

// Keys names the records of a cluster in the store.
type Keys struct{ cluster string }

// KeysOf returns the names of a cluster's records.
func KeysOf(cluster string) Keys { return Keys{cluster} }

// State is the prefix of everything that nodes watch.
func (k Keys) State() string { return k.cluster + "/state/" }

// History is the prefix of the records of ended and current terms.
func (k Keys) History() string { return k.cluster + "/history/" }

func (k Keys) settings() string            { return k.State() + "config" }
func (k Keys) identity() string            { return k.State() + "identity" }
func (k Keys) grant() string               { return k.State() + "grant" }
func (k Keys) reign() string               { return k.State() + "reign" }
func (k Keys) rules() string               { return k.State() + "sync" }
func (k Keys) pause() string               { return k.State() + "pause" }
func (k Keys) request() string             { return k.State() + "request" }
func (k Keys) answers() string             { return k.State() + "answers" }
func (k Keys) member(name MemberID) string { return k.State() + "members/" + string(name) }
func (k Keys) session(n MemberID) string   { return k.State() + "sessions/" + string(n) }

// Decode reads the records of a cluster from a snapshot of Keys.State. A
// record that cannot be read is an error that names its key: nobody guesses
// about grants.
func (k Keys) Decode(s dcs.Snapshot) (*Cluster, error) { return k.DecodeAfter(nil, s) }

// DecodeAfter is Decode for one who has read an earlier or later snapshot of
// the same store: records that have not changed between the two are shared
// with prev, not read again. Neither may be changed.
func (k Keys) DecodeAfter(prev *Cluster, s dcs.Snapshot) (*Cluster, error) {
	if prev == nil {
		prev = &Cluster{}
	}
	c := &Cluster{Revision: s.Revision, Members: make([]Member, 0, len(prev.Members))}
	for _, e := range s.Entries {
		name, ok := strings.CutPrefix(e.Key, k.State())
		if !ok {
			continue
		}
		if err := c.decode(name, e, prev); err != nil {
			return nil, fmt.Errorf("ha: record %s: %w", e.Key, err)
		}
	}
	slices.SortFunc(c.Members, func(a, b Member) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return c, nil
}

func (c *Cluster) decode(name string, e dcs.Entry, prev *Cluster) error {
	switch name {
	case "config":
		return read(e, &c.Settings, &c.SettingsRev, &prev.Settings, prev.SettingsRev)
	case "identity":
		return read(e, &c.Identity, &c.IdentityRev, &prev.Identity, prev.IdentityRev)
	case "grant":
		return read(e, &c.Grant, &c.GrantRev, &prev.Grant, prev.GrantRev)
	case "reign":
		return read(e, &c.Reign, &c.ReignRev, &prev.Reign, prev.ReignRev)
	case "sync":
		return read(e, &c.Rules, &c.RulesRev, &prev.Rules, prev.RulesRev)
	case "pause":
		return read(e, &c.Pause, &c.PauseRev, &prev.Pause, prev.PauseRev)
	case "request":
		return read(e, &c.Request, &c.RequestRev, &prev.Request, prev.RequestRev)
	case "changes":
		return read(e, &c.Changes, &c.ChangesRev, &prev.Changes, prev.ChangesRev)
	case "answers":
		return read(e, &c.Answers, &c.AnswersRev, &prev.Answers, prev.AnswersRev)
	case "scheduled":
		return read(e, &c.Scheduled, &c.ScheduledRev, &prev.Scheduled, prev.ScheduledRev)
	case "failovers":
		return read(e, &c.Failovers, &c.FailoversRev, &prev.Failovers, prev.FailoversRev)
	case "approval":
		return read(e, &c.Approval, &c.ApprovalRev, &prev.Approval, prev.ApprovalRev)
	case "takeover":
		return read(e, &c.TakeOver, &c.TakeOverRev, &prev.TakeOver, prev.TakeOverRev)
	}
	kind, id, _ := strings.Cut(name, "/")
	old := prev.Member(MemberID(id))
	if old == nil {
		old = &Member{}
	}
	switch kind {
	case "members":
		m := c.at(MemberID(id))
		m.Known = true
		return read(e, &m.Status, &m.StatusRev, &old.Status, old.StatusRev)
	case "orders":
		m := c.at(MemberID(id))
		return read(e, &m.Order, &m.OrderRev, &old.Order, old.OrderRev)
	case "sessions":
		m := c.at(MemberID(id))
		m.Lease = e.Lease
		return read(e, &m.Session, &m.SessionRev, &old.Session, old.SessionRev)
	case "shadows":
		m := c.at(MemberID(id))
		return read(e, &m.Shadow, &m.ShadowRev, &old.Shadow, old.ShadowRev)
	case "downtimes":
		m := c.at(MemberID(id))
		return read(e, &m.Downtime, &m.DowntimeRev, &old.Downtime, old.DowntimeRev)
	}
	return nil // a record of a newer release
}

// read reads one record, or takes the former reading of the same revision.
func read[T any](e dcs.Entry, v *T, rev *dcs.Revision, old *T, oldRev dcs.Revision) error {
	*rev = e.Modified
	if e.Modified == oldRev {
		*v = *old
		return nil
	}
	return json.Unmarshal(e.Value, v)
}

// at returns the member of a name and makes it when it is not there. The
// snapshot is sorted, so there are few to look through: the last is often it.
func (c *Cluster) at(name MemberID) *Member {
	for i := range c.Members {
		if c.Members[i].Name == name {
			return &c.Members[i]
		}
	}
	c.Members = append(c.Members, Member{Name: name})
	return &c.Members[len(c.Members)-1]
}

// encode writes a record. Records hold only what JSON can hold, so it cannot
// fail.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return text
}
