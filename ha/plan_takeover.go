// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/ha/dcs"
)

// ObstacleKind is a kind of reason why a shadowed cluster cannot be taken over.
type ObstacleKind uint8

// The kinds.
const (
	ObstacleNotShadowed ObstacleKind = iota + 1 // the cluster is managed already, or no node looks at it
	ObstacleNoPrimary                           // no living node says that its server accepts writes
	ObstacleSplit                               // the servers of two members accept writes
	ObstacleMissing                             // no node lives for a member that the order does not name
	ObstacleNotReady                            // a node does not look on, or knows too little of its server
	ObstacleForeign                             // a member's data is another database's
	ObstacleSettings                            // the settings do not hold together
	ObstacleManager                             // the order does not name the manager that was stopped
	ObstacleUnderWay                            // another order to take over waits
)

var obstacleNames = [...]string{ // read-only
	"", "not shadowed", "no primary", "split brain", "member missing", "member not ready", "foreign data", "settings", "manager not named", "under way",
}

// String gives the kind in a few words.
func (k ObstacleKind) String() string { return nameOf(k, obstacleNames[:]) }

// MarshalText gives the form of String.
func (k ObstacleKind) MarshalText() ([]byte, error) { return marshalName(k, obstacleNames[:]) }

// UnmarshalText reads the form of String.
func (k *ObstacleKind) UnmarshalText(text []byte) error {
	return unmarshalName(k, obstacleNames[:], text)
}

// Obstacle is one reason why a shadowed cluster cannot be taken over now.
type Obstacle struct {
	Kind   ObstacleKind `json:"kind"`
	Member MemberID     `json:"member,omitempty"`
	Why    string       `json:"why"`
}

// planTakeOver shows what each node will do first, or all that is in the way.
func (p *Plan) planTakeOver(c *Cluster) {
	block := func(k ObstacleKind, m MemberID, format string, args ...any) {
		p.Obstacles = append(p.Obstacles, Obstacle{Kind: k, Member: m, Why: fmt.Sprintf(format, args...)})
	}
	if !c.Shadowed() {
		block(ObstacleNotShadowed, "", "no node of the cluster is in shadow mode, or it is managed already")
		p.refuseObstacles()
		return
	}
	if p.Order.Manager == "" {
		block(ObstacleManager, "", "name the manager that does not act any more (Manager): nobody can see that but you")
	}
	if s := p.Order.Settings; s != nil && s.Validate() != nil {
		block(ObstacleSettings, "", "%v", s.Validate())
	}
	lead := primaryOf(c)
	if lead == nil || !leads(lead) {
		block(ObstacleNoPrimary, "", "no server is seen to accept writes")
		lead = nil
	} else {
		p.Primary, p.Target = lead.Name, lead.Name
	}
	if two := splitOf(c); two != nil {
		block(ObstacleSplit, two.Name, "the servers of %s and %s accept writes", lead.Name, two.Name)
	}
	for i := range c.Members {
		m := &c.Members[i]
		switch st := &m.Status; {
		case slices.Contains(p.Order.Without, m.Name):
		case !m.Alive():
			block(ObstacleMissing, m.Name, "%s: %s; name it (Without) to go on all the same", m.Name, ReasonDead)
		case !m.Known || st.State != StateShadow || m.ShadowRev == 0 || m.Shadow.Instance != m.Session.Instance:
			block(ObstacleNotReady, m.Name, "%s: its node is not looking on yet", m.Name)
		case m != lead && !leads(m) && st.Running && st.Role == RolePrimary:
			block(ObstacleSplit, m.Name, "%s: its server does not answer, and accepts writes as soon as it stirs", m.Name)
		case lead != nil && st.SystemID != "" && st.SystemID != lead.Status.SystemID:
			block(ObstacleForeign, m.Name, "%s: %s", m.Name, ReasonForeign)
		}
	}
	for _, name := range p.Order.Without {
		if m := c.Member(name); m == nil || m.Alive() {
			block(ObstacleMissing, name, "%s is not missing", name)
		}
	}
	if p.refuseObstacles(); p.Refused == "" {
		p.takeOverSteps(c, lead)
	}
}

func (p *Plan) refuseObstacles() {
	var why []string
	for _, o := range p.Obstacles {
		why = append(why, o.Why)
	}
	p.Refused = strings.Join(why, "; ")
}

// takeOverSteps says what each node will do first.
func (p *Plan) takeOverSteps(c *Cluster, lead *Member) {
	step := func(format string, args ...any) { p.Steps = append(p.Steps, fmt.Sprintf(format, args...)) }
	step("%s takes the grant of term 1 over its running server: nothing is stopped, started or promoted", lead.Name)
	switch {
	case lead.Shadow.Alien:
		step("the set in force on %s has names that nobody knows: it counts as asynchronous until ours is in force", lead.Name)
	case lead.Shadow.Sync.K > 0:
		step("the set in force is on record: %s", lead.Shadow.Sync)
	}
	for i := range c.Members {
		m := &c.Members[i]
		st := &m.Status
		switch {
		case m == lead:
		case !m.Alive():
			step("%s: nothing, no node lives", m.Name)
		case st.Data != DataPresent:
			step("%s: its data is copied from %s", m.Name, lead.Name)
		case !st.Running && st.Role == RolePrimary:
			step("%s: its server, which was a primary's, is made a standby of %s: started, rewound or copied", m.Name, lead.Name)
		case !st.Running:
			step("%s: its server is started as a standby of %s", m.Name, lead.Name)
		case st.Streaming:
			step("%s: follows %s in its own name; its connection is made anew, its server runs on", m.Name, lead.Name)
		default:
			step("%s: follows %s, and is rejoined if it cannot", m.Name, lead.Name)
		}
	}
	if s := p.Order.Settings; s != nil && s.Durability.K > 0 {
		step("once %d standbys stream in their own names, the synchronous set becomes %s", s.Durability.K, wantedSync(c, lead.Name, s.Durability.K))
	}
	if len(p.Order.Without) > 0 {
		p.Risk = fmt.Sprintf("the servers of %v must not accept writes: nobody can see that", p.Order.Without)
	}
	if lead.Status.Tags.NeverPromote {
		p.Risk = strings.TrimPrefix(p.Risk+"; ", "; ") + fmt.Sprintf("%s is tagged never to be promoted, and stays primary", lead.Name)
	}
	if n := lead.Shadow.Strangers; n > 0 {
		p.Risk = strings.TrimPrefix(fmt.Sprintf("%s; %d standbys of %s have no node: they are left as they are", p.Risk, n, lead.Name), "; ")
	}
}

// takeOverTxn is the order to take over, and stands on the one before it.
func (p *Plan) takeOverTxn(k Keys, c *Cluster, by Issue, guard []dcs.Cond) dcs.Txn {
	guard = append(guard, dcs.Cond{Key: k.takeOver(), Modified: c.TakeOverRev}, dcs.Cond{Key: k.identity(), Modified: c.IdentityRev})
	return dcs.Txn{If: guard, Then: []dcs.Op{{Key: k.takeOver(), Value: encode(TakeOver{
		ID: by.ID, Primary: p.Target, Manager: p.Order.Manager, Without: p.Order.Without, Settings: p.Order.Settings,
		By: by.Actor, Why: p.Order.Reason, Wall: by.Wall,
	})}}}
}

// planShadowed refuses what makes no sense while another manager decides.
func (p *Plan) planShadowed(c *Cluster) {
	switch p.Order.Kind {
	case OrderTakeOver, OrderConfig, OrderRemove:
		return
	}
	if p.Refused == "" && c.Shadowed() {
		p.Refused = "the cluster is in shadow mode: its nodes look only, and another manager decides"
	}
}
