// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"
)

// latest is a value that one goroutine changes and others wait for.
type latest[T any] struct {
	mu      sync.Mutex
	value   T
	changed chan struct{} // closed and replaced at every change; nil until somebody waits
}

// update changes the value and wakes whoever waits.
func (l *latest[T]) update(change func(*T)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.value)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// get returns a shallow copy of the value.
func (l *latest[T]) get() T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value
}

// await returns the first value that is good, or why ctx ended before.
func (l *latest[T]) await(ctx context.Context, good func(*T) bool) (T, error) {
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

// wait waits for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
