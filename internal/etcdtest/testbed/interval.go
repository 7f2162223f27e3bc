// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import "time"

// Interval is a time from From to To, counted from the start of the run.
type Interval struct{ From, To time.Duration }

// Forever ends an interval that has not ended yet.
const Forever = time.Duration(1<<63 - 1)

// Covers reports whether all of o is in i.
func (i Interval) Covers(o Interval) bool { return i.From <= o.From && o.To <= i.To }

// Meets reports whether o and i have a moment in common.
func (i Interval) Meets(o Interval) bool { return i.From <= o.To && o.From <= i.To }
