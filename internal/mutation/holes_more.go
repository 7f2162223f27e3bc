// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

// operatorHoles are those of stolon, pg_auto_failover and CloudNativePG.
func operatorHoles() []Hole {
	return []Hole{
		{
			Name: "a standby that had not followed for six days is promoted", Source: "stolon#783, with workarounds for stolon#494",
			Bugs: []string{"timeline left out of the comparison", "members behind the furthest one may lead", "one member too few seen"},
		},
		{
			Name: "after two failures a member without data is elected", Source: "stolon#917",
			Bugs: []string{"empty member makes a database of its own", "members behind the furthest one may lead"},
		},
		{
			Name: "of two members the primary stops when the standby dies, and no safe way leads on alone", Source: "stolon#330",
			Bugs:  []string{"asynchronous replication while the record says quorum", "new primary forgets the rules of the former one"},
			Why:   "degraded mode is there, off by default, and on record before the first write that only one member has",
			Tests: []string{"TestDegradeAndBack", "TestDegradeStepByStep"},
		},
		{
			Name: "clients that go past the proxy still write to the old primary", Source: "stolon",
			Bugs: []string{"deadline ignored", "lost grant ignored by a primary"},
			Why:  "the server itself is stopped or outvoted; no proxy is relied on",
		},
		{
			Name: "a primary that has fenced itself can never leave that state", Source: "pg_auto_failover#1025",
			Bugs:  []string{"former primary never rejoined"},
			Why:   "the transitions are one table, and each state has a way to primary",
			Tests: []string{"TestNoDeadEnd", "TestWayToPrimary", "TestEveryStateIsReached"},
		},
		{
			Name: "the monitor orders states to which the member has no way", Source: "pg_auto_failover#774, pg_auto_failover#1168",
			Why:   "nobody orders states: each node decides its own, by a table in which each pair of state and trigger stands",
			Tests: []string{"TestEveryPairHasARow", "TestNoSuchPairIsRefused", "TestDecideKeepsItsRules"},
		},
		{
			Name: "after a switchover that failed nothing leads on", Source: "pg_auto_failover#683",
			Bugs:  []string{"heir of a hand-over waited for without end", "log that a forced failover gave up is still lagged"},
			Tests: []string{"TestHandOverThatFails"},
		},
		{
			Name: "two primaries when links between three sites fail", Source: "pg_auto_failover#997",
			Bugs: []string{"deadline ignored", "quorum of promises one too small", "log taken from the old holder in spite of a promise"},
		},
		{
			Name: "two parties wait for each other", Source: "pg_auto_failover, commits of 2026",
			Bugs: []string{"heir of a hand-over waited for without end", "starved cascade standby waits for ever", "founder that was overtaken keeps its database"},
		},
		{
			Name: "the one monitor is a single point of failure", Source: "pg_auto_failover#867, #702, #295, #130 and #501, citus#5650",
			Bugs:  []string{"primary that relies on its standbys stops for its lease"},
			Why:   "no node is special: each decides for its own member, the store is replicated, and in quorum mode writes go on without it",
			Tests: []string{"TestQuorumOutlivesEveryAnswer", "TestClusterKeepsTheContract"},
		},
		{
			Name: "an isolated primary takes writes while its slow shutdown goes on", Source: "cloudnative-pg#11280",
			Bugs: []string{"stop not escalated", "margin of the lease removed", "deadline counted from the reply"},
		},
		{
			Name: "an isolated primary goes on beside the new one", Source: "cloudnative-pg#7407",
			Bugs: []string{"deadline ignored", "lost grant ignored by a primary", "lease ignored in lease mode"},
		},
		{
			Name: "a primary that does not respond holds up its own failover", Source: "cloudnative-pg#11348",
			Bugs:  []string{"stop not escalated", "answer of the primary's server believed for ever"},
			Why:   "the others wait for the end of a lease or for promises, never for the old primary's consent",
			Tests: []string{"TestWatchdogWhenTheStopHangs"},
		},
		{
			Name: "a limit of one second on isolation fences at every hiccup", Source: "home-ops pull request 2265, on cloudnative-pg",
			Bugs:  []string{"primary that relies on its standbys stops for its lease"},
			Why:   "settings whose limits leave no room for a lost request are refused, and the balanced profile stays calm through pauses and loss",
			Tests: []string{"TestSettingsRules", "TestProfilesValidate", "TestBalancedIsCalm", "TestCalm"},
		},
	}
}

// cmHoles are those of openGauss's cluster manager. They are read from its
// source and documents; none was tried out.
func cmHoles() []Hole {
	return []Hole{
		{
			Name: "a fixed half of the members is locked out, whatever the number of confirmations", Source: "openGauss CM",
			Bugs:  []string{"fixed half of the members locked out", "quorum of promises one too small"},
			Tests: []string{"TestHalfLockOut", "TestHalfLockOutLosesWrites"},
		},
		{
			Name: "of two members the standby alone decides, on the assumption that the primary does not acknowledge alone at that moment", Source: "openGauss CM",
			Bugs: []string{"asynchronous replication while the record says quorum", "quorum reign over a server with an unknown set", "lease ignored before quorum is on record"},
		},
		{
			Name: "the key that says which manager leads is written without a condition", Source: "openGauss CM",
			Bugs: []string{"grant taken without looking whether it is free", "late giving back deletes the grant of another"},
		},
		{
			Name: "heartbeats are counters that somebody has to compare, not leases", Source: "openGauss CM",
			Bugs: []string{"deadline ignored", "end of the session ignored"},
			Why:  "grant and session hang on one lease, which the store ends by itself",
		},
		{
			Name: "the term may be lost on the way back from minority mode", Source: "openGauss CM, documents of its two-node mode",
			Bugs: []string{"promotion in the old term"},
			Why:  "the record of the newest term is changed, never removed, and there is no minority mode that could lose it",
		},
		{
			Name: "that all gateways answer a ping decides a promotion", Source: "openGauss CM, documents of its two-node mode",
			Bugs: []string{"grant taken against a probe's veto"},
			Why:  "probes only forbid; none of them gives the right to lead",
		},
		{
			Name: "an agent that is cut off from all managers leaves its primary running", Source: "openGauss CM, enable_fence_dn=off and agent_kill_instance_timeout=0",
			Bugs: []string{"deadline ignored", "watchdog fed as long as the node runs", "promise without having turned away"},
		},
		{
			Name: "with one member left a cluster flaps until the others are back", Source: "openGauss, page on troubleshooting",
			Bugs:  []string{"one automatic failover too many", "failovers not put on record"},
			Tests: []string{"TestFlapping", "TestCoolDowns"},
		},
		{
			Name: "the primary is another one after a plain restart of the cluster", Source: "openGauss, page on troubleshooting",
			Why:   "not kept out, and no harm: whoever has everything may lead; a preferred member gets the grant back",
			Tests: []string{"TestCloseAll", "TestFailBack"},
		},
		{
			Name: "limits of the two-site mode: no DCF, no cascade standbys, data rebuilt after a failover", Source: "openGauss gs_sdr",
			Why: "not in the machine: gausskit does not yet move a cluster between sites",
		},
	}
}

// repmgrHoles are those of repmgr and pglookout.
func repmgrHoles() []Hole {
	return []Hole{
		{
			Name: "an old primary that is restarted stays up as a second one", Source: "repmgr#766",
			Bugs: []string{"former primary starts as primary again", "server that runs writable left alone by a new manager"},
		},
		{
			Name: "two primaries in spite of a majority", Source: "repmgr#439, repmgr#42, repmgr#212",
			Bugs: []string{"free grant taken for the end of a quorum reign", "deleted grant taken as proof that the former primary is stopped", "promise counted that may have been taken back"},
		},
		{
			Name: "several primaries in a chart whose members judge by themselves", Source: "bitnami/charts#12263, bitnami/charts#20998",
			Bugs: []string{"restart in place without asking for the grant", "grant of a former manager taken for one's own"},
		},
		{
			Name: "a failed primary is not rejoined by itself", Source: "repmgr#668",
			Bugs: []string{"former primary never rejoined"},
		},
		{
			Name: "siblings are not asked whether they still see the primary", Source: "repmgr, primary_visibility_consensus=off",
			Bugs:  []string{"one standby ends a reign where two can judge", "standby doubts when either view of the primary is dead"},
			Tests: []string{"TestSightAloneMovesNobody"},
		},
		{
			Name: "a standby promotes itself although an observer sees the primary alive", Source: "pglookout#52",
			Bugs:  []string{"one standby ends a reign where two can judge", "standby doubts when either view of the primary is dead"},
			Tests: []string{"TestSecondViewAvoidsFailovers"},
		},
		{
			Name: "an isolated primary keeps running", Source: "pglookout#53",
			Bugs: []string{"deadline ignored", "lost grant ignored by a primary"},
		},
		{
			Name: "the limit for a warning can lie above the one for a failover", Source: "pglookout pull request 63",
			Why:   "settings are checked against each other as a whole, before they are written and when they are read",
			Tests: []string{"TestSettingsRules", "TestConfigRules", "TestBoundCoversItsParts"},
		},
	}
}

// buildingHoles are those of what managers in Go are built of.
func buildingHoles() []Hole {
	return []Hole{
		{
			Name: "terms of two leaders overlap, because the limits hold only for clocks of one rate", Source: "kubernetes#67651, client-go leaderelection",
			Bugs: []string{"margin of the lease removed", "deadline counted from the reply"},
		},
		{
			Name: "a slow request lets the old leader run on into the next term", Source: "kubernetes#44887",
			Bugs: []string{"deadline ignored", "stop not escalated"},
			Why:  "the stop has a lane of its own, and the deadline is looked at whatever is under way",
		},
		{
			Name: "leadership is given back while what it guards still runs", Source: "controller-runtime#1132",
			Bugs: []string{"grant given back before the server is stopped", "failed stop believed", "watchdog disarmed before the server is stopped"},
		},
		{
			Name: "a lock in the store alone excludes nobody", Source: "etcd 3.4.3, analysis by Jepsen",
			Bugs: []string{"deadline ignored", "promise without having turned away", "election by synchronous sets that may have changed"},
			Why:  "each write to the store is a transaction on the revisions it stands on, and the server stops, or is outvoted, before another one leads",
		},
		{
			Name: "a campaign does not notice the end of its session, and may then report success", Source: "etcd#19597, etcd#11777",
			Bugs: []string{"end of the session ignored", "grant not read again before the promotion"},
			Why:  "no campaign blocks: taking the grant is one transaction on one's own session",
		},
		{
			Name: "an error leaves a candidate's key behind that nobody knows of", Source: "etcd#21128",
			Bugs: []string{"grant whose answer was lost not noticed"},
		},
		{
			Name: "a failed resignation forgets that it leads", Source: "etcd#22123",
			Bugs: []string{"giving back believed that failed"},
		},
		{
			Name: "an unlock that is tried again deletes the next lock", Source: "etcd#22082",
			Bugs:  []string{"late giving back deletes the grant of another"},
			Tests: []string{"TestTransactionIsSentOnce"},
		},
		{
			Name: "a campaign that waits dies with its token", Source: "etcd#17623",
			Why:   "no request waits for anybody, and a refused token is renewed",
			Tests: []string{"TestExpiredTokenIsRenewed", "TestRefusedTokensEnd"},
		},
		{
			Name: "notices of leadership are dropped or come twice", Source: "hashicorp/raft#384, hashicorp/raft#426",
			Why:   "a watch begins with what is so and delivers the newest; whoever must know asks for the term's context",
			Tests: []string{"TestWatchDeliversTheLast", "TestPrimaryContext"},
		},
		{
			Name: "reads are stale after the pause of a process", Source: "etcd#20418",
			Bugs: []string{"grant not read again before the promotion", "watchdog fires after the lease"},
		},
		{
			Name: "who says of itself that it leads is believed", Source: "multigres#1165",
			Bugs: []string{"who says of itself that it is primary is followed", "grant of a former manager taken for one's own"},
		},
	}
}
