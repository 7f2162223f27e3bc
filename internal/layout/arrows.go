// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"context"
	"fmt"
	"os/exec"
	"sort"
	"strings"
)

// Arrow says what a package may import besides the standard library.
type Arrow struct {
	Package string   // folder, relative to the root
	May     []string // folders of this module, or import paths of others; a path that ends in "/..." covers all below
}

// Arrows finds imports that no arrow allows, in files that are no tests. Below
// the folders in free anything goes. A package that has no arrow and is not
// free is a finding too: the map must stay complete.
func Arrows(module string, arrows []Arrow, free []string, files []*File) []Finding {
	byDir := make(map[string]Arrow, len(arrows))
	for _, a := range arrows {
		byDir[a.Package] = a
	}
	var found []Finding
	reported := map[string]bool{}
	for _, f := range files {
		if f.IsTest() || isBelow(f.Dir(), free) {
			continue
		}
		arrow, ok := byDir[f.Dir()]
		if !ok {
			if !reported[f.Dir()] {
				found = append(found, Finding{f.pos(f.AST.Package), "arrows", "package " + f.Dir() + " is not in the map of imports",
					"say in layout_test.go what it may import, after asking whether it must be a package of its own"})
			}
			reported[f.Dir()] = true
			continue
		}
		for p, spec := range f.imports() {
			if p == "C" || isStandard(p) || allowed(module, arrow.May, p) {
				continue
			}
			found = append(found, Finding{f.pos(spec.Pos()), "arrows", f.Dir() + " imports " + p,
				"dependencies point downwards: define the interface here and implement it over there, or move the code"})
		}
	}
	return found
}

func isBelow(dir string, parents []string) bool {
	for _, p := range parents {
		if dir == p || strings.HasPrefix(dir, p+"/") {
			return true
		}
	}
	return false
}

func allowed(module string, may []string, importPath string) bool {
	own, isOwn := strings.CutPrefix(importPath, module+"/")
	for _, m := range may {
		target := importPath
		if isOwn {
			target = own
		}
		if all, ok := strings.CutSuffix(m, "/..."); ok {
			if target == all || strings.HasPrefix(target, all+"/") {
				return true
			}
		} else if target == m {
			return true
		}
	}
	return false
}

// Deps returns the import paths outside the standard library that the packages
// in dir need, tests aside, directly or not. It runs "go list -deps" in root.
func Deps(ctx context.Context, root, dir string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./"+dir)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("layout: go list -deps ./%s: %w", dir, err)
	}
	deps := strings.Fields(string(out))
	sort.Strings(deps)
	return deps, nil
}

// Foreign returns findings for those deps of the package in dir that are in
// none of the allowed folders of module: what a value package would make its
// users compile.
func Foreign(module, dir string, allowedDirs, deps []string) []Finding {
	var found []Finding
	for _, d := range deps {
		own, isOwn := strings.CutPrefix(d, module+"/")
		if isOwn && (own == dir || isBelow(own, allowedDirs)) {
			continue
		}
		found = append(found, Finding{dir, "deps", "needs " + d,
			"a value package must not make its users compile anything but the standard library: move the user of that import elsewhere"})
	}
	return found
}
