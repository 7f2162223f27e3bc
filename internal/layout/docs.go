// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"bytes"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// licence is how every Go file and script begins.
const licence = "Copyright 2026 The gausskit Authors\nSPDX-License-Identifier: Apache-2.0\n"

// Licence finds Go files that do not begin with the two licence lines, followed
// by an empty line so that they do not become documentation.
func Licence(f *File) []Finding {
	want := "// " + strings.Replace(licence, "\n", "\n// ", 1) + "\n"
	if bytes.HasPrefix(f.Src, []byte(want)) {
		return nil
	}
	return []Finding{{f.Path + ":1", "licence", "no licence lines",
		"begin the file with the two licence lines of doc.go and an empty line"}}
}

// ScriptLicence finds scripts (files that begin with "#!") without the licence
// lines right below.
func ScriptLicence(t Text) []Finding {
	if !bytes.HasPrefix(t.Src, []byte("#!")) {
		return nil
	}
	_, rest, _ := bytes.Cut(t.Src, []byte("\n"))
	if bytes.HasPrefix(rest, []byte("# "+strings.Replace(licence, "\n", "\n# ", 1))) {
		return nil
	}
	return []Finding{{t.Path + ":2", "licence", "no licence lines", "put the two licence lines below the first line, as in .ci/run"}}
}

// vagueNames say nothing about what a package holds.
var vagueNames = []string{"util", "utils", "common", "base", "helper", "helpers", "misc", "shared", "manager"}

// PackageComments finds packages that do not have exactly one package comment,
// or one that does not begin as go doc wants, or a name that says nothing.
// files are all files of the tree.
func PackageComments(files []*File) []Finding {
	type pkg struct {
		first *File
		docs  []*File
	}
	pkgs := map[string]*pkg{}
	var order []string
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		p := pkgs[f.Dir()]
		if p == nil {
			p = &pkg{first: f}
			pkgs[f.Dir()] = p
			order = append(order, f.Dir())
		}
		if f.AST.Doc != nil {
			p.docs = append(p.docs, f)
		}
	}
	var found []Finding
	for _, dir := range order {
		p := pkgs[dir]
		name := p.first.AST.Name.Name
		add := func(f *File, what, advice string) {
			found = append(found, Finding{f.pos(f.AST.Package), "package-comment", what, advice})
		}
		for _, vague := range vagueNames {
			if name == vague {
				add(p.first, "package "+name, "name the package after what it holds")
			}
		}
		switch {
		case len(p.docs) == 0:
			add(p.first, "package "+name+" has no package comment", "write a doc.go: what it is, what it promises, what it does not")
		case len(p.docs) > 1:
			add(p.docs[1], "package "+name+" has a second package comment", "keep the one in doc.go; put an empty line below other comments above the package clause")
		case name != "main" && !strings.HasPrefix(p.docs[0].AST.Doc.Text(), "Package "+name+" "):
			add(p.docs[0], "package comment does not begin with \"Package "+name+"\"", "go doc shows the first sentence alone")
		}
	}
	return found
}

// Documented finds exported names without a comment: functions, methods of
// exported types, types, methods of interfaces, constants and variables. A
// comment on a group of constants or variables covers the group, the comment on
// an interface its only method and those it names, the comment on a struct its
// fields.
func Documented(f *File) []Finding {
	if f.IsTest() || f.IsMain() {
		return nil
	}
	var found []Finding
	add := func(pos token.Pos, what string) {
		found = append(found, Finding{f.pos(pos), "documented", what + " has no comment",
			"say what it is or does, with units, ranges and errors"})
	}
	for _, d := range f.AST.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && receiverExported(d) && d.Doc.Text() == "" {
				add(d.Pos(), "func "+d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if !s.Name.IsExported() {
						continue
					}
					if s.Doc.Text() == "" && s.Comment.Text() == "" && (d.Doc.Text() == "" || len(d.Specs) > 1) {
						add(s.Pos(), "type "+s.Name.Name)
					}
					documentedMethods(s, s.Doc.Text()+d.Doc.Text(), add)
				case *ast.ValueSpec:
					if d.Doc.Text() != "" || s.Doc.Text() != "" || s.Comment.Text() != "" {
						continue
					}
					for _, n := range s.Names {
						if n.IsExported() {
							add(n.Pos(), d.Tok.String()+" "+n.Name)
						}
					}
				}
			}
		}
	}
	return found
}

func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// documentedMethods judges the methods of an interface. A method may be
// described in doc, the comment on the interface.
func documentedMethods(s *ast.TypeSpec, doc string, add func(token.Pos, string)) {
	t, ok := s.Type.(*ast.InterfaceType)
	if !ok || len(t.Methods.List) < 2 {
		return
	}
	for _, method := range t.Methods.List {
		for _, n := range method.Names {
			if n.IsExported() && method.Doc.Text() == "" && method.Comment.Text() == "" && !mentions(doc, n.Name) {
				add(n.Pos(), s.Name.Name+"."+n.Name)
			}
		}
	}
}

// mentions reports whether text has the word name.
func mentions(text, name string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), name)
}

// machineMarks are parts of paths that exist on one developer's machine only.
// Written in two halves, so that this file does not hold them.
var machineMarks = []string{"/wo" + "rk/main", "/wo" + "rk/shared", "/wo" + "rk/.", "/tm" + "p/h/", "/tm" + "p/bash_jobs"}

// MachinePaths finds paths of a developer's machine in a file of any kind.
func MachinePaths(path string, src []byte) []Finding {
	var found []Finding
	for i, line := range bytes.Split(src, []byte("\n")) {
		for _, mark := range machineMarks {
			if bytes.Contains(line, []byte(mark)) {
				found = append(found, Finding{path + ":" + strconv.Itoa(i+1), "machine-path", "holds " + mark,
					"use t.TempDir, testdata, or a path relative to the repository"})
			}
		}
	}
	return found
}
