// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is a tree as a test wants it: contents of files, targets of links as
// paths in the group, nil for directories.
type model struct {
	files map[string][]byte
	links map[string]string
	dirs  []string
}

// randomTree describes a tree and says what must be read of it.
func randomTree(r *rand.Rand, au, page int64) ([]item, *model) {
	m := &model{files: map[string][]byte{}, links: map[string]string{}}
	var grow func(prefix string, depth int) []item
	grow = func(prefix string, depth int) []item {
		var items []item
		for i := range 1 + r.IntN(7) {
			name := fmt.Sprintf("n%d_%d.%x", depth, i, r.IntN(1<<12))
			path := prefix + name
			switch k := r.IntN(10); {
			case k < 2 && depth < 7:
				m.dirs = append(m.dirs, path)
				items = append(items, item{name: name, kind: Directory, items: grow(path+"/", depth+1), orphan: r.IntN(8) == 0})
			case k < 4 && len(m.files) > 0:
				var paths []string
				for p := range m.files {
					paths = append(paths, p)
				}
				slices.Sort(paths)
				m.links[path] = paths[r.IntN(len(paths))]
				items = append(items, link(name, "+prop/"+m.links[path]))
			case k < 5:
				items = append(items, item{name: name, kind: RegularFile, data: []byte("x"), flags: FlagDeleted})
			default:
				it := randomFile(r, name, au, page)
				m.files[path] = content(it, page)
				items = append(items, it)
			}
		}
		return items
	}
	return grow("", 0), m
}

func randomFile(r *rand.Rand, name string, au, page int64) item {
	sizes := []int{0, 1, 511, 8192, int(au) - 1, int(au), int(au) + 1, r.IntN(3 * int(au))}
	data := make([]byte, sizes[min(r.IntN(24), len(sizes)-1)%len(sizes)])
	if r.IntN(3) > 0 {
		data = data[:min(len(data), r.IntN(5000))]
	}
	for i := 0; i < len(data); i += 1 + r.IntN(64) {
		data[i] = byte(r.Uint32())
	}
	it := item{name: name, kind: RegularFile, data: data}
	if r.IntN(4) == 0 {
		it.flags = FlagTracked
		it.inited = int64(r.IntN(len(data) + 1))
		for i := range len(data)/int(page) + 1 {
			if r.IntN(2) == 0 {
				it.holes = append(it.holes, i)
			}
		}
	}
	return it
}

// content is what must be read of a file: zeros where it was never written.
func content(it item, page int64) []byte {
	data := bytes.Clone(it.data)
	for _, n := range it.holes {
		for i := max(int64(n)*page, it.inited); i < min(int64(n+1)*page, int64(len(data))); i++ {
			data[i] = 0
		}
	}
	return data
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 5))
		spec := groupSpec{name: "prop", au: minAU + int64(r.IntN(3))<<20, software: uint32(r.IntN(4)), page: pageSize / 2 << r.IntN(3)}
		for range 1 + r.IntN(5) {
			spec.volumes = append(spec.volumes, 1000+r.Int64N(1000))
		}
		var want *model
		spec.tree, want = randomTree(r, spec.au, spec.page)
		img := writeImage(spec)
		g := img.open(t)
		compare(t, g.FS(), want)
		list, done := check(t, g)
		for _, f := range list {
			t.Errorf("seed %d: %v", seed, f)
		}
		if done.Files != len(want.files) || done.Links != len(want.links) || done.Directories != len(want.dirs)+2 || spec.software == 0 && done.Unclaimed != 0 {
			t.Errorf("seed %d: checked %+v; want %d files, %d links, %d directories", seed, done, len(want.files), len(want.links), len(want.dirs)+2)
		}
	}
}

// compare walks the tree and reads everything, whole and in pieces.
func compare(t *testing.T, fsys *FS, want *model) {
	t.Helper()
	seen := 0
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		seen++
		switch {
		case d.IsDir():
			if !slices.Contains(want.dirs, path) {
				t.Errorf("%s: a directory that nobody wrote", path)
			}
		case d.Type() == fs.ModeSymlink:
			target, known := want.links[path]
			got, err := fs.ReadFile(fsys, path)
			if !known || err != nil || !bytes.Equal(got, want.files[target]) {
				t.Errorf("%s: link to %s: %v", path, target, err)
			}
		default:
			data, known := want.files[path]
			got, err := fs.ReadFile(fsys, path)
			if !known || err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes, want %d (known %v): %v", path, len(got), len(data), known, err)
			}
			pieces(t, fsys, path, data)
		}
		return nil
	})
	if err != nil || seen != len(want.dirs)+len(want.files)+len(want.links) {
		t.Errorf("walked %d: %v", seen, err)
	}
}

// pieces reads parts of a file around the ends of pages and units.
func pieces(t *testing.T, fsys *FS, path string, want []byte) {
	t.Helper()
	f, err := fsys.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, off := range []int{0, 1, pageSize - 1, 2*pageSize + 3, minAU - 2, minAU, len(want) - 1, len(want)} {
		if off < 0 || off > len(want) {
			continue
		}
		p := bytes.Repeat([]byte{0xee}, 3*pageSize)
		n, err := f.(io.ReaderAt).ReadAt(p, int64(off))
		if n != min(len(p), len(want)-off) || !bytes.Equal(p[:n], want[off:off+n]) || (n < len(p)) != errors.Is(err, io.EOF) {
			t.Errorf("%s: %d bytes at %d of %d: %v", path, n, off, len(want), err)
		}
	}
}

func TestLargeFileHasTwoLevels(t *testing.T) {
	const au = minAU
	at := map[int64]string{
		0:                          "first",
		au - 3:                     "across two units",
		int64(spaceSlots)*au - 4:   "across two blocks",
		int64(spaceSlots)*au + au:  "second block",
		2*int64(spaceSlots)*au + 7: "third",
	}
	const size = 2*int64(spaceSlots)*au + 4711
	spec := groupSpec{name: "large", volumes: []int64{3000, 1000, 500}, tree: []item{{name: "big", kind: RegularFile, size: size, at: at}}}
	g := writeImage(spec).open(t)
	f, err := g.FS().Open("big")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for off, want := range at {
		p := make([]byte, len(want))
		if _, err := f.(io.ReaderAt).ReadAt(p, off); err != nil || string(p) != want {
			t.Errorf("at %d: %q, %v", off, p, err)
		}
	}
	if end, err := f.(io.Seeker).Seek(0, io.SeekEnd); end != size || err != nil {
		t.Error(end, err)
	}
	list, done := check(t, g)
	if len(list) != 0 || done.Unclaimed != 0 {
		t.Error(list, done)
	}
}
