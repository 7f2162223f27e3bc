// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package kvtree_test

import (
	"slices"
	"testing"

	"github.com/gausskit/gausskit/internal/kvtree"
)

func match(m *kvtree.PrefixMap[int], key string) []string {
	var found []string
	m.Match(key, func(prefix string, _ int) { found = append(found, prefix) })
	return found
}

func TestMatchFindsAllPrefixesShortestFirst(t *testing.T) {
	var m kvtree.PrefixMap[int]
	for i, p := range []string{"c1/members/", "", "c1/", "c2/", "c1/grant", "c1"} {
		m.Set(p, i)
	}
	for key, want := range map[string][]string{
		"c1/members/a": {"", "c1", "c1/", "c1/members/"},
		"c1/grant":     {"", "c1", "c1/", "c1/grant"},
		"c10/grant":    {"", "c1"},
		"c2/":          {"", "c2/"},
		"c":            {""},
	} {
		if got := match(&m, key); !slices.Equal(got, want) {
			t.Errorf("Match(%q) = %q, want %q", key, got, want)
		}
	}
	m.Delete("c1/")
	m.Delete("never set")
	m.Set("c2/", 9)
	if got, want := match(&m, "c1/grant"), []string{"", "c1", "c1/grant"}; !slices.Equal(got, want) {
		t.Errorf("after Delete: %q, want %q", got, want)
	}
	if v, ok := m.Get("c2/"); !ok || v != 9 || m.Len() != 5 {
		t.Errorf("Get = %d, %v, Len = %d; want 9, true, 5", v, ok, m.Len())
	}
	m.Clear()
	if m.Len() != 0 || match(&m, "c1") != nil {
		t.Error("Clear left something")
	}
}

func TestMatchMayDeleteWhatItFinds(t *testing.T) {
	var m kvtree.PrefixMap[int]
	for _, p := range []string{"", "a", "ab", "b", "abc"} {
		m.Set(p, 0)
	}
	var found []string
	m.Match("abc", func(prefix string, _ int) {
		found = append(found, prefix)
		m.Delete(prefix)
	})
	if want := []string{"", "a", "ab", "abc"}; !slices.Equal(found, want) || m.Len() != 1 {
		t.Errorf("found %q, %d left; want %q and 1", found, m.Len(), want)
	}
}
