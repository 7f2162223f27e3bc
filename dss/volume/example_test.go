// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"

	"github.com/gausskit/gausskit/dss/volume"
)

// open stands for [volume.OpenFiles] in the examples: a group of three volumes.
func open(damaged bool) *volume.Group {
	group, err := volume.Open(volume.SampleSources(damaged)...)
	if err != nil {
		log.Fatal(err)
	}
	return group
}

// On a host of the cluster the entry volume is enough: the group knows the
// paths of its other volumes.
func Example() {
	group, err := volume.OpenGroup("/dev/dss-dba")
	if err != nil {
		log.Fatal(err)
	}
	defer group.Close()
	err = fs.WalkDir(group.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		fmt.Println(path)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleGroup_FS() {
	group := open(false)
	files, err := fs.Glob(group.FS(), "base/*/*/*/*")
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range files {
		content, err := fs.ReadFile(group.FS(), name)
		fmt.Println(name, string(content), err)
	}
	// Links are followed.
	content, err := fs.ReadFile(group.FS(), "deepest")
	fmt.Println(string(content), err)
	// Output:
	// base/1/2/3/deep down here <nil>
	// down here <nil>
}

// A file can be read at any offset, by many goroutines at once.
func ExampleFile() {
	f, err := open(false).FS().Open("pg_xlog/000000010000000000000001")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	part := make([]byte, 8)
	_, err = f.(io.ReaderAt).ReadAt(part, 2<<20) // in the second allocation unit
	fmt.Printf("%q %v\n", part, err)
	// Output:
	// "wal wal " <nil>
}

func ExampleGroup_Volumes() {
	group := open(false)
	usage, err := group.Usage()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(group.Info().Name, usage.Size>>20, "MiB,", usage.Free>>20, "MiB free,", usage.Recycled>>20, "MiB of it recycled")
	for _, v := range group.Volumes() {
		fmt.Println(v.ID, v.Path, v.State, v.Size>>20, "MiB,", v.Free>>20, "MiB free, opened as", v.Device)
	}
	// Output:
	// data 132 MiB, 90 MiB free, 6 MiB of it recycled
	// 0 /dev/dss/data0 in use 52 MiB, 34 MiB free, opened as data0.img
	// 1 /dev/dss/data1 in use 44 MiB, 28 MiB free, opened as data1.img
	// 2 /dev/dss/data2 in use 36 MiB, 22 MiB free, opened as data2.img
}

// What is left of deleted files can still be read.
func ExampleGroup_RecycleFS() {
	recycled, err := open(false).RecycleFS()
	if err != nil {
		log.Fatal(err)
	}
	entries, err := recycled.ReadDir(".")
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		fmt.Println(e.Name(), info.Size(), err)
	}
	// Output:
	// cut_sz8388608_1#20 2097152 <nil>
	// old#18 14 <nil>
	// old#19 28 <nil>
}

func ExampleGroup_Redo() {
	redo, err := open(false).Redo()
	if err != nil {
		log.Fatal(err)
	}
	for _, batch := range redo.Pending {
		fmt.Println("not applied: lsn", batch.LSN)
		for _, e := range batch.Entries {
			fmt.Println(" ", e.Type, e.Names)
		}
	}
	// Output:
	// not applied: lsn 42
	//   allocate node [new dir]
	//   recycle node [old .recycle]
	//   rename [renamed]
	//   set file size []
	//   core control []
}

// A damaged copy of the core control is no loss, a damaged node is.
func ExampleGroup_Check() {
	group := open(true)
	checked, err := group.Check(context.Background(), func(f volume.Finding) {
		fmt.Println(f)
		if c, ok := errors.AsType[*volume.CorruptError](f.Err); ok && f.Severity == volume.Fault {
			fmt.Println("  volume", c.Volume, "offset", c.Offset, "structure", c.Structure, "field", c.Field)
		}
	})
	fmt.Println(checked.Directories, "directories,", checked.Files, "files,", checked.Faults, "faults,", checked.Warnings, "warnings", err)
	// Output:
	// warning: data0.img (volume 0) at 512: core control: checksum: is 0x90ba2ac5, the content has 0x8d7e2909; the backup copy is used
	// warning: data0.img (volume 0) at 4194304: redo batch: lsn 42 with 5 changes was written but not applied
	// fault: +data/base/1/2/3: data1.img (volume 1) at 4199424: file table block: checksum: is 0xb76dc807, the content has 0xff206f5f
	//   volume 1 offset 4199424 structure file table block field checksum
	// 8 directories, 5 files, 1 faults, 2 warnings <nil>
}
