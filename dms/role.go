// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

// Role is what an instance does in reforms. The numbers are those of the library
// (dms_api.h, dms_role_t).
type Role uint8

// The roles. What the library says of itself knows only the last two: an
// instance that is not the reformer calls itself partner, whatever it is.
const (
	RoleUnknown  Role = iota // not known
	RoleReformer             // leads reforms; it holds CM's lock, and is or will be the primary
	RolePartner              // follows the reformer
)

var roleWords = words{ // read-only
	RoleUnknown:  {"unknown"},
	RoleReformer: {"reformer"},
	RolePartner:  {"partner"},
}

// ParseRole reads a role as [Role.String] or the library writes it. Letter case
// does not matter. The error wraps [ErrFormat].
func ParseRole(s string) (Role, error) { return parseWord[Role](roleWords, "role", s) }

// String returns the name, for example "reformer".
func (r Role) String() string { return roleWords.name("Role", int(r)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (r Role) MarshalText() ([]byte, error) { return roleWords.marshal("role", int(r)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseRole].
func (r *Role) UnmarshalText(text []byte) error {
	return unmarshalWord(r, roleWords, "role", text)
}

// Status is how far an instance has come into the cluster. The numbers are those
// of the library (dms_api.h, dms_status_t).
type Status uint8

// The statuses.
const (
	StatusOut    Status = iota // does not take part
	StatusJoin                 // waits for a reform to take it in
	StatusReform               // is in its reform
	StatusIn                   // is a member
)

var statusWords = words{ // read-only
	StatusOut:    {"out"},
	StatusJoin:   {"join"},
	StatusReform: {"reform"},
	StatusIn:     {"in"},
}

// ParseStatus reads a status by its name. Letter case does not matter. The
// error wraps [ErrFormat].
func ParseStatus(s string) (Status, error) { return parseWord[Status](statusWords, "status", s) }

// String returns the name, for example "join".
func (s Status) String() string { return statusWords.name("Status", int(s)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (s Status) MarshalText() ([]byte, error) { return statusWords.marshal("status", int(s)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseStatus].
func (s *Status) UnmarshalText(text []byte) error {
	return unmarshalWord(s, statusWords, "status", text)
}

// MemberStatus is what CM says of an instance. The numbers are those of CM's list.
type MemberStatus uint8

// The statuses.
const (
	MemberUnknown MemberStatus = iota // not known: no reform begins while any member is
	MemberOnline                      // runs
	MemberOffline                     // does not run: no reform begins while any member is, it must leave the membership first
)

var memberStatusWords = words{ // read-only
	MemberUnknown: {"unknown"},
	MemberOnline:  {"online"},
	MemberOffline: {"offline"},
}

// ParseMemberStatus reads a status by its name. Letter case does not matter.
// The error wraps [ErrFormat].
func ParseMemberStatus(s string) (MemberStatus, error) {
	return parseWord[MemberStatus](memberStatusWords, "member status", s)
}

// String returns the name, for example "online".
func (m MemberStatus) String() string { return memberStatusWords.name("MemberStatus", int(m)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (m MemberStatus) MarshalText() ([]byte, error) {
	return memberStatusWords.marshal("member status", int(m))
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseMemberStatus].
func (m *MemberStatus) UnmarshalText(text []byte) error {
	return unmarshalWord(m, memberStatusWords, "member status", text)
}

// Phase is the part of a reform that is over. The numbers are those of the
// library (dms_api.h, reform_phase_t). openGauss does not use them.
type Phase uint8

// The phases.
const (
	PhaseStart           Phase = iota // nothing yet
	PhaseAfterDRCAccess               // the directory of pages and locks can be used
	PhaseAfterRecovery                // the log is replayed
	PhaseAfterTxnDeposit              // lost instances' transactions have a keeper
	PhaseBeforeRollback               // they are about to be rolled back
	PhaseEnd                          // everything
)

var phaseWords = words{ // read-only
	PhaseStart:           {"start", "DMS_PHASE_START"},
	PhaseAfterDRCAccess:  {"after-drc-access", "DMS_PHASE_AFTER_DRC_ACCESS"},
	PhaseAfterRecovery:   {"after-recovery", "DMS_PHASE_AFTER_RECOVERY"},
	PhaseAfterTxnDeposit: {"after-txn-deposit", "DMS_PHASE_AFTER_TXN_DEPOSIT"},
	PhaseBeforeRollback:  {"before-rollback", "DMS_PHASE_BEFORE_ROLLBACK"},
	PhaseEnd:             {"end", "DMS_PHASE_END"},
}

// ParsePhase reads a phase by its name. Letter case does not matter. The error
// wraps [ErrFormat].
func ParsePhase(s string) (Phase, error) { return parseWord[Phase](phaseWords, "phase", s) }

// String returns the name, for example "after-drc-access".
func (p Phase) String() string { return phaseWords.name("Phase", int(p)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (p Phase) MarshalText() ([]byte, error) { return phaseWords.marshal("phase", int(p)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParsePhase].
func (p *Phase) UnmarshalText(text []byte) error {
	return unmarshalWord(p, phaseWords, "phase", text)
}

// Progress is where a reform stands (dms_info.c: REFORM_STATUS).
type Progress uint8

// The states.
const (
	ProgressWaiting  Progress = iota // there was none yet
	ProgressRunning                  // it is under way
	ProgressFinished                 // it is over; whether well, is not said
)

var progressWords = words{ // read-only
	ProgressWaiting:  {"waiting"},
	ProgressRunning:  {"running"},
	ProgressFinished: {"finished"},
}

// ParseProgress reads a state as the library writes it. Letter case does not
// matter. The error wraps [ErrFormat].
func ParseProgress(s string) (Progress, error) {
	return parseWord[Progress](progressWords, "progress", s)
}

// String returns the name, for example "running".
func (p Progress) String() string { return progressWords.name("Progress", int(p)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (p Progress) MarshalText() ([]byte, error) { return progressWords.marshal("progress", int(p)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseProgress].
func (p *Progress) UnmarshalText(text []byte) error {
	return unmarshalWord(p, progressWords, "progress", text)
}

// Action is what a reform did to an instance
// (pgstatfuncs.cpp, query_node_reform_info).
type Action uint8

// The actions.
const (
	ActionUnknown Action = iota // the server did not say
	ActionStable                // stayed a member
	ActionJoined                // became a member
	ActionRemoved               // is a member no longer
)

var actionWords = words{ // read-only
	ActionUnknown: {"unknown", "", "-"},
	ActionStable:  {"stable"},
	ActionJoined:  {"joined", "join in"},
	ActionRemoved: {"removed", "kick off"},
}

// ParseAction reads an action as the server writes it. "" and "-" are unknown.
// Letter case does not matter. The error wraps [ErrFormat].
func ParseAction(s string) (Action, error) { return parseWord[Action](actionWords, "action", s) }

// String returns the name, for example "stable".
func (a Action) String() string { return actionWords.name("Action", int(a)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (a Action) MarshalText() ([]byte, error) { return actionWords.marshal("action", int(a)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseAction].
func (a *Action) UnmarshalText(text []byte) error {
	return unmarshalWord(a, actionWords, "action", text)
}
