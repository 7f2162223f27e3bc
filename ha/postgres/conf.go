// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// This file reads and writes the server's configuration files as its scanner
// (src/backend/utils/misc/guc-file.l) and the one of pg_hba.conf do: as text,
// without touching any file.

// quoteValue writes a value between single quotes: quotes are doubled and
// backslashes too, because the scanner takes C escapes.
func quoteValue(v string) (string, error) {
	if strings.ContainsAny(v, "\x00\n\r") {
		return "", fmt.Errorf("value %q: a line end or zero byte cannot be written", v)
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(v) + "'", nil
}

// formatConf writes settings as lines, sorted by name.
func formatConf(settings map[string]string) (string, error) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		v, err := quoteValue(settings[name])
		if err != nil {
			return "", fmt.Errorf("setting %s: %w", name, err)
		}
		fmt.Fprintf(&b, "%s = %s\n", name, v)
	}
	return b.String(), nil
}

// parseConf reads the settings of a configuration file. Later lines win, as in
// the server. Directives (include ...) are settings like others. Names are
// folded to lower case.
func parseConf(text string) (map[string]string, error) {
	settings := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		name, value, err := parseConfLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if name != "" {
			settings[name] = value
		}
	}
	return settings, nil
}

// parseConfLine reads name and value from one line; the name is empty when the
// line says nothing.
func parseConfLine(line string) (name, value string, err error) {
	line = strings.TrimLeft(strings.TrimRight(line, "\r"), " \t\f\v")
	if line == "" || line[0] == '#' {
		return "", "", nil
	}
	end := 0
	for end < len(line) && isNameByte(line[end], end == 0) {
		end++
	}
	if end == 0 {
		return "", "", fmt.Errorf("want the name of a setting, not %q", line)
	}
	name = strings.ToLower(line[:end])
	rest := strings.TrimLeft(line[end:], " \t\f\v")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t\f\v")
	switch {
	case rest == "" || rest[0] == '#':
		return "", "", fmt.Errorf("setting %s has no value", name)
	case rest[0] == '\'':
		value, rest, err = unquoteValue(rest)
		if err != nil {
			return "", "", fmt.Errorf("setting %s: %w", name, err)
		}
	default:
		end := strings.IndexAny(rest, " \t\f\v#")
		if end < 0 {
			end = len(rest)
		}
		value, rest = rest[:end], rest[end:]
	}
	if rest = strings.TrimLeft(rest, " \t\f\v"); rest != "" && rest[0] != '#' {
		return "", "", fmt.Errorf("setting %s: %q after the value", name, rest)
	}
	return name, value, nil
}

func isNameByte(c byte, first bool) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c >= 0x80:
		return true
	case '0' <= c && c <= '9', c == '$', c == '.':
		return !first
	}
	return false
}

// unquoteValue reads a quoted value at the start of s and returns the rest.
func unquoteValue(s string) (value, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case c == '\'':
			return b.String(), s[i+1:], nil
		case c == '\\' && i+1 < len(s):
			i++
			n := writeEscape(&b, s[i:])
			i += n - 1
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("no closing quote")
}

// writeEscape reads what follows a backslash, as DeescapeQuotedString of
// guc-file.l does, and returns how many bytes it took.
func writeEscape(b *strings.Builder, s string) int {
	if i := strings.IndexByte("bfnrt", s[0]); i >= 0 {
		b.WriteByte("\b\f\n\r\t"[i])
		return 1
	}
	n, v := 0, 0
	for n < 3 && n < len(s) && '0' <= s[n] && s[n] <= '7' {
		v = v<<3 + int(s[n]-'0')
		n++
	}
	if n == 0 {
		b.WriteByte(s[0])
		return 1
	}
	b.WriteByte(byte(v))
	return n
}

const (
	managedFile = "gausskit.conf"
	includeLine = "include_if_exists = '" + managedFile + "'"
)

// withInclude returns the text of postgresql.conf with our include line as its
// last setting, so that what we manage wins over what stands there.
func withInclude(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == includeLine })
	return strings.TrimLeft(strings.Join(lines, "\n")+"\n"+includeLine+"\n", "\n")
}

// withoutSettings returns the text of a configuration file without the lines
// that set one of the names, and which ones those were.
func withoutSettings(text string, managed func(name string) bool) (string, []string) {
	var kept, gone []string
	for _, line := range strings.Split(text, "\n") {
		if name, _, err := parseConfLine(line); err == nil && name != "" && managed(name) {
			gone = append(gone, name)
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n"), gone
}

const (
	blockBegin = "# BEGIN gausskit: written by the member's manager, changes are lost"
	blockEnd   = "# END gausskit"
)

// withBlock returns text with our block at its top in place of an older one.
// The first line that matches decides in pg_hba.conf and pg_ident.conf.
func withBlock(text string, lines []string) string {
	var rest []string
	inside := false
	for _, line := range strings.Split(text, "\n") {
		switch {
		case line == blockBegin:
			inside = true
		case line == blockEnd && inside:
			inside = false
		case !inside:
			rest = append(rest, line)
		}
	}
	block := append(append([]string{blockBegin}, lines...), blockEnd)
	return strings.Join(append(block, rest...), "\n")
}
