// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// File is one parsed Go file.
type File struct {
	Path string // relative to the root, with slashes
	Src  []byte
	AST  *ast.File
	Fset *token.FileSet
}

// Text is a file of the tree that is not Go: a script, a page, a fixture.
type Text struct {
	Path string
	Src  []byte
}

// Finding is one breach of a rule.
type Finding struct {
	Pos    string // path:line
	Rule   string // name of the rule
	What   string // what is there
	Advice string // what to do instead
}

// String returns "path:line: what (rule): advice".
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s (%s): %s", f.Pos, f.What, f.Rule, f.Advice)
}

// Dir returns the folder of the file, "." for the root.
func (f *File) Dir() string { return path.Dir(f.Path) }

// IsTest reports whether the file is compiled into tests only.
func (f *File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// IsMain reports whether the file belongs to a program.
func (f *File) IsMain() bool { return f.AST.Name.Name == "main" }

// pos writes a position as path:line.
func (f *File) pos(p token.Pos) string {
	return f.Path + ":" + strconv.Itoa(f.Fset.Position(p).Line)
}

// ParseFile parses src as the file at path. The files of one package must share
// fset.
func ParseFile(fset *token.FileSet, path string, src []byte) (*File, error) {
	tree, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("layout: parse %s: %w", path, err)
	}
	return &File{Path: path, Src: src, AST: tree, Fset: fset}, nil
}

// Load reads the tree below root: all Go files, nested modules included, and
// all other text files. Folders named testdata, vendor and bin and hidden
// folders hold no Go of ours; of these only testdata and .ci are read, as text.
func Load(root string) ([]*File, []Text, error) {
	var files []*File
	var texts []Text
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && rel != ".ci" && strings.HasPrefix(d.Name(), ".") || rel == "bin" || d.Name() == "vendor" {
				return filepath.SkipDir
			}
			return nil
		}
		if rel == ".git" { // the pointer of a linked work tree, no part of the repository
			return nil
		}
		if !d.Type().IsRegular() || strings.HasSuffix(rel, ".out") || strings.HasSuffix(rel, ".prof") || strings.HasSuffix(rel, ".test") {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if strings.HasSuffix(rel, ".go") && !inTestdata(rel) {
			f, err := ParseFile(fset, rel, src)
			if err != nil {
				return err
			}
			files = append(files, f)
			return nil
		}
		texts = append(texts, Text{Path: rel, Src: src})
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("layout: load the tree: %w", err)
	}
	return files, texts, nil
}

func inTestdata(rel string) bool {
	return strings.HasPrefix(rel, "testdata/") || strings.Contains(rel, "/testdata/")
}

// imports returns the import specs of f by path.
func (f *File) imports() map[string]*ast.ImportSpec {
	specs := make(map[string]*ast.ImportSpec, len(f.AST.Imports))
	for _, spec := range f.AST.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			specs[p] = spec
		}
	}
	return specs
}

// localName returns the name under which f uses the import path, or "" when it
// does not import it.
func (f *File) localName(importPath string) string {
	spec := f.imports()[importPath]
	switch {
	case spec == nil:
		return ""
	case spec.Name != nil:
		return spec.Name.Name
	default:
		return path.Base(importPath)
	}
}

// isSelector reports whether e is pkg.Name for one of names; an empty list
// means any name.
func isSelector(e ast.Expr, pkg string, names ...string) (string, bool) {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || pkg == "" {
		return "", false
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok || id.Name != pkg {
		return "", false
	}
	if len(names) == 0 {
		return sel.Sel.Name, true
	}
	for _, n := range names {
		if sel.Sel.Name == n {
			return n, true
		}
	}
	return "", false
}

// hasMark reports whether one of the comment groups has a line that starts with
// mark and says something after it, or is mark alone when alone is true.
func hasMark(mark string, alone bool, groups ...*ast.CommentGroup) bool {
	for _, g := range groups {
		if g == nil {
			continue
		}
		for _, c := range g.List {
			rest, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(c.Text, "//")), mark)
			if ok && (alone || strings.TrimSpace(rest) != "") {
				return true
			}
		}
	}
	return false
}
