// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// Party is an end of connections: a member, or one of these.
type Party string

// The parties that are not members.
const (
	PartyEtcd Party = "etcd"
	PartyApp  Party = "app"   // the clients of the database
	PartyOps  Party = "admin" // who asks for switchovers, and looks on
)

// Link carries the connections that one party makes to another.
type Link struct {
	From, To Party
	*etcdtest.Proxy
}

// Network is a proxy for each pair of parties and direction of connecting.
type Network struct{ links []*Link }

// Add makes the way from one party to another, which listens at addr.
func (n *Network) Add(from, to Party, addr string) error {
	p, err := etcdtest.NewProxy(addr)
	if err == nil {
		n.links = append(n.links, &Link{from, to, p})
	}
	return err
}

// build makes the ways between all of a cluster: of members with servers, by
// address, and of simulated ones, by nothing, since those have no network.
func (n *Network) build(members []ha.MemberID, address map[ha.MemberID]string, etcd string) error {
	errs := []error{n.Add(PartyOps, PartyEtcd, etcd)}
	for _, m := range members {
		errs = append(errs, n.Add(Party(m), PartyEtcd, etcd))
		if address == nil {
			continue
		}
		errs = append(errs, n.Add(PartyApp, Party(m), address[m]))
		for _, o := range members {
			if o != m {
				errs = append(errs, n.Add(Party(m), Party(o), address[o]))
			}
		}
	}
	return errors.Join(errs...)
}

// Way returns where from must connect to for reaching to, as host:port.
func (n *Network) Way(from, to Party) string {
	for _, l := range n.links {
		if l.From == from && l.To == to {
			return l.Addr()
		}
	}
	return ""
}

// Close ends all connections.
func (n *Network) Close() {
	for _, l := range n.links {
		l.Close()
	}
}

// Trouble is how a connection between two parties is broken.
type Trouble uint8

// The kinds of trouble.
const (
	TroubleCut    Trouble = iota // connections are closed and refused
	TroubleSilent                // nothing arrives in either direction, no end of a connection either
	TroubleOneWay                // what the first party sends does not arrive
	TroubleSlow                  // everything takes longer
	TroubleLossy                 // every fifth packet is lost, see etcdtest.Proxy.Lose
	NumTroubles
)

var troubleNames = [NumTroubles]string{"cut", "silent", "one way", "slow", "lossy"} // read-only

// String names the trouble.
func (t Trouble) String() string { return troubleNames[t] }

// slowBy is what each piece of data takes longer on a slow connection.
const slowBy = 150 * time.Millisecond

// lossShare is how many of all packets a lossy connection loses.
const lossShare = 0.2

// Impair breaks all connections between two parties.
func (n *Network) Impair(a, b Party, t Trouble) {
	n.each(a, b, func(l *Link) {
		switch t {
		case TroubleCut:
			l.Cut()
		case TroubleSilent:
			l.Freeze()
		case TroubleOneWay:
			if l.From == a {
				l.HoldAsks()
			} else {
				l.HoldAnswers()
			}
		case TroubleSlow:
			l.Delay(slowBy)
		case TroubleLossy:
			l.Lose(lossShare)
		}
	})
}

// ImpairAll breaks all connections of all parties in the same way.
func (n *Network) ImpairAll(t Trouble) {
	for _, l := range n.links {
		n.Impair(l.From, l.To, t)
	}
}

// HealAll ends all trouble.
func (n *Network) HealAll() {
	for _, l := range n.links {
		l.Heal()
	}
}

// Heal ends all trouble between two parties.
func (n *Network) Heal(a, b Party) { n.each(a, b, func(l *Link) { l.Heal() }) }

func (n *Network) each(a, b Party, f func(*Link)) {
	for _, l := range n.links {
		if l.From == a && l.To == b || l.From == b && l.To == a {
			f(l)
		}
	}
}

// Others are all parties that a party has connections with, each once.
func (n *Network) Others(p Party) []Party {
	var out []Party
	seen := map[Party]bool{p: true}
	for _, l := range n.links {
		for _, o := range []Party{l.From, l.To} {
			if (l.From == p || l.To == p) && !seen[o] {
				seen[o] = true
				out = append(out, o)
			}
		}
	}
	return out
}

// LinkName names the connections between two parties.
func LinkName(a, b Party) string {
	if b < a {
		a, b = b, a
	}
	return fmt.Sprintf("%s-%s", a, b)
}
