// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// NoInit finds init functions.
func NoInit(f *File) []Finding {
	var found []Finding
	for _, d := range f.AST.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && fn.Recv == nil && fn.Name.Name == "init" {
			found = append(found, Finding{f.pos(fn.Pos()), "no-init", "init function",
				"build the value in a constructor or in the variable's own initialiser"})
		}
	}
	return found
}

// NoPackageState finds package-level variables that could change. Allowed are
//
//   - error sentinels: Err... or err... = errors.New(...),
//   - assertions: var _ Interface = ...,
//   - tables: array, slice and map literals, what sync.OnceValue makes, and any
//     other value whose comment has a line that starts with "read-only". A table
//     must not be assigned to, have an element or field assigned to, be passed to
//     delete or clear, or, unless it is marked, have its address taken anywhere
//     in the package.
//
// files are all files of one package; test files are not judged, but their
// assignments to a table are.
func NoPackageState(files []*File) []Finding {
	var found []Finding
	tables := map[string]bool{} // name to whether it is marked
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		for _, d := range f.AST.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, s := range gen.Specs {
				spec := s.(*ast.ValueSpec)
				switch {
				case allBlank(spec.Names) || isSentinel(f, spec):
				case isMarked(f, gen, spec) || isLiteral(f, spec):
					for _, n := range spec.Names {
						tables[n.Name] = isMarked(f, gen, spec)
					}
				default:
					found = append(found, Finding{f.pos(spec.Pos()), "no-package-state",
						"package-level variable " + spec.Names[0].Name,
						"make it a field of the value that needs it; a value that never changes gets a comment line \"// read-only\", an error sentinel is Err... = errors.New(...)"})
				}
			}
		}
	}
	if len(tables) > 0 {
		found = append(found, tableWrites(files, tables)...)
	}
	return found
}

func allBlank(names []*ast.Ident) bool {
	for _, n := range names {
		if n.Name != "_" {
			return false
		}
	}
	return true
}

// isMarked reports whether a comment above, behind or at the start of the
// variable says read-only.
func isMarked(f *File, gen *ast.GenDecl, spec *ast.ValueSpec) bool {
	if hasMark("read-only", true, spec.Doc, spec.Comment) || len(gen.Specs) == 1 && hasMark("read-only", true, gen.Doc) {
		return true
	}
	line := f.Fset.Position(spec.Pos()).Line
	for _, g := range f.AST.Comments {
		if f.Fset.Position(g.Pos()).Line == line && hasMark("read-only", true, g) {
			return true
		}
	}
	return false
}

// isLiteral reports whether all values of spec are literals of arrays, slices or
// maps, or sync.OnceValue: nothing that hides a lock or a counter.
func isLiteral(f *File, spec *ast.ValueSpec) bool {
	if len(spec.Values) != len(spec.Names) {
		return false
	}
	for _, v := range spec.Values {
		if call, ok := v.(*ast.CallExpr); ok {
			if _, ok := isSelector(call.Fun, f.localName("sync"), "OnceValue", "OnceValues"); ok {
				continue
			}
		}
		lit, ok := v.(*ast.CompositeLit)
		if !ok {
			return false
		}
		switch lit.Type.(type) {
		case *ast.ArrayType, *ast.MapType:
		default:
			return false
		}
	}
	return true
}

func isSentinel(f *File, spec *ast.ValueSpec) bool {
	if len(spec.Values) != len(spec.Names) {
		return false
	}
	for i, n := range spec.Names {
		call, ok := spec.Values[i].(*ast.CallExpr)
		if !ok || !(strings.HasPrefix(n.Name, "Err") || strings.HasPrefix(n.Name, "err")) {
			return false
		}
		if _, ok := isSelector(call.Fun, f.localName("errors"), "New"); !ok {
			return false
		}
	}
	return true
}

// tableWrites finds changes to package-level tables. go/types tells a table
// from a local variable of the same name.
func tableWrites(files []*File, tables map[string]bool) []Finding {
	var found []Finding
	for _, group := range packages(files) {
		info := resolve(group)
		isTable := func(e ast.Expr) (string, bool) { return rootTable(info, e, tables) }
		for _, f := range group {
			report := func(pos token.Pos, name, what string) {
				found = append(found, Finding{f.pos(pos), "no-package-state", fmt.Sprintf("read-only table %s is %s", name, what),
					"copy it first, or make it a field of a value"})
			}
			ast.Inspect(f.AST, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					for _, lhs := range n.Lhs {
						if name, ok := isTable(lhs); ok && n.Tok != token.DEFINE {
							report(lhs.Pos(), name, "assigned to")
						}
					}
				case *ast.IncDecStmt:
					if name, ok := isTable(n.X); ok {
						report(n.Pos(), name, "assigned to")
					}
				case *ast.UnaryExpr:
					if name, ok := isTable(n.X); ok && n.Op == token.AND && !tables[name] {
						report(n.Pos(), name, "given away by address")
					}
				case *ast.CallExpr:
					id, ok := n.Fun.(*ast.Ident)
					if ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
						if name, ok := isTable(n.Args[0]); ok {
							report(n.Pos(), name, "emptied")
						}
					}
				}
				return true
			})
		}
	}
	return found
}

// packages splits the files of a folder by package name: foo and foo_test.
func packages(files []*File) map[string][]*File {
	m := map[string][]*File{}
	for _, f := range files {
		m[f.AST.Name.Name] = append(m[f.AST.Name.Name], f)
	}
	return m
}

// resolve finds what each name of the package means. Imports cannot be seen, so
// there are type errors; names are resolved nevertheless.
func resolve(files []*File) *types.Info {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Error: func(error) {}, Importer: noImports{}, FakeImportC: true}
	trees := make([]*ast.File, len(files))
	for i, f := range files {
		trees[i] = f.AST
	}
	_, _ = conf.Check("p", files[0].Fset, trees, info) // type errors are expected
	return info
}

// noImports is an importer that has nothing.
type noImports struct{}

// Import always fails.
func (noImports) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("layout: %s is not loaded", path)
}

// rootTable returns the table that e, a chain of indexes, fields and
// dereferences, starts at.
func rootTable(info *types.Info, e ast.Expr, tables map[string]bool) (string, bool) {
	for {
		switch x := e.(type) {
		case *ast.ParenExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.Ident:
			obj, _ := info.Uses[x].(*types.Var)
			if _, known := tables[x.Name]; !known || obj == nil || obj.Pkg() == nil || obj.Parent() != obj.Pkg().Scope() {
				return "", false
			}
			return x.Name, true
		default:
			return "", false
		}
	}
}
