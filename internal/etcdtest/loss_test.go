// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/gausskit/gausskit/internal/etcdtest"
)

// TestLateness: delays of one segment are those of the model, on average and at
// their edges.
func TestLateness(t *testing.T) {
	const draws, p = 200_000, 0.2
	rng := rand.New(rand.NewPCG(1, 1))
	sum, none, steps := time.Duration(0), 0, map[time.Duration]int{}
	for range draws {
		d := etcdtest.Lateness(rng, 100, p)
		sum += d
		steps[d]++
		if d == 0 {
			none++
		}
	}
	// The sum over k of p^k (1-p) (2^k - 1), which is a third.
	const factor = (1-p)*2*p/(1-2*p) - p
	if mean := float64(sum) / draws / float64(etcdtest.FirstRTO); mean < 0.9*factor || mean > 1.1*factor {
		t.Errorf("mean %.3f time-outs, want %.3f", mean, factor)
	}
	if share := float64(none) / draws; share < 0.79 || share > 0.81 {
		t.Errorf("%.3f are not late", share)
	}
	for d := range steps {
		if n := d/etcdtest.FirstRTO + 1; n&(n-1) != 0 || d%etcdtest.FirstRTO != 0 {
			t.Errorf("a delay of %v: not a sum of doubled time-outs", d)
		}
	}
	if d := etcdtest.Lateness(rand.New(rand.NewPCG(1, 1)), 1000*etcdtest.SegmentSize, 0); d != 0 {
		t.Errorf("no loss, and %v late", d)
	}
	for range 100 {
		if d := etcdtest.Handshake(rng, p); d%etcdtest.SynRTO != 0 {
			t.Errorf("a connection that takes %v", d)
		}
	}
}

// TestLossLosesNothing: what is sent arrives whole and in order, and later.
func TestLossLosesNothing(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		c, err := echo.Accept()
		if err == nil {
			_, _ = io.Copy(c, c)
			c.Close()
		}
	}()
	p, err := etcdtest.NewProxy(echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Lose(0.2)
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	began, late := time.Now(), 0
	got := make([]byte, 64)
	for i := range 30 {
		sent := bytes.Repeat([]byte{byte(i)}, len(got))
		asked := time.Now()
		if _, err := conn.Write(sent); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, sent) {
			t.Fatalf("round %d: %v", i, got)
		}
		if time.Since(asked) > etcdtest.FirstRTO {
			late++
		}
		if i == 19 {
			p.Heal()
		}
	}
	if late == 0 || time.Since(began) < etcdtest.FirstRTO {
		t.Errorf("%d of 20 answers were late, all together took %v", late, time.Since(began))
	}
}
