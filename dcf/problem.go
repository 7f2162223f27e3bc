// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInvalid is matched by every [Problem] and by every error of this package
// that is made of problems.
var ErrInvalid = errors.New("dcf: invalid value")

// Reason says what is wrong. Its text is stable and made for programs:
// "port-range".
type Reason uint8

// What [Parse] refuses in a dcf_config.
const (
	ReasonSyntax        Reason = iota + 1 // not JSON; nothing behind it was read
	ReasonNotArray                        // the value is no array
	ReasonNotObject                       // an element is no object
	ReasonMissingKey                      // a required key is not there
	ReasonDuplicateKey                    // a key is there twice; the library takes the first
	ReasonKeyCase                         // a key is known in another letter case
	ReasonWrongType                       // a number where text belongs, or the reverse
	ReasonNotInteger                      // a number with a fraction or an exponent
	ReasonStreamRange                     // a stream outside 1..63
	ReasonNodeIDRange                     // a node id outside 1..255
	ReasonBadIP                           // not a numeric IPv4 or IPv6 address
	ReasonPortRange                       // a port outside 1..65535
	ReasonBadRole                         // not LEADER, FOLLOWER, LOGGER or PASSIVE
	ReasonWeightRange                     // a weight outside 1..255
	ReasonGroupRange                      // a group outside 0..2147483647
	ReasonPriorityRange                   // a priority outside 0..2147483647

	// What [Config.Check] refuses across the nodes of one value.
	ReasonNoNodes         // the list is empty
	ReasonDuplicateNode   // two entries of a stream have the same node id
	ReasonTwoLeaders      // more than one LEADER in a stream
	ReasonFewVoters       // fewer than three nodes that vote
	ReasonAddressClash    // two nodes have the same address and port
	ReasonNodeMoved       // one node has two addresses in two streams
	ReasonTooManyNodes    // more nodes than the library or the server can hold
	ReasonStreamUnused    // a stream that openGauss does not use: it works with stream 1
	ReasonNobodyElectable // only loggers would be left to elect

	// What [Lint] adds: legal, and still a trap.
	ReasonServerDiffers // the server understands something else, or refuses
	ReasonRoleCase      // a role that is not in upper case
	ReasonLineTooLong   // the setting's line is longer than configuration sync can carry
	ReasonValueTooLong  // longer than gs_guc accepts
	ReasonNeedsEscape   // a backslash or quote, which postgresql.conf would change
	ReasonTrailingText  // text behind the value, which the library does not read

	// What [Param.Check] and [Settings.Check] refuse in parameters.
	ReasonUnknownParam     // no such parameter
	ReasonNotNumber        // not decimal digits; units are not accepted
	ReasonOctal            // a leading zero makes the server read it as octal
	ReasonParamRange       // a number outside the parameter's range
	ReasonBadValue         // not one of the parameter's values
	ReasonMissingParam     // a parameter that must be set in DCF mode
	ReasonRelativePath     // a path that is not absolute
	ReasonPoolSizes        // a pool that begins larger than it may become
	ReasonSelfNotListed    // dcf_node_id is not in dcf_config
	ReasonUnknownGroup     // a majority group that no voting node is in
	ReasonDuplicateGroup   // a majority group twice
	ReasonCompressionLevel // a level that LZ4 does not have: the library takes 9
	ReasonSamePath         // dcf_data_path and dcf_log_path are the same

	// What [Mesh.Settings] adds.
	ReasonBadName     // a member without a name, or two with one
	ReasonMemberParam // a parameter that belongs to one member, or that the mesh makes itself

	// What [Steps] refuses.
	ReasonNotOnline // a running group cannot be changed so

	// Contradictions between nodes, found by [Rebuild].
	ReasonNoSettings    // a node without dcf_config: nothing can be said of it
	ReasonSameID        // two nodes say they are the same node
	ReasonNodeUnseen    // a listed node whose settings are not among those given
	ReasonNotListed     // a node that is not in the other nodes' lists
	ReasonNodesDiffer   // two lists disagree about a node
	ReasonTextDiffers   // the lists mean the same and are spelled differently
	ReasonParamDiffers  // a parameter that must be equal everywhere is not
	ReasonDCFNotEnabled // enable_dcf is not on
	numReasons
)

var reasons = [numReasons]struct{ code, text string }{
	ReasonSyntax:           {"syntax", "not valid JSON"},
	ReasonNotArray:         {"not-an-array", "must be a JSON array of objects"},
	ReasonNotObject:        {"not-an-object", "must be a JSON object"},
	ReasonMissingKey:       {"missing-key", "required key is missing"},
	ReasonDuplicateKey:     {"duplicate-key", "key is given twice, the library takes the first"},
	ReasonKeyCase:          {"key-case", "key must be written in lower case"},
	ReasonWrongType:        {"wrong-type", "wrong JSON type"},
	ReasonNotInteger:       {"not-an-integer", "must be a whole number without fraction or exponent"},
	ReasonStreamRange:      {"stream-range", "stream is not between 1 and 63"},
	ReasonNodeIDRange:      {"node-id-range", "node id is not between 1 and 255"},
	ReasonBadIP:            {"bad-ip", "not a numeric IPv4 or IPv6 address, host names are refused"},
	ReasonPortRange:        {"port-range", "port is not between 1 and 65535"},
	ReasonBadRole:          {"bad-role", "role must be LEADER, FOLLOWER, LOGGER or PASSIVE"},
	ReasonWeightRange:      {"weight-range", "weight is not between 1 and 255"},
	ReasonGroupRange:       {"group-range", "group is not between 0 and 2147483647"},
	ReasonPriorityRange:    {"priority-range", "priority is not between 0 and 2147483647"},
	ReasonNoNodes:          {"no-nodes", "the list has no nodes"},
	ReasonDuplicateNode:    {"duplicate-node", "node id is used twice in the stream"},
	ReasonTwoLeaders:       {"two-leaders", "at most one node may have role LEADER"},
	ReasonFewVoters:        {"few-voters", "at least three nodes must not be PASSIVE"},
	ReasonAddressClash:     {"address-clash", "address and port belong to another node already"},
	ReasonNodeMoved:        {"node-moved", "the node has another address in another stream"},
	ReasonTooManyNodes:     {"too-many-nodes", "too many nodes"},
	ReasonStreamUnused:     {"stream-unused", "openGauss uses stream 1 only"},
	ReasonNobodyElectable:  {"nobody-electable", "loggers and passive nodes cannot lead"},
	ReasonServerDiffers:    {"server-differs", "the server reads this differently"},
	ReasonRoleCase:         {"role-case", "write the role in upper case"},
	ReasonLineTooLong:      {"line-too-long", "configuration sync gives up on lines of 1024 bytes and more"},
	ReasonValueTooLong:     {"value-too-long", "gs_guc accepts values of up to 1024 bytes, quotes included"},
	ReasonNeedsEscape:      {"needs-escape", "quotes and backslashes change on the way through postgresql.conf"},
	ReasonTrailingText:     {"trailing-text", "text behind the value"},
	ReasonUnknownParam:     {"unknown-parameter", "no such parameter"},
	ReasonNotNumber:        {"not-a-number", "must be decimal digits, units are not accepted"},
	ReasonOctal:            {"octal", "a leading zero makes the server read the number as octal"},
	ReasonParamRange:       {"out-of-range", "out of range"},
	ReasonBadValue:         {"bad-value", "not one of the allowed values"},
	ReasonMissingParam:     {"missing-parameter", "must be set when enable_dcf is on"},
	ReasonRelativePath:     {"relative-path", "must be an absolute path"},
	ReasonPoolSizes:        {"pool-sizes", "the pool's initial size is above its maximum"},
	ReasonSelfNotListed:    {"self-not-listed", "dcf_config has no node with the id in dcf_node_id"},
	ReasonUnknownGroup:     {"unknown-group", "no voting node of dcf_config is in this group"},
	ReasonDuplicateGroup:   {"duplicate-group", "group is listed twice"},
	ReasonCompressionLevel: {"compression-level", "LZ4 has levels up to 9, the library takes 9"},
	ReasonSamePath:         {"same-path", "data and logs need folders of their own"},
	ReasonBadName:          {"bad-name", "members need names of their own"},
	ReasonMemberParam:      {"member-parameter", "is made by the mesh or set per member, not for all"},
	ReasonNotOnline:        {"not-online", "a running group cannot be changed so"},
	ReasonNoSettings:       {"no-settings", "no dcf_config to compare"},
	ReasonSameID:           {"same-id", "another node has the same dcf_node_id"},
	ReasonNodeUnseen:       {"node-unseen", "listed, but its settings are not among those given"},
	ReasonNotListed:        {"not-listed", "missing in the list of another node"},
	ReasonNodesDiffer:      {"nodes-differ", "another node's list says otherwise"},
	ReasonTextDiffers:      {"text-differs", "same meaning, other spelling than on another node"},
	ReasonParamDiffers:     {"parameter-differs", "must be equal on all nodes"},
	ReasonDCFNotEnabled:    {"dcf-not-enabled", "enable_dcf must be on"},
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

// Problem is one thing that is wrong with a value, a setting or a cluster.
type Problem struct {
	Reason Reason
	Node   string // name of the cluster's node whose settings it concerns; empty for a value alone
	Index  int    // which element of dcf_config, from 0; -1 when it concerns none or all
	Key    string // the key or parameter; empty when it concerns the whole
	Text   string // what is there
	Offset int    // of Text in dcf_config, in bytes from 0; -1 when it has no place there
	Detail string // what would be right, or what contradicts; may be empty
}

// Error says where, what, and the reason's code.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Node != "" {
		fmt.Fprintf(&b, "node %s: ", p.Node)
	}
	if p.Offset >= 0 {
		fmt.Fprintf(&b, "offset %d: ", p.Offset)
	}
	if p.Index >= 0 {
		fmt.Fprintf(&b, "element %d: ", p.Index)
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	if p.Text != "" {
		fmt.Fprintf(&b, "%s: ", quoteShort(p.Text))
	}
	text := "unknown reason"
	if p.Reason > 0 && p.Reason < numReasons {
		text = reasons[p.Reason].text
	}
	b.WriteString(text)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	fmt.Fprintf(&b, " (%s)", p.Reason)
	return b.String()
}

// quoteShort quotes s, cut to what a line of a log can carry.
func quoteShort(s string) string {
	const most = 64
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}

// Is makes every Problem match [ErrInvalid].
func (p Problem) Is(target error) bool { return target == ErrInvalid }

// Problems is everything that is wrong, in a stable order: element by element
// in the order of the text, missing keys last, then by the order of the rules. As an error it matches [ErrInvalid], and [errors.As]
// finds the first [Problem].
type Problems []Problem

// Error lists all problems.
func (ps Problems) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalid.Error())
	for i, p := range ps {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

// Is makes the error match [ErrInvalid].
func (ps Problems) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the problems one by one.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// Err returns ps as an error, nil when there is no problem.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Has reports whether a problem with this reason is among ps.
func (ps Problems) Has(r Reason) bool {
	for _, p := range ps {
		if p.Reason == r {
			return true
		}
	}
	return false
}
