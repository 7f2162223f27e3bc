// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy stands between clients and a server and breaks their connections on
// demand. It knows nothing of what it forwards.
type Proxy struct {
	target   string
	listener net.Listener
	wg       sync.WaitGroup

	mu struct {
		sync.Mutex
		conns  map[net.Conn]struct{}
		fault  fault
		change chan struct{} // closed when fault changes
		made   uint64        // connections
		closed bool
	}
}

// fault is what is wrong with the network now. The zero value is nothing.
type fault struct {
	cut         bool // connections are closed, new ones too
	holdAsks    bool // what clients send waits here
	holdAnswers bool // what the server sends waits here
	delay       time.Duration
	loss        float64 // of all packets, see lateness
}

// NewProxy makes a proxy of the server at addr (host:port), on a free port of
// 127.0.0.1. Close ends it.
func NewProxy(addr string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("etcdtest: proxy: %w", err)
	}
	p := &Proxy{target: addr, listener: l}
	p.mu.conns = map[net.Conn]struct{}{}
	p.mu.change = make(chan struct{})
	p.wg.Go(p.accept)
	return p, nil
}

// Addr returns host:port for clients.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut closes all connections, and new ones as soon as they are made.
func (p *Proxy) Cut() { p.set(fault{cut: true}) }

// Freeze forwards nothing more in either direction, not even the end of a
// connection: a server, or a network, that has stopped.
func (p *Proxy) Freeze() { p.set(fault{holdAsks: true, holdAnswers: true}) }

// HoldAnswers forwards what clients send and keeps what the server answers.
func (p *Proxy) HoldAnswers() { p.set(fault{holdAnswers: true}) }

// HoldAsks forwards what the server answers, what was held too, and keeps what
// clients send.
func (p *Proxy) HoldAsks() { p.set(fault{holdAsks: true}) }

// Delay makes each piece of data wait so long, in each direction.
func (p *Proxy) Delay(d time.Duration) { p.set(fault{delay: d}) }

// Lose makes connections behave as if packets were lost with probability p, in
// each direction: pieces of data are late, never missing. loss.go has the model.
// p is at least 0 and below 1.
func (p *Proxy) Lose(share float64) { p.set(fault{loss: min(max(share, 0), 0.99)}) }

// Heal ends all faults. What was held is forwarded now.
func (p *Proxy) Heal() { p.set(fault{}) }

// Close ends the proxy and all its connections.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.mu.closed = true
	p.mu.Unlock()
	p.set(fault{cut: true})
	p.listener.Close()
	p.wg.Wait()
}

func (p *Proxy) set(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed && !f.cut {
		return
	}
	p.mu.fault = f
	close(p.mu.change)
	p.mu.change = make(chan struct{})
	if f.cut {
		for c := range p.mu.conns {
			c.Close()
		}
	}
}

// now returns the fault and a channel that is closed when it changes.
func (p *Proxy) now() (fault, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.fault, p.mu.change
}

// keep remembers a connection, or closes it when the network is cut.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.fault.cut {
		c.Close()
		return false
	}
	p.mu.conns[c] = struct{}{}
	return true
}

func (p *Proxy) forget(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.mu.conns, c)
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if !p.keep(client) {
			continue
		}
		p.wg.Go(func() {
			defer p.forget(client)
			server, err := net.Dial("tcp", p.target)
			if err != nil || !p.keep(server) {
				return
			}
			id := p.number()
			var wg sync.WaitGroup
			wg.Go(func() { p.pump(server, client, id, func(f fault) bool { return f.holdAsks }) })
			p.pump(client, server, id+1, func(f fault) bool { return f.holdAnswers })
			wg.Wait()
			p.forget(server)
		})
	}
}

// number numbers the directions of connections, for the luck of each.
func (p *Proxy) number() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.made += 2
	return p.mu.made
}

// piece is what was read at once, and when it would arrive at the earliest.
type piece struct {
	data []byte
	due  time.Time
	last bool // the end of the connection
}

// underWay bounds the pieces of one direction that wait to be forwarded.
const underWay = 64

// pump forwards one direction until either side closes.
func (p *Proxy) pump(to io.WriteCloser, from io.ReadCloser, id uint64, held func(fault) bool) {
	pieces, stop := make(chan piece, underWay), make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { p.read(from, id, pieces, stop) })
	defer reading.Wait()
	defer close(stop)
	defer to.Close()
	defer from.Close()
	for next := range pieces {
		// The end of the connection is held back too: a machine that has
		// vanished says no goodbye.
		if !p.pass(held) || !p.await(next.due) || next.last {
			return
		}
		if _, err := to.Write(next.data); err != nil {
			return
		}
	}
}

// read takes what one side sends, and notes when it would arrive.
func (p *Proxy) read(from io.Reader, id uint64, pieces chan<- piece, stop <-chan struct{}) {
	rng := rand.New(rand.NewPCG(id, 0))
	buf := make([]byte, 32<<10)
	began := false
	for {
		n, err := from.Read(buf)
		f, _ := p.now()
		next := piece{data: append([]byte(nil), buf[:n]...), last: err != nil}
		if f.loss > 0 {
			late := lateness(rng, n, f.loss)
			if !began {
				late += handshake(rng, f.loss)
			}
			next.due = time.Now().Add(late)
		}
		began = true
		select {
		case pieces <- next:
		case <-stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// await waits until a piece is due, or until the fault changes: what was lost
// then is repeated at once. It reports whether to go on.
func (p *Proxy) await(due time.Time) bool {
	f, change := p.now()
	wait := time.Until(due)
	if f.cut || wait <= 0 {
		return !f.cut
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-change:
	}
	f, _ = p.now()
	return !f.cut
}

// pass waits as long as the faults want and reports whether to go on.
func (p *Proxy) pass(held func(fault) bool) bool {
	for {
		f, change := p.now()
		switch {
		case f.cut:
			return false
		case held(f):
			<-change
		case f.delay > 0:
			select {
			case <-time.After(f.delay):
				return true
			case <-change:
			}
		default:
			return true
		}
	}
}
