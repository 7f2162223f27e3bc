// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import "fmt"

// VolumeState is what a group does with a volume (volume_slot_e in
// src/common/persist/dss_ctrl_def.h).
type VolumeState int

// The states. Data is only on volumes in use; the others are seen when a server
// ended while it changed the group, and it undoes the change when it starts.
const (
	VolumeFree VolumeState = iota // an empty slot
	VolumeInUse
	VolumePreparing
	VolumeAdding
	VolumeRemoving
	VolumeReplacing
)

// String returns the state in words.
func (s VolumeState) String() string {
	switch s {
	case VolumeFree:
		return "free"
	case VolumeInUse:
		return "in use"
	case VolumePreparing:
		return "preparing"
	case VolumeAdding:
		return "adding"
	case VolumeRemoving:
		return "removing"
	case VolumeReplacing:
		return "replacing"
	}
	return fmt.Sprintf("VolumeState(%d)", int(s))
}

// Volume is one volume of a group. Sizes are in bytes.
type Volume struct {
	ID        int
	Path      string // where the group's servers find it
	Device    string // the name it was opened by, "" if it was not given
	State     VolumeState
	Size      int64 // as the group knows it
	HighWater int64 // everything from here on was never handed out
	Free      int64 // behind the high-water mark; recycled files are not counted
}

// volumeControl lists the volumes of a group, by id.
type volumeControl struct {
	version uint64
	defs    [maxVolumes]volumeDef
}

type volumeDef struct {
	id    int
	state VolumeState
	path  string
}

func parseVolumes(d *device, b []byte, off int64) (*volumeControl, error) {
	v := &volumeControl{version: u64(b, volsVersion)}
	for i := range v.defs {
		at := volsDefs + i*defSize
		packed := u64(b, at)
		def := volumeDef{id: int(packed & 0xffff), state: VolumeState(packed >> 16 & 7)}
		if def.state == VolumeFree {
			continue
		}
		bad := func(field, format string, args ...any) (*volumeControl, error) {
			return nil, d.corrupt(off+int64(at), fmt.Sprintf("volume control: defs[%d]", i), field, format, args...)
		}
		if def.state > VolumeReplacing {
			return bad("flag", "is %d, want at most %d", int(def.state), int(VolumeReplacing))
		}
		if def.id != i {
			return bad("id", "is %d", def.id)
		}
		var ok bool
		if def.path, ok = text(b[at+defName : at+defName+pathSize]); !ok || def.path == "" {
			return bad("name", "is %q: no path", def.path)
		}
		v.defs[i] = def
	}
	if v.defs[0].state == VolumeFree {
		return nil, d.corrupt(off+volsDefs, "volume control: defs[0]", "flag", "says that the entry volume is not in use")
	}
	return v, nil
}
