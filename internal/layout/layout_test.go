// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package layout_test

import (
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/internal/layout"
)

const head = "// Copyright 2026 The gausskit Authors\n// SPDX-License-Identifier: Apache-2.0\n\n"

// parse parses sources given as path, text, path, text ...
func parse(t *testing.T, pairs ...string) []*layout.File {
	t.Helper()
	fset := token.NewFileSet()
	var files []*layout.File
	for i := 0; i < len(pairs); i += 2 {
		f, err := layout.ParseFile(fset, pairs[i], []byte(pairs[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// expect compares what was found with what must be found, in any order.
func expect(t *testing.T, found []layout.Finding, want ...string) {
	t.Helper()
	var got []string
	for _, f := range found {
		got = append(got, f.Pos+" "+f.What)
		if f.Advice == "" || f.Rule == "" || !strings.Contains(f.String(), f.Advice) {
			t.Errorf("finding %q lacks its rule or advice", f)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestNoInit(t *testing.T) {
	files := parse(t, "a.go", "package a\n\nfunc init() {}\n\ntype T struct{}\n\nfunc (T) init() {}\n")
	expect(t, layout.NoInit(files[0]), "a.go:3 init function")
}

func TestNoPackageState(t *testing.T) {
	files := parse(t, "a.go", `package a

import (
	"errors"
	"regexp"
	"sync"
)

var ErrGone = errors.New("a: gone")
var errInner = errors.New("a: inner")
var _ error = errInner
var ErrOdd = make([]error, 1)
var names = []string{"x"}
var count int
var mu = sync.Mutex{}
var lazy = sync.OnceValue(func() int { return 1 })
var marked = func() int { // read-only: begins on this line
	return 1
}()

// word matches words. Not read-only at the start of this line.
var word = regexp.MustCompile("a")

// digit matches digits.
// read-only
var digit = regexp.MustCompile("[0-9]")

var (
	a, b = map[string]int{"x": 1}, 2
	// read-only
	letter = regexp.MustCompile("[a-z]")
)
`)
	expect(t, layout.NoPackageState(files),
		"a.go:12 package-level variable ErrOdd",
		"a.go:14 package-level variable count",
		"a.go:15 package-level variable mu",
		"a.go:22 package-level variable word",
		"a.go:29 package-level variable a")
}

func TestNoPackageStateFindsWritesToTables(t *testing.T) {
	files := parse(t, "a.go", `package a

var table = map[string][]int{"x": {1}}

// read-only
var limits = struct{ n int }{1}
`, "b.go", `package a

import "example.org/unknown"

func good() int {
	table := unknown.Copy(table)
	table["y"] = nil
	return limits.n
}

func bad() *int {
	table["y"] = nil
	table["x"][0] = 2
	limits.n++
	delete(table, "x")
	table = nil
	_ = &limits // marked: the author's promise
	return &table["x"][0]
}
`, "a_test.go", `package a

func testHelper() { clear(table) }
`)
	expect(t, layout.NoPackageState(files),
		"b.go:12 read-only table table is assigned to",
		"b.go:13 read-only table table is assigned to",
		"b.go:14 read-only table limits is assigned to",
		"b.go:15 read-only table table is emptied",
		"b.go:16 read-only table table is assigned to",
		"b.go:18 read-only table table is given away by address",
		"a_test.go:3 read-only table table is emptied")
}

func TestPure(t *testing.T) {
	files := parse(t, "ha/decide.go", `package ha

import (
	"fmt"
	"net"
	"net/netip"
	"time"
	clock "time"

	"go.uber.org/zap"
	"math/rand/v2"
	"os/exec"
)

var _ netip.Addr
var _ time.Duration = 3 * time.Second
var _ = time.Unix(0, 0).After(time.Time{})

func f(c chan int) {
	_ = clock.Now()
	go fmt.Println()
	c <- <-c
	select {}
}
`)
	expect(t, layout.Pure(files[0]),
		"ha/decide.go:5 import of net: I/O",
		"ha/decide.go:10 import of go.uber.org/zap: not in the standard library",
		"ha/decide.go:11 import of math/rand/v2: randomness",
		"ha/decide.go:12 import of os/exec: I/O",
		"ha/decide.go:19 channel",
		"ha/decide.go:20 time.Now",
		"ha/decide.go:21 go statement",
		"ha/decide.go:21 fmt.Println",
		"ha/decide.go:22 channel send",
		"ha/decide.go:22 channel receive",
		"ha/decide.go:23 select statement")
}

func TestPureKnowsEveryClockFunction(t *testing.T) {
	for _, name := range []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "NewTimer", "NewTicker", "Tick"} {
		files := parse(t, "p.go", "package p\n\nimport \"time\"\n\nvar _ = time."+name+"\n")
		expect(t, layout.Pure(files[0]), "p.go:5 time."+name)
	}
}

func TestPureAllowsLazyTablesAndNamedValues(t *testing.T) {
	once := "package p\n\nimport \"sync\"\n\nvar _ = sync.OnceValue(func() int { return 1 })\n"
	expect(t, layout.Pure(parse(t, "p.go", once)[0]))
	expect(t, layout.Pure(parse(t, "p.go", once+"\nvar _ sync.Once\n")[0]), "p.go:3 import of sync: goroutines")

	other := "package p\n\nimport (\n\t\"example.org/a\"\n\t\"example.org/b\"\n)\n"
	expect(t, layout.Pure(parse(t, "p.go", other)[0], "example.org/a"), "p.go:5 import of example.org/b: not in the standard library")
}

func TestPureLetsPlainValuesPass(t *testing.T) {
	files := parse(t, "p.go", "package p\n\nimport (\n\t\"cmp\"\n\t\"encoding/json\"\n\t\"net/netip\"\n\t\"sort\"\n)\n\nvar _ = cmp.Compare[int]\nvar _ = json.Marshal\nvar _ netip.Addr\nvar _ = sort.Ints\n")
	expect(t, layout.Pure(files[0]))
}

func TestArrows(t *testing.T) {
	files := parse(t,
		"values/v.go", "package values\n\nimport (\n\t\"fmt\"\n\t\"example.org/m/ha\"\n)\n",
		"values/v_test.go", "package values_test\n\nimport \"example.org/m/ha\"\n",
		"ha/n.go", "package ha\n\nimport (\n\t\"example.org/m/ha/dcs\"\n\t\"golang.org/x/sync/errgroup\"\n\t\"go.etcd.io/etcd/client/v3\"\n)\n",
		"new/x.go", "package new\n",
		"new/y.go", "package new\n",
		"examples/quick/main.go", "package main\n\nimport \"anything.org/x\"\n",
		"ha/dcs/d.go", "package dcs\n",
	)
	arrows := []layout.Arrow{
		{Package: "values"},
		{Package: "ha", May: []string{"ha/dcs", "golang.org/x/sync/..."}},
		{Package: "ha/dcs"},
	}
	expect(t, layout.Arrows("example.org/m", arrows, []string{"examples"}, files),
		"values/v.go:5 values imports example.org/m/ha",
		"ha/n.go:6 ha imports go.etcd.io/etcd/client/v3",
		"new/x.go:1 package new is not in the map of imports")
}

func TestForeign(t *testing.T) {
	deps := []string{"example.org/m/values", "example.org/m/plan", "example.org/m/ha", "github.com/jackc/pgx/v5"}
	expect(t, layout.Foreign("example.org/m", "values", []string{"plan"}, deps),
		"values needs example.org/m/ha",
		"values needs github.com/jackc/pgx/v5")
}

func TestDepsSeesIndirectImports(t *testing.T) {
	deps, err := layout.Deps(t.Context(), "../..", "internal/layout")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"github.com/gausskit/gausskit/internal/layout"}; !slices.Equal(deps, want) {
		t.Errorf("Deps = %q, want %q", deps, want)
	}
	if _, err := layout.Deps(t.Context(), "../..", "no/such/folder"); err == nil {
		t.Error("Deps of a missing folder gave no error")
	}
}

func TestLicence(t *testing.T) {
	files := parse(t, "good.go", head+"package a\n", "none.go", "package a\n", "glued.go", strings.TrimSuffix(head, "\n")+"package a\n")
	expect(t, layout.Licence(files[0]))
	expect(t, layout.Licence(files[1]), "none.go:1 no licence lines")
	expect(t, layout.Licence(files[2]), "glued.go:1 no licence lines")

	script := "#!/bin/sh\n" + strings.ReplaceAll(head, "//", "#")
	expect(t, layout.ScriptLicence(layout.Text{Path: "run", Src: []byte(script)}))
	expect(t, layout.ScriptLicence(layout.Text{Path: "page.md", Src: []byte("# Title\n")}))
	expect(t, layout.ScriptLicence(layout.Text{Path: "run", Src: []byte("#!/bin/sh\necho\n")}), "run:2 no licence lines")
}

func TestPackageComments(t *testing.T) {
	files := parse(t,
		"good/doc.go", "// Package good is good.\npackage good\n",
		"good/x.go", head+"package good\n",
		"good/x_test.go", "// Package good is a test.\npackage good\n",
		"none/x.go", "package none\n",
		"two/a.go", "// Package two is one.\npackage two\n",
		"two/b.go", "// Package two is another.\npackage two\n",
		"odd/a.go", "// This package is odd.\npackage odd\n",
		"cmd/run/main.go", "// Command run runs.\npackage main\n",
		"util/u.go", "// Package util is anything.\npackage util\n",
	)
	expect(t, layout.PackageComments(files),
		"none/x.go:1 package none has no package comment",
		"two/b.go:2 package two has a second package comment",
		`odd/a.go:2 package comment does not begin with "Package odd"`,
		"util/u.go:2 package util")
}

func TestDocumented(t *testing.T) {
	files := parse(t, "a.go", `package a

type Bare struct {
	A int
}

// Has is covered.
// It names Named.
type Has interface {
	Do() error
	Named()
	// Go is covered.
	Go()
}

// Doer is covered, and its only method with it.
type Doer interface{ Do() }

func Loose()        {}
func hidden()       {}
func (Bare) Method() {}
func (p *private) Method() {}

type private struct{ X int }

const One = 1

// The group covers both.
const (
	Two   = 2
	Three = 3
)

var (
	Four = 4
	Five = 5 // covered
)
`)
	expect(t, layout.Documented(files[0]),
		"a.go:3 type Bare has no comment",
		"a.go:10 Has.Do has no comment",
		"a.go:19 func Loose has no comment",
		"a.go:21 func Method has no comment",
		"a.go:26 const One has no comment",
		"a.go:35 var Four has no comment")
}

func TestMachinePaths(t *testing.T) {
	planted := "fine\ndata in /wo" + "rk/main/x\n"
	expect(t, layout.MachinePaths("notes.md", []byte(planted)), "notes.md:2 holds /wo"+"rk/main")
	expect(t, layout.MachinePaths("notes.md", []byte("a frame/works/mainly\n/tmp/.s.PGSQL.5432\n")))
}

func TestSizes(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("\t_ = 0\n", n) }
	long := func(comment string) string {
		return "package a\n\n" + comment + "func f() {\n" + lines(layout.MaxFunction-1) + "}\n"
	}
	fits := "package a\n\nfunc f() {\n" + lines(layout.MaxFunction-2) + "}\n"
	expect(t, layout.Sizes(parse(t, "a.go", fits)[0]))
	expect(t, layout.Sizes(parse(t, "a.go", long(""))[0]), "a.go:3 func f of 101 lines")
	expect(t, layout.Sizes(parse(t, "a.go", long("// long:\n"))[0]), "a.go:4 func f of 101 lines")
	expect(t, layout.Sizes(parse(t, "a.go", long("// long: one case per state\n"))[0]))

	file := func(comment string, n int) string {
		return comment + "package a\n" + strings.Repeat("\n", n-1-strings.Count(comment, "\n")) + "var x = 0\n"
	}
	expect(t, layout.Sizes(parse(t, "a.go", file("", layout.MaxFile-1))[0]))
	expect(t, layout.Sizes(parse(t, "a.go", file("", layout.MaxFile))[0]), "a.go:1 file of "+strconv.Itoa(layout.MaxFile+1)+" lines")
	expect(t, layout.Sizes(parse(t, "a.go", file("// long: a table\n\n", layout.MaxFile))[0]))
}

func TestNoPanic(t *testing.T) {
	files := parse(t, "a.go", "package a\n\nfunc f() { panic(1) }\n\nfunc MustF() { panic(1) }\n", "a_test.go", "package a\n\nfunc g() { panic(1) }\n")
	expect(t, layout.NoPanic(files[0]), "a.go:3 panic")
	expect(t, layout.NoPanic(files[1]))
}

func TestNoExit(t *testing.T) {
	source := "\n\nimport (\n\t\"log\"\n\t\"os\"\n)\n\nfunc f() { os.Exit(1); log.Fatal() }\n"
	files := parse(t, "a.go", "package a"+source, "main.go", "package main"+source)
	expect(t, layout.NoExit(files[0]), "a.go:8 os.Exit", "a.go:8 log.Fatal")
	expect(t, layout.NoExit(files[1]))
}

func TestNoSleepInTests(t *testing.T) {
	files := parse(t, "a_test.go", `package a

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { time.Sleep(1) })
	time.Sleep(2)
}

// pass is called inside synctest only.
func pass() { time.Sleep(3) }
`, "a.go", "package a\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n")
	expect(t, layout.NoSleepInTests(files[0]), "a_test.go:11 time.Sleep in a test")
	expect(t, layout.NoSleepInTests(files[1]))
}

func TestNoC(t *testing.T) {
	source := "package x\n\nimport \"C\"\n"
	files := parse(t, "dss/x.go", source, "internal/clib/x.go", source)
	expect(t, layout.NoC(files[0], "internal/clib"), `dss/x.go:3 import "C"`)
	expect(t, layout.NoC(files[1], "internal/clib"))
}
