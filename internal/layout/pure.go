// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// impureImports maps import paths to what is wrong with them. A path also
// covers the paths below it unless it ends in "$".
var impureImports = map[string]string{
	"C":             "C code",
	"bufio":         "I/O",
	"context":       "waiting",
	"crypto/rand":   "randomness",
	"database/sql":  "I/O",
	"embed":         "I/O",
	"expvar":        "state",
	"flag":          "state",
	"io/fs":         "I/O",
	"io/ioutil":     "I/O",
	"log":           "a log",
	"math/rand":     "randomness",
	"net$":          "I/O",
	"net/http":      "I/O",
	"net/rpc":       "I/O",
	"net/smtp":      "I/O",
	"net/textproto": "I/O",
	"os":            "I/O",
	"path/filepath": "the file system of this machine",
	"plugin":        "I/O",
	"runtime":       "the running program",
	"sync":          "goroutines",
	"syscall":       "I/O",
	"testing":       "test code",
	"unsafe":        "unchecked memory",
}

// clockNames are the functions of package time that read or use a clock.
var clockNames = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "NewTimer", "NewTicker", "Tick"}

const pureAdvice = "hand the fact in as a value and give the deed back as a value; the shell around the pure files acts"

// Pure finds in f what a pure file must not have: a clock, a goroutine, a
// channel, a select, an import that does I/O or chance or logs, printing, and
// imports from outside the standard library that are not among values: import
// paths of packages that hold plain values. Of package sync, OnceValue and its
// kind are allowed, for tables that are built when they are first used.
func Pure(f *File, values ...string) []Finding {
	var found []Finding
	add := func(pos token.Pos, what string) {
		found = append(found, Finding{f.pos(pos), "pure", what, pureAdvice})
	}
	for p, spec := range f.imports() {
		if what, bad := impure(p); bad && !(p == "sync" && onlyOnce(f)) {
			add(spec.Pos(), "import of "+p+": "+what)
		} else if !isStandard(p) && !slices.Contains(values, p) {
			add(spec.Pos(), "import of "+p+": not in the standard library")
		}
		if spec.Name != nil && spec.Name.Name == "." {
			add(spec.Pos(), "dot import of "+p)
		}
	}
	timeName, fmtName := f.localName("time"), f.localName("fmt")
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if name, ok := isSelector(n, timeName, clockNames...); ok {
				add(n.Pos(), "time."+name)
			}
			if name, ok := isSelector(n, fmtName, "Print", "Printf", "Println", "Scan", "Scanf", "Scanln"); ok {
				add(n.Pos(), "fmt."+name)
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "print" || id.Name == "println") {
				add(n.Pos(), id.Name)
			}
		case *ast.GoStmt:
			add(n.Pos(), "go statement")
		case *ast.ChanType:
			add(n.Pos(), "channel")
		case *ast.SendStmt:
			add(n.Pos(), "channel send")
		case *ast.SelectStmt:
			add(n.Pos(), "select statement")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				add(n.Pos(), "channel receive")
			}
		}
		return true
	})
	return found
}

// onlyOnce reports whether f uses nothing of package sync but sync.OnceValue,
// OnceValues and OnceFunc.
func onlyOnce(f *File) bool {
	name, only := f.localName("sync"), true
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if e, ok := n.(*ast.SelectorExpr); ok {
			if used, ok := isSelector(e, name); ok && !strings.HasPrefix(used, "Once") || used == "Once" {
				only = false
			}
		}
		return true
	})
	return only
}

// impure looks importPath up in impureImports.
func impure(importPath string) (string, bool) {
	if what, ok := impureImports[importPath+"$"]; ok {
		return what, true
	}
	for p := importPath; p != ""; {
		if what, ok := impureImports[p]; ok {
			return what, true
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			break
		}
		p = p[:i]
	}
	return "", false
}

// isStandard reports whether the import path belongs to the standard library:
// its first element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}
