// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
)

// budget is a volume that counts: reading a group must end, whatever it holds.
type budget struct {
	*memory
	left *atomic.Int64 // bytes
}

var errBudget = errors.New("too much was read")

func (b budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left.Add(-int64(len(p))-1) < 0 {
		return 0, errBudget
	}
	return b.memory.ReadAt(p, off)
}

// mutation is 12 bytes of fuzz input: which structure, where in it, what.
const mutation = 12

// mutate changes structures of img as data says, and seals most of them: a
// wrong checksum hides all else.
func mutate(img *image, targets []spot, data []byte) {
	sizes := map[*memory]int64{}
	for ; len(data) >= mutation; data = data[mutation:] {
		s := targets[int(data[0])%len(targets)]
		at := int(binary.LittleEndian.Uint16(data[1:])) % (s.size - 8)
		value := binary.LittleEndian.Uint64(data[4:])
		how := data[3]
		edit := func(b []byte) {
			switch how & 7 {
			case 0:
				b[at] = byte(value)
			case 1:
				p16(b, at&^1, uint16(value))
			case 2:
				p32(b, at&^3, uint32(value))
			case 3: // the id of another structure
				other := targets[value%uint64(len(targets))]
				p64(b, at&^7, MakeID(other.vol, uint64(other.off/img.au), uint32(other.off%img.au/int64(other.size)), 0))
			case 4: // a small change
				p64(b, at&^7, u64(b, at&^7)+uint64(int64(int8(value))))
			default:
				p64(b, at&^7, value)
			}
		}
		img.change(s.vol, s.off, s.size, how&0x40 == 0, edit)
		if s.backup {
			img.change(s.vol, s.off+offBackup, s.size, how&0x40 == 0, edit)
		}
		if how&0x80 != 0 {
			sizes[img.vols[s.vol]] = int64(value % uint64(img.vols[s.vol].size+1))
		}
	}
	for v, size := range sizes { // after all changes: they need their places
		v.size = size
	}
}

// exercise uses everything that a group offers.
func exercise(t *testing.T, sources []Source) {
	g, err := Open(sources...)
	if err != nil {
		return
	}
	g.Info()
	g.Volumes()
	if _, err := g.Usage(); errors.Is(err, errBudget) {
		t.Fatal("Usage reads without end")
	}
	_, _ = g.Redo()
	findings := 0
	done, err := g.Check(t.Context(), func(f Finding) {
		findings++
		if errors.Is(f.Err, errBudget) {
			t.Fatal("Check reads without end")
		}
		if f.Err == nil || f.String() == "" {
			t.Fatal("a finding without an error")
		}
	})
	if err != nil || done.Faults+done.Warnings != findings {
		t.Fatal(done, findings, err)
	}
	trees := []*FS{g.FS()}
	if r, err := g.RecycleFS(); err == nil {
		trees = append(trees, r)
	}
	for _, fsys := range trees {
		_ = fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, errBudget) {
				t.Fatal("WalkDir reads without end")
			}
			if !fs.ValidPath(path) {
				t.Fatalf("path %q", path)
			}
			if d != nil && !d.IsDir() {
				touch(fsys, path)
			}
			return nil
		})
	}
}

// touch reads the start and the end of a file.
func touch(fsys *FS, path string) {
	_, _ = fsys.ReadLink(path)
	f, err := fsys.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	if f, ok := f.(*File); ok {
		_, _ = io.CopyN(io.Discard, f, 64<<10)
		_, _ = f.ReadAt(make([]byte, 100), max(0, f.size-50))
	}
}

// FuzzImage changes a group that is whole. Nothing may panic, run without end
// or read more than a group of this size has, many times over.
func FuzzImage(f *testing.F) {
	whole := writeImage(sample())
	targets := spots(whole)
	_, off := whole.at(whole.redoAU, 1)
	targets = append(targets, spot{"redo", 0, off, 4 * sizeUnit, false})
	for _, path := range slices.Sorted(maps.Keys(whole.paths)) {
		vol, off := whole.at(whole.paths[path], sizeTable)
		targets = append(targets, spot{path, vol, off, sizeTable, false})
	}
	for i := range targets {
		for how := range byte(8) {
			m := make([]byte, mutation)
			m[0], m[3] = byte(i), how
			binary.LittleEndian.PutUint16(m[1:], uint16(37*i+11*int(how)))
			binary.LittleEndian.PutUint64(m[4:], uint64(i)<<(8*how))
			f.Add(m)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		img := whole.overlay()
		mutate(img, targets, data[:min(len(data), 8*mutation)])
		sources := img.sources()
		var left atomic.Int64
		left.Store(1 << 30)
		for i := range sources {
			sources[i].Reader = budget{sources[i].Reader.(*memory), &left}
		}
		exercise(t, sources)
	})
}

// FuzzBatch parses redo batches that are complete and hold anything.
func FuzzBatch(f *testing.F) {
	spec := sample()
	spec.pending = pendingSample()
	f.Add(writeImage(spec).batch()[batchHead:], uint32(5))
	f.Add([]byte{}, uint32(1))
	f.Fuzz(func(t *testing.T, data []byte, count uint32) {
		data = data[:min(len(data), maxBatch-2*batchHead)]
		head := make([]byte, batchHead, maxBatch)
		p32(head, 0, uint32(batchHead+len(data)))
		p32(head, batchHash, batchSum(data))
		p32(head, batchCount, count)
		size := batchSize(head)
		if size == 0 {
			return
		}
		b := make([]byte, size)
		copy(b, append(head, data...))
		copy(b[size-batchHead:], head[:batchHead])
		batch, err := parseBatch(b, Place{})
		if (batch == nil) != (err != nil) {
			t.Fatal(batch, err)
		}
		if err == nil && uint32(len(batch.Entries)) != count {
			t.Fatalf("%d entries of %d", len(batch.Entries), count)
		}
	})
}
