// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// The architecture as a test: what may import what, which files only decide,
// and the habits of the house. The checks themselves, with tests that plant a
// breach of each, are in internal/layout.

package gausskit_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/internal/layout"
)

const module = "github.com/gausskit/gausskit"

// arrows says what each package may import besides the standard library.
// Dependencies point downwards: values know nothing of ha, ha knows no database
// and no store, only its own interfaces.
func arrows() []layout.Arrow {
	const (
		zap     = "go.uber.org/zap/..."
		backoff = "github.com/cenkalti/backoff/v4"
		xsync   = "golang.org/x/sync/..."
		pgx     = "github.com/jackc/pgx/v5/..."

		internal = "internal/..."
	)
	return []layout.Arrow{
		{Package: "."},
		{Package: "replconn"},
		{Package: "dcf"},
		{Package: "dms"},
		{Package: "dss/volume"},
		{Package: "dss", May: []string{"ha/opengauss/release", internal}},
		{Package: "ha/dcs"},
		{Package: "ha/dcs/memory", May: []string{"ha/dcs", internal}},
		{Package: "ha/dcs/etcd", May: []string{"ha/dcs", internal, zap, backoff, "go.etcd.io/etcd/client/v3/...",
			"go.etcd.io/etcd/api/v3/...", "google.golang.org/grpc/..."}},
		{Package: "ha", May: []string{"ha/dcs", internal, zap, backoff, xsync}},
		{Package: "ha/watchdog"},
		{Package: "ha/probe", May: []string{"ha"}},
		{Package: "ha/postgres", May: []string{"ha", internal, pgx, zap}},
		{Package: "ha/opengauss", May: []string{"ha", "replconn", "dcf", "dms", "ha/opengauss/release", "ha/opengauss/conf",
			"ha/opengauss/gausspgx", internal, pgx, zap}},
		{Package: "ha/opengauss/gausspgx", May: []string{pgx}},
		{Package: "ha/opengauss/release"},
		{Package: "ha/opengauss/conf", May: []string{"ha", "replconn", "dcf", "ha/opengauss/release", internal}},
		{Package: "ha/hatest", May: []string{"ha", "ha/dcs", "ha/dcs/memory", internal, zap}},
	}
}

// free lists folders below which imports are not restricted: nested modules,
// whose weight no user of the SDK carries, and what users cannot import.
func free() []string { return []string{"examples", "internal", "tools"} }

// values are the packages that a program may import without compiling anything
// but the standard library. ha itself must stay free of databases and stores.
func values() []string { return []string{"replconn", "dcf", "dms", "ha/dcs", "ha/opengauss/release"} }

// pure lists the files that only decide: patterns as in path.Match. They import
// the standard library, and ha/dcs for the values it has.
func pure() []string {
	return []string{
		"replconn/*.go", "dcf/*.go", "dms/*.go",
		"ha/decide*.go", "ha/transition*.go", "ha/candidate*.go", "ha/lease*.go",
		"ha/quorum*.go", "ha/loss*.go", "ha/bound*.go", "ha/view.go", "ha/plan*.go",
	}
}

// tree parses the repository once per test.
func tree(t *testing.T) ([]*layout.File, []layout.Text) {
	t.Helper()
	files, texts, err := layout.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go files found")
	}
	return files, texts
}

func report(t *testing.T, found []layout.Finding) {
	t.Helper()
	for _, f := range found {
		t.Error(f)
	}
}

// TestHabits runs the rules that look at one file at a time.
func TestHabits(t *testing.T) {
	files, texts := tree(t)
	rules := []struct {
		name  string
		check func(*layout.File) []layout.Finding
	}{
		{"init", layout.NoInit},
		{"panic", layout.NoPanic},
		{"exit", layout.NoExit},
		{"sleep", layout.NoSleepInTests},
		{"cgo", func(f *layout.File) []layout.Finding { return layout.NoC(f, "internal/clib") }},
		{"size", layout.Sizes},
		{"licence", layout.Licence},
		{"documented", layout.Documented},
		{"machine path", func(f *layout.File) []layout.Finding { return layout.MachinePaths(f.Path, f.Src) }},
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, f := range files {
				report(t, rule.check(f))
			}
		})
	}
	t.Run("texts", func(t *testing.T) {
		for _, text := range texts {
			report(t, layout.ScriptLicence(text))
			report(t, layout.MachinePaths(text.Path, text.Src))
		}
	})
}

func TestPackageComments(t *testing.T) {
	files, _ := tree(t)
	report(t, layout.PackageComments(files))
}

func TestNoPackageState(t *testing.T) {
	files, _ := tree(t)
	byDir := map[string][]*layout.File{}
	for _, f := range files {
		byDir[f.Dir()] = append(byDir[f.Dir()], f)
	}
	for _, group := range byDir {
		report(t, layout.NoPackageState(group))
	}
}

func TestDecidingFilesArePure(t *testing.T) {
	files, _ := tree(t)
	for _, f := range files {
		matches := func(pattern string) bool {
			ok, err := path.Match(pattern, f.Path)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if !f.IsTest() && slices.ContainsFunc(pure(), matches) {
			report(t, layout.Pure(f, module+"/ha/dcs"))
		}
	}
}

func TestImportArrows(t *testing.T) {
	files, _ := tree(t)
	report(t, layout.Arrows(module, arrows(), free(), files))
}

// TestValuesCompileAlone asks the go command what a user would have to compile.
func TestValuesCompileAlone(t *testing.T) {
	files, _ := tree(t)
	exists := func(dir string) bool {
		return slices.ContainsFunc(files, func(f *layout.File) bool { return f.Dir() == dir && !f.IsTest() })
	}
	for _, dir := range values() {
		if !exists(dir) {
			continue
		}
		deps, err := layout.Deps(t.Context(), ".", dir)
		if err != nil {
			t.Fatal(err)
		}
		report(t, layout.Foreign(module, dir, nil, deps))
	}
	if !exists("ha") {
		return
	}
	deps, err := layout.Deps(t.Context(), ".", "ha")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deps {
		if strings.HasPrefix(d, "github.com/jackc/") || strings.HasPrefix(d, "go.etcd.io/") || strings.HasPrefix(d, "google.golang.org/") {
			t.Errorf("ha needs %s: databases and stores are behind ha.Engine and dcs.Store", d)
		}
	}
}
