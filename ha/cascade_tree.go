// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"strings"
)

// roleOf is the role of a member whose server says what role it has and whom
// it follows. No server knows that it is a cascade standby: that is a standby
// whose upstream is one itself.
func roleOf(c *Cluster, role Role, upstream MemberID) Role {
	lead := c.lead()
	if role != RoleStandby || upstream == "" || lead != nil && lead.Name == upstream || lead == nil && c.Reign.Holder == upstream {
		return role
	}
	if up := c.Member(upstream); up == nil || !up.Known || up.Status.Role != RoleStandby {
		return role
	}
	return RoleCascade
}

// Tree draws who streams from whom: a line for each member, the primary first,
// each below the member whose log its server is set to receive, two spaces
// further in. Members that follow nobody, or somebody whom the cluster does not
// know, begin at the margin.
func (s *ClusterStatus) Tree() string {
	var b strings.Builder
	drawn := map[MemberID]bool{}
	known := map[MemberID]bool{}
	for i := range s.Members {
		known[s.Members[i].Name] = true
	}
	var draw func(m *MemberReport, depth int)
	draw = func(m *MemberReport, depth int) {
		if drawn[m.Name] {
			return
		}
		drawn[m.Name] = true
		fmt.Fprintf(&b, "%s%s  %s", strings.Repeat("  ", depth), m.Name, m.Role)
		switch {
		case !m.Alive:
			b.WriteString(", no node")
		case m.Name != s.Primary && !m.Status.Streaming:
			b.WriteString(", does not stream")
		}
		if t := &m.Status; t.ParentWhy != ParentNone && t.ParentWhy != ParentKept {
			fmt.Fprintf(&b, " (%s)", t.ParentWhy)
		}
		b.WriteString("\n")
		for i := range s.Members {
			if x := &s.Members[i]; x.Status.Upstream == m.Name && x.Name != s.Primary {
				draw(x, depth+1)
			}
		}
	}
	for pass := range 3 { // the primary, then others at the margin, then what is left of loops
		for i := range s.Members {
			m := &s.Members[i]
			if m.Name == s.Primary || pass > 0 && !known[m.Status.Upstream] || pass > 1 {
				draw(m, 0)
			}
		}
	}
	return b.String()
}
