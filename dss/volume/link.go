// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"fmt"
	"path"
	"strings"
)

// maxLinks is how many links are followed for one name.
const maxLinks = 40

// LinkTarget returns where a link leads: "+group/dir/file", which need not
// exist. DSS keeps it at the start of the link's first allocation unit
// (dss_write_link_file in src/common/dss_file.c).
func (g *Group) LinkTarget(n *Node) (string, error) {
	if n.Type != Link {
		return "", n.corrupt("type", "is %v, want link", n.Type)
	}
	m := mapping{g: g, n: n}
	e, err := m.at(0, linkSize)
	if err != nil {
		return "", err
	}
	b := make([]byte, linkSize)
	if e.device != nil {
		if err := e.device.read(b[:e.n], e.off, "link"); err != nil {
			return "", err
		}
	}
	target, ok := text(b)
	switch {
	case !ok:
		return "", e.corrupt("does not end within %d bytes", linkSize)
	case !validTarget(target):
		return "", e.corrupt("is %.80q, not a path", target)
	}
	return target, nil
}

func (e extent) corrupt(format string, args ...any) error {
	if e.device == nil {
		return &CorruptError{Place{Volume: -1, Structure: "link"}, "was never written"}
	}
	return e.device.corrupt(e.off, "link", "target", format, args...)
}

// validTarget reports whether target begins with a group and has only the
// characters that paths have.
func validTarget(target string) bool {
	if len(target) < 2 || target[0] != '+' {
		return false
	}
	for i := 1; i < len(target); i++ {
		if target[i] != '/' && !validNameChar(target[i]) {
			return false
		}
	}
	return true
}

// inGroup turns "+group/dir/file" into "dir/file".
func (g *Group) inGroup(target string) (string, error) {
	group, rest, _ := strings.Cut(strings.TrimPrefix(target, "+"), "/")
	if group != g.head.group {
		return "", fmt.Errorf("%w: %s", ErrOtherGroup, target)
	}
	return path.Join(".", rest), nil
}

// relative returns target as seen from the directory dir; both are rooted at
// the group's root.
func relative(dir, target string) string {
	from, to := split(dir), split(target)
	for len(from) > 0 && len(to) > 0 && from[0] == to[0] {
		from, to = from[1:], to[1:]
	}
	return path.Join(strings.Repeat("../", len(from)), path.Join(to...), ".")
}

func split(name string) []string {
	if name == "." || name == "" {
		return nil
	}
	return strings.Split(name, "/")
}
