// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// guardName stands in synchronous_standby_names of every server that is not
// meant to be primary. No standby has this name, so a server that is promoted
// behind the manager's back acknowledges nothing.
const guardName = "gausskit:guard"

// guardNames is the value with the guard alone.
const guardNames = `ANY 1 ("` + guardName + `")`

func quoteMembers(members []ha.MemberID) []string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = `"` + string(m) + `"`
	}
	return names
}

// formatSync writes a synchronous set as synchronous_standby_names has it:
// ANY 1 ("m2","m3"), and nothing for K of zero. A K above the number of members,
// for which writes wait, has the guard as one more.
func formatSync(s ha.SyncSet) (string, error) {
	if s.K == 0 {
		return "", nil
	}
	const most = 256 // more is a mistake, and a list that the server would choke on
	if s.K < 0 || s.K > most {
		return "", fmt.Errorf("synchronous set: k is %d, want 0 to %d", s.K, most)
	}
	for _, m := range s.Members {
		if err := m.Validate(); err != nil {
			return "", fmt.Errorf("synchronous set: member %w", err)
		}
	}
	names := quoteMembers(s.Members)
	for i := len(names); i < s.K; i++ { // the server refuses more than there are
		names = append(names, fmt.Sprintf(`"%s%d"`, guardName, i))
	}
	return fmt.Sprintf("ANY %d (%s)", s.K, strings.Join(names, ",")), nil
}

// ParseSyncNames reads a value of synchronous_standby_names as a synchronous
// set: a list, which means FIRST 1; k (list); FIRST k (list); ANY k (list).
// FIRST promises at least what ANY promises, so both become the same set. "*",
// several groups, and names that are no member's have no equal and are an error
// that wraps [ErrFormat]. Source: syncrep_gram.y, syncrep_scanner.l.
func ParseSyncNames(value string) (ha.SyncSet, error) {
	fail := func(format string, args ...any) (ha.SyncSet, error) {
		return ha.SyncSet{}, fmt.Errorf("%w: synchronous_standby_names %q: %w", ErrFormat, value, fmt.Errorf(format, args...))
	}
	tokens, err := syncTokens(value)
	if err != nil {
		return fail("%w", err)
	}
	if len(tokens) == 0 {
		return ha.SyncSet{}, nil
	}
	k, list := 1, tokens
	if last := len(tokens) - 1; tokens[last] == (syncToken{text: ")"}) {
		open := slices.Index(tokens, syncToken{text: "("})
		if open < 1 || open > 2 {
			return fail("want a number before the parenthesis")
		}
		if word := tokens[0]; open == 2 && word != (syncToken{text: "ANY"}) && word != (syncToken{text: "FIRST"}) {
			return fail("want ANY or FIRST, not %q", word.text)
		}
		if k, err = strconv.Atoi(tokens[open-1].text); err != nil || k < 1 {
			return fail("want a positive number, not %q", tokens[open-1].text)
		}
		list = tokens[open+1 : last]
	}
	members, guards, err := syncMembers(list)
	if err != nil {
		return fail("%w", err)
	}
	if k > len(members)+guards {
		return fail("%d of %d names", k, len(members)+guards)
	}
	return ha.SyncSet{K: k, Members: members}, nil
}

// syncToken is a punctuation mark, a bare word, or a quoted name.
type syncToken struct {
	text string
	name bool // was quoted
}

func syncTokens(s string) ([]syncToken, error) {
	var tokens []syncToken
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" \t\n\r\f\v", c) >= 0:
			i++
		case strings.IndexByte("(),*", c) >= 0:
			tokens = append(tokens, syncToken{text: string(c)})
			i++
		case c == '"':
			end := strings.IndexByte(s[i+1:], '"')
			if end < 0 {
				return nil, fmt.Errorf("no closing quote")
			}
			tokens = append(tokens, syncToken{text: s[i+1 : i+1+end], name: true})
			i += end + 2
		default:
			end := i
			for end < len(s) && strings.IndexByte(" \t\n\r\f\v(),*\"", s[end]) < 0 {
				end++
			}
			tokens = append(tokens, syncToken{text: s[i:end]})
			i = end
		}
	}
	return tokens, nil
}

// syncMembers reads the names of a list. The guard and its like are counted.
func syncMembers(list []syncToken) (members []ha.MemberID, guards int, err error) {
	for i, t := range list {
		if i%2 == 1 {
			if t != (syncToken{text: ","}) {
				return nil, 0, fmt.Errorf("want a comma, not %q", t.text)
			}
			continue
		}
		if t == (syncToken{text: "*"}) {
			return nil, 0, fmt.Errorf("* names no members")
		}
		if strings.HasPrefix(t.text, guardName) {
			guards++
			continue
		}
		// The server compares names without regard to case.
		m := ha.MemberID(strings.ToLower(t.text))
		if err := m.Validate(); err != nil {
			return nil, 0, err
		}
		members = append(members, m)
	}
	if len(list)%2 == 0 {
		return nil, 0, fmt.Errorf("want a name at the end of the list")
	}
	slices.Sort(members)
	if n := len(members); len(slices.Compact(members)) != n {
		return nil, 0, fmt.Errorf("a name twice")
	}
	return members, guards, nil
}
