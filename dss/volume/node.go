// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"fmt"
	"strings"
	"time"
)

// NodeType tells directories, files and links apart (gft_item_type_t in
// src/common/persist/dss_file_def.h).
type NodeType uint32

// The types of nodes.
const (
	Directory NodeType = iota
	RegularFile
	Link
)

// String returns "directory", "file" or "link".
func (t NodeType) String() string {
	switch t {
	case Directory:
		return "directory"
	case RegularFile:
		return "file"
	case Link:
		return "link"
	}
	return fmt.Sprintf("NodeType(%d)", uint32(t))
}

// NodeFlags are the flags of a node (DSS_FT_NODE_FLAG in
// src/common/persist/dss_file_def.h).
type NodeFlags uint32

// The flags of nodes.
const (
	FlagSystem       NodeFlags = 1 << iota // .recycle
	FlagDeleted                            // deleted while open, or waiting to be cleaned
	FlagNormal                             // all others
	FlagInvalidSpace                       // a server must read the file's blocks anew
	FlagTracked      NodeFlags = 1 << 31   // what was never written reads as zeros (INNER_INITED)
)

// Node is an entry of the file table: a directory, a file or a link. Sizes are
// in bytes.
type Node struct {
	ID        ID
	Parent    ID // [NoID] in groups that are older than this field
	Next      ID // in the same directory
	Prev      ID
	Type      NodeType
	Flags     NodeFlags
	Name      string
	FID       uint64 // number of the file, never used again; ids are
	Created   time.Time
	Updated   time.Time
	Allocated int64  // whole allocation units
	Written   int64  // the length of a file
	Inited    int64  // below, all bytes of a tracked file were written
	Version   uint64 // grows when the file is truncated
	Entry     ID     // files and links: the first block of the file space
	Children  uint32 // directories: number of entries, then the first and the last
	First     ID
	Last      ID

	recycled bool
	place    Place // of the block that it is in
}

// Length returns how many bytes of a file can be read: those that were written.
// Recycled files that were cut off a longer one have none that count as
// written, so of them it is what is allocated. Directories and links have 0.
func (n *Node) Length() int64 {
	switch {
	case n.Type != RegularFile:
		return 0
	case n.recycled && n.Written == 0:
		return n.Allocated
	}
	return n.Written
}

// Deleted reports whether a server would no longer show the node.
func (n *Node) Deleted() bool { return n.Flags&FlagDeleted != 0 }

// corrupt blames a field of the node.
func (n *Node) corrupt(field, format string, args ...any) *CorruptError {
	p := n.place
	p.Structure, p.Field = "node "+quoteName(n.Name), field
	return &CorruptError{p, fmt.Sprintf(format, args...)}
}

func quoteName(name string) string {
	if validName(name) {
		return name
	}
	return fmt.Sprintf("%q", name)
}

// validName reports whether name can be the name of a file: dss_check_name in
// src/common/dss_file.c.
func validName(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) >= nameSize {
		return false
	}
	for i := range len(name) {
		if !validNameChar(name[i]) {
			return false
		}
	}
	return true
}

func validNameChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-_.", c) >= 0
}

// parseNode reads the node id from b, 256 bytes of the block at place.
func parseNode(b []byte, id ID, place Place) (*Node, error) {
	n := &Node{
		ID: idAt(b, nodeID), Parent: idAt(b, nodeParent), Next: idAt(b, nodeNext), Prev: idAt(b, nodePrev),
		Type: NodeType(u32(b, nodeType)), Flags: NodeFlags(u32(b, nodeFlags)),
		FID: u64(b, nodeFID), Version: u64(b, nodeVersion),
		Created: time.Unix(int64(u64(b, nodeCreated)), 0), Updated: time.Unix(int64(u64(b, nodeUpdated)), 0),
		Allocated: int64(u64(b, nodeBytes)), Written: int64(u64(b, nodeWritten)), Inited: int64(u64(b, nodeMinInited)),
		place: place,
	}
	var ended bool
	if n.Name, ended = text(b[nodeName : nodeName+nameSize]); !ended {
		return nil, n.corrupt("name", "does not end")
	}
	switch {
	case n.ID != id:
		return nil, n.corrupt("id", "is %v, want %v", n.ID, id)
	case !validName(n.Name):
		return nil, n.corrupt("name", "is %q, not a name", n.Name)
	case n.Type > Link:
		return nil, n.corrupt("type", "is %d: no directory, file or link", uint32(n.Type))
	case n.Allocated < 0:
		return nil, n.corrupt("size", "is %d", uint64(n.Allocated))
	case n.Written < 0 || n.Type == RegularFile && n.Written > n.Allocated:
		return nil, n.corrupt("written_size", "is %d with %d bytes allocated", uint64(n.Written), n.Allocated)
	}
	if n.Type == Directory {
		n.Children, n.First, n.Last, n.Entry = u32(b, nodeChildren), idAt(b, nodeFirst), idAt(b, nodeLast), NoID
	} else {
		n.Entry, n.First, n.Last = idAt(b, nodeEntry), NoID, NoID
	}
	return n, nil
}
