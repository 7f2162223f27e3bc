// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"slices"

	"github.com/gausskit/gausskit/ha"
)

// checkCascade checks what a decision has to do with cascade standbys, from the
// tags and the records alone.
func checkCascade(in *ha.Input, d *ha.Decision, c *ha.Cluster) error {
	for i := range d.Actions {
		a := &d.Actions[i]
		var err error
		switch a.Kind {
		case ha.ActSetSync, ha.ActPromote:
			err = checkConfirmers(a, c)
		case ha.ActFollow, ha.ActStart:
			err = checkParent(in, d, a, c)
		case ha.ActPublish:
			err = checkVoice(in, a, c)
		case ha.ActAcquire:
			if t := &in.Self.Tags; t.Cascade && !t.Promotable && d.Election != nil && !orders(c, in.Self.Name) && !ruled(c, in.Self.Name) {
				err = fmt.Errorf("C4: takes the grant, and is a cascade standby that may not be promoted")
			}
		}
		if err != nil {
			return fmt.Errorf("%w (%v)", err, a.Kind)
		}
	}
	return nil
}

// checkConfirmers: no cascade standby is in a synchronous set that comes into force.
func checkConfirmers(a *ha.Action, c *ha.Cluster) error {
	for _, name := range a.Sync.Members {
		if m := c.Member(name); m != nil && m.Status.Tags.Cascade {
			return fmt.Errorf("C1: %s is a cascade standby and in the set %v", name, a.Sync)
		}
	}
	return nil
}

// checkParent: a cascade standby follows members without the tag only, or the
// primary, and only on records that show its own tag; others follow the holder.
func checkParent(in *ha.Input, d *ha.Decision, a *ha.Action, c *ha.Cluster) error {
	up := c.Member(a.Upstream.Member)
	if up == nil || a.Kind == ha.ActStart && a.Mode == ha.StartPrimary {
		return nil
	}
	holder := c.Grant.Holder
	if c.GrantRev == 0 {
		holder = c.Reign.Holder
	}
	switch {
	case up.Name == holder:
	case !in.Self.Tags.Cascade:
		return fmt.Errorf("C2: follows %s, which is not the primary %s", up.Name, holder)
	case up.Name == in.Self.Name || up.Status.Tags.Cascade:
		return fmt.Errorf("C2: follows %s, which is a cascade standby itself", up.Name)
	case d.Machine.PublishedRev == 0 || c.Revision < d.Machine.PublishedRev:
		return fmt.Errorf("C2: chooses a parent before its own tag is known to all")
	}
	return nil
}

// checkVoice: a cascade standby that may not be promoted says nothing that
// counts in an election, unless a rule still counts on it.
func checkVoice(in *ha.Input, a *ha.Action, c *ha.Cluster) error {
	name, t := in.Self.Name, &in.Self.Tags
	if !voiceless(in, c) || t.Promotable || orders(c, name) {
		return nil
	}
	op, _ := put(a, "/members/"+string(name))
	if st := decode[ha.MemberStatus](op); st.Final != 0 || st.Suspect != 0 {
		return fmt.Errorf("C3: a cascade standby doubts term %v, or promises for %v", st.Suspect, st.Final)
	}
	return nil
}

// voiceless reports whether the member is a cascade standby on which no rule
// counts: it judges nobody.
func voiceless(in *ha.Input, c *ha.Cluster) bool {
	name := in.Self.Name
	return in.Self.Tags.Cascade && !ruled(c, name) && !slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool {
		return r.K > 0 && slices.Contains(r.Members, name)
	})
}

// ruled reports whether a member was primary last, or wrote under a rule that is
// on record: by force, if it may not be promoted.
func ruled(c *ha.Cluster, name ha.MemberID) bool {
	return c.Reign.Holder == name || slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool { return r.Primary == name })
}

// orders reports whether a failover by force names the member.
func orders(c *ha.Cluster, name ha.MemberID) bool {
	return c.RequestRev != 0 && c.Request.Kind == ha.RequestFailover && c.Request.Force && c.Request.To == name
}
