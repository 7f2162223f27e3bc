// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// nodeNamed is a node as it stands in a redo entry.
func nodeNamed(name string) []byte {
	b := make([]byte, nodeSize)
	copy(b[nodeName:], name)
	return b
}

func pendingSample() []change {
	none := make([]byte, nodeSize)
	p64(none, nodeID, NoID)
	const root = 72
	return []change{
		{4, slices.Concat(make([]byte, root), nodeNamed("new"), none, nodeNamed("dir"))},
		{6, slices.Concat(nodeNamed("old"), none, nodeNamed(recycleName))},
		{8, slices.Concat(nodeNamed("renamed"), make([]byte, 2*nameSize))},
		{7, make([]byte, 24)},
		{0, make([]byte, 3*sizeUnit)},
	}
}

func TestPendingRedo(t *testing.T) {
	for _, test := range []struct {
		name     string
		at       int64
		software uint32
		lsn      uint64
	}{
		{"at the start", 0, 0, testLSN},
		{"in the middle", 5 * sizeUnit, 0, testLSN},
		{"around the end of an area", minAU - 2*sizeUnit, 0, testLSN},
		{"in a slot, before version 2", 0, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := sample()
			spec.pending, spec.redoAt, spec.software = pendingSample(), test.at, test.software
			g := writeImage(spec).open(t)
			r, err := g.Redo()
			if err != nil || len(r.Pending) != 1 || r.LSN != test.lsn {
				t.Fatal(r, err)
			}
			b := r.Pending[0]
			if want := time.Date(2000, 1, 1, 0, 0, 800_000_000, 123_000, time.UTC); b.LSN != testLSN+1 || !b.Time.Equal(want) {
				t.Errorf("lsn %d at %v, want %v", b.LSN, b.Time, want)
			}
			var got []string
			for _, e := range b.Entries {
				got = append(got, strings.TrimSpace(e.Type.String()+" "+strings.Join(e.Names, " ")))
			}
			want := []string{"allocate node new dir", "recycle node old .recycle", "rename renamed", "set file size", "core control"}
			if !slices.Equal(got, want) {
				t.Errorf("entries %q, want %q", got, want)
			}
			list, _ := check(t, g)
			if len(list) != 1 || list[0].Severity != Warning || !strings.Contains(list[0].String(), "lsn 42 with 5 changes was written but not applied") {
				t.Error(list)
			}
		})
	}
}

// TestTornRedoIsNoRedo damages a batch: a server takes it as never written.
func TestTornRedoIsNoRedo(t *testing.T) {
	spec := sample()
	spec.pending = pendingSample()
	whole := writeImage(spec)
	_, off := whole.at(whole.redoAU, 1)
	size := len(whole.batch())
	for name, edit := range map[string]func(b []byte){
		"data":           func(b []byte) { b[200]++ },
		"tail":           func(b []byte) { b[size-batchHead+batchHash]++ },
		"size":           func(b []byte) { p32(b, 0, 1<<30) },
		"no size":        func(b []byte) { p32(b, 0, 0) },
		"last one's lsn": func(b []byte) { p64(b, batchLSN, uint64(testLSN)); p64(b, size-batchHead+batchLSN, uint64(testLSN)) },
	} {
		img := whole.overlay()
		img.change(0, off, size, false, edit)
		r, err := img.open(t).Redo()
		if err != nil || len(r.Pending) != 0 || r.LSN != testLSN || r.Size != 2*minAU {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestImpossibleRedoIsCorrupt: the batch is whole, and its entries make no sense.
func TestImpossibleRedoIsCorrupt(t *testing.T) {
	spec := sample()
	spec.pending = pendingSample()
	whole := writeImage(spec)
	_, off := whole.at(whole.redoAU, 1)
	size := len(whole.batch())
	for field, edit := range map[string]func(b []byte){
		"entry 0: type": func(b []byte) { p32(b, batchHead, 22) },
		"entry 0: size": func(b []byte) { p32(b, batchHead+4, 7) },
		"entry 5: size": func(b []byte) { p32(b, batchCount, 1<<31) },
	} {
		img := whole.overlay()
		img.change(0, off, size, false, func(b []byte) {
			edit(b)
			p32(b, batchHash, batchSum(b[batchHead:u32(b, 0)]))
			copy(b[size-batchHead:], b[:batchHead])
		})
		g := img.open(t)
		_, err := g.Redo()
		if !blames(err, 0, off, "redo batch", field) {
			t.Errorf("%s: %v", field, err)
		}
		if list, _ := check(t, g); len(list) != 1 || list[0].Severity != Fault {
			t.Errorf("%s: %v", field, list)
		}
	}
	for field, put := range map[string]func(b []byte){
		"count":        func(b []byte) { p32(b, redoCount, 9) },
		"redo_index":   func(b []byte) { p32(b, redoIndex, 2) },
		"offset":       func(b []byte) { p64(b, redoOffset, uint64(minAU)) },
		"redo_size[1]": func(b []byte) { p32(b, redoSize+4, 100) },
	} {
		img := whole.overlay()
		for _, at := range []int64{offRedo, offRedo + offBackup} {
			img.change(0, at, sizeUnit, true, put)
		}
		g := img.open(t)
		if f := g.Findings(); len(f) != 1 || !blames(f[0].Err, 0, offRedo, "redo control", field) {
			t.Errorf("%s: %v", field, f)
		}
		if _, err := g.Redo(); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestBatchSum has sums worked out by hand from the definition: a word is
// multiplied in and then combined, bytes come most significant first.
func TestBatchSum(t *testing.T) {
	seed, prime := uint32(0x811c9dc5), uint32(0x01000193)
	one := seed*prime ^ 0x61626364
	for in, want := range map[string]uint32{
		"abcd":   one,
		"abcde":  one*prime ^ 0x65000000,
		"abcdef": one*prime ^ 0x65660000,
		"a":      seed*prime ^ 0x61000000,
	} {
		if got := batchSum([]byte(in)); got != want {
			t.Errorf("%q: %#x, want %#x", in, got, want)
		}
	}
}
