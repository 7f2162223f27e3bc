// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeTree writes files below a new folder and returns it.
func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// testTree runs the whole command on a small tree of modules.
func testTree(t *testing.T, files map[string]string) (int, string) {
	t.Helper()
	var out, stderr bytes.Buffer
	code, err := run(context.Background(), writeTree(t, files), nil, &out, &stderr)
	if err != nil {
		t.Fatalf("run: %v\n%s%s", err, &out, &stderr)
	}
	return code, out.String() + stderr.String()
}

const goMod = "module example.org/m\n\ngo 1.24\n"

func TestPassingModulesExitZeroAndListSkips(t *testing.T) {
	code, out := testTree(t, map[string]string{
		"go.mod":           goMod,
		"a/a_test.go":      "package a\nimport \"testing\"\nfunc TestGood(t *testing.T) {}\nfunc TestSkip(t *testing.T) { t.Skip(\"no server here\") }\n",
		"empty/x.go":       "package empty\n",
		"nested/go.mod":    "module example.org/nested\n\ngo 1.24\n",
		"nested/b_test.go": "package nested\nimport \"testing\"\nfunc TestB(t *testing.T) {}\n",
		"tools/go.mod":     "module example.org/tools\n\ngo 1.24\n",
		"tools/t_test.go":  "package tools\nimport \"testing\"\nfunc TestT(t *testing.T) { t.Fatal(\"must not run\") }\n",
	})
	if code != 0 {
		t.Errorf("exit status %d, want 0", code)
	}
	for _, want := range []string{
		"ok  \texample.org/m/a", "ok  \texample.org/nested", "?   \texample.org/m/empty", "== module nested",
		"skipped:\n  example.org/m/a TestSkip: ", "no server here", "2 tests passed, 1 skipped, 0 failures",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("report lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "must not run") {
		t.Errorf("tools was tested:\n%s", out)
	}
}

func TestFailuresExitOneAndShowTheirOutput(t *testing.T) {
	tests := []struct {
		name, source string
		want         []string
	}{
		{"test", `func TestBad(t *testing.T) { t.Log("the log"); t.Error("the error") }`,
			[]string{"the log", "the error", "FAIL\texample.org/m", "failed:\n  example.org/m TestBad"}},
		{"subtest", `func TestBad(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Error("deep error") }) }`,
			[]string{"deep error", "example.org/m TestBad/sub"}},
		{"panic", `func TestBad(t *testing.T) { panic("out of cheese") }`,
			[]string{"out of cheese", "FAIL\texample.org/m"}},
		{"exit", `func TestBad(t *testing.T) { println("last words"); os.Exit(3) }; var _ = os.Args`,
			[]string{"last words", "TestBad (did not finish)", "FAIL\texample.org/m"}},
		{"build", `func TestBad(t *testing.T) { undefinedName() }; var _ = os.Args`,
			[]string{"undefined: undefinedName", "example.org/m"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			imports := "import \"testing\"\n"
			if strings.Contains(tt.source, "os.") {
				imports += "import \"os\"\n"
			}
			code, out := testTree(t, map[string]string{
				"go.mod":    goMod,
				"m_test.go": "package m\n" + imports + tt.source + "\n",
			})
			if code != 1 {
				t.Errorf("exit status %d, want 1", code)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("report lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

func TestNoModuleIsAnError(t *testing.T) {
	code, err := run(context.Background(), t.TempDir(), nil, &bytes.Buffer{}, &bytes.Buffer{})
	if code != 2 || err == nil || !strings.Contains(err.Error(), "no go.mod") {
		t.Errorf("run = %d, %v", code, err)
	}
}

func TestFindModulesPutsTheRootFirst(t *testing.T) {
	root := writeTree(t, map[string]string{
		"internal/etcdtest/go.mod": "", "examples/go.mod": "", "go.mod": "", "a/testdata/go.mod": "", ".x/go.mod": "", "tools/go.mod": "",
	})
	got, err := findModules(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".", "examples", filepath.Join("internal", "etcdtest")}
	if !slices.Equal(got, want) {
		t.Errorf("findModules = %q, want %q", got, want)
	}
}
