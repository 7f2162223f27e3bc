// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import "strings"

// match compares a line with a sentence in which each '*' stands for a word: no
// blank is in it, though there may be some around it. It gives the words, nil
// when the line is another one.
func match(sentence, line string) []string {
	parts := strings.Split(sentence, "*")
	rest, ok := strings.CutPrefix(line, parts[0])
	last := len(parts) - 1
	if !ok || last == 0 {
		return nil
	}
	words := make([]string, 0, last)
	for i, part := range parts[1:] {
		end := strings.Index(rest, part)
		if i == last-1 {
			end = len(rest) - len(part)
		}
		if end < 0 || rest[end:end+len(part)] != part {
			return nil
		}
		word := strings.TrimSpace(rest[:end])
		if word == "" || strings.ContainsAny(word, " \t") {
			return nil
		}
		words, rest = append(words, word), rest[end+len(part):]
	}
	return words
}
