// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Inserter is a way to write to the database. One goroutine uses it.
type Inserter interface {
	// Insert writes row n. Without an error the row is acknowledged, and the
	// Ack says by whom; after an error it may be there or not.
	Insert(ctx context.Context, n int64) (Ack, error)
	// Close gives the connection up.
	Close()
}

// Client is a way to the database.
type Client interface {
	Inserter
	// Rows returns the numbers of all rows on the primary, sorted. It uses a
	// connection of its own, so any goroutine may call it.
	Rows(ctx context.Context) ([]int64, error)
}

// Writer is an application: it inserts numbered rows, one after the other, and
// enters each acknowledgement into the ledger.
type Writer struct {
	To     Inserter
	Ledger *Ledger
	Pace   time.Duration // after an acknowledgement
	Rest   time.Duration // after a failure
	Limit  time.Duration // for one write, connecting included

	// Failed is told of the first failure after an acknowledgement, or ever.
	Failed func(n int64, err error)
	// Acknowledged is told of every acknowledgement, with the time that has
	// passed since the one before.
	Acknowledged func(a Ack, gap time.Duration)

	Gaps  Gaps
	acked Latest[int64] // number of the newest acknowledged row
	begun atomic.Int64  // number of the newest row that was sent
}

// Write writes until ctx ends.
func (w *Writer) Write(ctx context.Context) {
	failing := false
	for ctx.Err() == nil {
		n := w.Ledger.Number()
		w.begun.Store(n)
		limited, cancel := context.WithTimeout(ctx, w.Limit)
		ack, err := w.To.Insert(limited, n)
		cancel()
		if err == nil {
			failing = false
			w.acknowledged(ack)
			Wait(ctx, w.Pace)
			continue
		}
		if !failing && w.Failed != nil && ctx.Err() == nil {
			w.Failed(n, err)
		}
		failing = true
		Wait(ctx, w.Rest)
	}
	w.To.Close()
}

func (w *Writer) acknowledged(a Ack) {
	w.Ledger.Acknowledged(a)
	gap := w.Gaps.Add(a.When.To)
	if w.Acknowledged != nil {
		w.Acknowledged(a, gap)
	}
	w.acked.Update(func(last *int64) { *last = a.N })
}

// Newest is the number of the newest row that was acknowledged; 0 for none.
func (w *Writer) Newest() int64 { return w.acked.Get() }

// AwaitWrite waits until a write is acknowledged that began after the call.
func (w *Writer) AwaitWrite(ctx context.Context) error {
	sent := w.begun.Load()
	if _, err := w.acked.Await(ctx, func(n *int64) bool { return *n > sent }); err != nil {
		return fmt.Errorf("wait for a write: %w", err)
	}
	return nil
}
