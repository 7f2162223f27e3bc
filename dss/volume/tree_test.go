// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// names returns the names in a directory, and its error.
func names(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list, err
}

func TestBrokenListIsReadFromBothEnds(t *testing.T) {
	spec := groupSpec{name: "data", volumes: []int64{50}}
	for i := range 9 {
		spec.tree = append(spec.tree, file(fmt.Sprint("f", i), "x"))
	}
	img := writeImage(spec)
	vol, off := img.at(img.paths["f4"], sizeTable)
	img.change(vol, off, sizeTable, false, func(b []byte) { b[300]++ })
	g := img.open(t)
	got, err := names(g.FS(), ".")
	if want := []string{"f0", "f1", "f2", "f3", "f5", "f6", "f7", "f8"}; !slices.Equal(got, want) {
		t.Errorf("names %v", got)
	}
	if !blames(err, vol, off, "file table block", "checksum") {
		t.Error(err)
	}
	if _, err := g.FS().Stat("f4"); !errors.Is(err, ErrCorrupt) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the damaged file: %v", err)
	}
	if b, err := fs.ReadFile(g.FS(), "f8"); err != nil || string(b) != "x" {
		t.Error(string(b), err)
	}
}

// TestDirectoriesWithTwoParents makes a directory that lists its own ancestor,
// where nodes do not name their parents.
func TestDirectoriesWithTwoParents(t *testing.T) {
	orphan := func(name string, items ...item) item {
		return item{name: name, kind: Directory, items: items, orphan: true}
	}
	img := writeImage(groupSpec{name: "data", volumes: []int64{50}, tree: []item{orphan("a", orphan("b", orphan("c")))}})
	vol, off := img.at(img.paths["a/b"], sizeTable)
	img.change(vol, off, sizeTable, true, func(b []byte) { p64(b, tableNode+nodeFirst, img.paths["a"]) })
	g := img.open(t)
	steps := 0
	err := fs.WalkDir(g.FS(), ".", func(path string, _ fs.DirEntry, err error) error {
		if steps++; steps > 100 {
			return errors.New("endless")
		}
		return err
	})
	var c *CorruptError
	if !errors.As(err, &c) || c.Field != "parent" {
		t.Error(err)
	}
	if list, _ := check(t, g); len(list) == 0 || list[0].Path != "+data/a/b" {
		t.Error(list)
	}
}

func TestLinks(t *testing.T) {
	g := writeImage(groupSpec{name: "data", volumes: []int64{60}, tree: []item{
		dir("d", file("f", "found"), link("up", "+data/top"), link("self", "+data/d/self"), link("root", "+data")),
		link("top", "+data/d"),
		link("file", "+data/top/up/f"),
		link("dangling", "+data/d/nothing"),
		link("other", "+log/d/f"),
		link("strange", "data/d/f"),
		link("parent", "+data/../d"),
	}}).open(t)
	fsys := g.FS()
	for _, test := range []struct {
		name, target string
		want         error
	}{
		{"file", "top/up/f", nil},
		{"d/up", "../top", nil},
		{"d/root", "..", nil},
		{"d/self", "self", ErrLinkLoop},
		{"dangling", "d/nothing", fs.ErrNotExist},
		{"other", "+log/d/f", ErrOtherGroup},
		{"parent", "../d", fs.ErrNotExist},
	} {
		target, err := fsys.ReadLink(test.name)
		if err != nil || target != test.target {
			t.Errorf("%s leads to %q, %v; want %q", test.name, target, err, test.target)
		}
		if _, err := fsys.Stat(test.name); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if info, err := fsys.Lstat(test.name); err != nil || info.Mode().Type() != fs.ModeSymlink {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if _, err := fsys.ReadLink("strange"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("strange: %v", err)
	}
	if _, err := fsys.ReadLink("d"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("ReadLink of a directory: %v", err)
	}
	for _, name := range []string{"file", "d/up/f", "top/up/up/root/d/f"} {
		if b, err := fs.ReadFile(fsys, name); err != nil || string(b) != "found" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	list, _ := check(t, g)
	var got []string
	for _, f := range list {
		got = append(got, f.Severity.String()+" "+f.Path)
	}
	slices.Sort(got)
	if want := []string{"fault +data/strange", "warning +data/d/self", "warning +data/dangling", "warning +data/parent"}; !slices.Equal(got, want) {
		t.Errorf("found %q", got)
	}
}

func TestOpenChoosesVolumes(t *testing.T) {
	img := writeImage(sample())
	all := img.sources() // 2, 1, 0
	other := writeImage(groupSpec{name: "log", volumes: []int64{30}}).sources()
	blank := Source{"blank", newMemory(8 << 20), 8 << 20}
	left := img.overlay()
	left.change(1, 0, sizeUnit, true, func(b []byte) { p32(b, headValid, 0) })
	newer := img.overlay()
	for _, off := range []int64{0, offBackup} {
		newer.change(0, off, sizeUnit, true, func(b []byte) { p32(b, headVersion, newestVersion+1) })
	}
	stranger := img.overlay()
	stranger.change(1, 0, sizeUnit, true, func(b []byte) { p32(b, headID, 7) })
	for _, test := range []struct {
		name    string
		sources []Source
		want    error
		text    string
	}{
		{"all", all, nil, ""},
		{"the entry alone", all[2:], nil, ""},
		{"none", nil, ErrNoEntry, "no volume given"},
		{"without the entry", all[:2], ErrNoEntry, "given is volume 2, data2.img"},
		{"twice", append(slices.Clone(all), all[0]), ErrCorrupt, "data2.img (volume 2) at 0: volume header: id: is that of data2.img, too"},
		{"two groups", append(slices.Clone(all), other...), ErrCorrupt, "is that of data0.img, too"},
		{"another group", []Source{all[0], other[0]}, ErrCorrupt, "vg_name: is log, that of data2.img is data"},
		{"blank", []Source{blank}, ErrNotVolume, "blank at 0: volume header"},
		{"left the group", left.sources(), ErrNotVolume, "data1.img at 0: volume header: valid_flag"},
		{"newer software", newer.sources(), ErrUnsupported, "data0.img at 0: volume header: software_version"},
		{"not in the list", stranger.sources(), ErrCorrupt, "the group has no volume 7"},
	} {
		g, err := Open(test.sources...)
		if !errors.Is(err, test.want) || test.text != "" && !strings.Contains(err.Error(), test.text) || (g == nil) != (err != nil) {
			t.Errorf("%s: %v, want %v: %s", test.name, err, test.want, test.text)
		}
	}
}

func TestMissingVolume(t *testing.T) {
	img := writeImage(sample())
	g, err := Open(img.sources()[1:]...) // without volume 2
	if err != nil {
		t.Fatal(err)
	}
	if v := g.Volumes(); len(v) != 3 || v[2].Device != "" || v[2].Path != "/dev/dss/data2" || v[1].Device != "data1.img" {
		t.Error(v)
	}
	_, err = fs.ReadFile(g.FS(), "pg_xlog/000000010000000000000001")
	var where *ReadError
	if !errors.Is(err, ErrMissingVolume) || !errors.As(err, &where) || where.Device != "/dev/dss/data2" || where.Volume != 2 {
		t.Error(err)
	}
	list, done := check(t, g)
	if len(list) != 1 || !errors.Is(list[0].Err, ErrMissingVolume) || done.Faults != 0 {
		t.Error(list, done)
	}
}

func TestUsage(t *testing.T) {
	img := writeImage(sample())
	g := img.open(t)
	u, err := g.Usage()
	var size, free int64
	for i, v := range img.vols {
		size, free = size+v.size, free+v.size-img.hwm[i]
	}
	if err != nil || u.Size != size || u.Recycled != 3*minAU || u.Free != free+3*minAU || u.Used != size-u.Free {
		t.Errorf("%+v, %v", u, err)
	}
	info := g.Info()
	if info.Name != "data" || info.Entry != "/dev/dss/data0" || info.AllocationUnit != minAU || info.Software != 2 || info.Instances != 3 ||
		info.Created.Unix() != testTime || info.CoreVersion != 94 || info.NextFID != img.fid {
		t.Errorf("%+v", info)
	}
}

func TestRecycleArea(t *testing.T) {
	fsys, err := writeImage(sample()).open(t).RecycleFS()
	if err != nil {
		t.Fatal(err)
	}
	got, err := names(fsys, ".")
	if err != nil || len(got) != 3 || !strings.HasPrefix(got[0], "cut_sz8388608_1#") {
		t.Fatal(got, err)
	}
	for i, want := range []string{"tail", "what was in it", "and in the next of that name"} {
		b, err := fs.ReadFile(fsys, got[i])
		if i == 0 && len(b) != minAU {
			t.Errorf("%s has %d bytes: all that is allocated counts", got[i], len(b))
		}
		if err != nil || !strings.HasPrefix(string(b), want) {
			t.Errorf("%s: %.40q, %v", got[i], b, err)
		}
	}
}

func TestFileAfterClose(t *testing.T) {
	f, err := writeImage(sample()).open(t).FS().Open("one")
	if err != nil {
		t.Fatal(err)
	}
	seeker, at := f.(io.Seeker), f.(io.ReaderAt)
	for _, test := range []struct {
		off    int64
		whence int
		want   int64
	}{{5, io.SeekStart, 5}, {-2, io.SeekCurrent, 3}, {-4, io.SeekEnd, 22}, {9, io.SeekEnd, 35}, {-99, io.SeekCurrent, -1}, {1<<63 - 1, io.SeekCurrent, -1}, {0, 7, -1}} {
		pos, err := seeker.Seek(test.off, test.whence)
		if (err != nil) != (test.want < 0) || err == nil && pos != test.want {
			t.Errorf("Seek(%d, %d) = %d, %v", test.off, test.whence, pos, err)
		}
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	if _, err := at.ReadAt(make([]byte, 1), -1); !errors.Is(err, fs.ErrInvalid) {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	_, errRead := f.Read(make([]byte, 1))
	_, errAt := at.ReadAt(make([]byte, 1), 0)
	_, errSeek := seeker.Seek(0, io.SeekStart)
	_, errStat := f.Stat()
	for _, err := range []error{errRead, errAt, errSeek, errStat, f.Close()} {
		if !errors.Is(err, fs.ErrClosed) {
			t.Error(err)
		}
	}
}

// TestLargeDirectory has more entries than an FS keeps of small ones.
func TestLargeDirectory(t *testing.T) {
	spec := groupSpec{name: "data", volumes: []int64{60}, tree: []item{dir("d")}}
	for i := range maxSmall + 100 {
		spec.tree[0].items = append(spec.tree[0].items, dir(fmt.Sprintf("e%05d", i)))
	}
	img := writeImage(spec)
	sources := img.sources()
	var left atomic.Int64
	left.Store(32 << 20) // a few times what the directory has
	sources[0].Reader = budget{img.vols[0], &left}
	g, err := Open(sources...)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = fs.WalkDir(g.FS(), ".", func(_ string, _ fs.DirEntry, err error) error { n++; return err })
	if err != nil || n != 2+maxSmall+100 {
		t.Error(n, err)
	}
}

// TestSharedBlocksAreReadOnce has one block in all 2041 slots of a file, and one
// list of entries in many directories.
func TestSharedBlocksAreReadOnce(t *testing.T) {
	spec := groupSpec{name: "data", volumes: []int64{60}, tree: []item{file("f", "x"), dir("long")}}
	for i := range 500 {
		spec.tree[1].items = append(spec.tree[1].items, dir(fmt.Sprint("e", i)))
		spec.tree = append(spec.tree, dir(fmt.Sprint("d", i)))
	}
	img := writeImage(spec)
	entry := idAt(img.nodeBytes(img.paths["f"]), nodeEntry)
	second := idAt(img.space[entry], spaceIDs)
	vol, off := img.at(entry, sizeSpace)
	img.change(vol, off, sizeSpace, true, func(b []byte) {
		p16(b, spaceUsed, spaceSlots)
		for i := range spaceSlots {
			p64(b, spaceIDs+8*i, second)
		}
	})
	vol, off = img.at(second, sizeSpace)
	img.change(vol, off, sizeSpace, true, func(b []byte) { p64(b, spaceOwner, NoID); p16(b, spaceIndex, indexNone) })
	for i := range 500 {
		vol, off := img.at(img.paths[fmt.Sprint("d", i)], sizeTable)
		img.change(vol, off, sizeTable, true, func(b []byte) {
			p32(b[tableNode:], nodeChildren, 1<<31)
			p64(b[tableNode:], nodeFirst, img.paths["long/e0"])
			p64(b[tableNode:], nodeLast, img.paths["long/e499"])
		})
	}
	sources := img.sources()
	var left atomic.Int64
	left.Store(16 << 20)
	sources[0].Reader = budget{img.vols[0], &left}
	g, err := Open(sources...)
	if err != nil {
		t.Fatal(err)
	}
	list, done := check(t, g)
	for _, f := range list {
		if errors.Is(f.Err, errBudget) {
			t.Fatal(f)
		}
	}
	if done.Faults != 2040+500+1 || done.Directories != 1+1+1+500+500 {
		t.Errorf("%+v, %v", done, list[len(list)-1])
	}
}

func TestNodes(t *testing.T) {
	g := writeImage(sample()).open(t)
	var got []string
	for n, err := range g.Entries(g.Root()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %v", n.Type, n.Name, n.Deleted()))
		if n.Name != "one" {
			if _, err := g.OpenNode(n); (err == nil) != (n.Type == RegularFile) {
				t.Errorf("OpenNode(%s): %v", n.Name, err)
			}
			continue
		}
		f, err := g.OpenNode(n)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(f); err != nil || string(b) != "one byte more than nothing" {
			t.Errorf("%q, %v", b, err)
		}
		if info, err := f.Stat(); err != nil || info.Sys() != n {
			t.Error(info, err)
		}
		for _, err := range g.Entries(n) {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("entries of a file: %v", err)
			}
		}
	}
	want := []string{"directory .recycle false", "file empty false", "file one false", "directory pg_xlog false", "directory base false",
		"link current false", "link deepest false", "link twice false", "file open true", "file open false", "file tracked false"}
	if !slices.Equal(got, want) {
		t.Errorf("entries %q", got)
	}
}

// TestWords: numbers without a name print as numbers.
func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		NodeType(9).String():    "NodeType(9)",
		RedoType(99).String():   "RedoType(99)",
		RedoType(21).String():   "truncate space blocks",
		VolumeState(6).String(): "VolumeState(6)",
		VolumeReplacing.String() + VolumeRemoving.String() + VolumePreparing.String() + VolumeFree.String(): "replacingremovingpreparingfree",
		Severity(7).String(): "Severity(7)",
		initID.String():      "being initialised",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
