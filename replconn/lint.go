// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"errors"
	"strconv"
	"strings"
)

// maxLine is the longest line, in bytes with its line end, that survives
// postgresql.conf: gs_guc cuts what it writes at MAX_VALUE_LEN - 1 (pg_guc.cpp),
// and the synchronisation of the configuration gives up above it.
const maxLine = 1023

// Lint lists where the careful reading of a value and the server's differ, and
// what stricter readers would refuse or misunderstand. The slot matters: the
// cluster manager polls replconninfo1 only, and gs_sdr rewrites replconninfo
// settings only. A text in canonical form with all eight fields, IPv4
// addresses and ports of four or five digits has no findings.
//
// If there are no findings at all, [Parse], [ParseServer] and [ParseGsCtl]
// accept the value and agree on every field.
func Lint(slot Slot, text string) Findings {
	l := linter{slot: slot, text: text}
	doc, err := ParseDocument(text)
	var bad *ParseError
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			l.found = append(l.found, Finding{Slot: slot, Reader: ReaderCareful, Code: CodeProblem,
				Reason: p.Reason, Key: p.Key, Got: p.Text, Offset: p.Offset})
		}
	}
	server, ctl := ParseServer(text), ParseGsCtl(text)
	l.reading(ReaderServer, server, doc)
	l.reading(ReaderGsCtl, ctl, doc)
	if bad != nil {
		l.instead(ReaderServer, server, bad.Problems)
		l.instead(ReaderGsCtl, ctl, bad.Problems)
	}
	l.file()
	if err == nil {
		for i, c := range doc.value.Channels {
			l.channel(doc, i, c)
		}
	}
	if !isBlank(text) {
		l.poll(doc)
		l.sdr()
	}
	return l.found
}

type linter struct {
	slot  Slot
	text  string
	found Findings
}

func (l *linter) add(r Reader, c Code, key, want, got string, offset int) {
	l.found = append(l.found, Finding{Slot: l.slot, Reader: r, Code: c, Key: key, Want: want, Got: got, Offset: offset})
}

// reading compares what a scanner of openGauss reads with the careful reading.
func (l *linter) reading(r Reader, got Reading, doc Document) {
	switch got.Outcome {
	case OutcomeRefused:
		l.add(r, CodeRefuses, got.Key, "", "", got.Offset)
		return
	case OutcomeRaised:
		l.add(r, CodeRaises, got.Key, "", "", got.Offset)
		return
	case OutcomeOverrun:
		l.add(r, CodeOverrun, got.Key, "", "", got.Offset)
		return
	}
	channels := doc.value.Channels
	if len(channels) == 0 {
		return // nothing to compare: no channel, or not valid
	}
	used, code := 0, CodeOnlyFirst
	if r == ReaderGsCtl {
		used, code = len(channels)-1, CodeOnlyLast
	}
	if len(channels) > 1 {
		l.add(r, code, "", "", "", -1)
	}
	sc, _ := got.Effective()
	for _, f := range compared {
		if r == ReaderGsCtl && isHeartbeat(f.key) {
			continue
		}
		if want, is := f.want(channels[used]), f.got(sc); want != is {
			l.add(r, CodeReadsOther, f.key, want, is, doc.offset(used, f.key))
		}
	}
}

// instead says what a scanner takes a field for that Parse refuses.
func (l *linter) instead(r Reader, got Reading, problems []Problem) {
	sc, ok := got.Effective()
	if !ok {
		return
	}
	for _, p := range problems {
		if p.Channel != 0 || p.Reason < ReasonBadHost || p.Reason > ReasonBadFlag {
			continue
		}
		for _, f := range compared {
			if f.key != p.Key || r == ReaderGsCtl && isHeartbeat(f.key) {
				continue
			}
			if is := f.got(sc); is != p.Text {
				l.add(r, CodeReadsOther, p.Key, p.Text, is, p.Offset)
			}
		}
	}
}

// isHeartbeat reports whether gs_ctl leaves the key out.
func isHeartbeat(key string) bool {
	return key == KeyLocalHeartbeatPort || key == KeyRemoteHeartbeatPort
}

// compared are the fields that the scanners store, as text of equal form.
var compared = [...]struct {
	key  string
	want func(Channel) string
	got  func(ServerChannel) string
}{
	{KeyLocalHost, func(c Channel) string { return c.Local.Host.String() }, func(s ServerChannel) string { return respell(s.LocalHost) }},
	{KeyLocalPort, func(c Channel) string { return digits(c.Local.Port) }, func(s ServerChannel) string { return digits(s.LocalPort) }},
	{KeyLocalHeartbeatPort, func(c Channel) string { return digits(c.Local.HeartbeatPort) }, func(s ServerChannel) string { return digits(s.LocalHeartbeatPort) }},
	{KeyRemoteHost, func(c Channel) string { return c.Remote.Host.String() }, func(s ServerChannel) string { return respell(s.RemoteHost) }},
	{KeyRemotePort, func(c Channel) string { return digits(c.Remote.Port) }, func(s ServerChannel) string { return digits(s.RemotePort) }},
	{KeyRemoteHeartbeatPort, func(c Channel) string { return digits(c.Remote.HeartbeatPort) }, func(s ServerChannel) string { return digits(s.RemoteHeartbeatPort) }},
	{KeyRemoteNodeID, func(c Channel) string { return digits(c.Uwal.NodeID) }, func(s ServerChannel) string { return digits(s.RemoteNodeID) }},
	{KeyRemoteUwalHost, func(c Channel) string { return c.Uwal.Host.String() }, func(s ServerChannel) string { return respell(s.RemoteUwalHost) }},
	{KeyRemoteUwalPort, func(c Channel) string { return digits(c.Uwal.Port) }, func(s ServerChannel) string { return digits(s.RemoteUwalPort) }},
	{KeyIsCascade, func(c Channel) string { return strconv.FormatBool(c.IsCascade.Bool()) }, func(s ServerChannel) string { return strconv.FormatBool(s.IsCascade) }},
	{KeyIsCrossRegion, func(c Channel) string { return strconv.FormatBool(c.IsCrossRegion.Bool()) }, func(s ServerChannel) string { return strconv.FormatBool(s.IsCrossRegion) }},
}

func digits[T int32 | uint16](n T) string { return strconv.FormatInt(int64(n), 10) }

// respell gives an address the spelling of [Host.String]; CodeSpelling reports
// the difference where it matters.
func respell(s string) string {
	if h, ok := parseHost(s); ok {
		return h.String()
	}
	return s
}

// channel looks at one channel that Parse accepts.
func (l *linter) channel(doc Document, i int, c Channel) {
	l.host(doc, i, KeyLocalHost, c.Local.Host)
	l.host(doc, i, KeyRemoteHost, c.Remote.Host)
	if (c.Local.HeartbeatPort == 0) != (c.Remote.HeartbeatPort == 0) {
		key := KeyLocalHeartbeatPort
		if c.Local.HeartbeatPort == 0 {
			key = KeyRemoteHeartbeatPort
		}
		l.add(ReaderHeartbeat, CodeOneSided, key, "", "", doc.offset(i, key))
	}
	if c.SSLMode != SSLUnset {
		l.add(ReaderServer, CodeIgnored, KeySSLMode, "", c.SSLMode.String(), doc.offset(i, KeySSLMode))
	}
	for key, value := range c.Extra.All() {
		l.add(ReaderServer, CodeIgnored, key, "", value, doc.offset(i, key))
	}
}

func (l *linter) host(doc Document, i int, key string, h Host) {
	at, text := doc.offset(i, key), doc.spelling(i, key)
	addr, ok := h.Addr()
	if !ok {
		l.add(ReaderPeers, CodeHostName, key, "", text, at)
		return
	}
	unzoned, _, _ := strings.Cut(text, "%")
	if want := peerText(addr); want != unzoned {
		l.add(ReaderPeers, CodeSpelling, key, h.String(), text, at)
	}
}

// poll looks at replconninfo1 with the eyes of the cluster manager.
func (l *linter) poll(doc Document) {
	if l.slot != Own(1) {
		return
	}
	p, missing, ok := PollCM(l.text)
	if !ok {
		l.add(ReaderCM, CodeRefuses, missing, "", "", 0)
		return
	}
	c, valid := doc.value.Channel()
	if !valid {
		return // the problems are reported already
	}
	if !isPinnable(c.Local.Host) {
		l.add(ReaderCM, CodeHostName, KeyLocalHost, "", p.Host, doc.offset(0, KeyLocalHost))
	}
	if want := c.Local.Host.unzoned().String(); respell(p.Host) != want {
		l.add(ReaderCM, CodeReadsOther, KeyLocalHost, want, p.Host, doc.offset(0, KeyLocalHost))
	}
	if n, err := strconv.ParseUint(p.Port, 10, 16); err != nil || uint16(n) != c.Local.Port {
		l.add(ReaderCM, CodeReadsOther, KeyLocalPort, digits(c.Local.Port), p.Port, doc.offset(0, KeyLocalPort))
	}
}

func (l *linter) sdr() {
	if l.slot.IsCrossCluster() {
		return
	}
	// An entry that crosses to the other cluster is gs_sdr's own; it is not
	// matched but reset.
	if strings.Contains(strings.ToLower(l.text), KeyIsCrossRegion+"=true") {
		return
	}
	m, ok := MatchSDR(l.text)
	if !ok {
		l.add(ReaderSDR, CodeRefuses, "", "", "", -1)
		return
	}
	for rest := range strings.FieldsSeq(m.Rest) {
		if key, _, _ := strings.Cut(rest, "="); key != KeyIsCascade && key != KeyIsCrossRegion {
			l.add(ReaderSDR, CodeDropsRest, "", "", m.Rest, len(l.text)-len(m.Rest))
			return
		}
	}
}

// file looks at the way through postgresql.conf.
func (l *linter) file() {
	if n := len(l.slot.String()) + len(" = ''\n") + len(l.text); n > maxLine {
		l.add(ReaderFile, CodeTooLong, "", strconv.Itoa(maxLine), strconv.Itoa(n), -1)
	}
	if i := strings.IndexAny(l.text, "'\"\\#\n\r\x00"); i >= 0 {
		l.add(ReaderFile, CodeQuoting, "", "", l.text[i:i+1], i)
	}
}
