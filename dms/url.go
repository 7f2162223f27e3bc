// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// Instance is one entry of an interconnect URL: where an instance of the
// database listens for the others. It is comparable.
type Instance struct {
	ID   int            // ss_instance_id of the instance, 0 to 63
	Addr netip.AddrPort // IPv4 address and port, 1024 to 65535
}

// String returns the entry as it stands in a URL: "0:10.0.0.1:1611".
func (i Instance) String() string {
	return strconv.Itoa(i.ID) + ":" + i.Addr.Addr().String() + ":" + strconv.Itoa(int(i.Addr.Port()))
}

// URL is the value of parameter ss_interconnect_url and of gs_initdb's option
// --dms_url: every instance of the cluster with its address, in the order of
// the ids. Every instance of the cluster has the same one. The zero URL has no
// instances.
//
// A standby that passes writes on finds its way to the primary by comparing the
// primary's address here, as text, with remotehost of its replconninfoN
// (ss_reform_common.cpp, SSStandbySetLibpqswConninfo): spell both alike.
type URL struct {
	Instances []Instance
}

// URLOf returns a URL with these instances.
func URLOf(instances ...Instance) URL { return URL{Instances: instances} }

// URLOfAddrs returns a URL with one instance for each address, with the ids
// that the server needs: 0, 1, 2 and so on.
func URLOfAddrs(addrs ...netip.AddrPort) URL {
	u := URL{Instances: make([]Instance, len(addrs))}
	for id, a := range addrs {
		u.Instances[id] = Instance{id, a}
	}
	return u
}

// Instance returns the instance with this id, and whether it is there.
func (u URL) Instance(id int) (Instance, bool) {
	i := slices.IndexFunc(u.Instances, func(x Instance) bool { return x.ID == id })
	if i < 0 {
		return Instance{}, false
	}
	return u.Instances[i], true
}

// Set returns the ids of the instances.
func (u URL) Set() InstanceSet {
	var s InstanceSet
	for _, i := range u.Instances {
		s |= SetOf(i.ID)
	}
	return s
}

// Equal reports whether two URLs list the same instances in the same order.
func (u URL) Equal(o URL) bool { return slices.Equal(u.Instances, o.Instances) }

// Clone returns a copy that shares no memory with u.
func (u URL) Clone() URL { return URL{slices.Clone(u.Instances)} }

// String returns the URL in the canonical form: no blanks, ids and ports
// without leading zeros.
func (u URL) String() string {
	b := make([]byte, 0, 24*len(u.Instances))
	for n, i := range u.Instances {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, i.String()...)
	}
	return string(b)
}

// Validate reports everything that is wrong with the URL for a release, as
// [Parse] and [URL.Check] would; nil when a cluster can be started with it. The
// error is [Problems].
func (u URL) Validate(r Release) error {
	got, err := Parse(u.String())
	if err != nil {
		return err
	}
	if !got.Equal(u) {
		return fmt.Errorf("%w: %s does not read back as the same instances", ErrInvalid, quoteShort(u.String()))
	}
	return u.Check(r).Err()
}

// AppendText implements [encoding.TextAppender] with [URL.String]. A URL that
// [Parse] would refuse is an error, and nothing is appended.
func (u URL) AppendText(b []byte) ([]byte, error) {
	text := u.String()
	if _, err := Parse(text); err != nil {
		return b, err
	}
	return append(b, text...), nil
}

// MarshalText implements [encoding.TextMarshaler] like [URL.AppendText].
func (u URL) MarshalText() ([]byte, error) { return u.AppendText(nil) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [Parse]. On an error
// u is unchanged.
func (u *URL) UnmarshalText(text []byte) error {
	got, err := Parse(string(text))
	if err != nil {
		return err
	}
	*u = got
	return nil
}
