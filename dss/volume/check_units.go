// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

// unitKind is what an allocation unit is used for.
type unitKind int

const (
	unitRedo unitKind = iota
	unitTable
	unitSpace
	unitAux
	unitData
)

// String names what is in such a unit.
func (k unitKind) String() string {
	return [...]string{"redo log", "file table", "file space", "auxiliary blocks", "data"}[k]
}

// unitUse is what is known of an allocation unit: what is in it, and which
// blocks of it were seen.
type unitUse struct {
	kind unitKind
	seen []uint64
}

// claim notes that the block id, of size bytes, is used, and reports the fault
// if it cannot be: its unit was never handed out, or is used for something else,
// or the block was seen before. Then it returns false.
func (c *checker) claim(kind unitKind, id ID, size int64, path string, at Place) bool {
	bad := func(reason string) bool {
		c.fault(path, &CorruptError{at, "is " + id.String() + ": " + reason})
		return false
	}
	if id.Volume() >= maxVolumes {
		return bad("the group has no such volume")
	}
	auSize := c.g.core.auSize
	if int64(id.AU()) >= c.g.core.attrs[id.Volume()].hwm/auSize {
		return bad("behind the high-water mark of the volume")
	}
	u := c.units[id.unit()]
	if u == nil {
		u = &unitUse{kind, make([]uint64, (auSize/size+63)/64)}
		c.units[id.unit()] = u
	}
	if u.kind != kind {
		return bad("the allocation unit has " + u.kind.String() + ", too")
	}
	if int(id.Block()/64) >= len(u.seen) {
		return bad("behind the end of the allocation unit")
	}
	word, bit := &u.seen[id.Block()/64], uint64(1)<<(id.Block()%64)
	if *word&bit != 0 {
		return bad("used twice")
	}
	*word |= bit
	return true
}

// account counts the units that belong to nothing, on the volumes that were
// given.
func (c *checker) account() {
	c.done.Units = int64(len(c.units))
	for i, def := range c.g.volumes.defs {
		if def.state != VolumeFree && c.g.devices[i] != nil {
			c.done.Unclaimed += max(0, c.g.core.attrs[i].hwm/c.g.core.auSize-int64(c.g.core.firstUnit()))
		}
	}
	for id := range c.units {
		if c.g.devices[id.Volume()] != nil {
			c.done.Unclaimed--
		}
	}
	c.done.Unclaimed = max(0, c.done.Unclaimed)
}
