// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package ha keeps one database of a cluster writable, and never two.
//
// A [Node] runs beside each member's database server. It watches the server
// through an [Engine] and agrees with the other nodes through a coordination
// store (package dcs). It elects a primary, fails over when the primary's
// node is lost, restarts a server that crashed, carries out switchovers, and
// brings old primaries back as standbys. [Admin] is the operator's side.
//
// # How it works
//
//	engine --> Observation --+
//	                         +--> Decide (pure) --> Decision --> engine, store
//	store  --> Cluster ------+
//
// [Decide] is a pure function of what a node remembers ([Machine]), what it
// sees ([View]) and what became of its actions ([Outcome]). The states and the
// ways between them are a table ([Transition], drawn by [Mermaid]). A Node is a
// thin shell around it; a program with a loop of its own can call Decide
// itself, as the simulator in package hatest does.
//
// # Promised
//
// In every term one member holds the grant: a record bound to a lease.
//
//   - R1: only its holder may have a writable server, and it stops that server
//     before the lease can end, by its own monotonic clock, counted from the
//     moment the last successful renewal was sent, less [Settings].Margin.
//   - R2: a term is given once; each promotion carries its term.
//   - R3: a node reads the grant again, linearizably, as the last step before
//     it promotes or starts a server as primary.
//   - R4: a member that comes back and finds another holder never becomes
//     writable; it is rejoined.
//
// With [Durability].K of 1 or more no acknowledged write is lost by a
// failover, as long as what is assumed below holds: an election waits until
// enough of the synchronous set were seen.
// With asynchronous replication a failover can lose what the promoted member
// had not received; [Reign].Behind says how much that was, as far as known.
//
// In quorum mode ([Durability].Quorum) the standbys decide, not the lease: a
// former primary may stay writable, and can acknowledge nothing, because all
// but K-1 of its synchronous standbys have turned away from it for good before
// another is elected. R1 does not hold then; instead
//
//   - Q1: after a server has become writable in a term, no server of an
//     earlier term acknowledges a write;
//
// and it needs neither clocks nor a living node: of what is assumed below only
// the store's linearizability, and that sessions wait for their confirmations.
//
// # Assumed
//
//   - The store is linearizable and never ends a lease early.
//   - Clocks of members and store run at rates within one percent of each
//     other; their offsets and jumps do not matter.
//   - A stop of the server takes effect within Margin, or the operating
//     system kills it within Margin.
//   - The node runs as long as its server is writable. A node that is killed
//     or frozen while its server lives on cannot stop it when the lease ends,
//     and one that was frozen together with it stops it a moment after both go
//     on: only a watchdog ([Config].Watchdog) closes that gap. Without it two servers are writable then, and
//     what the former primary acknowledges after the lease has ended can be
//     lost, with Durability.K of 1 or more as well: a standby that has told its
//     position for the election goes on confirming to the former primary until
//     it follows the new one. A node that is started again finds its server and
//     takes it over or stops it.
//
// # Not promised
//
// Reads on a former primary may be old. A pause ([Admin.Pause]) stops
// automation, not safety: a primary that cannot renew its lease stops.
//
// # People
//
// A pause and a downtime ([Admin.BeginDowntime]) can end by themselves, a
// switchover can wait for its time ([Admin.ScheduleSwitchover]). After
// Settings.FailoverLimit automatic failovers within Settings.FailoverWindow
// automation pauses itself; orders still work, and [Admin.Resume] begins a new
// count. With Settings.Approve a failover waits for [Admin.Approve]. Wall
// clocks decide when such things begin and end, and nothing about safety.
//
// # Cascade standbys
//
// A member with [Tags].Cascade streams from another standby, so that the
// primary need not feed it. It confirms no writes, has no voice in elections,
// and is promoted only when its tags or an operator allow it. When its parent
// is gone, or not fit any more, it gets another one: see [ChooseParent]. No
// server knows that it is a cascade standby; [MemberReport].Role and
// [ClusterStatus.Tree] say so.
//
// # Beside another manager
//
// With [Config].Shadow nodes run beside CM, Patroni, Ham4DB or people, look at
// the servers, and do nothing: they call nothing of their engines but Observe
// (and Claim, a lock beside the data) and write nothing but their own session,
// status and journal. The journal, in [ClusterStatus].Shadow and
// [Events].Shadowed, says what they would have done, when, with a verdict on
// each member, and what the present manager did instead and how much later.
// Two servers that accept writes at the same time are an entry and an alarm.
// The look-ahead ends where a member would take the grant: what would come
// after that (that the promotion succeeds) is not claimed. A shadow node that is
// ended looks like a member's node that is gone, as it would be.
//
// [Admin.TakeOver] ends that, in one step, after the other manager was stopped:
// the running primary stays primary, nothing restarts. There is no way back to
// another manager yet; the servers' configuration is ours then.
//
// # Where to start reading
//
// state.go and trigger.go, transition.go, input.go, decide.go with
// decide_trigger.go and decide_duty.go, candidate.go, then node.go and act.go.
package ha
