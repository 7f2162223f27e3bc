// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest

import (
	"math/rand/v2"
	"time"
)

// A proxy cannot drop packets: what it forwards is a stream, and the programs
// at both ends never see a packet that was lost. They see what TCP makes of it:
// everything comes, in order, some of it late. So that is what Lose does.
//
// The model, for each direction of a connection on its own:
//
//   - What was read at once is cut into segments of segmentSize. Each
//     transmission of a segment is lost with the given probability, and so is
//     each repetition.
//   - A segment that at least dupAcks segments of the same piece follow is
//     repeated at once the first time (fast retransmit, RFC 5681, 3.2).
//   - Otherwise it is repeated after firstRTO, and after twice as long each
//     time that is lost again (RFC 6298, 5.5, with the 200 ms that Linux has for
//     the shortest time-out). That is the worse of what systems do: a busy
//     stream tells the sender of the loss earlier (RACK, tail loss probe).
//   - What comes after a lost segment is not delayed by a loss of its own for
//     longer, but waits for its turn: times run side by side, delivery is in
//     order.
//   - Of a new connection, SYN and SYN-ACK have to arrive, and are repeated
//     after synRTO, doubled each time (RFC 6298, 2.1). The client's kernel has
//     the connection by then, so its first data waits instead.
//   - Lost acknowledgements cost nothing: later ones say the same.
const (
	segmentSize = 1448
	dupAcks     = 3
	firstRTO    = 200 * time.Millisecond
	synRTO      = time.Second
	maxRTO      = 2 * time.Minute
)

// lateness draws for how long n bytes that were sent at once are delayed when
// each packet is lost with probability p.
func lateness(rng *rand.Rand, n int, p float64) time.Duration {
	worst := time.Duration(0)
	segments := max(1, (n+segmentSize-1)/segmentSize)
	for i := range segments {
		if rng.Float64() >= p {
			continue
		}
		if segments-1-i >= dupAcks && rng.Float64() >= p {
			continue
		}
		worst = max(worst, repeated(rng, p, firstRTO))
	}
	return worst
}

// handshake draws for how long a new connection takes.
func handshake(rng *rand.Rand, p float64) time.Duration {
	if both := 1 - (1-p)*(1-p); rng.Float64() < both {
		return repeated(rng, both, synRTO)
	}
	return 0
}

// repeated is how long it takes until a repetition arrives.
func repeated(rng *rand.Rand, p float64, rto time.Duration) time.Duration {
	took := rto
	for rto < maxRTO && rng.Float64() < p {
		rto *= 2
		took += rto
	}
	return took
}
