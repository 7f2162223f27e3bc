// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest

import (
	"fmt"
	"io"
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
		closed bool
	}
}

// fault is what is wrong with the network now. The zero value is nothing.
type fault struct {
	cut         bool // connections are closed, new ones too
	holdAsks    bool // what clients send waits here
	holdAnswers bool // what the server sends waits here
	delay       time.Duration
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
			var wg sync.WaitGroup
			wg.Go(func() { p.pump(server, client, func(f fault) bool { return f.holdAsks }) })
			p.pump(client, server, func(f fault) bool { return f.holdAnswers })
			wg.Wait()
			p.forget(server)
		})
	}
}

// pump forwards one direction until either side closes.
func (p *Proxy) pump(to io.WriteCloser, from io.ReadCloser, held func(fault) bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		// The end of the connection is held back too: a machine that has
		// vanished says no goodbye.
		if !p.pass(held) || err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
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
