// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/gausskit/gausskit/dss/volume"
)

// TestRealVolume reads a real group, whose volumes GAUSSKIT_DSS_VOLUMES names,
// separated by colons: there must be no fault, and every file must be readable.
func TestRealVolume(t *testing.T) {
	names := filepath.SplitList(os.Getenv("GAUSSKIT_DSS_VOLUMES"))
	if len(names) == 0 {
		t.Skip("GAUSSKIT_DSS_VOLUMES names no volumes")
	}
	g, err := volume.OpenFiles(names...)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	done, err := g.Check(t.Context(), func(f volume.Finding) {
		if f.Severity == volume.Fault {
			t.Error(f)
		} else {
			t.Log(f)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	usage, err := g.Usage()
	t.Logf("%+v\n%+v\n%+v %v", g.Info(), done, usage, err)
	err = fs.WalkDir(g.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := g.FS().Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, f)
		if n != info.Size() {
			t.Errorf("%s: read %d of %d bytes", path, n, info.Size())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
