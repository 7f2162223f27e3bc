// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Limits on the text of a host, in bytes. The server copies localhost into a
// buffer with a bound of 62 and raises an error above it; it cuts the other
// hosts after 63 (ParseReplConnInfo in guc_storage.cpp).
const (
	MaxLocalHostLen  = 62
	MaxRemoteHostLen = 63
)

// ErrBadHost says that a text is neither an IP address nor a host name that a
// channel can carry.
var ErrBadHost = errors.New("replconn: bad host")

// Host is one end of a channel: an IP address, with a zone where IPv6 needs
// one, or a host name. It is comparable; the zero Host is "not given".
//
// openGauss compares hosts as text in several places (the heartbeat's list of
// permitted peers, the channel of a WAL sender, pg_hba's internal check), so a
// name works less well than an address; [Lint] says where.
type Host struct {
	addr netip.Addr
	name string // empty when addr is valid
}

// HostFrom returns the host with this address.
func HostFrom(addr netip.Addr) Host { return Host{addr: addr} }

// ParseHost reads an IP address or a host name. IPv6 is written bare, without
// brackets, optionally with a zone ("fe80::1%eth0"). A name consists of
// letters, digits, '-', '_' and '.', begins with a letter or digit, and does
// not look like a number: "10.0.0.300" is an error, not a name.
//
// The error matches [ErrBadHost].
func ParseHost(s string) (Host, error) {
	h, ok := parseHost(s)
	if !ok {
		return Host{}, fmt.Errorf("%w: %q is neither an IP address nor a host name", ErrBadHost, s)
	}
	return h, nil
}

func parseHost(s string) (Host, bool) {
	if s == "" {
		return Host{}, false
	}
	if c := s[0]; isDigit(c) || strings.IndexByte(s, ':') >= 0 {
		if addr, err := netip.ParseAddr(s); err == nil {
			return Host{addr: addr}, validZone(addr.Zone())
		}
	}
	return Host{name: s}, validName(s)
}

// validZone limits zones to what interfaces are called, because a blank, a
// comma or a quote would end the host for some reader.
func validZone(zone string) bool {
	for i := 0; i < len(zone); i++ {
		if !isNameByte(zone[i]) {
			return false
		}
	}
	return true
}

func validName(s string) bool {
	if !isDigit(s[0]) && !isLetter(s[0]) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isNameByte(s[i]) {
			return false
		}
	}
	if strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return false
	}
	// A last label of digits only is a mistyped IPv4 address (RFC 3696, 2).
	last := s[strings.LastIndexByte(s, '.')+1:]
	return strings.TrimLeft(last, "0123456789") != ""
}

func isDigit(c byte) bool  { return c-'0' <= 9 }
func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }

func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '-' || c == '_'
}

// Addr returns the IP address, and false for a name or the zero Host.
func (h Host) Addr() (netip.Addr, bool) { return h.addr, h.addr.IsValid() }

// IsZero reports whether the host is not given.
func (h Host) IsZero() bool { return h == Host{} }

// SameMachine reports whether two hosts are the same address when zones are
// left out of account: a zone names an interface of the machine that writes
// the value, so two members spell the same address with different zones.
func (h Host) SameMachine(o Host) bool { return h.unzoned() == o.unzoned() }

func (h Host) unzoned() Host { return Host{addr: h.addr.WithZone(""), name: h.name} }

// String returns the host as a value spells it; "" for the zero Host.
func (h Host) String() string {
	if h.addr.IsValid() {
		return h.addr.String()
	}
	return h.name
}

func (h Host) appendTo(b []byte) []byte {
	if h.addr.IsValid() {
		return h.addr.AppendTo(b)
	}
	return append(b, h.name...)
}

// AppendText implements [encoding.TextAppender]. It never fails.
func (h Host) AppendText(b []byte) ([]byte, error) { return h.appendTo(b), nil }

// MarshalText implements [encoding.TextMarshaler]. It never fails.
func (h Host) MarshalText() ([]byte, error) { return h.appendTo(nil), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. Empty text gives the
// zero Host; everything else is read as by [ParseHost].
func (h *Host) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*h = Host{}
		return nil
	}
	host, err := ParseHost(string(text))
	if err != nil {
		return err
	}
	*h = host
	return nil
}
