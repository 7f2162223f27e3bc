// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"math"
	"strings"
)

// known numbers the keys that this package knows, the required ones first.
type known uint8

const (
	unknown known = iota
	knownLocalHost
	knownLocalPort
	knownRemoteHost
	knownRemotePort
	knownLocalHeartbeatPort
	knownLocalService
	knownRemoteHeartbeatPort
	knownRemoteService
	knownRemoteNodeID
	knownRemoteUwalHost
	knownRemoteUwalPort
	knownIsCascade
	knownIsCrossRegion
	knownSSLMode
)

const lastRequired = knownRemotePort

var required = [...]string{knownLocalHost: KeyLocalHost, knownLocalPort: KeyLocalPort, knownRemoteHost: KeyRemoteHost, knownRemotePort: KeyRemotePort}

// lookUp returns the number of a key.
func lookUp(key string) known {
	switch key {
	case KeyLocalHost:
		return knownLocalHost
	case KeyLocalPort:
		return knownLocalPort
	case KeyRemoteHost:
		return knownRemoteHost
	case KeyRemotePort:
		return knownRemotePort
	case KeyLocalHeartbeatPort:
		return knownLocalHeartbeatPort
	case KeyLocalService:
		return knownLocalService
	case KeyRemoteHeartbeatPort:
		return knownRemoteHeartbeatPort
	case KeyRemoteService:
		return knownRemoteService
	case KeyRemoteNodeID:
		return knownRemoteNodeID
	case KeyRemoteUwalHost:
		return knownRemoteUwalHost
	case KeyRemoteUwalPort:
		return knownRemoteUwalPort
	case KeyIsCascade:
		return knownIsCascade
	case KeyIsCrossRegion:
		return knownIsCrossRegion
	case KeySSLMode:
		return knownSSLMode
	}
	return unknown
}

// set stores the value of key number k.
func (p *parser) set(c *Channel, k known, key, value string, at int) {
	switch k {
	case knownLocalHost:
		c.Local.Host = p.host(key, value, at, MaxLocalHostLen)
	case knownLocalPort:
		c.Local.Port = p.port(key, value, at)
	case knownLocalHeartbeatPort:
		c.Local.HeartbeatPort = p.port(key, value, at)
	case knownLocalService:
		c.Local.ServicePort = p.port(key, value, at)
	case knownRemoteHost:
		c.Remote.Host = p.host(key, value, at, MaxRemoteHostLen)
	case knownRemotePort:
		c.Remote.Port = p.port(key, value, at)
	case knownRemoteHeartbeatPort:
		c.Remote.HeartbeatPort = p.port(key, value, at)
	case knownRemoteService:
		c.Remote.ServicePort = p.port(key, value, at)
	case knownRemoteNodeID:
		c.Uwal.NodeID = p.nodeID(key, value, at)
	case knownRemoteUwalHost:
		c.Uwal.Host = p.host(key, value, at, MaxRemoteHostLen)
	case knownRemoteUwalPort:
		c.Uwal.Port = p.port(key, value, at)
	case knownIsCascade:
		c.IsCascade = p.flag(key, value, at)
	case knownIsCrossRegion:
		c.IsCrossRegion = p.flag(key, value, at)
	case knownSSLMode:
		mode, ok := parseSSLMode(value)
		if !ok {
			p.add(ReasonBadSSLMode, key, value, at)
		}
		c.SSLMode = mode
	}
}

func (p *parser) host(key, value string, at, limit int) Host {
	h, ok := parseHost(value)
	switch {
	case !ok:
		p.add(ReasonBadHost, key, value, at)
		return Host{}
	case len(value) > limit:
		p.add(ReasonHostTooLong, key, value, at)
		return Host{}
	}
	if h.name != "" || h.addr.Zone() != "" {
		if found := keyInside(value); found != "" {
			p.add(ReasonKeyInside, key, found, at+strings.Index(value, found))
			return Host{}
		}
	}
	return h
}

// number reads decimal digits up to limit; false when it is not a number, and
// limit+1 when it is larger.
func number(s string, limit uint64) (uint64, bool) {
	var n uint64
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		if n <= limit {
			n = n*10 + uint64(d)
		}
	}
	return min(n, limit+1), s != ""
}

func (p *parser) port(key, value string, at int) uint16 {
	n, ok := number(value, math.MaxUint16)
	switch {
	case !ok:
		p.add(ReasonNotNumber, key, value, at)
		return 0
	case n == 0 || n > math.MaxUint16:
		p.add(ReasonPortRange, key, value, at)
		return 0
	}
	return uint16(n)
}

func (p *parser) nodeID(key, value string, at int) int32 {
	n, ok := number(value, math.MaxInt32)
	switch {
	case !ok:
		p.add(ReasonNotNumber, key, value, at)
		return 0
	case n > math.MaxInt32:
		p.add(ReasonNodeIDRange, key, value, at)
		return 0
	}
	return int32(n)
}

func (p *parser) flag(key, value string, at int) Flag {
	switch value {
	case "true":
		return True
	case "false":
		return False
	}
	p.add(ReasonBadFlag, key, value, at)
	return Unset
}
