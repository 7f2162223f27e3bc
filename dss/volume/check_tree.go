// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// branch is a directory that is still to be read.
type branch struct {
	dir  *Node
	path string
}

// tree checks all directories and what is in them.
func (c *checker) tree() {
	c.done.Directories++
	todo := []branch{{c.g.root.dir, "+" + c.g.head.group}}
	recycle := false
	for len(todo) > 0 && !c.over() {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range c.directory(next) {
			if recycle = recycle || n.ID == c.g.core.recycle; n.Type == Directory {
				todo = append(todo, branch{n, next.path + "/" + n.Name})
			}
		}
	}
	if !recycle && !c.over() {
		c.fault("", c.g.devices[0].corrupt(offCore, "core control", "au_root.free_root", "is %v: no directory in the tree", c.g.core.recycle))
	}
}

// directory checks one directory and its files, and returns its directories.
func (c *checker) directory(b branch) []*Node {
	var dirs []*Node
	names := map[string]ID{}
	list := chain{c: c, b: b, prev: NoID}
	for n, err := range c.g.Entries(b.dir) {
		if c.over() {
			return nil
		}
		if err != nil {
			c.fault(b.path, err)
			list.broken = true
			continue
		}
		path := b.path + "/" + n.Name
		list.next(n, path)
		if !c.claim(unitTable, n.ID, sizeTable, path, n.fieldPlace("id")) {
			continue
		}
		if !n.Deleted() && !n.recycled { // of those, several can have one name
			if other, known := names[n.Name]; known {
				c.fault(path, n.corrupt("name", "is that of %v, too", other))
			}
			names[n.Name] = n.ID
		}
		c.count(n)
		if n.Type == Directory {
			dirs = append(dirs, n)
			continue
		}
		c.content(n, path)
	}
	if !c.over() {
		list.end()
	}
	return dirs
}

func (c *checker) count(n *Node) {
	switch {
	case n.recycled:
		c.done.Recycled++
	case n.Deleted():
		c.done.Deleted++
	case n.Type == Directory:
		c.done.Directories++
	case n.Type == RegularFile:
		c.done.Files++
	default:
		c.done.Links++
	}
}

// chain checks that the list of a directory's entries can be walked both ways.
type chain struct {
	c      *checker
	b      branch
	prev   ID
	last   *Node
	broken bool // entries are missing, so neighbours cannot be compared
}

func (l *chain) next(n *Node, path string) {
	if !l.broken && n.Prev != l.prev {
		l.c.fault(path, n.corrupt("prev", "is %v, want %v", n.Prev, l.prev))
	}
	l.prev, l.last = n.ID, n
}

func (l *chain) end() {
	if l.broken {
		return
	}
	if l.last != nil && l.last.Next != NoID {
		l.c.fault(l.b.path, l.last.corrupt("next", "is %v behind the last of %d entries", l.last.Next, l.b.dir.Children))
	}
	if l.b.dir.Last != l.prev {
		l.c.fault(l.b.path, l.b.dir.corrupt("items.last", "is %v, the last entry is %v", l.b.dir.Last, l.prev))
	}
}

// content checks the blocks of a file or link, and where a link leads.
func (c *checker) content(n *Node, path string) {
	auSize := c.g.core.auSize
	if n.Allocated%auSize != 0 {
		c.fault(path, n.corrupt("size", "is %d, want a multiple of %d", n.Allocated, auSize))
	}
	if n.Entry == NoID && n.Allocated == 0 {
		return // being made or unmade
	}
	units, whole := c.space(n, path)
	if whole && units != n.Allocated/auSize {
		c.fault(path, n.corrupt("size", "is %d, %d allocation units of %d belong to it", n.Allocated, units, auSize))
	}
	if n.Type == Link && whole && units > 0 && !n.recycled {
		c.link(n, path)
	}
}

// space claims the blocks and units of a file. It returns the number of units,
// and whether all could be read. A block is claimed before it is read, so that
// none is read twice, however many slots lead to it.
func (c *checker) space(n *Node, path string) (units int64, whole bool) {
	entry := c.block(n.Entry, n, indexEntry, n.fieldPlace("entry"), path)
	if entry == nil {
		return 0, false
	}
	whole = true
	for i := range entry.used() {
		if c.over() {
			return units, false
		}
		second := c.block(entry.slot(i), n, i, entry.slotPlace(i), path)
		if second == nil {
			whole = false
			continue
		}
		if used := second.used(); used < spaceSlots && i < entry.used()-1 && !n.recycled {
			p := second.place
			p.Field = "used_num"
			c.fault(path, &CorruptError{p, fmt.Sprintf("is %d of %d in a block that is not the last", used, spaceSlots)})
		}
		for j := range second.used() {
			whole = c.unit(n, second, j, path) && whole
			units++
		}
	}
	return units, whole
}

// block claims and reads a block of the file space, nil if that is not possible.
func (c *checker) block(id ID, n *Node, index int, at Place, path string) *spaceBlock {
	_, _, err := c.g.locate(id, sizeSpace, "file space block", at)
	if err == nil && !c.claim(unitSpace, id, sizeSpace, path, at) {
		return nil
	}
	var s *spaceBlock
	if err == nil {
		s, err = c.g.readSpace(id, n, index, at)
	}
	if err != nil {
		c.fault(path, err)
		return nil
	}
	return s
}

// unit claims one allocation unit of a file.
func (c *checker) unit(n *Node, second *spaceBlock, j int, path string) bool {
	id, at := second.slot(j), second.slotPlace(j)
	if id.Item()&itemAux != 0 && id < initID && n.Flags&FlagTracked != 0 {
		_, _, err := c.g.locate(id.block(), sizeAux, "auxiliary block", at)
		if err == nil && !c.claim(unitAux, id.block(), sizeAux, path, at) {
			return false
		}
		var aux *auxBlock
		if err == nil {
			aux, err = c.g.readAux(id, n, j, at)
		}
		if err != nil {
			c.fault(path, err)
			return false
		}
		id, at = aux.data, aux.place
	}
	if _, _, err := c.g.locate(id, c.g.core.auSize, "data", at); err != nil {
		c.fault(path, err)
		return false
	}
	return c.claim(unitData, id.unit(), c.g.core.auSize, path, at)
}

// maxFollowed is how many links a check follows: each is a walk from the root.
const maxFollowed = 1000

// link warns of a link that leads nowhere; what it says must be a path.
func (c *checker) link(n *Node, path string) {
	target, err := c.g.LinkTarget(n)
	if err != nil {
		c.fault(path, err)
		return
	}
	if c.followed++; c.followed > maxFollowed {
		return
	}
	name, err := c.g.inGroup(target)
	if err != nil || n.Deleted() {
		return // another group's
	}
	if !strings.Contains("/"+name+"/", "/"+recycleName+"/") {
		_, err = c.fs.Stat(name)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrLinkLoop) || errors.Is(err, fs.ErrInvalid) {
		c.warn(path, &NoticeError{n.fieldPlace("target"), "is " + target + ", which is not there"})
	}
}
