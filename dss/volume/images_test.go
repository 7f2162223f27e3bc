// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

var imagesTo = flag.String("images", "", "write the images for the tests of examples/dssls into this directory")

// TestWriteImages writes a group of two volumes, compressed:
//
//	go test ./dss/volume -run TestWriteImages -images "$PWD/examples/dssls/testdata"
func TestWriteImages(t *testing.T) {
	if *imagesTo == "" {
		t.Skip("only with -images")
	}
	img := writeImage(groupSpec{
		name: "data", volumes: []int64{14, 12},
		tree: []item{
			dir("pg_xlog", file("000000010000000000000001", "write-ahead log\n"), dir("archive_status")),
			dir("base", dir("1", file("1247", "a table\n"), file("1249", ""))),
			file("postgresql.conf", "port = 5432\n"),
			link("current", "+data/pg_xlog/000000010000000000000001"),
			link("gone", "+data/nothing"),
			{name: "open", kind: RegularFile, data: []byte("x"), flags: FlagDeleted},
		},
		recycled: []item{file("1259", "a dropped table\n")},
		pending:  pendingSample(),
	})
	for i, v := range img.vols {
		if err := v.compress(filepath.Join(*imagesTo, fmt.Sprintf("data%d.img.gz", i))); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *memory) compress(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	_, err = io.Copy(z, io.NewSectionReader(m, 0, m.size))
	return errors.Join(err, z.Close(), f.Close())
}
