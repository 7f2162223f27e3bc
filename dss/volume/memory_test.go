// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"io"
	"maps"
)

// memory is a volume: pages that were written, zeros elsewhere.
type memory struct {
	pages map[int64][]byte
	size  int64
}

const memoryPage = 16 << 10

func newMemory(size int64) *memory { return &memory{map[int64][]byte{}, size} }

// overlay returns a copy that can be changed.
func (m *memory) overlay() *memory { return &memory{maps.Clone(m.pages), m.size} }

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	if off >= m.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), m.size-off))
	for done := 0; done < n; {
		at := off + int64(done)
		skip := int(at % memoryPage)
		step := min(n-done, memoryPage-skip)
		if page := m.pages[at/memoryPage]; page != nil {
			copy(p[done:done+step], page[skip:])
		} else {
			clear(p[done : done+step])
		}
		done += step
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt never changes a page in place: overlays share them.
func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	for done := 0; done < len(p); {
		at := off + int64(done)
		page := make([]byte, memoryPage)
		copy(page, m.pages[at/memoryPage])
		done += copy(page[at%memoryPage:], p[done:])
		m.pages[at/memoryPage] = page
	}
	return len(p), nil
}
