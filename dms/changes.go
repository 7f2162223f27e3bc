// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

// Change is one parameter whose value differs between two settings.
type Change struct {
	Param    Param
	Old, New string
}

// Changes lists the parameters that differ, in the order of their names;
// [Param.Apply] says when each takes effect. Spellings of the same value are no
// change: "on" and "true", 64MB and 65536, or a URL with blanks.
func Changes(old, new Settings, r Release) []Change {
	var changes []Change
	for p := range Params(r) {
		if a, b := old.Text(p.Name, r), new.Text(p.Name, r); !p.same(a, b) {
			changes = append(changes, Change{p, a, b})
		}
	}
	return changes
}

// ApplyOf returns the latest moment at which one of the changes takes effect.
func ApplyOf(changes []Change) Apply {
	latest := ApplyReload
	for _, c := range changes {
		latest = max(latest, c.Param.Apply)
	}
	return latest
}
