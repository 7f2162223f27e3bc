// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"bytes"
	"math"
	"strings"
)

// Outcome says how far the server, or gs_ctl, gets with a value.
type Outcome uint8

// The outcomes of a [Reading].
const (
	// OutcomeNone: accepted, and there is no channel in it.
	OutcomeNone Outcome = iota
	// OutcomeChannels: accepted, with the channels of the Reading.
	OutcomeChannels
	// OutcomeRefused: the check hook refuses the value. A server does not start
	// with it; on reload the old value stays and a line is logged; ALTER SYSTEM
	// fails. gs_ctl finds no channel.
	OutcomeRefused
	// OutcomeRaised: the value passes the check, then copying an over-long host
	// raises an error inside the assign hook. gs_ctl exits with status 1.
	OutcomeRaised
	// OutcomeOverrun: a host is not followed by a blank, and the scanner runs
	// past the end of the buffer or writes outside of it. What happens depends
	// on what lies in memory there: from nothing visible to a crash.
	OutcomeOverrun
)

var outcomes = labels{ // read-only
	OutcomeNone:     {code: "none"},
	OutcomeChannels: {code: "channels"},
	OutcomeRefused:  {code: "refused"},
	OutcomeRaised:   {code: "raised"},
	OutcomeOverrun:  {code: "overrun"},
}

// String returns the outcome's code, for example "overrun".
func (o Outcome) String() string { return outcomes.code("Outcome", uint8(o)) }

// MarshalText implements [encoding.TextMarshaler] with the code.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// ServerChannel is a channel as the server holds it (struct replconninfo in
// replicainternal.h): texts and C ints, nothing checked. It is comparable.
type ServerChannel struct {
	LocalHost           string
	LocalPort           int32
	LocalHeartbeatPort  int32
	RemoteNodeID        int32
	RemoteHost          string
	RemotePort          int32
	RemoteHeartbeatPort int32
	RemoteUwalHost      string
	RemoteUwalPort      int32
	IsCascade           bool
	IsCrossRegion       bool
	SSLMode             string // lite build only
}

// Reading is what a scanner of openGauss makes of a value.
type Reading struct {
	Outcome Outcome
	// Channels are all channels the scanner stores. It is empty unless Outcome
	// is OutcomeChannels.
	Channels []ServerChannel
	// Key is the key at which the value was refused, raised an error or ran
	// over.
	Key string
	// Offset is where: of the channel for OutcomeRefused, otherwise of the host.
	Offset int
}

// Effective returns the one channel that is used: element 0 of the server's
// array, which all its code reads, or what gs_ctl is left with.
func (r Reading) Effective() (ServerChannel, bool) {
	if len(r.Channels) == 0 {
		return ServerChannel{}, false
	}
	return r.Channels[0], true
}

// ParseServer reads a value as the server does (single-node build of
// openGauss-server 7.0.0-RC2, commit 7e1fc94a): the check hook, then the assign
// hook's parser; in guc_storage.cpp check_replconninfo and ParseReplConnInfo,
// in guc.cpp CheckReplChannel. Everything that differs from a careful reading
// is reproduced:
//   - keys are found as substrings, first occurrence, wherever they are;
//   - any mix of blanks and '=' separates key and value, also none;
//   - ports are whatever atoi makes of the digits, without a range;
//   - a host ends at a blank or at the name of its port, nothing else;
//   - a flag is set if "true" follows, whatever comes after that;
//   - unknown words, empty channels between commas and all channels but the
//     first are ignored.
//
// Text behind a NUL byte is not seen. Letters are those of ASCII, as in the C
// and UTF-8 locales.
func ParseServer(text string) Reading { return readServer(text, false) }

// ParseServerLite is [ParseServer] for the lite build, which knows sslmode.
func ParseServerLite(text string) Reading { return readServer(text, true) }

func readServer(text string, lite bool) Reading {
	s := newScanner(text)
	if s.blank() {
		return Reading{}
	}
	n := 0
	for s.next() {
		if key := s.check(); key != "" {
			return Reading{Outcome: OutcomeRefused, Key: key, Offset: s.start}
		}
		n++
	}
	if n == 0 { // commas only
		return Reading{}
	}
	r := Reading{Outcome: OutcomeChannels, Channels: make([]ServerChannel, n)}
	s.rewind()
	for i := 0; s.next(); i++ {
		if outcome := s.serverChannel(&r.Channels[i], i, n, lite); outcome != OutcomeChannels {
			return Reading{Outcome: outcome, Key: s.failedKey, Offset: s.failedAt}
		}
	}
	return r
}

// scanner walks over a value like the C code: a buffer that ends in a NUL, in
// which the comma behind the current channel has become a NUL too.
type scanner struct {
	buf        []byte
	start, end int // of the current channel
	failedKey  string
	failedAt   int
}

func newScanner(text string) *scanner {
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	buf := make([]byte, len(text)+1)
	copy(buf, text)
	return &scanner{buf: buf, end: -1}
}

func (s *scanner) blank() bool { return len(bytes.Trim(s.buf, " \x00")) == 0 }

// rewind begins again with the first channel; the commas come back.
func (s *scanner) rewind() {
	for i := range s.buf[:len(s.buf)-1] {
		if s.buf[i] == 0 {
			s.buf[i] = ','
		}
	}
	s.end = -1
}

// next moves to the next channel as strtok_r does: commas before it are
// skipped, the comma behind it is overwritten.
func (s *scanner) next() bool {
	last := len(s.buf) - 1
	s.start = s.end + 1
	for s.start < last && s.buf[s.start] == ',' {
		s.start++
	}
	if s.start >= last {
		return false
	}
	if n := bytes.IndexByte(s.buf[s.start:], ','); n >= 0 {
		s.end = s.start + n
		s.buf[s.end] = 0
	} else {
		s.end = last
	}
	return true
}

// find returns the place behind a key and the blanks and '=' that follow it,
// or -1. It is strstr and a loop, so it also finds the key inside words.
func (s *scanner) find(key string) int {
	i := bytes.Index(s.buf[s.start:s.end], []byte(key))
	if i < 0 {
		return -1
	}
	return s.skip(s.start + i + len(key))
}

func (s *scanner) skip(i int) int {
	for s.buf[i] == ' ' || s.buf[i] == '=' {
		i++
	}
	return i
}

func (s *scanner) at(i int, text string) bool {
	return bytes.HasPrefix(s.buf[i:], []byte(text))
}

func hostBegins(c byte) bool { return isDigit(c) || c == ':' || isLetter(c) }

// check is CheckReplChannel: it returns the key for which the channel is
// refused, or "".
func (s *scanner) check() string {
	for _, side := range [...]struct{ host, port string }{
		{KeyLocalHost, KeyLocalPort}, {KeyRemoteHost, KeyRemotePort},
	} {
		if i := s.find(side.host); i < 0 || !hostBegins(s.buf[i]) || s.at(i, side.port) {
			return side.host
		}
		if i := s.find(side.port); i < 0 || !isDigit(s.buf[i]) {
			return side.port
		}
	}
	return ""
}

// Sizes in bytes of the server's buffers (replicainternal.h).
const (
	hostBuffer    = 64  // IP_LEN
	sslModeBuffer = 16  // SSL_MODE_LEN
	structSize    = 220 // sizeof(ReplConnInfo), single-node build
	liteSize      = structSize + sslModeBuffer
)

// uwalStop is what ends remoteuwalhost for the server: it compares only as
// many characters of "remoteuwalhost" as "remoteport" has.
const uwalStop = "remoteuwal"

// hostText scans a host at i up to a blank or stop. It returns the text that a
// bounded copy takes (up to the NUL, if the scan ran over one) and the length
// that the scan counted; ok is false when the scan leaves the buffer.
func (s *scanner) hostText(key string, i int, stop string) (text []byte, length int, ok bool) {
	s.failedKey, s.failedAt = key, i
	j := i
	for ; ; j++ {
		if j == len(s.buf) {
			return nil, 0, false
		}
		if s.buf[j] == ' ' || s.at(j, stop) {
			break
		}
	}
	text = s.buf[i:j]
	if n := bytes.IndexByte(text, 0); n >= 0 {
		text = text[:n]
	}
	return text, j - i, true
}

// atoi is C's: digits, saturated to a long, cut to an int.
func (s *scanner) atoi(i int) int32 {
	var n int64
	for ; isDigit(s.buf[i]); i++ {
		d := int64(s.buf[i] - '0')
		if n > (math.MaxInt64-d)/10 {
			n = math.MaxInt64
			break
		}
		n = n*10 + d
	}
	return int32(n)
}

// number reads an optional number, leaving *n alone when there is none.
func (s *scanner) number(n *int32, key string) {
	if i := s.find(key); i >= 0 && isDigit(s.buf[i]) {
		*n = s.atoi(i)
	}
}

func (s *scanner) flag(f *bool, key string) {
	if i := s.find(key); i >= 0 && s.at(i, "true") {
		*f = true
	}
}

// serverChannel is one round of the loop in the server's ParseReplConnInfo,
// for channel number of total. The channel has passed check.
func (s *scanner) serverChannel(c *ServerChannel, number, total int, lite bool) Outcome {
	text, length, ok := s.hostText(KeyLocalHost, s.find(KeyLocalHost), KeyLocalPort)
	if !ok {
		return OutcomeOverrun
	}
	if len(text) > MaxLocalHostLen {
		return OutcomeRaised
	}
	// The terminating NUL goes to the counted length, which can lie behind the
	// copied text: harmless among fields that are still zero, memory corruption
	// behind the array.
	size := structSize
	if lite {
		size = liteSize
	}
	if number*size+length >= total*size {
		return OutcomeOverrun
	}
	c.LocalHost = string(text)
	s.number(&c.LocalPort, KeyLocalPort)
	s.number(&c.LocalHeartbeatPort, KeyLocalHeartbeatPort)
	if text, _, ok = s.hostText(KeyRemoteHost, s.find(KeyRemoteHost), KeyRemotePort); !ok {
		return OutcomeOverrun
	}
	c.RemoteHost = cut(text)
	s.number(&c.RemotePort, KeyRemotePort)
	s.number(&c.RemoteHeartbeatPort, KeyRemoteHeartbeatPort)
	s.number(&c.RemoteNodeID, KeyRemoteNodeID)
	if i := s.find(KeyRemoteUwalHost); i >= 0 && hostBegins(s.buf[i]) {
		if text, _, ok = s.hostText(KeyRemoteUwalHost, i, uwalStop); !ok {
			return OutcomeOverrun
		}
		c.RemoteUwalHost = cut(text)
	}
	s.number(&c.RemoteUwalPort, KeyRemoteUwalPort)
	s.flag(&c.IsCascade, KeyIsCascade)
	s.flag(&c.IsCrossRegion, KeyIsCrossRegion)
	if lite {
		return s.sslMode(c)
	}
	return OutcomeChannels
}

func cut(host []byte) string { return string(host[:min(len(host), hostBuffer-1)]) }

// sslMode reads the lite build's key. The code skips one character more than
// the key has, meant to be the '='.
func (s *scanner) sslMode(c *ServerChannel) Outcome {
	i := bytes.Index(s.buf[s.start:s.end], []byte(KeySSLMode))
	if i < 0 {
		return OutcomeChannels
	}
	i += s.start + len(KeySSLMode) + 1
	s.failedKey, s.failedAt = KeySSLMode, i
	if i >= len(s.buf) {
		return OutcomeOverrun
	}
	i = s.skip(i)
	text := s.buf[i:]
	text = text[:bytes.IndexAny(text, " \x00")]
	if len(text) >= sslModeBuffer-1 {
		return OutcomeRaised
	}
	c.SSLMode = string(text)
	if _, ok := parseSSLMode(c.SSLMode); !ok {
		c.SSLMode = SSLPrefer.String()
	}
	return OutcomeChannels
}
