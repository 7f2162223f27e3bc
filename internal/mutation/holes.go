// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import "slices"

// Hole is what another manager of databases, or a part that managers are built
// of, has got wrong, and why gausskit does not have it. A machine that could
// have it has it planted ([Hole.Bugs]), and the simulation catches it. What
// gausskit cannot have has the reason (Why), and the tests that keep it so.
type Hole struct {
	Name   string   // what went wrong
	Source string   // whose it is: projects, with the issue, pull request or release where there is one
	Bugs   []string // names of planted bugs that are this hole in gausskit
	Why    string   // what keeps it out, where no planted bug stands for it, or beside them
	Tests  []string // names of test functions that keep it out
}

// Holes returns the known holes of others, by project.
func Holes() []Hole {
	return slices.Concat(patroniHoles(), orchestratorHoles(), vitessHoles(), ham4dbHoles(), operatorHoles(), cmHoles(), repmgrHoles(), buildingHoles())
}

func patroniHoles() []Hole {
	return []Hole{
		{
			Name: "two and three primaries under the kill of a node and a partition", Source: "patroni#3194",
			Bugs: []string{"deadline ignored", "grant taken without looking whether it is free", "promise without having turned away"},
		},
		{
			Name: "an error of the store of an unexpected class demotes a primary that need not go", Source: "patroni#3572",
			Bugs:  []string{"primary that relies on its standbys stops for its lease"},
			Why:   "a decision knows three ends of a store's action, not classes of errors, and a primary that relies on its standbys waits through all of them",
			Tests: []string{"TestQuorumOutlivesEveryAnswer", "TestErrorsOfEtcd"},
		},
		{
			Name: "a stale member of the store makes a healthy primary believe that another leads", Source: "patroni pull request 3318",
			Bugs:  []string{"old records take the grant away from its holder", "log taken from a holder that only old records know"},
			Tests: []string{"TestFaultyStores", "TestStoreKeepsTheContract"},
		},
		{
			Name: "a new primary acts on what it remembers of an earlier reign", Source: "patroni pull request 2803",
			Bugs: []string{"grant of a former manager taken for one's own", "promise counted that may have been taken back"},
			Why:  "what belongs to a reign is forgotten when the state is entered; what outlives it by design (the rules) is on record",
		},
		{
			Name: "a switchover that names nobody lands on an asynchronous standby", Source: "patroni#2405",
			Bugs: []string{"members behind the furthest one may lead", "hand-over on record without the end of the log"},
		},
		{
			Name: "the watchdog is disarmed before the server's sessions are gone", Source: "patroni 4.1.4",
			Bugs: []string{"watchdog disarmed before the server is stopped"},
		},
		{
			Name: "a primary that crashed promotes itself anew, and no standby checks whether it has to be rewound", Source: "patroni 4.1.1",
			Bugs: []string{"former primary never rejoined", "restart in place without asking for the grant"},
		},
		{
			Name: "a watch that was cancelled leaves old records in use", Source: "patroni 4.0.7",
			Bugs:  []string{"grant not read again before the promotion", "log taken from a holder that only old records know"},
			Why:   "a watch goes on until its user ends it, each snapshot is whole, and what counts is read linearizably",
			Tests: []string{"TestErrorDoesNotHideASnapshot", "TestFaultyStores", "TestStoreKeepsTheContract"},
		},
		{
			Name: "two members of one name are two primaries", Source: "patroni 3.0.4",
			Why:   "a name is bound to one session by a transaction; who finds it taken by another claim waits and touches nothing",
			Tests: []string{"TestSecondManagerUnderTheSameName"},
		},
		{
			Name: "a commit whose wait was cancelled shows rows that no standby has", Source: "patroni's documentation",
			Why: "not kept out: it is the server's doing, and an assumption that the documentation names (A7)",
		},
	}
}

func orchestratorHoles() []Hole {
	return []Hole{
		{
			Name: "recoveries that take longer than the cool-down overlap and promote different members", Source: "orchestrator#1217",
			Bugs: []string{"grant taken without looking whether it is free", "promotion in the old term", "one automatic failover too many"},
		},
		{
			Name: "a standby that lags by hours or days is promoted", Source: "orchestrator#83, orchestrator#1050, bitpoke/mysql-operator#865",
			Bugs: []string{"limit on the lag ignored", "members behind the furthest one may lead"},
		},
		{
			Name: "the old primary has transactions that the target of a graceful takeover lacks", Source: "orchestrator#854",
			Bugs: []string{"position fixed before the former primary was stopped", "grant given back before the server is stopped", "hand-over on record without the end of the log"},
		},
		{
			Name: "a recovery whose actor died stays registered and blocks all later ones", Source: "orchestrator#1296",
			Bugs: []string{"grant kept after a promotion that failed", "heir of a hand-over waited for without end", "end of the session ignored"},
			Why:  "the right to act hangs on the actor's lease, and nothing else is registered",
		},
		{
			Name: "the consensus between managers stalls", Source: "orchestrator#1288, orchestrator#1338, orchestrator#1420",
			Why:   "no consensus protocol of its own: nodes agree by transactions of the store, each with a time limit, and in quorum mode writes go on without the store",
			Tests: []string{"TestQuorumOutlivesEveryAnswer", "TestDecideKeepsItsRules"},
		},
		{
			Name: "the old primary never comes back as a standby", Source: "orchestrator#891, orchestrator#1293",
			Bugs: []string{"former primary never rejoined"},
		},
		{
			Name: "both sides of a cut between data centres write: nothing fences but hooks", Source: "orchestrator, as GitHub has described it",
			Bugs: []string{"deadline ignored", "deleted grant taken as proof that the former primary is stopped", "promotion below the fencing level"},
		},
	}
}

// vitessHoles: the branch with the audit was not merged.
func vitessHoles() []Hole {
	return []Hole{
		{
			Name: "acknowledged rows lost when a restart of a replica drops log that it has not applied", Source: "vitess, audit on a branch",
			Bugs: []string{"position of a torn log believed", "position published before the own log is read"},
		},
		{
			Name: "a member that restarts reads who leads without a lock, and follows the deposed primary", Source: "vitess, audit on a branch",
			Bugs: []string{"log taken from a holder that only old records know", "data rejoined to the old holder in spite of a promise", "log taken from the old holder in spite of a promise"},
		},
		{
			Name: "an order to follow outlives the recovery that gave it", Source: "vitess, audit on a branch",
			Bugs: []string{"server that follows nobody taken for one that has turned away", "status that may arrive after a later one", "promise on an old look at the server"},
		},
		{
			Name: "the lock lapses during a long recovery, and another actor begins at once", Source: "vitess, audit on a branch",
			Bugs: []string{"deadline ignored", "grant not read again before the promotion", "end of the session ignored"},
			Why:  "the lease is renewed on a lane of its own, whatever else is under way",
		},
		{
			Name: "repairs that cannot succeed hold the lock and starve the one that matters", Source: "vitess, audit on a branch",
			Bugs: []string{"grant kept after a promotion that failed", "stop not escalated"},
		},
		{
			Name: "terms are stamps of a wall clock", Source: "vitess, audit on a branch",
			Bugs: []string{"promotion in the old term"},
			Why:  "a term is the last one on record and one more, in a transaction on that record; the simulated wall clocks jump, and only ends of pauses, downtimes and schedules go by them",
		},
		{
			Name: "one point of view fails over a healthy primary", Source: "vitess, audit on a branch",
			Bugs:  []string{"one standby ends a reign where two can judge", "standby doubts when either view of the primary is dead"},
			Tests: []string{"TestSightAloneMovesNobody"},
		},
		{
			Name: "no failover while the store of any one cell is down", Source: "vitess, audit on a branch",
			Why:   "there is one store, which bears the loss of a minority of its members; no decision asks another one",
			Tests: []string{"TestClusterKeepsTheContract"},
		},
		{
			Name: "recovery is wedged for good when a former primary stays writable", Source: "vitess#20078",
			Bugs: []string{"server that runs writable left alone by a new manager", "stop not escalated", "former primary never rejoined"},
		},
		{
			Name: "a saturated primary that answers now and then looks healthy", Source: "vitess#19340",
			Bugs:  []string{"answer of the primary's server believed for ever", "primary gives the grant to nobody for a probe"},
			Tests: []string{"TestFrozenServer", "TestDeadProbeMovesThePrimary", "TestWriteProbeOfAFrozenServer"},
		},
		{
			Name: "a second failure during a recovery is one too many", Source: "vitess#11488, vitess#11662",
			Bugs: []string{"new primary forgets the rules of the former one", "log that a forced failover gave up is still lagged", "stop not escalated"},
		},
		{
			Name: "a recovery that failed halfway is taken for a cluster that never had a primary", Source: "vitess#13284",
			Bugs: []string{"empty member makes a database of its own", "failed promotion forgets whom to fence"},
		},
	}
}

func ham4dbHoles() []Hole {
	return []Hole{
		{
			Name: "the stop of the old primary is best effort: its failure is logged and the promotion goes on", Source: "HAM4DB",
			Bugs: []string{"failed stop believed", "deleted grant taken as proof that the former primary is stopped", "promotion below the fencing level"},
		},
		{
			Name: "the candidate is chosen without a look at its position, its lag or its role", Source: "HAM4DB",
			Bugs: []string{"members behind the furthest one may lead", "limit on the lag ignored", "forbidden cascade standby promoted", "tag ignored that forbids a promotion"},
		},
		{
			Name: "positions are compared as text", Source: "HAM4DB",
			Bugs:  []string{"positions compared as text"},
			Tests: []string{"TestLSNIsANumber"},
		},
		{
			Name: "the check for two primaries can never find any", Source: "HAM4DB",
			Bugs: []string{"server that runs writable left alone by a new manager", "take-over while two servers accept writes"},
		},
		{
			Name: "the restart of a standby blocks the failover of the primary for the time of the cool-down, and that one the rebuild of the old primary", Source: "HAM4DB",
			Bugs:  []string{"cool-down keeps the only candidate out"},
			Tests: []string{"TestRestartOfAStandbyHoldsNothingUp", "TestFailoverGoesBeforeRestart"},
		},
		{
			Name: "automatic recovery acts on every cluster that was discovered, and the dry run acts, too", Source: "HAM4DB",
			Bugs:  []string{"shadow promotes its server", "shadow starts its server", "shadow takes the grant", "pause ignored"},
			Tests: []string{"TestPlanningChangesNothing", "TestShadowTouchesNothing"},
		},
		{
			Name: "a primary is dead when the manager does not reach its agent, whether or not replication goes on", Source: "HAM4DB",
			Bugs:  []string{"standby doubts when either view of the primary is dead", "free grant taken for the end of a quorum reign"},
			Why:   "in lease mode a node that is cut off stops its own server before anybody else may lead; in quorum mode a standby that gets log doubts nobody",
			Tests: []string{"TestSightAloneMovesNobody"},
		},
		{
			Name: "results of checks are written from several goroutines without a lock", Source: "HAM4DB",
			Why:   "a decision is a pure function over plain values, by one goroutine per node; the race detector runs over all tests",
			Tests: []string{"TestDecidingFilesArePure", "TestNoPackageState"},
		},
		{
			Name: "calls during a recovery have no deadline, so a half-open connection holds everything up", Source: "HAM4DB",
			Bugs:  []string{"stop not escalated"},
			Why:   "every action has a time limit, and stops, renewals and the store have lanes of their own",
			Tests: []string{"TestDecideKeepsItsRules", "TestFrozenUpstreamIsNoReasonToHang"},
		},
		{
			Name: "connections to agents and databases are neither encrypted nor authenticated", Source: "HAM4DB",
			Why:   "no agents: a node talks to its own server and to the store, with the user's TLS settings and users",
			Tests: []string{"TestWrongUsersAreDenied", "TestSecretsStaySecret", "TestSecretsDoNotPrint"},
		},
		{
			Name: "a graceful takeover checks nothing, and takes its success for granted", Source: "HAM4DB",
			Bugs:  []string{"hand-over on record without the end of the log", "heir of a hand-over waited for without end"},
			Tests: []string{"TestPlans", "TestHandOverThatFails"},
		},
		{
			Name: "the query for the analysis is put together from names, and looks for the wrong one", Source: "HAM4DB",
			Why:   "no query decides: the records are a tree of keys under checked names, decoded into types",
			Tests: []string{"TestMemberID"},
		},
		{
			Name: "it acts beside another manager that acts, too", Source: "HAM4DB",
			Bugs: []string{"all act on the order to take over", "take-over on what others saw before the order", "take-over stops a server that has no grant yet"},
		},
		{
			Name: "it does not know the synchronous set, so nothing can be said of what a promotion loses", Source: "HAM4DB",
			Bugs: []string{"synchronous sets not put on record", "take-over forgets the set in force", "one member too few seen"},
		},
	}
}
