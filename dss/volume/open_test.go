// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// save writes a volume to a sparse file.
func (m *memory) save(t testing.TB, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for n, page := range m.pages {
		if _, err := f.WriteAt(page, n*memoryPage); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Truncate(m.size), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenFiles(t *testing.T) {
	img, dir := writeImage(sample()), t.TempDir()
	var paths []string
	for i := range img.vols {
		path := filepath.Join(dir, string(rune('a'+i)))
		img.vols[i].save(t, path)
		paths = append(paths, path)
	}
	g, err := OpenFiles(paths[2], paths[0], paths[1])
	if err != nil {
		t.Fatal(err)
	}
	if b, err := fs.ReadFile(g.FS(), "deepest"); err != nil || string(b) != "down here" {
		t.Errorf("%q, %v", b, err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if _, err := fs.ReadFile(g.FS(), "deepest"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	for _, bad := range []string{filepath.Join(dir, "none"), dir, os.DevNull} {
		if _, err := OpenFiles(paths[0], bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	empty := filepath.Join(dir, "empty")
	newMemory(0).save(t, empty)
	if _, err := OpenFiles(empty); !errors.Is(err, ErrCorrupt) {
		t.Errorf("empty file: %v", err)
	}
}

// TestOpenGroup finds the other volumes by the paths in the volume control.
func TestOpenGroup(t *testing.T) {
	img := writeImage(sample())
	base := t.TempDir()
	if len(base) > 55 {
		short, err := os.MkdirTemp("", "v")
		if err != nil {
			t.Fatal(err)
		}
		base = short
		t.Cleanup(func() { _ = os.RemoveAll(short) })
	}
	for _, off := range []int64{offVolumes, offVolumes + offBackup} {
		img.change(0, off, sizeVolumes, true, func(b []byte) {
			for i := range img.vols {
				name := b[volsDefs+i*defSize+defName:][:pathSize]
				clear(name)
				copy(name, filepath.Join(base, string(rune('0'+i))))
			}
		})
	}
	for i, v := range img.vols {
		v.save(t, filepath.Join(base, string(rune('0'+i))))
	}
	g, err := OpenGroup(filepath.Join(base, "0"))
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := check(t, g); len(list) != 0 {
		t.Error(list)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(base, "2")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenGroup(filepath.Join(base, "0")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestDirectFile reads a file past the page cache, where the system can.
func TestDirectFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "volume")
	want := make([]byte, 3*directBuffer+777)
	for i := range want {
		want[i] = byte(i * 7 / 3)
	}
	if err := os.WriteFile(name, want, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := openDirect(name)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Log("not here; the reader is tried with an ordinary file")
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		d = newDirectFile(f)
	} else if err != nil {
		t.Fatal(err)
	}
	s, closer, err := d.source(name)
	if err != nil || s.Size != int64(len(want)) {
		t.Fatal(s.Size, err)
	}
	defer closer.Close()
	for _, off := range []int{0, 1, directAlign - 1, directAlign, directBuffer - 1, 2*directBuffer + 5, len(want) - 1} {
		for _, n := range []int{1, 511, directAlign, directBuffer + 1, len(want)} {
			p := make([]byte, n)
			got, err := s.Reader.ReadAt(p, int64(off))
			if got != min(n, len(want)-off) || !bytes.Equal(p[:got], want[off:off+got]) || got < n && !errors.Is(err, io.EOF) || got == n && err != nil {
				t.Errorf("%d at %d: %d, %v", n, off, got, err)
			}
		}
	}
}

// TestConcurrentReads is for the race detector, too.
func TestConcurrentReads(t *testing.T) {
	g := writeImage(sample()).open(t)
	const name = "pg_xlog/000000010000000000000001"
	fsys := g.FS()
	want, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			p := make([]byte, 10_000)
			for off := 1000 * i; off+len(p) < len(want); off += 100_003 {
				if _, err := f.(io.ReaderAt).ReadAt(p, int64(off)); err != nil || !bytes.Equal(p, want[off:off+len(p)]) {
					t.Errorf("at %d: %v", off, err)
				}
			}
			if _, err := fsys.Stat("base/1/2/3/deep"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestClaimsCostNoMemory gives counts that are as large as can be.
func TestClaimsCostNoMemory(t *testing.T) {
	img := writeImage(sample())
	vol, off := img.at(img.paths["base"], sizeTable)
	img.change(vol, off, sizeTable, true, func(b []byte) { p32(b[tableNode:], nodeChildren, 1<<32-1) })
	for _, copyAt := range []int64{0, offBackup} {
		img.change(0, copyAt+offCore, sizeCore, true, func(b []byte) {
			p64(b, coreSpaceRoot+rootFreeCount, ^uint64(0))
			p64(b, coreAuxRoot+rootFreeCount, ^uint64(0))
			for i := range maxVolumes {
				p64(b, coreAttrs+i*attrSize+attrHighWater, uint64(1<<63-1))
			}
		})
		img.change(0, copyAt+offRoot, sizeTable, true, func(b []byte) { p32(b, rootTableFreeCount, 1<<32-1) })
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list, _ := check(t, img.open(t))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 || len(list) == 0 {
		t.Errorf("%d bytes for %d findings", used, len(list))
	}
}
