// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"strconv"
	"strings"
)

// failure finds in the output of a failed command the line that says why, and
// DSS's error, when the output has one. dsscmd prints a sentence, and below it
// " detail reason [2241] : text"; the last of these counts, and some texts go on
// in further lines.
func failure(verb, output string) (string, *Error) {
	var sentence, last string
	var found *Error
	lines := outputLines(output)
	for i, line := range lines {
		text := strings.TrimSpace(line.text)
		rest, ok := strings.CutPrefix(text, "detail reason [")
		number, message, ok2 := strings.Cut(rest, "] : ")
		code, err := strconv.Atoi(number)
		switch {
		case ok && ok2 && err == nil:
			for _, more := range lines[i+1:] {
				if _, _, chained := chainedError(more.text); !chained {
					break
				}
				message += "\n" + more.text
			}
			found = NewError(verb, "", Code(code), message)
		case found == nil && sentence == "" && isComplaint(text):
			sentence = text
		default:
			last = text
		}
	}
	if sentence == "" {
		sentence = last
	}
	return sentence, found
}

// isComplaint reports whether a line says that something failed.
func isComplaint(text string) bool {
	for _, word := range [...]string{"Failed", "failed", "error", "not exist", "not found", "invalid", "hit no args"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// ParseFailure gives DSS's error in the output of a command that failed, nil
// when it has none.
func ParseFailure(verb, output string) error {
	if _, err := failure(verb, output); err != nil {
		return err
	}
	return nil
}
