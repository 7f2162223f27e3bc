// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Reader is a program, or a part of one, that reads values in its own way.
type Reader uint8

// The readers that [Lint] knows.
const (
	// ReaderCareful is [Parse].
	ReaderCareful Reader = iota
	// ReaderServer is the server's parser, see [ParseServer].
	ReaderServer
	// ReaderGsCtl is gs_ctl build, see [ParseGsCtl].
	ReaderGsCtl
	// ReaderCM is the server's function read_disable_conn_file, which the
	// cluster manager calls every second; see [PollCM].
	ReaderCM
	// ReaderSDR is gs_sdr, which rewrites the values inside a cluster when
	// disaster recovery starts and ends; see [MatchSDR].
	ReaderSDR
	// ReaderHeartbeat is the heartbeat thread.
	ReaderHeartbeat
	// ReaderPeers are the places where the server compares the host as text
	// with the address of a connection: pg_hba's check for internal
	// connections, the heartbeat's list of peers, the WAL sender's channel.
	ReaderPeers
	// ReaderFile is what handles the line in postgresql.conf: gs_guc, and the
	// synchronisation of the configuration from the primary.
	ReaderFile
)

var readers = labels{ // read-only
	ReaderCareful:   {code: "careful"},
	ReaderServer:    {code: "server"},
	ReaderGsCtl:     {code: "gs_ctl"},
	ReaderCM:        {code: "cm"},
	ReaderSDR:       {code: "gs_sdr"},
	ReaderHeartbeat: {code: "heartbeat"},
	ReaderPeers:     {code: "peers"},
	ReaderFile:      {code: "file"},
}

// String returns the reader's name in lower case.
func (r Reader) String() string { return readers.code("Reader", uint8(r)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (r Reader) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Poll is what the cluster manager gets from replconninfo1.
type Poll struct {
	Host string // without zone
	Port string // unchecked text
}

// Sizes of read_disable_conn_file's buffers, in bytes.
const (
	pollWindow = 127 // DOUBLE_NAMEDATALEN - 1
	pollBuffer = 63  // NAMEDATALEN - 1, including the NUL
)

// PollCM reads the text of replconninfo1 as the server's SQL function
// read_disable_conn_file does (postmaster.cpp): of the first 127 bytes, the
// first two words must be localhost=<v> and localport=<v>. If it returns
// false, with the key that was not found, the function raises an error and the
// cluster manager can neither lock nor unlock the instance.
func PollCM(text string) (p Poll, missing string, ok bool) {
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	next := pollWords(clip(text))
	if p.Host, ok = pollField(next(), KeyLocalHost); !ok {
		return Poll{}, KeyLocalHost, false
	}
	if i := strings.IndexByte(p.Host, '%'); i >= 0 {
		p.Host = p.Host[:i]
	}
	if p.Port, ok = pollField(next(), KeyLocalPort); !ok {
		return Poll{}, KeyLocalPort, false
	}
	return p, "", true
}

// clip keeps what fits into the window without cutting a character.
func clip(text string) string {
	if len(text) <= pollWindow {
		return text
	}
	n := pollWindow
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// pollWords returns strtok with a blank as the only separator.
func pollWords(text string) func() string {
	return func() (w string) {
		w, text, _ = strings.Cut(strings.TrimLeft(text, " "), " ")
		return w
	}
}

// pollField is sscanf_s(word, "<key>=%s", buffer, 63): white space before the
// value is passed over, white space ends it, and a value that does not fit
// fails.
func pollField(word, key string) (string, bool) {
	value, ok := strings.CutPrefix(word, key+"=")
	if !ok {
		return "", false
	}
	const white = "\t\n\v\f\r"
	value = strings.TrimLeft(value, white)
	if i := strings.IndexAny(value, white); i >= 0 {
		value = value[:i]
	}
	return value, value != "" && len(value) < pollBuffer
}

// isPinnable is isVaildIp (postmaster.cpp): whether disable_conn accepts the
// host when the cluster manager pins standbys to it.
func isPinnable(h Host) bool {
	_, ok := h.Addr()
	return ok
}

// sdrPattern is the expression of gs_sdr for a value inside the cluster
// (streaming_base.py, __set_original_repl_info), without the name in front.
var sdrPattern = sync.OnceValue(func() *regexp.Regexp {
	const host = `((?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[a-f0-9]{1,4}:){7}[a-f0-9]{1,4})`
	return regexp.MustCompile(`^localhost=` + host + ` localport=(\d{4,5}) localheartbeatport=(\d{4,5}) localservice=(\d{4,5})` +
		` remotehost=` + host + ` remoteport=(\d{4,5}) remoteheartbeatport=(\d{4,5}) remoteservice=(\d{4,5})`)
})

// SDRMatch is what gs_sdr takes out of a value, as it spells it.
type SDRMatch struct {
	Local, Remote SDREndpoint
	// Rest is the text behind the eight fields. Of it, gs_sdr writes back
	// nothing: it puts its own two flags there, or none.
	Rest string
}

// SDREndpoint is one side of an [SDRMatch].
type SDREndpoint struct{ Host, Port, HeartbeatPort, ServicePort string }

// MatchSDR reads a replconninfo value as gs_sdr does when it prepares a
// cluster for streaming disaster recovery and when it undoes that: exactly the
// eight fields in their order, one blank between them, ports of four or five
// digits, IPv4 or IPv6 in eight groups of lower case. False means that gs_sdr
// stops with an error.
func MatchSDR(text string) (SDRMatch, bool) {
	m := sdrPattern().FindStringSubmatch(text)
	if m == nil {
		return SDRMatch{}, false
	}
	return SDRMatch{
		Local:  SDREndpoint{m[1], m[2], m[3], m[4]},
		Remote: SDREndpoint{m[5], m[6], m[7], m[8]},
		Rest:   text[len(m[0]):],
	}, true
}

// peerText is how the server spells the address of a connection when it
// compares it with a host's text; zones are taken off on both sides.
func peerText(addr netip.Addr) string { return addr.WithZone("").String() }
