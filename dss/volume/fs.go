// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"
	"time"
)

// FS is a tree of a volume group as a file system. Names are rooted at the
// group: "." is the root directory, "dir/file" what servers call
// "+group/dir/file". Open and Stat follow links, Lstat and ReadLink do not.
//
// Where a directory is damaged, ReadDir returns the entries that could be read
// together with an error, and a name that is not among them gives that error,
// not [fs.ErrNotExist].
type FS struct {
	g       *Group
	root    *Node
	recycle bool // entries are named name#fid

	mu    sync.Mutex
	cache map[ID]*listing
	kept  int // entries in cache
	large *listing
}

// What an FS remembers of the directories that it read.
const (
	maxKept  = 1 << 16     // entries of small directories, about
	maxSmall = maxKept / 8 // entries of a small one; of large ones it is the last
)

var (
	_ fs.FS         = (*FS)(nil)
	_ fs.ReadDirFS  = (*FS)(nil)
	_ fs.StatFS     = (*FS)(nil)
	_ fs.ReadLinkFS = (*FS)(nil)
)

// FS returns the directory tree without .recycle and without files that were
// deleted while somebody had them open.
func (g *Group) FS() *FS { return &FS{g: g, root: g.root.dir, cache: map[ID]*listing{}} }

// RecycleFS returns the recycle area: what is left of deleted files, until their
// space is used again. Several of them can have one name, so each is called
// name#fid. What truncation cut off a file (its name ends in _sz, its size and
// the time) can be read as far as it is allocated; if that was more than 2041
// allocation units, they can be in another order.
func (g *Group) RecycleFS() (*FS, error) {
	n, err := g.Recycle()
	if err != nil {
		return nil, err
	}
	return &FS{g: g, root: n, recycle: true, cache: map[ID]*listing{}}, nil
}

// listing is a directory that was read.
type listing struct {
	id      ID
	entries []fs.DirEntry // sorted
	byName  map[string]*Node
	err     error
}

// list returns the entries of dir, from memory if it was read lately.
func (f *FS) list(dir *Node) *listing {
	f.mu.Lock()
	l := f.cache[dir.ID]
	if l == nil && f.large != nil && f.large.id == dir.ID {
		l = f.large
	}
	f.mu.Unlock()
	if l != nil {
		return l
	}
	l = f.read(dir)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(l.entries) > maxSmall {
		f.large = l
		return l
	}
	if f.kept += len(l.entries) + 1; f.kept > maxKept {
		clear(f.cache)
		f.kept = len(l.entries) + 1
	}
	f.cache[dir.ID] = l
	return l
}

func (f *FS) read(dir *Node) *listing {
	l := &listing{id: dir.ID, byName: map[string]*Node{}}
	var errs errorList
	for n, err := range f.g.Entries(dir) {
		if err != nil {
			errs.add(err)
			continue
		}
		if !f.recycle && f.g.hidden(n) {
			continue
		}
		name := n.Name
		if f.recycle {
			name = fmt.Sprintf("%s#%d", n.Name, n.FID)
		}
		if other := l.byName[name]; other != nil {
			errs.add(n.corrupt("name", "is that of %v, too", other.ID))
			continue
		}
		l.byName[name] = n
		l.entries = append(l.entries, fs.FileInfoToDirEntry(fileInfo{name, n}))
	}
	slices.SortFunc(l.entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	l.err = errs.err()
	return l
}

// find returns the node of name. If follow is set, a link as the last element
// is followed, too.
func (f *FS) find(op, name string, follow bool) (*Node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n, rest, links := f.root, split(name), 0
	for len(rest) > 0 {
		l := f.list(n)
		next := l.byName[rest[0]]
		if next == nil {
			return nil, &fs.PathError{Op: op, Path: name, Err: cmp.Or(l.err, fs.ErrNotExist)}
		}
		n, rest = next, rest[1:]
		if n.Type == Link && !f.recycle && (follow || len(rest) > 0) {
			if links++; links > maxLinks {
				return nil, &fs.PathError{Op: op, Path: name, Err: ErrLinkLoop}
			}
			target, err := f.target(n)
			if err != nil {
				return nil, &fs.PathError{Op: op, Path: name, Err: err}
			}
			n, rest = f.root, append(split(target), rest...)
			if len(rest) > 2*linkSize {
				return nil, &fs.PathError{Op: op, Path: name, Err: ErrLinkLoop}
			}
			continue
		}
		if len(rest) > 0 && n.Type != Directory {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
	}
	return n, nil
}

// target returns where a link leads inside the group.
func (f *FS) target(n *Node) (string, error) {
	target, err := f.g.LinkTarget(n)
	if err != nil {
		return "", err
	}
	target, err = f.g.inGroup(target)
	if err == nil && !fs.ValidPath(target) {
		err = fs.ErrNotExist // "+group/../x"
	}
	return target, err
}

// Open opens a file or directory. A file is a [*File], a directory an
// [fs.ReadDirFile].
func (f *FS) Open(name string) (fs.File, error) {
	n, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if n.Type == Directory {
		return &directory{fs: f, name: name, node: n}, nil
	}
	return f.g.open(n, name, path.Base(name)), nil
}

// ReadDir returns the entries of a directory, sorted by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := f.find("readdir", name, true)
	if err != nil {
		return nil, err
	}
	if n.Type != Directory {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotDirectory}
	}
	l := f.list(n)
	if l.err != nil {
		return slices.Clone(l.entries), &fs.PathError{Op: "readdir", Path: name, Err: l.err}
	}
	return slices.Clone(l.entries), nil
}

var errNotDirectory = errors.New("not a directory")

// Stat describes a file or directory; a link is followed.
func (f *FS) Stat(name string) (fs.FileInfo, error) { return f.stat("stat", name, true) }

// Lstat describes a file, directory or link.
func (f *FS) Lstat(name string) (fs.FileInfo, error) { return f.stat("lstat", name, false) }

func (f *FS) stat(op, name string, follow bool) (fs.FileInfo, error) {
	n, err := f.find(op, name, follow)
	if err != nil {
		return nil, err
	}
	return fileInfo{path.Base(name), n}, nil
}

// ReadLink returns where a link leads, relative to the link's directory, as
// links of other file systems do. A target in another group is returned as it
// is, with its "+".
func (f *FS) ReadLink(name string) (string, error) {
	n, err := f.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if n.Type != Link {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	raw, err := f.g.LinkTarget(n)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	target, err := f.g.inGroup(raw)
	if err != nil {
		return raw, nil
	}
	return relative(path.Dir(name), target), nil
}

// fileInfo describes a node under a name.
type fileInfo struct {
	name string
	node *Node
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) ModTime() time.Time { return i.node.Updated }
func (i fileInfo) IsDir() bool        { return i.node.Type == Directory }
func (i fileInfo) Sys() any           { return i.node }

// Size is what can be read.
func (i fileInfo) Size() int64 { return i.node.Length() }

func (i fileInfo) Mode() fs.FileMode {
	switch i.node.Type {
	case Directory:
		return fs.ModeDir | 0o555
	case Link:
		return fs.ModeSymlink | 0o777
	}
	return 0o444
}

// directory is an open directory.
type directory struct {
	fs     *FS
	name   string
	node   *Node
	mu     sync.Mutex
	list   *listing // nil before the first ReadDir
	pos    int
	closed bool
}

func (d *directory) Stat() (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, &fs.PathError{Op: "stat", Path: d.name, Err: fs.ErrClosed}
	}
	return fileInfo{path.Base(d.name), d.node}, nil
}

func (d *directory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

func (d *directory) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return &fs.PathError{Op: "close", Path: d.name, Err: fs.ErrClosed}
	}
	d.closed = true
	return nil
}

// ReadDir returns up to n entries, all that are left if n is 0 or less. What is
// wrong with the directory comes with the last ones.
func (d *directory) ReadDir(n int) ([]fs.DirEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, &fs.PathError{Op: "readdir", Path: d.name, Err: fs.ErrClosed}
	}
	if d.list == nil {
		d.list = d.fs.list(d.node)
	}
	left := d.list.entries[d.pos:]
	if n > 0 && n < len(left) {
		left = left[:n]
	}
	d.pos += len(left)
	switch {
	case n > 0 && len(left) > 0:
		return slices.Clone(left), nil
	case d.list.err != nil:
		return slices.Clone(left), &fs.PathError{Op: "readdir", Path: d.name, Err: d.list.err}
	case n > 0:
		return nil, io.EOF
	}
	return slices.Clone(left), nil
}
