// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"sync"
	"time"
)

// Latest is a value that one goroutine changes and others wait for. The zero
// value holds the zero value of T.
type Latest[T any] struct {
	mu      sync.Mutex
	value   T
	changed chan struct{} // closed and replaced at every change; nil until somebody waits
}

// Update changes the value and wakes whoever waits.
func (l *Latest[T]) Update(change func(*T)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.value)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// View lets look at the value while nobody changes it.
func (l *Latest[T]) View(look func(*T)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	look(&l.value)
}

// Get returns a shallow copy of the value.
func (l *Latest[T]) Get() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value
}

// Await returns the first value that is good, or why ctx ended before.
func (l *Latest[T]) Await(ctx context.Context, good func(*T) bool) (T, error) {
	for {
		l.mu.Lock()
		value := l.value
		ok := good(&value)
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		if ok {
			return value, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return value, context.Cause(ctx)
		}
	}
}

// Wait waits for d or until ctx ends.
func Wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
