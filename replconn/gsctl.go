// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

// gsCtlMaxLen is how much of a value gs_ctl reads, in bytes (MAX_VALUE_LEN - 1
// in tool_common.h).
const gsCtlMaxLen = 1023

// ParseGsCtl reads a value as gs_ctl does when it looks for a server to build
// from, or takes a connection text with -C (ParseReplConnInfo and
// BuildCheckReplChannel in bin/pg_ctl/pg_build.cpp, same commit). It differs
// from the server:
//   - a channel that is wrong is passed over, unless all are;
//   - of several channels it keeps the last, but flags, node id and UWAL port
//     stay set once some channel had them;
//   - a host of 64 bytes or more ends the program, also a remote one;
//   - heartbeat ports are not read, and no more than 1023 bytes.
//
// gs_ctl takes the value from postgresql.conf without its first and last
// character and without looking at them, so there it must be quoted.
func ParseGsCtl(text string) Reading {
	s := newScanner(text[:min(len(text), gsCtlMaxLen)])
	if s.blank() {
		return Reading{}
	}
	valid := 0
	first := Reading{Outcome: OutcomeRefused}
	for s.next() {
		if key := s.check(); key == "" {
			valid++
		} else if first.Key == "" {
			first.Key, first.Offset = key, s.start
		}
	}
	if valid == 0 {
		return first
	}
	s.rewind()
	// Flags, node id and UWAL port live outside the loop there, hosts and
	// ports of a finished round are copied over those of the one before.
	var last, state ServerChannel
	for s.next() {
		outcome, done := s.gsCtlChannel(&state)
		if outcome != OutcomeChannels {
			return Reading{Outcome: outcome, Key: s.failedKey, Offset: s.failedAt}
		}
		if done {
			last = state
		}
	}
	return Reading{Outcome: OutcomeChannels, Channels: []ServerChannel{last}}
}

// gsCtlChannel is one round of gs_ctl's loop; done is false when the round
// passes the channel over.
func (s *scanner) gsCtlChannel(c *ServerChannel) (o Outcome, done bool) {
	c.RemoteUwalHost = ""
	if o, done = s.gsCtlSide(&c.LocalHost, &c.LocalPort, KeyLocalHost, KeyLocalPort); !done {
		return o, false
	}
	if o, done = s.gsCtlSide(&c.RemoteHost, &c.RemotePort, KeyRemoteHost, KeyRemotePort); !done {
		return o, false
	}
	s.number(&c.RemoteNodeID, KeyRemoteNodeID)
	if i := s.find(KeyRemoteUwalHost); i >= 0 && hostBegins(s.buf[i]) {
		if o, c.RemoteUwalHost = s.gsCtlHost(KeyRemoteUwalHost, i, KeyRemoteUwalHost); o != OutcomeChannels {
			return o, false
		}
	}
	s.number(&c.RemoteUwalPort, KeyRemoteUwalPort)
	s.flag(&c.IsCascade, KeyIsCascade)
	s.flag(&c.IsCrossRegion, KeyIsCrossRegion)
	return OutcomeChannels, true
}

func (s *scanner) gsCtlSide(host *string, port *int32, hostKey, portKey string) (o Outcome, ok bool) {
	i := s.find(hostKey)
	if i < 0 || !hostBegins(s.buf[i]) {
		return OutcomeChannels, false
	}
	if o, *host = s.gsCtlHost(hostKey, i, portKey); o != OutcomeChannels {
		return o, false
	}
	if i = s.find(portKey); i < 0 || !isDigit(s.buf[i]) {
		return OutcomeChannels, false
	}
	*port = s.atoi(i)
	return OutcomeChannels, true
}

func (s *scanner) gsCtlHost(key string, i int, stop string) (Outcome, string) {
	text, _, ok := s.hostText(key, i, stop)
	switch {
	case !ok:
		return OutcomeOverrun, ""
	case len(text) >= hostBuffer:
		return OutcomeRaised, ""
	}
	return OutcomeChannels, string(text)
}
