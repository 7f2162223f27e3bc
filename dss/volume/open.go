// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// OpenFiles opens a group from devices or image files, as [Open] does. Nothing
// is ever written. On Linux, block devices are read past the page cache: other
// hosts write them, too. Close the group when it is no longer used.
func OpenFiles(names ...string) (*Group, error) {
	var sources []Source
	var files []io.Closer
	closeAll := func() {
		for _, f := range files {
			_ = f.Close() // only read from
		}
	}
	for _, name := range names {
		s, f, err := openFile(name)
		if err != nil {
			closeAll()
			return nil, fmt.Errorf("dss/volume: open volume: %w", err)
		}
		sources, files = append(sources, s), append(files, f)
	}
	g, err := Open(sources...)
	if err != nil {
		closeAll()
		return nil, err
	}
	g.closers = files
	return g, nil
}

// OpenGroup opens a group by its entry volume, and all other volumes by the
// paths that the group's servers know them by: on a host of the cluster. Copies
// of volumes are opened with [OpenFiles].
func OpenGroup(entry string) (*Group, error) {
	g, err := OpenFiles(entry)
	if err != nil {
		return nil, err
	}
	names := []string{entry}
	for _, v := range g.Volumes() {
		if v.ID != 0 && v.State == VolumeInUse {
			names = append(names, v.Path)
		}
	}
	if len(names) == 1 {
		return g, nil
	}
	if err := g.Close(); err != nil {
		return nil, fmt.Errorf("dss/volume: close %s: %w", entry, err)
	}
	return OpenFiles(names...)
}

func openFile(name string) (Source, io.Closer, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Source{}, nil, err
	}
	block := info.Mode()&(fs.ModeDevice|fs.ModeCharDevice) == fs.ModeDevice
	if !info.Mode().IsRegular() && !block {
		return Source{}, nil, &fs.PathError{Op: "open", Path: name, Err: errNotBlocks}
	}
	if block {
		if f, err := openDirect(name); err == nil {
			return f.source(name)
		} else if !errors.Is(err, errors.ErrUnsupported) {
			return Source{}, nil, err
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return Source{}, nil, err
	}
	size, err := f.Seek(0, io.SeekEnd) // tells the size of block devices, too
	if err != nil {
		return Source{}, nil, errors.Join(err, f.Close())
	}
	return Source{name, f, size}, f, nil
}

var errNotBlocks = errors.New("neither a block device nor a file")
