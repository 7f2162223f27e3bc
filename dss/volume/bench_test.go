// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
)

// flat turns the volumes into plain bytes: what is measured is the reader.
func flat(b *testing.B, img *image) []Source {
	b.Helper()
	sources := img.sources()
	for i, s := range sources {
		p := make([]byte, s.Size)
		if err := (&device{name: s.Name, r: s.Reader, size: s.Size}).read(p, 0, "volume"); err != nil {
			b.Fatal(err)
		}
		sources[i].Reader = bytes.NewReader(p)
	}
	return sources
}

func BenchmarkOpen(b *testing.B) {
	sources := flat(b, writeImage(sample()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(sources...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSequentialRead reads a file of 32 MiB in pieces, and for comparison
// the same bytes from memory without any file.
func BenchmarkSequentialRead(b *testing.B) {
	const size = 32 << 20
	content := strings.Repeat("0123456789abcdef", size/16)
	g, err := Open(flat(b, writeImage(groupSpec{name: "data", au: 8 << 20, volumes: []int64{8, 8}, tree: []item{file("f", content)}}))...)
	if err != nil {
		b.Fatal(err)
	}
	for _, piece := range []int{8 << 10, 64 << 10, 1 << 20} {
		p := make([]byte, piece)
		read := func(b *testing.B, open func() io.Reader) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				n := int64(0)
				for r := open(); ; {
					k, err := r.Read(p)
					if n += int64(k); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				if n != size {
					b.Fatal(n)
				}
			}
		}
		b.Run(fmt.Sprintf("file/%dKiB", piece>>10), func(b *testing.B) {
			read(b, func() io.Reader {
				f, err := g.FS().Open("f")
				if err != nil {
					b.Fatal(err)
				}
				return f
			})
		})
		b.Run(fmt.Sprintf("memory/%dKiB", piece>>10), func(b *testing.B) {
			whole := []byte(content)
			read(b, func() io.Reader { return io.NewSectionReader(bytes.NewReader(whole), 0, size) })
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	g, err := Open(flat(b, writeImage(sample()))...)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Check(b.Context(), func(f Finding) { b.Fatal(f) }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	spec := groupSpec{name: "data", volumes: []int64{2000}}
	for i := range 20 {
		d := dir(fmt.Sprint("d", i))
		for k := range 50 {
			d.items = append(d.items, file(fmt.Sprint("f", k), ""))
		}
		spec.tree = append(spec.tree, d)
	}
	g, err := Open(writeImage(spec).sources()...)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		err := fs.WalkDir(g.FS(), ".", func(string, fs.DirEntry, error) error { n++; return nil })
		if n != 1+20+1000 || err != nil {
			b.Fatal(n, err)
		}
	}
}
