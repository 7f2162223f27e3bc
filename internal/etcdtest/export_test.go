// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest

// What tests of the model of lossy connections look at.
var (
	Lateness  = lateness
	Handshake = handshake
)

const (
	SegmentSize = segmentSize
	FirstRTO    = firstRTO
	SynRTO      = synRTO
)
