// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// Admin is the operator's hand on a cluster. It needs the store only: orders
// are written there and the nodes carry them out. It holds no state; make as
// many as you like.
type Admin struct {
	store   dcs.Store
	cluster string
	actor   string
	keys    Keys
}

// NewAdmin returns the admin of a cluster. The actor is written into each
// record that an order leaves: a person's or a program's name.
func NewAdmin(store dcs.Store, cluster, actor string) *Admin {
	return &Admin{store: store, cluster: cluster, actor: actor, keys: KeysOf(cluster)}
}

var (
	// ErrRefused: the cluster, or the plan, says no. See [RefusedError].
	ErrRefused = errors.New("ha: refused")
	// ErrFailed: an order was begun and ended otherwise. See [RefusedError].
	ErrFailed = errors.New("ha: failed")
)

// RefusedError says why an order was not carried out.
type RefusedError struct {
	Order    OrderKind
	Why      string
	Failed   bool      // it was begun
	Verdicts []Verdict // one reason for each member that was considered, if any was
	// Obstacles are all that is in the way of a take-over.
	Obstacles []Obstacle
}

// Error names the order and the reason.
func (e *RefusedError) Error() string {
	if e.Failed {
		return fmt.Sprintf("ha: %s failed: %s", e.Order, e.Why)
	}
	return fmt.Sprintf("ha: %s refused: %s", e.Order, e.Why)
}

// Unwrap gives ErrRefused or ErrFailed.
func (e *RefusedError) Unwrap() error {
	if e.Failed {
		return ErrFailed
	}
	return ErrRefused
}

// ClusterStatus is the whole cluster as its records show it.
type ClusterStatus struct {
	Cluster  string       `json:"cluster"`
	Revision dcs.Revision `json:"revision"`
	Primary  MemberID     `json:"primary,omitempty"` // holder of the grant
	Term     Term         `json:"term"`              // newest
	Writable bool         `json:"writable"`          // the holder says that its server accepts writes
	Reign    Reign        `json:"reign"`
	Rules    []SyncRule   `json:"rules,omitempty"` // synchronous sets that an election must honour
	// Degraded says that the primary's writes are confirmed by fewer standbys
	// than the settings ask for; nil when they are not. See [Durability].Degrade.
	Degraded *Degradation `json:"degraded,omitempty"`
	Pause    *Pause       `json:"pause,omitempty"`
	Request  *Request     `json:"request,omitempty"` // under way
	// Scheduled is a switchover that waits for its time.
	Scheduled *Request `json:"scheduled,omitempty"`
	// Failovers are the newest, oldest first; see Settings.FailoverLimit.
	Failovers []Failover `json:"failovers,omitempty"`
	// NeedsApproval: an automatic failover waits for Admin.Approve.
	NeedsApproval bool           `json:"needsApproval,omitempty"`
	Settings      Settings       `json:"settings"` // defaults filled in
	Bound         Bound          `json:"bound"`
	Members       []MemberReport `json:"members"`
	// Shadow is what nodes in shadow mode have seen, before a take-over or now;
	// nil when there were none. Primary and Writable are those of the records:
	// while the nodes look only, look here.
	Shadow *ShadowReport `json:"shadow,omitempty"`
}

// Degradation is how far a cluster's durability is below what its settings ask.
type Degradation struct {
	K     int       `json:"k"`     // standbys that confirm a write; 0 is asynchronous
	Want  int       `json:"want"`  // what the settings ask for
	Since time.Time `json:"since"` // by the primary's clock
}

// MemberReport is one member in a [ClusterStatus].
type MemberReport struct {
	Name   MemberID     `json:"name"`
	Alive  bool         `json:"alive"`  // a node lives under the name
	Status MemberStatus `json:"status"` // its last word
	Lag    Bytes        `json:"lag"`    // behind the primary's last word
	// Role is Status.Role, but for a standby whose upstream is a standby itself:
	// that is a cascade standby, which no server knows of itself.
	Role  Role         `json:"role"`
	Order *MemberOrder `json:"order,omitempty"` // under way
	// Downtime is set while somebody works on the member.
	Downtime *Downtime `json:"downtime,omitempty"`
}

func (a *Admin) load(ctx context.Context) (*Cluster, error) {
	s, err := a.store.Load(ctx, a.keys.State())
	if err != nil {
		return nil, fmt.Errorf("ha: read records of %s: %w", a.cluster, err)
	}
	return a.keys.Decode(s)
}

// Status reads the cluster's records.
func (a *Admin) Status(ctx context.Context) (ClusterStatus, error) {
	c, err := a.load(ctx)
	if err != nil {
		return ClusterStatus{}, err
	}
	return a.statusOf(c), nil
}

func (a *Admin) statusOf(c *Cluster) ClusterStatus {
	s := ClusterStatus{
		Cluster: a.cluster, Revision: c.Revision, Primary: c.Grant.Holder, Term: c.Reign.Term,
		Reign: c.Reign, Rules: c.Rules, Settings: c.Settings.WithDefaults(), Bound: c.Settings.Bound(),
	}
	if c.Paused() {
		s.Pause = &c.Pause
	}
	if c.RequestRev != 0 {
		s.Request = &c.Request
	}
	if c.ScheduledRev != 0 {
		s.Scheduled = &c.Scheduled
	}
	s.Failovers, s.NeedsApproval = c.Failovers, awaitsApproval(c)
	s.Shadow = shadowReport(c)
	last := lastKnown(c)
	for i := range c.Members {
		m := &c.Members[i]
		r := MemberReport{Name: m.Name, Alive: m.Alive(), Status: m.Status, Lag: m.Status.LSN.Behind(last), Role: roleOf(c, m.Status.Role, m.Status.Upstream)}
		if m.OrderRev != 0 {
			r.Order = &m.Order
		}
		if m.Down() {
			r.Downtime = &m.Downtime
		}
		if m.Name == s.Primary {
			s.Writable = m.Alive() && m.Status.Writable
			if m.Alive() && m.Status.Degraded {
				s.Degraded = &Degradation{K: m.Status.SyncK, Want: s.Settings.Durability.K, Since: time.Unix(0, m.Status.DegradedSince)}
			}
		}
		s.Members = append(s.Members, r)
	}
	return s
}

// Watch delivers the cluster's status, first as it is and then after changes,
// until ctx ends; then the channel is closed. A slow receiver misses statuses
// in between, never the last one. While the store cannot be reached nothing
// is delivered.
func (a *Admin) Watch(ctx context.Context) <-chan ClusterStatus {
	out := make(chan ClusterStatus, 1)
	go func() {
		defer close(out)
		for u := range a.store.Watch(ctx, a.keys.State()) {
			if u.Err != nil {
				continue
			}
			c, err := a.keys.Decode(u.Snapshot)
			if err != nil {
				continue // the nodes complain about it
			}
			select {
			case <-out:
			default:
			}
			out <- a.statusOf(c)
		}
	}()
	return out
}

// AwaitPrimary waits until the cluster has a primary that says it is writable,
// or ctx ends.
func (a *Admin) AwaitPrimary(ctx context.Context) (ClusterStatus, error) {
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	for s := range a.Watch(watch) {
		if s.Writable {
			return s, nil
		}
	}
	return ClusterStatus{}, fmt.Errorf("ha: wait for a primary of %s: %w", a.cluster, context.Cause(ctx))
}

// Plan works out what an order would do now, without doing it.
func (a *Admin) Plan(ctx context.Context, o Order) (Plan, error) {
	c, err := a.load(ctx)
	if err != nil {
		return Plan{}, err
	}
	p := MakePlan(a.cluster, c, o, nil)
	p.checkTime(time.Now())
	return p, nil
}

// Apply carries out a plan and waits until that is done, or ctx ends. When
// ctx ends first the order may still be carried out; the error then says so
// ([Uncertain]).
//
// Errors: [ErrPlanStale] when the cluster has changed since the plan was made,
// a [*RefusedError] when the plan or the nodes refuse, or when it failed, and
// the store's errors.
func (a *Admin) Apply(ctx context.Context, p Plan) (Answer, error) {
	p.checkTime(time.Now())
	if p.Refused != "" {
		return Answer{}, &RefusedError{Order: p.Order.Kind, Why: p.Refused, Verdicts: p.Verdicts, Obstacles: p.Obstacles}
	}
	if p.Cluster != a.cluster {
		return Answer{}, &RefusedError{Order: p.Order.Kind, Why: fmt.Sprintf("the plan is for cluster %s, not %s", p.Cluster, a.cluster)}
	}
	c, err := a.load(ctx)
	if err != nil {
		return Answer{}, err
	}
	if stateHash(c) != p.State {
		return Answer{}, fmt.Errorf("ha: apply %s to %s: %w", p.Order.Kind, a.cluster, ErrPlanStale)
	}
	by := Issue{ID: rand.Text(), Actor: a.actor, Wall: time.Now().UnixNano()}
	if _, err := a.store.Commit(ctx, p.Txn(a.keys, c, by)); err != nil {
		if errors.Is(err, dcs.ErrConflict) {
			return Answer{}, fmt.Errorf("ha: apply %s to %s: %w", p.Order.Kind, a.cluster, ErrPlanStale)
		}
		return Answer{}, fmt.Errorf("ha: apply %s to %s: %w", p.Order.Kind, a.cluster, err)
	}
	if !p.Order.At.IsZero() {
		return Answer{ID: by.ID, Code: AnswerScheduled, Term: c.Reign.Term, Primary: c.Grant.Holder}, nil
	}
	switch p.Order.Kind {
	case OrderSwitchover, OrderFailover, OrderReinit, OrderRestart, OrderTakeOver:
	default:
		return Answer{ID: by.ID, Code: AnswerDone, Term: c.Reign.Term, Primary: c.Grant.Holder}, nil
	}
	answer, err := a.await(ctx, p, by.ID)
	if p.Order.Kind == OrderTakeOver && ctx.Err() != nil {
		return a.withdraw(ctx, by.ID, err)
	}
	return answer, err
}

// await waits for the answer to a request.
func (a *Admin) await(ctx context.Context, p Plan, id string) (Answer, error) {
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	for u := range a.store.Watch(watch, a.keys.State()) {
		if u.Err != nil {
			continue
		}
		c, err := a.keys.Decode(u.Snapshot)
		if err != nil {
			return Answer{}, err
		}
		i := slices.IndexFunc(c.Answers, func(x Answer) bool { return x.ID == id })
		if i < 0 {
			continue
		}
		switch ans := c.Answers[i]; ans.Code {
		case AnswerDone:
			return ans, nil
		default:
			return ans, &RefusedError{Order: p.Order.Kind, Why: ans.Why, Failed: ans.Code == AnswerFailed, Verdicts: p.Verdicts}
		}
	}
	return Answer{}, fmt.Errorf("ha: %s of %s: no answer yet; it may still be carried out: %w", p.Order.Kind, a.cluster, context.Cause(ctx))
}

// replans is how often an order is planned anew when the cluster changes
// between plan and apply. Whoever has not seen the plan does not insist on it.
const replans = 20

func (a *Admin) do(ctx context.Context, o Order) (Answer, error) {
	return a.replan(ctx, func(*Cluster) Order { return o })
}

// replan plans and applies what order says of the newest records.
func (a *Admin) replan(ctx context.Context, order func(*Cluster) Order) (Answer, error) {
	for try := 1; ; try++ {
		c, err := a.load(ctx)
		if err != nil {
			return Answer{}, err
		}
		answer, err := a.Apply(ctx, MakePlan(a.cluster, c, order(c), nil))
		if !errors.Is(err, ErrPlanStale) || try == replans || ctx.Err() != nil {
			return answer, err
		}
	}
}

// Switchover makes another member the primary without losing anything, and
// returns when it is. Empty for the best one. It is Plan and Apply in one.
func (a *Admin) Switchover(ctx context.Context, to MemberID) (Answer, error) {
	return a.do(ctx, Order{Kind: OrderSwitchover, To: to})
}

// Failover makes another member the primary without the old one's help.
// Empty for the best one. With asynchronous replication acknowledged writes
// may be lost; the plan of the same order says how many at least.
func (a *Admin) Failover(ctx context.Context, to MemberID) (Answer, error) {
	return a.do(ctx, Order{Kind: OrderFailover, To: to})
}

// Pause stops all automatic changes of roles until Resume.
func (a *Admin) Pause(ctx context.Context, reason string) error {
	_, err := a.do(ctx, Order{Kind: OrderPause, Reason: reason})
	return err
}

// Resume allows automatic changes of roles again.
func (a *Admin) Resume(ctx context.Context) error {
	_, err := a.do(ctx, Order{Kind: OrderResume})
	return err
}

// SetConfig changes the cluster's settings: edit gets the ones in force,
// without defaults filled in, and changes them. All violations of the result
// are in the error. Nodes take new limits at once; a new TTL counts from a
// node's next session. When somebody else changes something meanwhile, edit is
// called again with what is in force then.
func (a *Admin) SetConfig(ctx context.Context, edit func(*Settings)) error {
	_, err := a.replan(ctx, func(c *Cluster) Order {
		next := c.Settings
		edit(&next)
		return Order{Kind: OrderConfig, Settings: &next}
	})
	return err
}
