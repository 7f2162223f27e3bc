// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// guardName stands in synchronous_standby_names of every server that is not
// meant to be primary. No standby has this name, so a server that is promoted
// behind the manager's back acknowledges nothing, and the server knows at each
// promotion that commits wait before it learns for whom.
const guardName = "gausskit:guard"

// guardNames is the value with the guard alone.
const guardNames = `ANY 1 ("` + guardName + `")`

// formatSync writes a synchronous set as synchronous_standby_names has it:
// ANY 1 ("m2","m3"), and nothing for K of zero. Names are quoted: a hyphen
// ends an unquoted one. A K above the number of members, for which writes wait,
// has the guard as one more.
func formatSync(s ha.SyncSet) (string, error) {
	if s.K == 0 {
		return "", nil
	}
	if s.K < 0 {
		return "", fmt.Errorf("synchronous set %v: k is negative", s)
	}
	names := make([]string, len(s.Members))
	for i, m := range s.Members {
		if err := m.Validate(); err != nil {
			return "", fmt.Errorf("synchronous set: member %w", err)
		}
		names[i] = `"` + string(m) + `"`
	}
	if s.K > len(names) {
		names = append(names, `"`+guardName+`"`) // an empty list would mean that nobody is waited for
	}
	return fmt.Sprintf("ANY %d (%s)", s.K, strings.Join(names, ",")), nil
}

// parseSync reads a value of synchronous_standby_names, in all forms of the
// server's grammar (src/backend/replication/syncrep_gram.y): a list, which
// means FIRST 1; k (list); FIRST k (list); ANY k (list). FIRST promises at
// least what ANY promises, so both become the same set. "*" has no equal here
// and is an error, as is a name that is no member's.
func parseSync(value string) (ha.SyncSet, error) {
	fail := func(err error) (ha.SyncSet, error) {
		return ha.SyncSet{}, fmt.Errorf("synchronous_standby_names %q: %w", value, err)
	}
	tokens, err := syncTokens(value)
	if err != nil {
		return fail(err)
	}
	if len(tokens) == 0 {
		return ha.SyncSet{}, nil
	}
	k, list := 1, tokens
	if last := len(tokens) - 1; tokens[last] == (syncToken{text: ")"}) {
		open := slices.Index(tokens, syncToken{text: "("})
		if open < 1 || open > 2 {
			return fail(fmt.Errorf("want a number before the parenthesis"))
		}
		if word := tokens[0]; open == 2 && (word.name || !strings.EqualFold(word.text, "any") && !strings.EqualFold(word.text, "first")) {
			return fail(fmt.Errorf("want ANY or FIRST, not %q", word.text))
		}
		if k, err = strconv.Atoi(tokens[open-1].text); err != nil || k < 1 {
			return fail(fmt.Errorf("want a positive number, not %q", tokens[open-1].text))
		}
		list = tokens[open+1 : last]
	}
	members, err := syncMembers(list)
	if err != nil {
		return fail(err)
	}
	if rest := slices.DeleteFunc(slices.Clone(members), func(m ha.MemberID) bool { return m == guardName }); k > len(rest) {
		members = rest // more than there are: the guard says nothing more
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
			var name strings.Builder
			for i++; ; i++ {
				if i == len(s) {
					return nil, fmt.Errorf("no closing quote")
				}
				if s[i] == '"' {
					if i++; i == len(s) || s[i] != '"' {
						break
					}
				}
				name.WriteByte(s[i])
			}
			tokens = append(tokens, syncToken{text: name.String(), name: true})
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

func syncMembers(list []syncToken) ([]ha.MemberID, error) {
	var members []ha.MemberID
	for i, t := range list {
		if i%2 == 1 {
			if t != (syncToken{text: ","}) {
				return nil, fmt.Errorf("want a comma, not %q", t.text)
			}
			continue
		}
		if t == (syncToken{text: "*"}) {
			return nil, fmt.Errorf("* names no members")
		}
		// The server compares names without regard to case.
		m := ha.MemberID(strings.ToLower(t.text))
		if err := m.Validate(); err != nil && t.text != guardName {
			return nil, err
		}
		members = append(members, m)
	}
	if len(list)%2 == 0 {
		return nil, fmt.Errorf("want a name at the end of the list")
	}
	slices.Sort(members)
	return slices.Compact(members), nil
}
