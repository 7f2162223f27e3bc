// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"io"
	"io/fs"
	"sync"
)

// File is an open file. It is an [fs.File], an [io.ReaderAt] and an
// [io.Seeker]; ReadAt can be called by many goroutines at once. A read that
// needs a damaged or missing place returns what is before it, and an
// [*fs.PathError] that wraps a [*CorruptError] or [*ReadError].
type File struct {
	g    *Group
	node *Node
	name string // for errors
	info fileInfo
	size int64

	mu     sync.Mutex
	m      mapping
	pos    int64
	closed bool
}

var (
	_ fs.File     = (*File)(nil)
	_ io.ReaderAt = (*File)(nil)
	_ io.Seeker   = (*File)(nil)
)

// OpenNode opens a file by its node, to read as much as [Node.Length] says.
func (g *Group) OpenNode(n *Node) (*File, error) {
	if n.Type != RegularFile {
		return nil, &fs.PathError{Op: "open", Path: n.Name, Err: n.corrupt("type", "is %v, want file", n.Type)}
	}
	return g.open(n, n.Name, n.Name), nil
}

func (g *Group) open(n *Node, path, base string) *File {
	return &File{g: g, node: n, name: path, info: fileInfo{base, n}, size: n.Length(), m: mapping{g: g, n: n}}
}

// Stat returns name, size, mode and time; its Sys is the [*Node].
func (f *File) Stat() (fs.FileInfo, error) {
	if err := f.check("stat"); err != nil {
		return nil, err
	}
	return f.info, nil
}

func (f *File) check(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrClosed}
	}
	return nil
}

// Read reads from the file's offset.
func (f *File) Read(p []byte) (int, error) {
	f.mu.Lock()
	pos := f.pos
	f.mu.Unlock()
	n, err := f.ReadAt(p, pos)
	if n > 0 && err == io.EOF {
		err = nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pos = pos + int64(n)
	return n, err
}

// ReadAt reads from offset off. It does not move the file's offset.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	if err := f.check("read"); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
	}
	if len(p) == 0 {
		return 0, nil
	}
	if off >= f.size {
		return 0, io.EOF
	}
	end := off + min(int64(len(p)), f.size-off)
	n := 0
	for off < end {
		e, err := f.extent(off, end)
		if err == nil && e.device == nil {
			clear(p[n : n+int(e.n)])
		} else if err == nil {
			err = e.device.read(p[n:n+int(e.n)], e.off, "data")
		}
		if err != nil {
			return n, &fs.PathError{Op: "read", Path: f.name, Err: err}
		}
		n, off = n+int(e.n), off+e.n
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// extent takes the lock for the mapping, which remembers blocks, and not while
// data is read.
func (f *File) extent(off, end int64) (extent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return extent{}, fs.ErrClosed
	}
	return f.m.at(off, end)
}

// Seek sets the offset of the next Read. Offsets behind the end are allowed.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, &fs.PathError{Op: "seek", Path: f.name, Err: fs.ErrClosed}
	}
	base := int64(0)
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		base = f.pos
	case io.SeekEnd:
		base = f.size
	default:
		return 0, &fs.PathError{Op: "seek", Path: f.name, Err: fs.ErrInvalid}
	}
	if pos := base + offset; pos >= 0 && (offset < 0 || pos >= base) {
		f.pos = pos
		return pos, nil
	}
	return 0, &fs.PathError{Op: "seek", Path: f.name, Err: fs.ErrInvalid}
}

// Close ends the use of the file.
func (f *File) Close() error {
	if err := f.check("close"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.m = true, mapping{}
	return nil
}
