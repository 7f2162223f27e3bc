// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"net/netip"
	"strconv"
)

// maxServerInstances is for how many addresses a server has room since 5.1.0
// (knl_instance.h: dmsInstAddr; replicainternal.h: MAX_REPLNODE_NUM). It does
// not look, and writes the tenth and following over what stands behind.
const maxServerInstances = 9

// maxInstances returns how many instances a cluster of the release can have.
func (r Release) maxInstances() int {
	if r.since(V510) {
		return maxServerInstances
	}
	return MaxInstances
}

// Check reports what is wrong between the entries of one URL, for a release:
// ids that are not 0, 1, 2 and so on in this order, addresses that clash or
// cannot be reached, more instances than the server has room for. The server
// starts with all of these and then does not work as meant.
//
// Whether each value is in its range is not repeated here; see [URL.Validate]
// for both.
func (u URL) Check(r Release) Problems {
	k := checker{url: u}
	if len(u.Instances) == 0 {
		k.add(ReasonNoInstances, -1, "", "", "")
		return k.found
	}
	k.ids()
	k.addresses()
	if n := len(u.Instances); n > r.maxInstances() {
		detail := fmt.Sprintf("a server of release %s has room for %d", r.real(), r.maxInstances())
		k.add(ReasonTooManyInstances, -1, "", strconv.Itoa(n), detail)
	}
	return k.found
}

type checker struct {
	url   URL
	found Problems
}

func (k *checker) add(r Reason, index int, key, text, detail string) {
	k.found = append(k.found, Problem{Reason: r, Index: index, Key: key, Text: text, Offset: k.url.offset(index, key), Detail: detail})
}

// offset finds a part of an entry in the URL's canonical text.
func (u URL) offset(index int, key string) int {
	if index < 0 {
		return -1
	}
	at := 0
	for _, i := range u.Instances[:index] {
		at += len(i.String()) + 1
	}
	i := u.Instances[index]
	switch key {
	case keyIP:
		return at + len(strconv.Itoa(i.ID)) + 1
	case keyPort:
		return at + len(i.String()) - len(strconv.Itoa(int(i.Addr.Port())))
	}
	return at
}

func (k *checker) ids() {
	first := map[int]int{}
	for i, x := range k.url.Instances {
		if before, ok := first[x.ID]; ok {
			k.add(ReasonDuplicateID, i, keyID, strconv.Itoa(x.ID), fmt.Sprintf("entry %d has it", before))
			continue
		}
		first[x.ID] = i
		if x.ID != i {
			k.add(ReasonIDOrder, i, keyID, strconv.Itoa(x.ID), fmt.Sprintf("want %d here", i))
		}
	}
}

func (k *checker) addresses() {
	owner := map[netip.AddrPort]int{}
	loopback := 0
	for i, x := range k.url.Instances {
		a := x.Addr.Addr()
		if !a.IsValid() || x.Addr.Port() == 0 {
			continue // no address: Parse has the word
		}
		if before, ok := owner[x.Addr]; ok {
			k.add(ReasonAddressClash, i, keyPort, x.Addr.String(), fmt.Sprintf("instance %d listens there", k.url.Instances[before].ID))
		} else {
			owner[x.Addr] = i
		}
		if a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			k.add(ReasonBadAddress, i, keyIP, a.String(), "")
		}
		if a.IsLoopback() {
			loopback++
		}
	}
	if loopback == len(k.url.Instances) {
		return
	}
	for i, x := range k.url.Instances {
		if x.Addr.Addr().IsLoopback() {
			k.add(ReasonLoopback, i, keyIP, x.Addr.Addr().String(), "")
		}
	}
}
