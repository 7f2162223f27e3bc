// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import "fmt"

// Reason says what is wrong. Its text is stable and made for programs:
// "port-range".
type Reason uint8

// What [Parse] refuses in an interconnect URL.
const (
	ReasonNoInstances      Reason = iota + 1 // the list is empty
	ReasonEmptyEntry                         // nothing between two commas
	ReasonNotThreeParts                      // an entry that is not id:ip:port
	ReasonBlankInside                        // a blank inside of an entry
	ReasonQuoted                             // a double quote: the server's splitter takes it away
	ReasonIPv6                               // an IPv6 address: IPv4 only
	ReasonBadIP                              // not a numeric IPv4 address; names are refused
	ReasonNotNumber                          // not decimal digits
	ReasonLeadingZero                        // a number with a leading zero
	ReasonIDRange                            // an id outside 0..63
	ReasonPortRange                          // a port outside 1024..65535
	ReasonTooManyInstances                   // more instances than DMS or the server has room for

	// What [URL.Check] refuses across the entries of one value.
	ReasonDuplicateID  // two entries have the same id
	ReasonIDOrder      // ids are not 0, 1, 2 and so on, in this order
	ReasonAddressClash // two entries have the same address and port
	ReasonBadAddress   // an address at which nobody can be reached
	ReasonLoopback     // a loopback address among others (advice)

	// What [Lint] adds: legal, and still a trap.
	ReasonServerDiffers // the server understands something else, or refuses
	ReasonFirstDigit    // only the first digit of an id counts
	ReasonBlanks        // blanks around entries, which DSS_NODES_LIST must not have (advice)
	ReasonInitdbTooLong // longer than gs_initdb has room for
	ReasonLineTooLong   // the setting's line is longer than configuration sync can carry
	ReasonValueTooLong  // longer than gs_guc accepts
	ReasonNeedsEscape   // a quote, backslash or line end, which postgresql.conf would change

	// What [Param.Check] and [Settings.Check] refuse in parameters.
	ReasonUnknownParam // no such parameter in any release
	ReasonOtherRelease // the release does not know the parameter: the server does not start
	ReasonOtherBuild   // only servers that were built differently know it (advice)
	ReasonBadUnit      // a unit that the parameter does not have
	ReasonOctal        // a leading zero makes the server read it as octal
	ReasonParamRange   // a number outside the parameter's range
	ReasonBadValue     // not one of the parameter's values
	ReasonMissingParam // must be set with shared storage
	ReasonNotEnabled   // ss_enable_dss and ss_enable_dms are not both on
	ReasonNeedsParam   // works only when another parameter has another value
	ReasonSelfUnlisted // ss_instance_id is not in ss_interconnect_url
	ReasonPathTooLong  // a socket's path that does not fit its address
	ReasonNotEncrypted // the interconnect is not encrypted (advice)
	ReasonNoEffect     // set, and without effect here (advice)

	// What [Mesh.Settings] adds.
	ReasonBadName     // a member without a name, or two with one
	ReasonMemberParam // a parameter that belongs to one member, or that the mesh makes itself

	// Contradictions between nodes, found by [Rebuild].
	ReasonNoSettings    // a node without ss_interconnect_url: nothing can be said of it
	ReasonSameID        // two nodes say they are the same instance
	ReasonUnseen        // a listed instance whose settings are not among those given
	ReasonNotListed     // an instance that is not in the other nodes' lists
	ReasonURLsDiffer    // two lists disagree about an instance
	ReasonTextDiffers   // the lists mean the same and are spelled differently (advice)
	ReasonParamDiffers  // a parameter that must be equal everywhere is not
	ReasonParamUneven   // a parameter that should be equal everywhere is not (advice)
	ReasonParamRepeated // a parameter that must differ on one machine does not
	numReasons
)

// reasons has the code, the text, and whether it is an advice only.
var reasons = [numReasons]struct {
	code, text string
	advice     bool
}{
	ReasonNoInstances:      {"no-instances", "the list has no instances", false},
	ReasonEmptyEntry:       {"empty-entry", "an entry between commas is empty", false},
	ReasonNotThreeParts:    {"not-three-parts", "an entry must be id:ip:port", false},
	ReasonBlankInside:      {"blank-inside", "blanks may stand around an entry, not in it", false},
	ReasonQuoted:           {"quoted", "double quotes do not belong here", false},
	ReasonIPv6:             {"ipv6", "IPv6 is refused, the address must be IPv4", false},
	ReasonBadIP:            {"bad-ip", "not a numeric IPv4 address, host names are refused", false},
	ReasonNotNumber:        {"not-a-number", "must be decimal digits", false},
	ReasonLeadingZero:      {"leading-zero", "must not begin with a zero", false},
	ReasonIDRange:          {"id-range", "instance id is not between 0 and 63", false},
	ReasonPortRange:        {"port-range", "port is not between 1024 and 65535", false},
	ReasonTooManyInstances: {"too-many-instances", "too many instances", false},
	ReasonDuplicateID:      {"duplicate-id", "instance id is used twice", false},
	ReasonIDOrder:          {"id-order", "ids must be 0, 1, 2 and so on, in this order", false},
	ReasonAddressClash:     {"address-clash", "address and port belong to another instance already", false},
	ReasonBadAddress:       {"bad-address", "nobody can be reached at this address", false},
	ReasonLoopback:         {"loopback", "a loopback address works only when all instances are on one machine", true},
	ReasonServerDiffers:    {"server-differs", "the server reads this differently", false},
	ReasonFirstDigit:       {"first-digit", "the server takes the first character of an entry for its id", false},
	ReasonBlanks:           {"blanks", "leave out the blanks, DSS_NODES_LIST must not have them", true},
	ReasonInitdbTooLong:    {"initdb-too-long", "gs_initdb has room for 330 bytes, and fails", false},
	ReasonLineTooLong:      {"line-too-long", "configuration sync gives up on lines of 1024 bytes and more", false},
	ReasonValueTooLong:     {"value-too-long", "gs_guc accepts values of up to 1024 bytes, quotes included", false},
	ReasonNeedsEscape:      {"needs-escape", "quotes, backslashes and line ends change on the way through postgresql.conf", false},
	ReasonUnknownParam:     {"unknown-parameter", "no such parameter", false},
	ReasonOtherRelease:     {"other-release", "the server does not start: this release does not know the parameter", false},
	ReasonOtherBuild:       {"other-build", "only servers that were built differently know the parameter", true},
	ReasonBadUnit:          {"bad-unit", "not a unit of this parameter", false},
	ReasonOctal:            {"octal", "a leading zero makes the server read the number as octal", false},
	ReasonParamRange:       {"out-of-range", "out of range", false},
	ReasonBadValue:         {"bad-value", "not one of the allowed values", false},
	ReasonMissingParam:     {"missing-parameter", "must be set with shared storage", false},
	ReasonNotEnabled:       {"not-enabled", "ss_enable_dss and ss_enable_dms must both be on", false},
	ReasonNeedsParam:       {"needs-parameter", "needs another parameter", false},
	ReasonSelfUnlisted:     {"self-not-listed", "ss_interconnect_url has no instance with the id in ss_instance_id", false},
	ReasonPathTooLong:      {"path-too-long", "the path of a socket has up to 107 bytes", false},
	ReasonNotEncrypted:     {"not-encrypted", "the interconnect is not encrypted", true},
	ReasonNoEffect:         {"no-effect", "has no effect", true},
	ReasonBadName:          {"bad-name", "members need names of their own", false},
	ReasonMemberParam:      {"member-parameter", "is made by the mesh or set per member, not for all", false},
	ReasonNoSettings:       {"no-settings", "no ss_interconnect_url to compare", false},
	ReasonSameID:           {"same-id", "another node has the same ss_instance_id", false},
	ReasonUnseen:           {"instance-unseen", "listed, but its settings are not among those given", false},
	ReasonNotListed:        {"not-listed", "missing in the list of another node", false},
	ReasonURLsDiffer:       {"urls-differ", "another node's list says otherwise", false},
	ReasonTextDiffers:      {"text-differs", "same meaning, other spelling than on another node", true},
	ReasonParamDiffers:     {"parameter-differs", "must be equal on all nodes", false},
	ReasonParamUneven:      {"parameter-uneven", "should be equal on all nodes", true},
	ReasonParamRepeated:    {"parameter-repeated", "must differ between the nodes of one machine", false},
}

// String returns the code of the reason, for example "port-range".
func (r Reason) String() string {
	if r > 0 && r < numReasons {
		return reasons[r].code
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// MarshalText implements [encoding.TextMarshaler] with the code.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// IsAdvice reports whether a cluster works in spite of it: [Problems.Err] leaves
// advice out.
func (r Reason) IsAdvice() bool { return r < numReasons && reasons[r].advice }

func (r Reason) text() string {
	if r > 0 && r < numReasons {
		return reasons[r].text
	}
	return "unknown reason"
}
