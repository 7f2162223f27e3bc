// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import "iter"

// recycleName is the directory of deleted files, DSS_RECYLE_DIR_NAME.
const recycleName = ".recycle"

// Root returns the root directory, which is named as the group.
func (g *Group) Root() *Node { return g.root.dir }

// Recycle returns the directory of the deleted files, whose blocks are taken
// again when space is needed.
func (g *Group) Recycle() (*Node, error) {
	at := g.devices[0].place(offCore, "core control", "au_root.free_root")
	n, err := g.node(g.core.recycle, at)
	if err != nil {
		return nil, err
	}
	if n.Type != Directory {
		return nil, n.corrupt("type", "is %v: %v names it as the recycle area", n.Type, at)
	}
	return n, nil
}

// Entries yields the entries of a directory in the order of their list, with
// deleted ones and .recycle. Where the list is broken it yields an error and goes
// on from the list's other end. Every entry is yielded once.
func (g *Group) Entries(dir *Node) iter.Seq2[*Node, error] {
	return func(yield func(*Node, error) bool) {
		if dir.Type != Directory {
			yield(nil, dir.corrupt("type", "is %v: no entries", dir.Type))
			return
		}
		w := &walk{g: g, dir: dir, seen: idSet{}, yield: yield}
		if end, more := w.forward(); more && w.left > 0 {
			w.backward(end)
		}
	}
}

// walk is one reading of a directory.
type walk struct {
	g     *Group
	dir   *Node
	seen  idSet
	left  uint32 // entries that were not seen yet
	yield func(*Node, error) bool
}

// forward follows the list from its first entry. It returns false if the
// caller wants no more, or there is no more.
func (w *walk) forward() (end ID, more bool) {
	at := w.dir.fieldPlace("items.first")
	id := w.dir.First
	for w.left = w.dir.Children; w.left > 0; w.left-- {
		n, err := w.step(id, at)
		if err != nil {
			return id, w.yield(nil, err)
		}
		if !w.yield(n, nil) {
			return id, false
		}
		at, id = n.fieldPlace("next"), n.Next
	}
	return id, false
}

// backward follows the list from its last entry to where forward had to stop.
// What is wrong with the list was said already.
func (w *walk) backward(broken ID) {
	at := w.dir.fieldPlace("items.last")
	for id := w.dir.Last; w.left > 0 && id != broken && id != NoID; w.left-- {
		n, err := w.step(id, at)
		if err != nil || !w.yield(n, nil) {
			return
		}
		at, id = n.fieldPlace("prev"), n.Prev
	}
}

// step reads an entry. Its errors end the list in this direction; an entry of
// another directory does, too, or many directories could share one long list.
func (w *walk) step(id ID, at Place) (*Node, error) {
	if id == NoID {
		return nil, &CorruptError{at, "the list ends, " + itoa(w.left) + " of " + itoa(w.dir.Children) + " entries are missing"}
	}
	n, err := w.g.node(id, at)
	switch {
	case err != nil:
		return nil, err
	case !w.seen.add(id, uint32(w.g.core.auSize/sizeTable)):
		return nil, &CorruptError{at, "is " + id.String() + ": the list is a loop"}
	case n.Parent != w.dir.ID && n.Parent != NoID:
		return nil, n.corrupt("parent", "is %v, it is listed in %v, %s", n.Parent, w.dir.ID, quoteName(w.dir.Name))
	case n.Parent == NoID && !w.g.claim(id, w.dir.ID):
		return nil, n.corrupt("parent", "is none, and two directories list it")
	}
	return n, nil
}

// claim notes the directory that lists a node which does not name its parent,
// and reports whether it is the same as before: otherwise the tree could have
// loops.
func (g *Group) claim(id, parent ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if p, known := g.parent[id]; known {
		return p == parent
	}
	g.parent[id] = parent
	return true
}

// fieldPlace is the place of a field of the node.
func (n *Node) fieldPlace(field string) Place {
	p := n.place
	p.Structure, p.Field = "node "+quoteName(n.Name), field
	return p
}

// hidden reports whether servers hide an entry from all but the listing of the
// root.
func (g *Group) hidden(n *Node) bool { return n.Deleted() || n.ID == g.core.recycle }
