// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// registerSpan is how many answered operations a register gets before the
// clients go on with the next one: the cost of a check grows faster than the
// history, and histories of different registers can be checked one by one,
// because linearizability is local (Herlihy and Wing, 1990).
const registerSpan = 1000

// checkLimit bounds the check of one register. It takes milliseconds.
const checkLimit = 30 * time.Second

// accessor reads and writes registers, which are 0 at first. After an error
// nobody knows whether a write has happened, unless it wraps errNotDone. One
// goroutine uses it.
type accessor interface {
	write(ctx context.Context, register, value int64) error
	read(ctx context.Context, register int64) (value int64, err error)
	close()
}

// errNotDone: the operation was refused, or never sent.
var errNotDone = errors.New("not done")

// access is one operation on a register.
type access struct {
	client   int
	register int64
	isWrite  bool
	value    int64 // written, or read
	when     testbed.Interval
	known    bool // there was an answer
	void     bool // it has not happened
}

// registers are read and written by several clients, and all of it is put down.
// All methods may be called from any goroutine.
type registers struct {
	now func() time.Duration

	mu       sync.Mutex
	history  []access
	value    int64 // newest that was given to a write: no two write the same
	answered int
}

// begin puts down an operation, of unknown outcome as yet.
func (r *registers) begin(client int, isWrite bool) (at int, a access) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a = access{client: client, register: int64(r.answered / registerSpan), isWrite: isWrite}
	if isWrite {
		r.value++
		a.value = r.value
	}
	a.when = testbed.Interval{From: r.now(), To: testbed.Forever}
	r.history = append(r.history, a)
	return len(r.history) - 1, a
}

// end puts down the answer to an operation.
func (r *registers) end(at int, value int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &r.history[at]
	a.value, a.known, a.when.To = value, true, r.now()
	r.answered++
}

// drop puts down that an operation has not happened.
func (r *registers) drop(at int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history[at].void = true
}

// use reads and writes until ctx ends.
func (r *registers) use(ctx context.Context, client int, rng *rand.Rand, to accessor, pace time.Duration) {
	defer to.close()
	for ctx.Err() == nil {
		r.once(ctx, client, rng.IntN(2) == 0, to)
		testbed.Wait(ctx, pace)
	}
}

func (r *registers) once(ctx context.Context, client int, isWrite bool, to accessor) {
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	at, a := r.begin(client, isWrite)
	var err error
	if isWrite {
		err = to.write(ctx, a.register, a.value)
	} else {
		a.value, err = to.read(ctx, a.register)
	}
	switch {
	case err == nil:
		r.end(at, a.value)
	case errors.Is(err, errNotDone):
		r.drop(at)
	}
}

// snapshot returns the history so far.
func (r *registers) snapshot() []access {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.history)
}

// registerVerdict is what the histories of all registers show.
type registerVerdict struct {
	Operations int // that were answered
	Unknown    int // that were not
	Registers  int
	Bad        []badRegister
}

// badRegister is one that no single copy could have behaved like, or that could
// not be decided in time.
type badRegister struct {
	register int64
	why      porcupine.CheckResult
	info     porcupine.LinearizationInfo
}

// judgeRegisters looks whether each register behaved as if there were one copy
// of it, and each operation happened at some moment between question and answer.
func judgeRegisters(history []access) registerVerdict {
	var v registerVerdict
	byRegister := map[int64][]access{}
	for _, a := range history {
		if a.void {
			continue
		}
		if a.known {
			v.Operations++
		} else {
			v.Unknown++
		}
		byRegister[a.register] = append(byRegister[a.register], a)
	}
	v.Registers = len(byRegister)
	for register, own := range byRegister {
		if why, info := porcupine.CheckOperationsVerbose(registerModel(), operations(own), checkLimit); why != porcupine.Ok {
			v.Bad = append(v.Bad, badRegister{register, why, info})
		}
	}
	slices.SortFunc(v.Bad, func(a, b badRegister) int { return int(a.register - b.register) })
	return v
}

// operations puts one register's history as the checker wants it. An operation
// of unknown outcome may happen at any time or never, and each one that is left
// open doubles the checker's work. But no two writes have the same value. So one
// whose value nobody has read can as well never have happened: in any order of
// the others it changes nothing. And one whose value was read has happened by
// the end of that read. Reads that got no answer say nothing.
func operations(own []access) []porcupine.Operation {
	seen := map[int64]time.Duration{} // end of the first read of a value to end
	clients := 0
	for _, a := range own {
		clients = max(clients, a.client+1)
		if a.known && !a.isWrite {
			if at, ok := seen[a.value]; !ok || a.when.To < at {
				seen[a.value] = a.when.To
			}
		}
	}
	var out []porcupine.Operation
	for _, a := range own {
		op := porcupine.Operation{ClientId: a.client, Input: a, Output: a.value, Call: int64(a.when.From), Return: int64(a.when.To)}
		if !a.known {
			at, ok := seen[a.value]
			if !a.isWrite || !ok {
				continue
			}
			// Its client did other things meanwhile, so it gets a line of its own. A
			// value that was read before it was written stays impossible.
			op.ClientId, op.Return = clients, int64(max(at, a.when.From))
			clients++
		}
		out = append(out, op)
	}
	return out
}

// registerModel is a register of one copy.
func registerModel() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return int64(0) },
		Step: func(state, input, output any) (bool, any) {
			if a := input.(access); a.isWrite {
				return true, a.value
			}
			return output.(int64) == state.(int64), state
		},
		Equal: func(a, b any) bool { return a.(int64) == b.(int64) },
		DescribeOperation: func(input, output any) string {
			a := input.(access)
			switch {
			case !a.isWrite:
				return fmt.Sprintf("read %d", output)
			case !a.known:
				return fmt.Sprintf("write %d, no answer", a.value)
			}
			return fmt.Sprintf("write %d", a.value)
		},
		DescribeState: func(state any) string { return fmt.Sprint(state) },
	}
}

// visualise writes a page that shows the history of a bad register.
func (b badRegister) visualise(path string) error {
	return porcupine.VisualizePath(registerModel(), b.info, path)
}

// rngOf is the random source of a register's client.
func rngOf(seed uint64, client int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, math.MaxUint64-uint64(client)))
}
