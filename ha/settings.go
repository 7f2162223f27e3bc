// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Settings are what all members of a cluster share. They live in the store
// and can be changed while the cluster runs (Admin.SetConfig). The zero value
// of a field is its default.
type Settings struct {
	// TTL is how long the grant outlives its holder: the life of a session's
	// lease. At least 500 ms; etcd rounds up to whole seconds, two at least.
	// A session keeps the TTL it was opened with. Default 5 s.
	TTL time.Duration
	// Margin is how long before the lease can end the holder begins to stop
	// its server. It covers the stop and the drift between the clocks of
	// holder and store. Default TTL/5.
	Margin time.Duration
	// Heartbeat is how often a node renews its lease and looks at its server
	// when nothing happens. Default TTL/3.
	Heartbeat time.Duration
	// StoreLimit bounds one request to the store. Default TTL/5.
	StoreLimit time.Duration
	// StopLimit bounds an orderly stop of a server that must not accept
	// writes any more; then it is stopped hard. Default Margin/3.
	StopLimit time.Duration
	// ElectionWait is how long an election waits for members that live but
	// have not fixed their position. Default 500 ms.
	ElectionWait time.Duration
	// PromoteLimit bounds a promotion, the applying of received log included.
	// Then the grant goes to somebody else. Default 60 s, StoreLimit if longer.
	PromoteLimit time.Duration
	// RestartLimit is how long a primary's server may take to come back in
	// place after it crashed before the grant goes to somebody else.
	// Default 10 s; [AtOnce] is not at all: the grant goes to somebody else as
	// soon as the crash is seen. (A pause still has it started in place.)
	RestartLimit time.Duration
	// HangLimit is how long a primary's server may leave questions
	// unanswered before the grant goes to somebody else. Default 10 s.
	HangLimit time.Duration
	// SwitchoverLimit bounds a switchover, from the request to the stop of
	// the old primary. Default 30 s, StoreLimit if longer.
	SwitchoverLimit time.Duration
	// RejoinAfter is how long a standby may fail to stream from a healthy
	// primary before its data is rejoined. Default 15 s.
	RejoinAfter time.Duration

	// ParentSettle is how long another parent must have been fit before a cascade
	// standby leaves one that will do for it: the one that its tag names, or a
	// standby instead of the primary. A parent that is gone is left at once, one
	// that is not fit in a way that may pass after this or RejoinAfter/4,
	// whatever is less. At least 100 ms. Default 10 s.
	ParentSettle time.Duration
	// CascadeWaits keeps cascade standbys from turning to the primary while no
	// standby is fit to be their parent: they wait. One whose parent is promoted
	// stays with it until a standby is fit, and one whose data has to be rejoined
	// gets it from the primary in any case. Default false.
	CascadeWaits bool

	// SuspectAfter is, in quorum mode, how long a standby may hear nothing from
	// the primary's server before it doubts it. Default 1 s.
	SuspectAfter time.Duration

	// AskPrimary lets a standby in quorum mode that hears nothing for half of
	// SuspectAfter ask the primary's server over a session (PeerAsker), and doubt
	// it only when that was not answered for SuspectAfter either. A server that
	// answers and sends no log is doubted HangLimit later all the same. It delays
	// nothing when server or machine are gone. Default false.
	AskPrimary bool

	// Durability says when a write is acknowledged. Default asynchronous.
	Durability Durability
	// Fencing is the level at which a former primary must be fenced before
	// another is promoted; a promotion below it is refused, by force as well.
	// FenceStopped allows hand-overs only. With FenceStorage or FenceDevice
	// each member needs a Fencer that proves it, with FenceWatchdog a watchdog
	// and lease mode. Default FenceNone: what the mode gives, FenceLease or
	// FenceLockedOut.
	Fencing FenceLevel
	// MaxLag is how many bytes behind the last known position of the primary
	// a member may be and still be promoted when replication is asynchronous.
	// Default 16 MiB.
	MaxLag Bytes
	// MaxLagTime is, when replication is asynchronous, for how long a member may
	// have been behind and still be promoted: from the moment at which it last
	// had everything that the primary had told, to the primary's last word. The
	// primary tells its position once in a heartbeat, so what is lost may be
	// older by one heartbeat and the store's delay. A member whose node was
	// started after the primary's end and that is behind is never within it. 0,
	// the default, is no limit; above 0, at least 2 x Heartbeat.
	MaxLagTime time.Duration
	// FailBack says what happens to members with the tag Preferred. Default
	// nothing.
	FailBack FailBack

	// FailoverLimit is how many automatic failovers may happen within
	// FailoverWindow. Instead of one more, automation pauses itself, with a
	// reason, until the oldest of them has left the window or somebody resumes.
	// Ordered and approved changes do not count. 1 to 16 (KeptFailovers), or -1
	// for no limit. Default 3.
	FailoverLimit int
	// FailoverWindow is also how long failures of one kind count as repeated.
	// At least 1 s. Default 1 h.
	FailoverWindow time.Duration
	// PromoteCoolDown is how long a member whose promotion failed comes after
	// all others in elections. Default 2 min.
	PromoteCoolDown time.Duration
	// CrashCoolDown is the same for a member whose server crashed as primary,
	// and did not come back in place, twice or more within FailoverWindow.
	// Default 10 min.
	CrashCoolDown time.Duration
	// HangCoolDown is the same for a member whose server hung as primary twice
	// or more within FailoverWindow. Default 10 min.
	HangCoolDown time.Duration
	// Approve lets an automatic failover wait until an operator approves it
	// (Admin.Approve). Orders, and the return of the last primary, need no
	// approval. Default false.
	Approve bool
}

// Durability says when a write is acknowledged, and so what a failover can
// lose.
type Durability struct {
	// K is how many standbys must have flushed a write before it is
	// acknowledged. 0 is asynchronous: a failover can lose acknowledged
	// writes, at most about MaxLag of them. With 1 or more a failover loses
	// none, and writes wait while fewer than K standbys stream.
	K int
	// Quorum lets the synchronous standbys decide who is primary, instead of
	// the primary's lease: it needs K of 1 or more. A primary then goes on
	// while the store cannot be reached, and a failover does not wait for a
	// lease to run out: enough of the standbys turn away from the old primary
	// for good that it can acknowledge nothing any more, and together know
	// everything that it ever has.
	Quorum bool
	// Degrade is for how long fewer than K standbys may keep up before writes
	// are acknowledged with fewer confirmations: by as many as are left, at last
	// by none. Keeping up means that the node lives and the server streams,
	// within MaxLag. As standbys return, K comes back by itself. 0, the default,
	// is never: writes wait. Above 0, at least 100 ms.
	//
	// Writes that were confirmed by standbys are not lost by a failover
	// afterwards; those that were acknowledged without are as safe as in
	// asynchronous replication, and the records say that there are some until
	// enough standbys have them: status, event ([Events.DurabilityChanged]) and
	// [SyncRule] with K of 0. In quorum mode the lease decides meanwhile. While
	// the store cannot be reached nothing is degraded.
	Degrade time.Duration
	// Spread has writes confirmed in another zone (Tags.Zone) than the
	// primary's: the synchronous set has only members whose zone is another one
	// and known. While fewer than K of these stream, the others count, too, so
	// that writes go on, and the primary's status says so
	// ([MemberStatus].Narrow). It needs K of 1 or more.
	Spread bool
}

// durabilityText is the text form of Durability.
type durabilityText struct {
	K       int    `json:"k"`
	Quorum  bool   `json:"quorum,omitempty"`
	Degrade string `json:"degrade,omitempty"`
	Spread  bool   `json:"spread,omitempty"`
}

// MarshalJSON writes Degrade as people read it, "30s".
func (d Durability) MarshalJSON() ([]byte, error) {
	t := durabilityText{K: d.K, Quorum: d.Quorum, Spread: d.Spread}
	if d.Degrade != 0 {
		t.Degrade = d.Degrade.String()
	}
	return json.Marshal(t)
}

// UnmarshalJSON reads what MarshalJSON writes. A name that it does not know is
// an error.
func (d *Durability) UnmarshalJSON(text []byte) error {
	var t durabilityText
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&t); err != nil {
		return err
	}
	out := Durability{K: t.K, Quorum: t.Quorum, Spread: t.Spread}
	if t.Degrade != "" {
		var err error
		if out.Degrade, err = time.ParseDuration(t.Degrade); err != nil {
			return fmt.Errorf("degrade: %w", err)
		}
	}
	*d = out
	return nil
}

// AtOnce is the RestartLimit of clusters that do not wait for a crashed server.
const AtOnce time.Duration = -1

// Default values of settings.
const (
	DefaultTTL             = 5 * time.Second
	DefaultElectionWait    = 500 * time.Millisecond
	DefaultPromoteLimit    = 60 * time.Second
	DefaultRestartLimit    = 10 * time.Second
	DefaultHangLimit       = 10 * time.Second
	DefaultSwitchoverLimit = 30 * time.Second
	DefaultRejoinAfter     = 15 * time.Second
	DefaultSuspectAfter    = time.Second
	DefaultParentSettle    = 10 * time.Second
	DefaultMaxLag          = 16 * MiB
	DefaultFailoverLimit   = 3
	DefaultFailoverWindow  = time.Hour
	DefaultPromoteCoolDown = 2 * time.Minute
	DefaultCrashCoolDown   = 10 * time.Minute
	DefaultHangCoolDown    = 10 * time.Minute
)

// WithDefaults fills in the defaults for fields that are zero.
func (s Settings) WithDefaults() Settings {
	s.TTL = cmp.Or(s.TTL, DefaultTTL)
	s.Margin = cmp.Or(s.Margin, s.TTL/5)
	s.Heartbeat = cmp.Or(s.Heartbeat, s.TTL/3)
	s.StoreLimit = cmp.Or(s.StoreLimit, s.TTL/5)
	s.StopLimit = cmp.Or(s.StopLimit, s.Margin/3)
	s.ElectionWait = cmp.Or(s.ElectionWait, DefaultElectionWait)
	s.PromoteLimit = cmp.Or(s.PromoteLimit, max(DefaultPromoteLimit, s.StoreLimit))
	s.RestartLimit = cmp.Or(s.RestartLimit, DefaultRestartLimit)
	s.HangLimit = cmp.Or(s.HangLimit, DefaultHangLimit)
	s.SwitchoverLimit = cmp.Or(s.SwitchoverLimit, max(DefaultSwitchoverLimit, s.StoreLimit))
	s.RejoinAfter = cmp.Or(s.RejoinAfter, DefaultRejoinAfter)
	s.SuspectAfter = cmp.Or(s.SuspectAfter, DefaultSuspectAfter)
	s.ParentSettle = cmp.Or(s.ParentSettle, DefaultParentSettle)
	s.MaxLag = cmp.Or(s.MaxLag, DefaultMaxLag)
	s.FailoverLimit = cmp.Or(s.FailoverLimit, DefaultFailoverLimit)
	s.FailoverWindow = cmp.Or(s.FailoverWindow, DefaultFailoverWindow)
	s.PromoteCoolDown = cmp.Or(s.PromoteCoolDown, DefaultPromoteCoolDown)
	s.CrashCoolDown = cmp.Or(s.CrashCoolDown, DefaultCrashCoolDown)
	s.HangCoolDown = cmp.Or(s.HangCoolDown, DefaultHangCoolDown)
	return s
}

// MaxDrift is how much faster or slower a member's clock may run than the
// store's, as a fraction of 1000: 10 is one percent.
const MaxDrift = 10

// MaxLimit is the longest duration that a setting may have: sums of a few of
// them are far from what 64 bits can hold.
const MaxLimit = 30 * 24 * time.Hour

// Validate checks the settings with their defaults filled in and returns all
// violations, joined.
func (s Settings) Validate() error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf("settings: "+format, args...))
		}
	}
	for _, d := range s.durations() {
		bad(d.get(&s) < 0 && !(d.name == "RestartLimit" && d.get(&s) == AtOnce), "%s %v: negative", d.name, d.get(&s))
		bad(d.get(&s) > MaxLimit, "%s %v: above %v", d.name, d.get(&s), MaxLimit)
	}
	bad(s.Durability.K < 0, "Durability.K %d: negative", s.Durability.K)
	bad(s.Durability.Quorum && s.Durability.K == 0, "Durability.Quorum: needs Durability.K of 1 or more, so that standbys know every acknowledged write")
	if err := s.FailBack.validate(); err != nil {
		errs = append(errs, err)
	}
	bad(s.Durability.Spread && s.Durability.K == 0, "Durability.Spread: needs Durability.K of 1 or more")
	dg := s.Durability.Degrade
	bad(dg < 0, "Durability.Degrade %v: negative", dg)
	bad(dg > 0 && dg < 100*time.Millisecond, "Durability.Degrade %v: below 100ms", dg)
	bad(dg > MaxLimit, "Durability.Degrade %v: above %v", dg, MaxLimit)
	bad(dg != 0 && s.Durability.K == 0, "Durability.Degrade %v: needs Durability.K of 1 or more, there is nothing to fall back from", dg)
	bad(s.FailoverLimit < -1, "FailoverLimit %d: below -1, which is no limit", s.FailoverLimit)
	bad(s.FailoverLimit > KeptFailovers, "FailoverLimit %d: above %d, which is how many are remembered", s.FailoverLimit, KeptFailovers)
	bad(s.Fencing > FenceStopped, "Fencing %d: no such level", s.Fencing)
	bad(s.Fencing == FenceLockedOut && !s.Durability.Quorum, "Fencing %v: needs Durability.Quorum", s.Fencing)
	bad(s.Fencing == FenceWatchdog && s.Durability.Quorum, "Fencing %v: a watchdog fences by the lease, which ends nothing with Durability.Quorum", s.Fencing)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	s = s.WithDefaults()
	bad(s.TTL < 500*time.Millisecond, "TTL %v: below 500ms", s.TTL)
	bad(s.TTL > time.Hour, "TTL %v: above 1h", s.TTL)
	bad(s.Margin < s.TTL*2*MaxDrift/1000, "Margin %v: below 2%% of TTL %v, which clocks may drift apart", s.Margin, s.TTL)
	bad(s.Margin < 3*s.StopLimit, "Margin %v: below 3 x StopLimit %v, so an orderly, an immediate and a hard stop could outlast the lease", s.Margin, s.StopLimit)
	bad(s.Heartbeat+2*s.StoreLimit > s.TTL-s.Margin,
		"Heartbeat %v + 2 x StoreLimit %v: above TTL %v - Margin %v, so one lost renewal would demote a primary",
		s.Heartbeat, s.StoreLimit, s.TTL, s.Margin)
	bad(s.Heartbeat < 10*time.Millisecond, "Heartbeat %v: below 10ms", s.Heartbeat)
	bad(s.StoreLimit < 10*time.Millisecond, "StoreLimit %v: below 10ms", s.StoreLimit)
	bad(s.ElectionWait > s.TTL, "ElectionWait %v: above TTL %v", s.ElectionWait, s.TTL)
	bad(s.MaxLagTime > 0 && s.MaxLagTime < 2*s.Heartbeat, "MaxLagTime %v: below 2 x Heartbeat %v, the time between two positions of the primary", s.MaxLagTime, s.Heartbeat)
	bad(s.SuspectAfter < 100*time.Millisecond, "SuspectAfter %v: below 100ms", s.SuspectAfter)
	bad(s.ParentSettle < 100*time.Millisecond, "ParentSettle %v: below 100ms", s.ParentSettle)
	bad(s.PromoteLimit < s.StoreLimit, "PromoteLimit %v: below StoreLimit %v", s.PromoteLimit, s.StoreLimit)
	bad(s.FailoverWindow < time.Second, "FailoverWindow %v: below 1s", s.FailoverWindow)
	bad(s.SwitchoverLimit < s.StoreLimit, "SwitchoverLimit %v: below StoreLimit %v", s.SwitchoverLimit, s.StoreLimit)
	return errors.Join(errs...)
}

// durationField names a duration of Settings for checks and for the text form.
type durationField struct {
	name string
	get  func(*Settings) time.Duration
	set  func(*Settings, time.Duration)
}

func (Settings) durations() []durationField {
	f := func(name string, at func(*Settings) *time.Duration) durationField {
		return durationField{name,
			func(s *Settings) time.Duration { return *at(s) },
			func(s *Settings, d time.Duration) { *at(s) = d }}
	}
	return []durationField{
		f("TTL", func(s *Settings) *time.Duration { return &s.TTL }),
		f("Margin", func(s *Settings) *time.Duration { return &s.Margin }),
		f("Heartbeat", func(s *Settings) *time.Duration { return &s.Heartbeat }),
		f("StoreLimit", func(s *Settings) *time.Duration { return &s.StoreLimit }),
		f("StopLimit", func(s *Settings) *time.Duration { return &s.StopLimit }),
		f("ElectionWait", func(s *Settings) *time.Duration { return &s.ElectionWait }),
		f("PromoteLimit", func(s *Settings) *time.Duration { return &s.PromoteLimit }),
		f("RestartLimit", func(s *Settings) *time.Duration { return &s.RestartLimit }),
		f("HangLimit", func(s *Settings) *time.Duration { return &s.HangLimit }),
		f("SwitchoverLimit", func(s *Settings) *time.Duration { return &s.SwitchoverLimit }),
		f("RejoinAfter", func(s *Settings) *time.Duration { return &s.RejoinAfter }),
		f("SuspectAfter", func(s *Settings) *time.Duration { return &s.SuspectAfter }),
		f("ParentSettle", func(s *Settings) *time.Duration { return &s.ParentSettle }),
		f("MaxLagTime", func(s *Settings) *time.Duration { return &s.MaxLagTime }),
		f("FailoverWindow", func(s *Settings) *time.Duration { return &s.FailoverWindow }),
		f("PromoteCoolDown", func(s *Settings) *time.Duration { return &s.PromoteCoolDown }),
		f("CrashCoolDown", func(s *Settings) *time.Duration { return &s.CrashCoolDown }),
		f("HangCoolDown", func(s *Settings) *time.Duration { return &s.HangCoolDown }),
	}
}

// settingsRest is what of Settings is not a duration.
type settingsRest struct {
	Durability Durability `json:"durability,omitzero"`
	FailBack   FailBack   `json:"failBack,omitzero"`
	Fencing    FenceLevel `json:"fencing,omitempty"`
	MaxLag     *Bytes     `json:"maxLag,omitempty"`

	FailoverLimit int  `json:"failoverLimit,omitempty"`
	Approve       bool `json:"approve,omitempty"`
	AskPrimary    bool `json:"askPrimary,omitempty"`
	CascadeWaits  bool `json:"cascadeWaits,omitempty"`
}

// MarshalJSON writes durations and sizes as people read them, "5s" and
// "16 MiB", and leaves out what has its default.
func (s Settings) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for _, d := range s.durations() {
		if v := d.get(&s); v != 0 {
			out[lowerFirst(d.name)] = v.String()
		}
	}
	if s.Durability != (Durability{}) {
		out["durability"] = s.Durability
	}
	if s.FailBack != (FailBack{}) {
		out["failBack"] = s.FailBack
	}
	if s.Fencing != FenceNone {
		out["fencing"] = s.Fencing
	}
	if s.MaxLag != 0 {
		out["maxLag"] = s.MaxLag
	}
	if s.FailoverLimit != 0 {
		out["failoverLimit"] = s.FailoverLimit
	}
	if s.Approve {
		out["approve"] = true
	}
	if s.AskPrimary {
		out["askPrimary"] = true
	}
	if s.CascadeWaits {
		out["cascadeWaits"] = true
	}
	return json.Marshal(out) // keys of a map are written in order
}

// UnmarshalJSON reads what MarshalJSON writes. A name that is not a setting
// is an error: a typing mistake must not become a default.
func (s *Settings) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return fmt.Errorf("ha: parse settings: %w", err)
	}
	var out Settings
	for _, d := range out.durations() {
		key := lowerFirst(d.name)
		v, ok := raw[key]
		if !ok {
			continue
		}
		delete(raw, key)
		var word string
		if err := json.Unmarshal(v, &word); err != nil {
			return fmt.Errorf("ha: parse settings: %s: want a duration such as \"5s\": %w", key, err)
		}
		n, err := time.ParseDuration(word)
		if err != nil {
			return fmt.Errorf("ha: parse settings: %s: %w", key, err)
		}
		d.set(&out, n)
	}
	var rest settingsRest
	for key, v := range raw {
		var err error
		switch key {
		case "durability":
			err = json.Unmarshal(v, &rest.Durability)
		case "failBack":
			err = json.Unmarshal(v, &rest.FailBack)
		case "fencing":
			err = json.Unmarshal(v, &rest.Fencing)
		case "maxLag":
			err = json.Unmarshal(v, &rest.MaxLag)
		case "failoverLimit":
			err = json.Unmarshal(v, &rest.FailoverLimit)
		case "approve":
			err = json.Unmarshal(v, &rest.Approve)
		case "askPrimary":
			err = json.Unmarshal(v, &rest.AskPrimary)
		case "cascadeWaits":
			err = json.Unmarshal(v, &rest.CascadeWaits)
		default:
			err = errors.New("not a setting")
		}
		if err != nil {
			return fmt.Errorf("ha: parse settings: %s: %w", key, err)
		}
	}
	out.Durability, out.FailBack, out.Fencing = rest.Durability, rest.FailBack, rest.Fencing
	out.FailoverLimit, out.Approve = rest.FailoverLimit, rest.Approve
	out.AskPrimary, out.CascadeWaits = rest.AskPrimary, rest.CascadeWaits
	if rest.MaxLag != nil {
		out.MaxLag = *rest.MaxLag
	}
	*s = out
	return nil
}

func lowerFirst(name string) string {
	if name == "TTL" {
		return "ttl"
	}
	return string(name[0]+'a'-'A') + name[1:]
}
