// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import "slices"

// Mode is what a server is at the moment of a reload, as far as its channels
// can change it.
type Mode uint8

// The modes of a server (db_role, ServerMode in replicainternal.h).
const (
	ModeNormal  Mode = iota // without replication
	ModePrimary             // primary
	ModeOther               // standby, cascade standby, main standby, pending
)

var modes = labels{ // read-only
	ModeNormal:  {code: "normal"},
	ModePrimary: {code: "primary"},
	ModeOther:   {code: "other"},
}

// String returns "normal", "primary" or "other".
func (m Mode) String() string { return modes.code("Mode", uint8(m)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Running is what must be known of a running server to say what a reload does.
type Running struct {
	Mode Mode
	// Receiver is the setting whose channel the WAL receiver uses; zero when
	// there is no receiver.
	Receiver Slot
	// Connections is static_connections as the server shows it. 0 means as many
	// as there are channels.
	Connections int
	// DMS is enable_dms: a normal server then stays normal.
	DMS bool
	// SharedStorage says that the log is on a shared device or that the server
	// belongs to a dual cluster; channels are then looked after in normal mode
	// too.
	SharedStorage bool
}

// Listener is an address of the channels' local sides. The port is what
// remains of it in sixteen bits.
type Listener struct {
	Host string
	Port uint16
}

// SlotChange is what a reload makes of one setting whose text differs.
type SlotChange struct {
	Slot    Slot
	Change  Change
	Reading Reading // of the new text
	// Refused says that the new text does not pass the check: it is logged,
	// the old value stays, other settings still change.
	Refused bool
}

// Effect is what a reload does to a running server.
type Effect struct {
	Changes []SlotChange // in the order of the slots, only where texts differ
	// Unpredictable says that an old or new text raises an error or leaves its
	// buffer inside the server ([OutcomeRaised], [OutcomeOverrun]); the rest of
	// the Effect then holds only if that happens to do no harm.
	Unpredictable bool
	// Deferred says that the server is and stays in normal mode, where it does
	// not look at its connections and listeners: all of them stay.
	Deferred bool
	// SendersEnded are the channels whose WAL senders are ended; the standbys
	// connect again. A change of cross_cluster_replconninfo<n> ends the senders
	// of replconninfo<n> and none of its own: the server compares its numbers
	// only.
	SendersEnded []Slot
	// Kept are the settings that had a channel and whose senders go on, whether
	// the channel is still there or not.
	Kept []Slot
	// ReceiverRestarted says that the WAL receiver is ended and started again.
	ReceiverRestarted bool
	// ListenersRebuilt says that the HA listen sockets are brought in line with
	// the new channels: Opened and Closed. The server's own port+1 is never
	// closed.
	ListenersRebuilt bool
	Opened, Closed   []Listener
	// Unopened are addresses of new channels that get no listener now.
	Unopened []Listener
	// HeartbeatRestarted says that the heartbeat thread, when it runs, listens
	// anew and drops its connections.
	HeartbeatRestarted bool
	// CrossRegion says whether the server is in cross-region mode afterwards.
	CrossRegion bool
	// Connections is static_connections afterwards; Stale says that it is not
	// the number of channels.
	Connections int
	Stale       bool
	// Mode is the mode afterwards. A normal server becomes primary when
	// replconninfo1 is (re)assigned while there is a channel, a primary becomes
	// normal when its count of connections is 0.
	Mode Mode
}

// Reload says what a running server does when its configuration is reloaded
// and its settings were old and are now new: a function of its arguments, with
// no server asked. It follows the assign hooks and IsReplConnInfoChanged in
// guc_storage.cpp, UpdateCrossRegionMode, check_and_reset_ha_listen_port and
// CreateHaListenSocket in postmaster.cpp, and deal_with_sigup in heartbeat.cpp
// (single-node build, 7.0.0-RC2).
//
// The settings are taken to stand in the configuration file in the order of
// [Slots], and replconninfo1 to stand there when its text is not empty.
func Reload(old, new Settings, running Running) Effect {
	r := reload{running: running, effect: Effect{Mode: running.Mode}}
	r.assign(old, new)
	r.crossRegion()
	r.effect.Deferred = r.effect.Mode == ModeNormal && !running.SharedStorage
	if r.effect.Deferred {
		r.effect.Kept = r.had
	} else {
		r.reset()
	}
	r.listeners()
	r.effect.Stale = r.effect.Connections != count(r.after)
	return r.effect
}

// channelSet is what the server has stored; index is the Slot.
type channelSet [2*SlotsPerKind + 1]*ServerChannel

func count(set channelSet) (n int) {
	for _, c := range set {
		if c != nil {
			n++
		}
	}
	return n
}

type reload struct {
	running       Running
	before, after channelSet
	kinds         [2*SlotsPerKind + 1]Change
	had           []Slot
	effect        Effect
}

// read stores what the server reads in a text.
func (r *reload) read(text string) (*ServerChannel, Reading) {
	reading := ParseServer(text)
	if reading.Outcome == OutcomeRaised || reading.Outcome == OutcomeOverrun {
		r.effect.Unpredictable = true
	}
	if c, ok := reading.Effective(); ok {
		return &c, reading
	}
	return nil, reading
}

// assign runs the check and assign hooks of all settings in order.
func (r *reload) assign(old, new Settings) {
	for slot := range Slots() {
		if r.before[slot], _ = r.read(old.Get(slot)); r.before[slot] != nil {
			r.had = append(r.had, slot)
		}
	}
	r.after = r.before
	for slot := range Slots() {
		was, is := old.Get(slot), new.Get(slot)
		channel, reading := r.read(is)
		refused := reading.Outcome == OutcomeRefused
		if !refused {
			r.after[slot] = channel
			r.kinds[slot] = classify(slot, was, is, channel, r.after[Own(1)])
			if slot == Own(1) && was+is != "" {
				r.becomePrimary()
			}
		}
		if was != is {
			r.effect.Changes = append(r.effect.Changes, SlotChange{slot, r.kinds[slot], reading, refused})
		}
	}
}

// becomePrimary is the second half of assign_replconninfo1. The other slots
// still hold their old channels then.
func (r *reload) becomePrimary() {
	if r.effect.Mode != ModeNormal || r.running.DMS {
		return
	}
	for n := 1; n <= SlotsPerKind; n++ {
		if r.after[Own(n)] != nil {
			r.effect.Mode = ModePrimary
			return
		}
	}
}

// crossRegion is UpdateCrossRegionMode: the count of connections is taken anew
// only when the mode changes.
func (r *reload) crossRegion() {
	crosses := func(set channelSet) bool {
		return slices.ContainsFunc(set[:Own(SlotsPerKind)+1], func(c *ServerChannel) bool { return c != nil && c.IsCrossRegion })
	}
	r.effect.Connections = r.running.Connections
	if r.effect.Connections == 0 {
		r.effect.Connections = count(r.before)
	}
	r.effect.CrossRegion = crosses(r.after)
	if r.effect.CrossRegion != crosses(r.before) {
		r.effect.Connections = count(r.after)
	}
}

// reset is check_and_reset_ha_listen_port, and the heartbeat thread's answer
// to the same changes.
func (r *reload) reset() {
	e := &r.effect
	refresh := false
	for n := 1; n <= SlotsPerKind; n++ {
		own, cross := r.kinds[Own(n)], r.kinds[CrossCluster(n)] == ChangedCross
		e.HeartbeatRestarted = e.HeartbeatRestarted || own != Unchanged
		refresh = refresh || own == AddedOldLocal || own == AddedNewLocal || cross
		e.ListenersRebuilt = e.ListenersRebuilt || own == AddedNewLocal
		if own == ChangedAddress || cross {
			e.ListenersRebuilt = true
			e.SendersEnded = append(e.SendersEnded, Own(n))
			e.ReceiverRestarted = e.ReceiverRestarted || r.running.Receiver.Number() == n
		}
	}
	for _, slot := range r.had {
		if !slices.Contains(e.SendersEnded, slot) {
			e.Kept = append(e.Kept, slot)
		}
	}
	if refresh {
		e.Connections = count(r.after)
	}
	if e.Mode == ModePrimary && e.Connections == 0 {
		e.Mode = ModeNormal
	}
}

func (r *reload) listeners() {
	before, after := listenersOf(r.before), listenersOf(r.after)
	opened := without(after, before)
	if !r.effect.ListenersRebuilt {
		r.effect.Unopened = opened
		return
	}
	r.effect.Opened, r.effect.Closed = opened, without(before, after)
}

func listenersOf(set channelSet) (list []Listener) {
	for _, c := range set {
		if c == nil {
			continue
		}
		if l := (Listener{c.LocalHost, uint16(c.LocalPort)}); !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

func without(list, other []Listener) (rest []Listener) {
	for _, l := range list {
		if !slices.Contains(other, l) {
			rest = append(rest, l)
		}
	}
	return rest
}
