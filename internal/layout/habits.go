// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// Limits of size. Sizes are in lines.
const (
	MaxFile     = 600 // a file, with comments
	MaxFunction = 100 // a function, from func to the closing brace
)

// Sizes finds files and functions that are too long. A table may be longer when
// a comment says why: a line "// long: reason" above the first declaration of
// the file, or in the function's comment or body.
func Sizes(f *File) []Finding {
	var found []Finding
	lines := f.Fset.File(f.AST.FileStart).LineCount()
	if lines > MaxFile && !hasMark("long:", false, above(f)...) {
		found = append(found, Finding{f.Path + ":1", "size", fmt.Sprintf("file of %d lines", lines),
			fmt.Sprintf("split it by idea; at most %d, unless it is a table and says \"// long: reason\" at its top", MaxFile)})
	}
	for _, d := range f.AST.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		n := f.Fset.Position(fn.End()).Line - f.Fset.Position(fn.Pos()).Line + 1
		if n <= MaxFunction || hasMark("long:", false, within(f, fn)...) {
			continue
		}
		found = append(found, Finding{f.pos(fn.Pos()), "size", fmt.Sprintf("func %s of %d lines", fn.Name.Name, n),
			fmt.Sprintf("give its parts names; at most %d, unless it is a table or a switch and says \"// long: reason\"", MaxFunction)})
	}
	return found
}

// above returns the comments before the first declaration that is no import.
func above(f *File) []*ast.CommentGroup {
	end := f.AST.FileEnd
	for _, d := range f.AST.Decls {
		if gen, ok := d.(*ast.GenDecl); ok && gen.Tok == token.IMPORT {
			continue
		}
		end = d.Pos()
		break
	}
	var groups []*ast.CommentGroup
	for _, g := range f.AST.Comments {
		if g.Pos() < end {
			groups = append(groups, g)
		}
	}
	return groups
}

// within returns the comments of a function and in it.
func within(f *File, fn *ast.FuncDecl) []*ast.CommentGroup {
	groups := []*ast.CommentGroup{fn.Doc}
	for _, g := range f.AST.Comments {
		if g.Pos() >= fn.Pos() && g.End() <= fn.End() {
			groups = append(groups, g)
		}
	}
	return groups
}

// NoPanic finds calls of panic outside tests. Functions whose name begins with
// Must may panic: that is what the name says.
func NoPanic(f *File) []Finding {
	if f.IsTest() {
		return nil
	}
	var found []Finding
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if fn, ok := n.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Must") {
			return false
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
				found = append(found, Finding{f.pos(call.Pos()), "no-panic", "panic", "return an error that names the operation and the object"})
			}
		}
		return true
	})
	return found
}

// NoExit finds calls that end the program, outside main packages and tests.
func NoExit(f *File) []Finding {
	if f.IsTest() || f.IsMain() {
		return nil
	}
	var found []Finding
	osName, logName := f.localName("os"), f.localName("log")
	ast.Inspect(f.AST, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if _, ok := isSelector(call.Fun, osName, "Exit"); ok {
			found = append(found, Finding{f.pos(call.Pos()), "no-exit", "os.Exit", "return an error: only the embedding program ends itself"})
		}
		if name, ok := isSelector(call.Fun, logName, "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"); ok {
			found = append(found, Finding{f.pos(call.Pos()), "no-exit", "log." + name, "return an error: only the embedding program ends itself"})
		}
		return true
	})
	return found
}

// NoSleepInTests finds time.Sleep in tests. Inside a call of synctest.Test the
// clock is false and a sleep takes no time, so it is allowed there, and in
// functions whose comment says "synctest".
func NoSleepInTests(f *File) []Finding {
	if !f.IsTest() {
		return nil
	}
	var found []Finding
	timeName, syncName := f.localName("time"), f.localName("testing/synctest")
	for _, d := range f.AST.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && strings.Contains(fn.Doc.Text(), "synctest") {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if _, bubble := isSelector(call.Fun, syncName, "Test"); bubble {
					return false
				}
			}
			if e, ok := n.(*ast.SelectorExpr); ok {
				if _, ok := isSelector(e, timeName, "Sleep"); ok {
					found = append(found, Finding{f.pos(e.Pos()), "no-sleep", "time.Sleep in a test",
						"wait for the condition (a channel, a callback, polling with a deadline) or use testing/synctest"})
				}
			}
			return true
		})
	}
	return found
}

// NoC finds imports of "C" outside the folder that holds all of them.
func NoC(f *File, home string) []Finding {
	spec := f.imports()["C"]
	if spec == nil || f.Dir() == home {
		return nil
	}
	return []Finding{{f.pos(spec.Pos()), "no-cgo", "import \"C\"", "C calls belong to " + home + ", behind a Go function"}}
}
