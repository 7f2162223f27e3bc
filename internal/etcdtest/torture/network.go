// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// party is an end of connections: a member, or one of these.
type party string

const (
	partyEtcd party = "etcd"
	partyApp  party = "app"   // the clients of the database
	partyOps  party = "admin" // who asks for switchovers
)

// link carries the connections that one party makes to another.
type link struct {
	from, to party
	proxy    *etcdtest.Proxy
}

// network is a proxy for each pair of parties and direction of connecting.
type network struct{ links []*link }

func newNetwork(members []memberSpec, etcd string) (*network, error) {
	n := &network{}
	add := func(from, to party, addr string) error {
		p, err := etcdtest.NewProxy(addr)
		if err == nil {
			n.links = append(n.links, &link{from, to, p})
		}
		return err
	}
	errs := []error{add(partyOps, partyEtcd, etcd)}
	for _, m := range members {
		errs = append(errs, add(party(m.Name), partyEtcd, etcd), add(partyApp, party(m.Name), m.address()))
		for _, o := range members {
			if o.Name != m.Name {
				errs = append(errs, add(party(m.Name), party(o.Name), o.address()))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// way returns where from must connect to for reaching to.
func (n *network) way(from, to party) string {
	for _, l := range n.links {
		if l.from == from && l.to == to {
			return l.proxy.Addr()
		}
	}
	return ""
}

func (n *network) close() {
	for _, l := range n.links {
		l.proxy.Close()
	}
}

// trouble is how a connection between two parties is broken.
type trouble uint8

const (
	troubleCut    trouble = iota // connections are closed and refused
	troubleSilent                // nothing arrives in either direction
	troubleOneWay                // what the first party sends does not arrive
	troubleSlow                  // everything takes longer
	numTroubles
)

var troubleNames = [numTroubles]string{"cut", "silent", "one way", "slow"} // read-only

// slowBy is what each piece of data takes longer on a slow connection.
const slowBy = 150 * time.Millisecond

// impair breaks all connections between two parties.
func (n *network) impair(a, b party, t trouble) {
	n.each(a, b, func(l *link) {
		switch t {
		case troubleCut:
			l.proxy.Cut()
		case troubleSilent:
			l.proxy.Freeze()
		case troubleOneWay:
			if l.from == a {
				l.proxy.HoldAsks()
			} else {
				l.proxy.HoldAnswers()
			}
		case troubleSlow:
			l.proxy.Delay(slowBy)
		}
	})
}

func (n *network) heal(a, b party) { n.each(a, b, func(l *link) { l.proxy.Heal() }) }

func (n *network) each(a, b party, f func(*link)) {
	for _, l := range n.links {
		if l.from == a && l.to == b || l.from == b && l.to == a {
			f(l)
		}
	}
}

// others are all parties that a member has connections with.
func others(m ha.MemberID) []party {
	all := []party{partyEtcd, partyApp}
	for _, o := range memberNames() {
		if o != m {
			all = append(all, party(o))
		}
	}
	return all
}

// memberNames are the members.
func memberNames() []ha.MemberID { return []ha.MemberID{"m1", "m2", "m3"} }

func linkName(a, b party) string {
	if b < a {
		a, b = b, a
	}
	return fmt.Sprintf("%s-%s", a, b)
}
