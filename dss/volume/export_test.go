// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

// SampleSources returns the volumes of a group for examples; damage changes
// one byte of a file's block.
func SampleSources(damage bool) []Source {
	spec := sample()
	spec.name = "data"
	spec.pending = pendingSample()
	img := writeImage(spec)
	if damage {
		vol, off := img.at(img.paths["base/1/2/3/deep"], sizeTable)
		img.change(vol, off, sizeTable, false, func(b []byte) { b[tableNode+nodeWritten]++ })
		img.change(0, offCore, sizeCore, false, func(b []byte) { b[coreVersion]++ })
	}
	return img.sources()
}
