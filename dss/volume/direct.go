// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"io"
	"os"
	"sync"
	"unsafe"
)

const (
	directAlign  = 4096      // of offset, length and memory; enough for all devices
	directBuffer = 256 << 10 // bytes read at once
)

// directFile reads a device past the page cache.
type directFile struct {
	f       *os.File
	buffers sync.Pool
}

func newDirectFile(f *os.File) *directFile {
	return &directFile{f: f, buffers: sync.Pool{New: func() any { return alignedBuffer() }}}
}

// alignedBuffer returns a buffer of directBuffer bytes whose address the kernel
// accepts.
func alignedBuffer() *[]byte {
	b := make([]byte, directBuffer+directAlign)
	skip := directAlign - int(uintptr(unsafe.Pointer(&b[0]))%directAlign)
	b = b[skip : skip+directBuffer]
	return &b
}

func (d *directFile) source(name string) (Source, io.Closer, error) {
	size, err := d.f.Seek(0, io.SeekEnd)
	if err != nil {
		return Source{}, nil, errors.Join(err, d.f.Close())
	}
	return Source{name, d, size}, d.f, nil
}

// ReadAt reads whole blocks into a buffer of its own and copies what is wanted.
func (d *directFile) ReadAt(p []byte, off int64) (int, error) {
	buffer := d.buffers.Get().(*[]byte)
	defer d.buffers.Put(buffer)
	done := 0
	for done < len(p) {
		at := off + int64(done)
		skip := int(at % directAlign)
		want := min(directBuffer, (skip+len(p)-done+directAlign-1)/directAlign*directAlign)
		n, err := d.f.ReadAt((*buffer)[:want], at-int64(skip))
		if n <= skip {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return done, err
		}
		copied := copy(p[done:], (*buffer)[skip:n])
		done += copied
		if err != nil && done < len(p) {
			return done, err
		}
	}
	return done, nil
}
