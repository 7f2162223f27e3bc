// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What dsscmd of a real server printed of its group: testdata/showdisk.txt. The
// structures are put together from the printed values at the offsets of
// layout.go; the checksum that the server stored says whether they are right.
//
//go:embed testdata/showdisk.txt
var showdisk string

// printed returns the numbers after "key = ", in order.
func printed(t *testing.T, structure, key string) []uint64 {
	t.Helper()
	_, part, ok := strings.Cut(showdisk, structure+" = {")
	if !ok {
		t.Fatalf("testdata has no %s", structure)
	}
	part, _, _ = strings.Cut(part, "[exit status")
	var list []uint64
	for _, m := range regexp.MustCompile(`(?m)^\s*`+key+` = (\d+)$`).FindAllStringSubmatch(part, -1) {
		n, err := strconv.ParseUint(m[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	if len(list) == 0 {
		t.Fatalf("%s has no %s", structure, key)
	}
	return list
}

func TestCoreControlOfAServer(t *testing.T) {
	get := func(key string) []uint64 { return printed(t, "core_ctrl", key) }
	ids, counts, versions := get("auid"), get("count"), get("version")
	b := make([]byte, sizeCore)
	p64(b, coreVersion, versions[0])
	p32(b, coreAUSize, uint32(get("au_size")[0]))
	p32(b, coreCount, uint32(get("volume_count")[0]))
	p64(b, coreSpaceRoot, versions[1])
	p64(b, coreSpaceRoot+rootFreeCount, counts[0])
	p64(b, coreSpaceRoot+rootFreeFirst, ids[0])
	p64(b, coreSpaceRoot+rootFreeLast, ids[1])
	p64(b, coreAURoot+auRecycle, get("free_root")[0])
	p64(b, coreAURoot+auCount, counts[1])
	p64(b, coreAttrs, get("id")[0]<<1)
	p64(b, coreAttrs+attrBytes, get("size")[0])
	p64(b, coreAttrs+attrHighWater, get("hwm")[0])
	p64(b, coreAttrs+attrFree, get("free")[len(get("free"))-1])
	if want := uint32(get("checksum")[0]); checksum(b) != want {
		t.Fatalf("checksum %d, the server stored %d", checksum(b), want)
	}
	c, err := parseCore(&device{}, b, offCore)
	if err != nil {
		t.Fatal(err)
	}
	if c.auSize != 8<<20 || c.count != 1 || c.recycle != MakeID(0, 9, 0, 0) || c.aus != 38 || c.firstUnit() != 1 ||
		c.space != (freeList{474, MakeID(0, 10, 473, 0), MakeID(0, 10, 0, 0)}) || c.attrs[0] != (attr{0, 4 << 30, 47 << 23, 4<<30 - 47<<23}) {
		t.Errorf("parsed %+v", c)
	}
}

// TestIDsOfAServer takes ids that dsscmd printed with their parts.
func TestIDsOfAServer(t *testing.T) {
	for _, test := range []struct {
		id   ID
		want ID
		text string
	}{
		{8321103999019008, MakeID(0, 10, 473, 0), "8321103999019008 (volume 0 au 10 block 473 item 0)"},
		{10240, MakeID(0, 10, 0, 0), "10240 (volume 0 au 10 block 0 item 0)"},
		{65536, MakeID(0, 64, 0, 0), "65536 (volume 0 au 64 block 0 item 0)"},
		{9216, MakeID(0, 9, 0, 0), "9216 (volume 0 au 9 block 0 item 0)"},
		{351843720897536, MakeID(0, 9, 20, 0), "351843720897536 (volume 0 au 9 block 20 item 0)"},
		{NoID, NoID, "none"},
	} {
		if test.id != test.want || test.id.String() != test.text {
			t.Errorf("%d is %v, want %v: %s", uint64(test.id), test.id, test.want, test.text)
		}
	}
	full := MakeID(1023, 1<<34-1, 1<<17-1, 7)
	if full != NoID || full.Volume() != 1023 || full.AU() != 1<<34-1 || full.Block() != 1<<17-1 || full.Item() != 7 {
		t.Errorf("all ones are %d %d %d %d", full.Volume(), full.AU(), full.Block(), full.Item())
	}
}
