// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxNesting is how deep structures of showdisk may be nested; real ones have
// four levels.
const maxNesting = 32

// Struct is a structure that "dsscmd showdisk" prints: fields and structures
// within, in their order. The indentation of the output means nothing; the
// braces do.
type Struct struct {
	Name   string // "core_ctrl", "defs[0]"
	Fields []StructField
}

// StructField is a value, or a structure when Struct is not nil.
type StructField struct {
	Name   string
	Value  string
	Struct *Struct
}

// ParseStruct reads the output of "dsscmd showdisk": the first structure in it.
func ParseStruct(text string) (*Struct, error) {
	const verb = "showdisk"
	root := &Struct{}
	stack := []*Struct{root}
	for _, line := range outputLines(text) {
		top := stack[len(stack)-1]
		body := strings.TrimSpace(line.text)
		name, value, ok := strings.Cut(body, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case body == "}" && len(stack) > 1:
			if stack = stack[:len(stack)-1]; len(stack) == 1 {
				return root.Fields[0].Struct, nil
			}
		case ok && name != "" && value == "{" && len(stack) < maxNesting:
			s := &Struct{Name: name}
			top.Fields = append(top.Fields, StructField{name, "", s})
			stack = append(stack, s)
		case len(stack) == 1:
			// Sentences before the structure.
		case ok && name != "" && value != "{":
			top.Fields = append(top.Fields, StructField{name, value, nil})
		default:
			return nil, line.bad(verb, "want name = value, name = { or }")
		}
	}
	if len(stack) > 1 {
		return nil, &OutputError{Verb: verb, Reason: "a closing brace is missing"}
	}
	return nil, &OutputError{Verb: verb, Reason: "want a structure"}
}

// Get gives a value by its path from s, "fs_block_root.free.count" for instance.
func (s *Struct) Get(path string) (string, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	for _, f := range s.Fields {
		switch {
		case f.Name != name:
		case deeper && f.Struct != nil:
			return f.Struct.Get(rest)
		case !deeper && f.Struct == nil:
			return f.Value, true
		}
	}
	return "", false
}

// Uint gives a number by its path from s. The error matches [ErrOutput].
func (s *Struct) Uint(path string) (uint64, error) {
	text, ok := s.Get(path)
	if !ok {
		return 0, &OutputError{Verb: "showdisk", Reason: s.Name + " has no " + path}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, &OutputError{Verb: "showdisk", Text: text, Reason: s.Name + "." + path + " is no number"}
	}
	return n, nil
}

// String prints the structure with an even indentation; [ParseStruct] reads it.
func (s *Struct) String() string {
	var b strings.Builder
	s.print(&b, "")
	return b.String()
}

func (s *Struct) print(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%s%s = {\n", indent, s.Name)
	for _, f := range s.Fields {
		if f.Struct != nil {
			f.Struct.print(b, indent+"  ")
		} else {
			fmt.Fprintf(b, "%s  %s\n", indent, strings.TrimRight(f.Name+" = "+f.Value, " "))
		}
	}
	b.WriteString(indent + "}\n")
}

// VGHeader is the structure vg_header: what makes a device a volume of a group.
type VGHeader struct {
	Checksum        uint32
	VolumeType      uint32 // 0x12345679 for an entry volume
	VolumeID        uint32
	EntryVolume     string
	VGName          string
	ValidFlag       uint32 // 0x5f3759df when the group is valid
	SoftwareVersion uint32
	Created         time.Time
	BackupLevel     uint32
	FTNodeRatio     uint32
	FTBackupOffset  uint64
}

// VGHeader reads the structure vg_header. loc is the time zone of the machine
// that printed it. The error matches [ErrOutput].
func (s *Struct) VGHeader(loc *time.Location) (VGHeader, error) {
	r := structReader{s: s, want: "vg_header"}
	h := VGHeader{Checksum: r.u32("checksum"), VolumeType: r.u32("vol_type.type"), VolumeID: r.u32("vol_type.id"),
		EntryVolume: r.text("vol_type.entry_volume_name"), VGName: r.text("vg_name"), ValidFlag: r.u32("valid_flag"),
		SoftwareVersion: r.u32("software_version"), BackupLevel: r.u32("bak_level"), FTNodeRatio: r.u32("ft_node_ratio"),
		FTBackupOffset: r.u64("bak_ft_offset")}
	at := r.text("create_time")
	var err error
	if h.Created, err = time.ParseInLocation(time.DateTime, at, loc); err != nil && r.err == nil {
		r.err = &OutputError{Verb: "showdisk", Text: at, Reason: "create_time is no time"}
	}
	return h, r.done()
}

// BlockID is the place of a block: volume, allocation unit, block and item in
// it.
type BlockID struct {
	ID                      uint64 // all four in one number
	Volume, AU, Block, Item uint64
}

// FreeList is a list of free blocks or allocation units.
type FreeList struct {
	Count       uint64
	First, Last BlockID
}

// VolumeAttr is the space of one volume, in bytes.
type VolumeAttr struct {
	ID, Size, HighWaterMark, Free uint64
}

// CoreCtrl is the structure core_ctrl: sizes, counters and lists of free space.
type CoreCtrl struct {
	Checksum    uint32
	Version     uint64
	AUSize      uint64 // bytes
	VolumeCount uint64
	FSBlocks    FreeList // blocks that describe files
	FSAux       FreeList // blocks that say what of a file has been written
	AUVersion   uint64
	AUFreeRoot  uint64 // the file that holds free allocation units (recycle area)
	AUCount     uint64 // how many it holds
	AUFreeVol   uint64
	AUFree      FreeList
	Volumes     []VolumeAttr
}

// CoreCtrl reads the structure core_ctrl. The error matches [ErrOutput].
func (s *Struct) CoreCtrl() (CoreCtrl, error) {
	r := structReader{s: s, want: "core_ctrl"}
	c := CoreCtrl{Checksum: r.u32("checksum"), Version: r.u64("version"), AUSize: r.u64("au_size"), VolumeCount: r.u64("volume_count"),
		FSBlocks: r.list("fs_block_root.free"), AUVersion: r.u64("au_root.version"), AUFreeRoot: r.u64("au_root.free_root"),
		AUCount: r.u64("au_root.count"), AUFreeVol: r.u64("au_root.free_vol_id"), AUFree: r.list("au_root.free_list")}
	if _, ok := s.Get("fs_aux_root.version"); ok { // not in all releases
		c.FSAux = r.list("fs_aux_root.free")
	}
	for _, f := range s.Fields {
		if f.Struct != nil && strings.HasPrefix(f.Name, "volume_attrs[") {
			v := structReader{s: f.Struct, want: f.Name, err: r.err}
			c.Volumes = append(c.Volumes, VolumeAttr{v.u64("id"), v.u64("size"), v.u64("hwm"), v.u64("free")})
			r.err = v.err
		}
	}
	return c, r.done()
}

// VolumeDef is the entry of one volume.
type VolumeDef struct {
	ID      uint64
	Flag    uint64 // 0 free, 1 in use, 2 not registered yet, 3 being added, 4 being removed
	Version uint64
	Name    string // the path of the device
	Code    string
}

// VolumeCtrl is the structure volume_ctrl: the volumes of a group.
type VolumeCtrl struct {
	Checksum uint32
	Version  uint64
	Defs     []VolumeDef
}

// VolumeCtrl reads the structure volume_ctrl. The error matches [ErrOutput].
func (s *Struct) VolumeCtrl() (VolumeCtrl, error) {
	r := structReader{s: s, want: "volume_ctrl"}
	c := VolumeCtrl{Checksum: r.u32("checksum"), Version: r.u64("version")}
	for _, f := range s.Fields {
		if f.Struct != nil && strings.HasPrefix(f.Name, "defs[") {
			v := structReader{s: f.Struct, want: f.Name, err: r.err}
			c.Defs = append(c.Defs, VolumeDef{v.u64("id"), v.u64("flag"), v.u64("version"), v.text("name"), v.text("code")})
			r.err = v.err
		}
	}
	return c, r.done()
}

// structReader reads fields and keeps the first error.
type structReader struct {
	s    *Struct
	want string
	err  error
}

func (r *structReader) done() error {
	if r.s.Name != r.want {
		return &OutputError{Verb: "showdisk", Reason: "want " + r.want + ", not " + r.s.Name}
	}
	return r.err
}

func (r *structReader) text(path string) string {
	text, ok := r.s.Get(path)
	if !ok && r.err == nil {
		r.err = &OutputError{Verb: "showdisk", Reason: r.s.Name + " has no " + path}
	}
	return text
}

func (r *structReader) u64(path string) uint64 {
	n, err := r.s.Uint(path)
	if r.err == nil {
		r.err = err
	}
	return n
}

func (r *structReader) u32(path string) uint32 {
	n := r.u64(path)
	if n > 1<<32-1 && r.err == nil {
		r.err = &OutputError{Verb: "showdisk", Reason: path + " has more than 32 bits"}
	}
	return uint32(n)
}

func (r *structReader) list(path string) FreeList {
	first := "first"
	if _, ok := r.s.Get(path + ".frist.auid"); ok { // so it is printed for au_root
		first = "frist"
	}
	return FreeList{r.u64(path + ".count"), r.block(path + "." + first), r.block(path + ".last")}
}

func (r *structReader) block(path string) BlockID {
	return BlockID{r.u64(path + ".auid"), r.u64(path + ".volume"), r.u64(path + ".au"), r.u64(path + ".block"), r.u64(path + ".item")}
}
