// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

// ReformType is why there is a reform.
type ReformType uint8

// The types. openGauss has those with OpenGauss in their name and
// ReformFullClean; the others belong to other products that use the library.
const (
	ReformUnknown             ReformType = iota // not known
	ReformNormal                                // instances join or leave
	ReformBuild                                 // the database is created
	ReformFailover                              // the primary is gone
	ReformSwitchover                            // the primary hands over
	ReformOpenGaussNormal                       // openGauss: instances join or leave, the primary stays
	ReformOpenGaussFailover                     // openGauss: the control file names another primary than the holder of CM's lock
	ReformOpenGaussSwitchover                   // openGauss: a standby asked to become primary, and nobody joins or leaves
	ReformFullClean                             // nobody joins or leaves, and the last reform of some instance failed
	ReformMaintain                              // an instance starts without CM
	ReformRestoreRecover                        // recovery from a backup
	ReformNewJoin                               // instances join
	ReformOldRemove                             // instances leave
	ReformShutdownConsistency                   // the database stops consistently
	ReformStandbyMaintain                       // a standby instance starts without CM
	ReformStandbyNormal                         // instances of a standby database join or leave
	ReformAZSwitchoverDemote                    // the database becomes standby of another site
	ReformAZSwitchoverPromote                   // the database becomes primary among sites
	ReformAZFailover                            // the database becomes primary, the other site is gone
)

// reformTypeWords has the names of the types, then the texts of the library
// (dms_reform_judge.c, dms_reform_get_type_desc) and its identifiers.
var reformTypeWords = words{ // read-only
	ReformUnknown:             {"unknown", "UNKNOWN TYPE"},
	ReformNormal:              {"normal", "DMS_REFORM_TYPE_FOR_NORMAL"},
	ReformBuild:               {"build", "CREATE DATABASE", "DMS_REFORM_TYPE_FOR_BUILD"},
	ReformFailover:            {"failover", "DMS_REFORM_TYPE_FOR_FAILOVER"},
	ReformSwitchover:          {"switchover", "DMS_REFORM_TYPE_FOR_SWITCHOVER"},
	ReformOpenGaussNormal:     {"opengauss-normal", "OPENGAUSS_NORMAL", "DMS_REFORM_TYPE_FOR_NORMAL_OPENGAUSS"},
	ReformOpenGaussFailover:   {"opengauss-failover", "FAILOVER_OPENGAUSS", "DMS_REFORM_TYPE_FOR_FAILOVER_OPENGAUSS"},
	ReformOpenGaussSwitchover: {"opengauss-switchover", "SWITCHOVER FOR OPENGAUSS", "DMS_REFORM_TYPE_FOR_SWITCHOVER_OPENGAUSS"},
	ReformFullClean:           {"full-clean", "FULL_CLEAN", "DMS_REFORM_TYPE_FOR_FULL_CLEAN"},
	ReformMaintain:            {"maintain", "FOR MAINTAIN", "DMS_REFORM_TYPE_FOR_MAINTAIN"},
	ReformRestoreRecover:      {"restore-recover", "FOR RESTORE RECOVER", "DMS_REFORM_TYPE_FOR_RST_RECOVER"},
	ReformNewJoin:             {"new-join", "NEW JOIN", "DMS_REFORM_TYPE_FOR_NEW_JOIN"},
	ReformOldRemove:           {"old-remove", "OLD REMOVE", "DMS_REFORM_TYPE_FOR_OLD_REMOVE"},
	ReformShutdownConsistency: {"shutdown-consistency", "SHUTDOWN CONSISTENCY", "DMS_REFORM_TYPE_FOR_SHUTDOWN_CONSISTENCY"},
	ReformStandbyMaintain:     {"standby-maintain", "FOR STANDBY MAINTAIN", "DMS_REFORM_TYPE_FOR_STANDBY_MAINTAIN"},
	ReformStandbyNormal:       {"standby-normal", "STANDBY NORMAL", "DMS_REFORM_TYPE_FOR_NORMAL_STANDBY"},
	ReformAZSwitchoverDemote:  {"az-switchover-demote", "AZ SWITCHOVER DEMOTE", "DMS_REFORM_TYPE_FOR_AZ_SWITCHOVER_DEMOTE"},
	ReformAZSwitchoverPromote: {"az-switchover-promote", "AZ SWITCHOVER PROMOTE", "DMS_REFORM_TYPE_FOR_AZ_SWITCHOVER_PROMOTE"},
	ReformAZFailover:          {"az-failover", "AZ FAILOVER", "DMS_REFORM_TYPE_FOR_AZ_FAILOVER"},
}

// ReformTypeOf returns the type with a number of the library
// (dms_api.h, dms_reform_type_t), ReformUnknown for a number that has none.
func ReformTypeOf(number int) ReformType {
	if number < 0 || number >= len(reformTypeWords)-1 {
		return ReformUnknown
	}
	return ReformType(number + 1)
}

// Number returns the library's number of the type, and false when it has none.
func (t ReformType) Number() (int, bool) {
	if t == ReformUnknown || !reformTypeWords.has(int(t)) {
		return 0, false
	}
	return int(t) - 1, true
}

// IsOpenGauss reports whether openGauss has reforms of this type.
func (t ReformType) IsOpenGauss() bool { return t >= ReformOpenGaussNormal && t <= ReformFullClean }

// ParseReformType reads a type by its name, or as the library writes it in its
// log and in [Info]. Letter case does not matter. The error wraps [ErrFormat].
func ParseReformType(s string) (ReformType, error) {
	return parseWord[ReformType](reformTypeWords, "type of reform", s)
}

// String returns the name, for example "opengauss-failover".
func (t ReformType) String() string { return reformTypeWords.name("ReformType", int(t)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (t ReformType) MarshalText() ([]byte, error) {
	return reformTypeWords.marshal("type of reform", int(t))
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseReformType].
func (t *ReformType) UnmarshalText(text []byte) error {
	return unmarshalWord(t, reformTypeWords, "type of reform", text)
}
