// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"fmt"
	"iter"
	"strconv"
)

// The keys of a channel, as they are written.
const (
	KeyLocalHost           = "localhost"
	KeyLocalPort           = "localport"
	KeyLocalHeartbeatPort  = "localheartbeatport"
	KeyLocalService        = "localservice"
	KeyRemoteHost          = "remotehost"
	KeyRemotePort          = "remoteport"
	KeyRemoteHeartbeatPort = "remoteheartbeatport"
	KeyRemoteService       = "remoteservice"
	KeyRemoteNodeID        = "remotenodeid"
	KeyRemoteUwalHost      = "remoteuwalhost"
	KeyRemoteUwalPort      = "remoteuwalport"
	KeyIsCascade           = "iscascade"
	KeyIsCrossRegion       = "iscrossregion"
	KeySSLMode             = "sslmode"
)

// Endpoint is one side of a channel. Host and Port are required; a port of 0
// is "not given".
type Endpoint struct {
	Host Host
	// Port is the HA port ("localport", "remoteport"): WAL senders listen on it.
	Port uint16
	// HeartbeatPort is the port of the heartbeat thread, which runs only when
	// both sides of some channel have one.
	HeartbeatPort uint16
	// ServicePort is "localservice", "remoteservice". This server ignores it,
	// the cluster tools write it and gs_sdr requires it.
	ServicePort uint16
}

// Distances from the port that SQL clients use, by the convention of the
// cluster tools (gspylib/common/Common.py and gs_mergecluster in openGauss-OM;
// the server itself always listens on port+1).
const (
	haPortOffset        = 1
	servicePortOffset   = 4
	heartbeatPortOffset = 5
)

// DeriveEndpoint returns the endpoint of a member from its SQL port (GUC
// "port", 1 to 65530): HA port+1, service port+4, heartbeat port+5.
func DeriveEndpoint(host Host, port uint16) (Endpoint, error) {
	if port == 0 || port > 65535-heartbeatPortOffset {
		return Endpoint{}, fmt.Errorf("replconn: derive endpoint of %s: port %d is not between 1 and %d, three more ports up to port+%d are needed",
			host, port, 65535-heartbeatPortOffset, heartbeatPortOffset)
	}
	return Endpoint{
		Host:          host,
		Port:          port + haPortOffset,
		HeartbeatPort: port + heartbeatPortOffset,
		ServicePort:   port + servicePortOffset,
	}, nil
}

// String returns "host:port", with brackets around an IPv6 address.
func (e Endpoint) String() string {
	host := e.Host.String()
	if addr, ok := e.Host.Addr(); ok && addr.Is6() {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(e.Port))
}

// Uwal is what a channel says of the peer's UWAL service. Host and Port are
// given together or not at all.
type Uwal struct {
	NodeID int32 // 0 or more; 0 is "not given"
	Host   Host
	Port   uint16
}

// Channel is one connection between this server and a peer. It is comparable:
// two channels are == when they say the same.
type Channel struct {
	Local  Endpoint // where this server listens
	Remote Endpoint // where the peer listens
	Uwal   Uwal     // of the peer
	// IsCascade says that the peer is a cascade standby; in streaming disaster
	// recovery, that the channel stays inside the cluster.
	IsCascade Flag
	// IsCrossRegion says that the channel crosses to the other cluster of
	// streaming disaster recovery.
	IsCrossRegion Flag
	SSLMode       SSLMode
	Extra         Extras
}

// Mirror returns the channel as the peer has it: the sides change places.
// What it says of the peer alone (Uwal, IsCascade) is not known for this side
// and left out; SSLMode and Extra are kept.
func (c Channel) Mirror() Channel {
	c.Local, c.Remote = c.Remote, c.Local
	c.Uwal = Uwal{}
	c.IsCascade = Unset
	return c
}

// String returns the channel in canonical form; see [Value.String].
func (c Channel) String() string { return string(c.appendTo(nil)) }

// appendTo writes the canonical form. The order is that of the cluster tools:
// CM's poll needs localhost and localport first, gs_sdr the eight fields up to
// remoteservice in this order, and no host may be the last token.
func (c Channel) appendTo(b []byte) []byte {
	b = c.Local.appendTo(b, KeyLocalHost, KeyLocalPort, KeyLocalHeartbeatPort, KeyLocalService)
	b = c.Remote.appendTo(b, KeyRemoteHost, KeyRemotePort, KeyRemoteHeartbeatPort, KeyRemoteService)
	if c.Uwal.NodeID != 0 || !c.Uwal.Host.IsZero() {
		b = strconv.AppendInt(appendKey(b, KeyRemoteNodeID), int64(c.Uwal.NodeID), 10)
	}
	if !c.Uwal.Host.IsZero() {
		b = c.Uwal.Host.appendTo(appendKey(b, KeyRemoteUwalHost))
	}
	b = appendPort(b, KeyRemoteUwalPort, c.Uwal.Port)
	b = appendText(b, KeyIsCascade, c.IsCascade.String())
	b = appendText(b, KeyIsCrossRegion, c.IsCrossRegion.String())
	b = appendText(b, KeySSLMode, c.SSLMode.String())
	if !c.Extra.IsEmpty() {
		b = append(append(b, ' '), c.Extra.text...)
	}
	return b
}

func (e Endpoint) appendTo(b []byte, host, port, heartbeat, service string) []byte {
	b = e.Host.appendTo(appendKey(b, host))
	b = strconv.AppendUint(appendKey(b, port), uint64(e.Port), 10)
	b = appendPort(b, heartbeat, e.HeartbeatPort)
	return appendPort(b, service, e.ServicePort)
}

func appendPort(b []byte, key string, port uint16) []byte {
	if port == 0 {
		return b
	}
	return strconv.AppendUint(appendKey(b, key), uint64(port), 10)
}

func appendText(b []byte, key, text string) []byte {
	if text == "" {
		return b
	}
	return appendPair(b, key, text)
}

// MarshalText implements [encoding.TextMarshaler] like [Value.MarshalText].
func (c Channel) MarshalText() ([]byte, error) { return ValueOf(c).MarshalText() }

// UnmarshalText implements [encoding.TextUnmarshaler] with [Parse]. Text with
// no channel, or several, is an error that matches [ErrInvalid].
func (c *Channel) UnmarshalText(text []byte) error {
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	if len(v.Channels) != 1 {
		return fmt.Errorf("%w: %d channels, want one", ErrInvalid, len(v.Channels))
	}
	*c = v.Channels[0]
	return nil
}

// pairs yields key and value of everything the canonical form writes.
func (c Channel) pairs() iter.Seq2[string, string] {
	return Extras{c.String()}.All()
}
