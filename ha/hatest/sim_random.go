// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import "time"

// Randomness is keyed, not streamed: what is drawn depends on the seed, on
// whom and what it is for, and on how often that was asked before. So a
// schedule that lacks one fault still meets much the same of all others.

// drawing says what a number is drawn for.
type drawing uint8

const (
	drawClock drawing = iota
	drawStore
	drawReply
	drawWatch
	drawEngine
	drawObserve
	drawFate
	drawNet
	drawAck
	drawWrite
	drawRow
	drawHook
	drawMisc
	numDraws
)

// mix is the finaliser of splitmix64, which turns a counter into noise.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// draw returns the next number for a member (or the store or the client).
func (c *Cluster) draw(who int, what drawing) uint64 {
	key := who*int(numDraws) + int(what)
	c.draws[key]++
	return mix(c.opt.Seed ^ mix(uint64(key)<<32|uint64(c.draws[key])))
}

// span draws a duration between lo and hi, the short ones more often.
func (c *Cluster) span(who int, what drawing, lo, hi time.Duration) int64 {
	x := c.draw(who, what)
	f, g := x>>44, x>>24&0xfffff // two numbers below 2^20
	return int64(lo) + int64(hi-lo)*int64(min(f, g))>>20
}

// chance is true in one of n cases.
func (c *Cluster) chance(who int, what drawing, n uint64) bool { return c.draw(who, what)%n == 0 }
