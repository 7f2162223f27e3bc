// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// sample is a group with one of everything.
func sample() groupSpec {
	return groupSpec{
		name:    "data",
		volumes: []int64{24, 20, 16},
		tree: []item{
			file("empty", ""),
			file("one", "one byte more than nothing"),
			dir("pg_xlog",
				file("000000010000000000000001", strings.Repeat("wal ", 700_000)),
				dir("archive_status"),
			),
			dir("base", dir("1", dir("2", dir("3", file("deep", "down here"))))),
			link("current", "+data/pg_xlog"),
			link("deepest", "+data/base/1/2/3/deep"),
			link("twice", "+data/current"),
			{name: "open", kind: RegularFile, data: []byte("gone"), flags: FlagDeleted},
			file("open", "made anew"),
			{name: "tracked", kind: RegularFile, data: []byte(strings.Repeat("x", 5*pageSize)), flags: FlagTracked, holes: []int{1, 2, 4}, inited: pageSize + 100},
		},
		recycled: []item{
			file("old", "what was in it"),
			file("old", "and in the next of that name"),
			{name: "cut_sz8388608_1", kind: RegularFile, data: []byte("tail"), cut: true},
		},
	}
}

func TestSampleIsSound(t *testing.T) {
	g := writeImage(sample()).open(t)
	list, done := check(t, g)
	for _, f := range list {
		t.Error(f)
	}
	want := Checked{Directories: 8, Files: 6, Links: 3, Deleted: 1, Recycled: 3}
	want.FreeNodes, want.FreeBlocks, want.Units, want.Unclaimed = done.FreeNodes, done.FreeBlocks, done.Units, 0
	if done != want {
		t.Errorf("checked %+v, want %+v", done, want)
	}
	if len(g.Findings()) != 0 {
		t.Error(g.Findings())
	}
}

func TestFSIsAFileSystem(t *testing.T) {
	spec := sample()
	spec.tree[2].items[0].data = []byte("wal") // it is read byte by byte, many times
	g := writeImage(spec).open(t)
	if err := fstest.TestFS(g.FS(), "empty", "one", "pg_xlog/000000010000000000000001", "base/1/2/3/deep", "tracked", "current"); err != nil {
		t.Error(err)
	}
	recycle, err := g.RecycleFS()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := fs.ReadDir(recycle, ".")
	if err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	if err := fstest.TestFS(recycle, entries[0].Name(), entries[1].Name()); err != nil {
		t.Error(err)
	}
}
