// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// param is one keyword of a libpq connection string.
type param struct{ key, value string }

// formatConninfo writes a connection string as libpq reads it: values in
// single quotes, quotes and backslashes escaped by a backslash.
func formatConninfo(params []param) string {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for i, p := range params {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.key + "='" + escape.Replace(p.value) + "'")
	}
	return b.String()
}

// parseConninfo reads a connection string of keywords and values, as
// conninfo_parse of libpq (src/interfaces/libpq/fe-connect.c) does.
func parseConninfo(s string) (map[string]string, error) {
	params := map[string]string{}
	for {
		s = strings.TrimLeft(s, " \t\n\r\f\v")
		if s == "" {
			return params, nil
		}
		key, rest, ok := strings.Cut(s, "=")
		key = strings.TrimRight(key, " \t\n\r\f\v")
		if !ok || key == "" || strings.ContainsAny(key, " \t\n\r\f\v") {
			return nil, fmt.Errorf("connection string: want keyword=value at %q", s)
		}
		value, rest, err := conninfoValue(strings.TrimLeft(rest, " \t\n\r\f\v"))
		if err != nil {
			return nil, fmt.Errorf("connection string: %s: %w", key, err)
		}
		params[key], s = value, rest
	}
}

func conninfoValue(s string) (value, rest string, err error) {
	var b strings.Builder
	quoted := strings.HasPrefix(s, "'")
	i := 0
	if quoted {
		i = 1
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case quoted && c == '\'':
			return b.String(), s[i+1:], nil
		case !quoted && strings.IndexByte(" \t\n\r\f\v", c) >= 0:
			return b.String(), s[i:], nil
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return "", "", fmt.Errorf("no closing quote")
	}
	return b.String(), "", nil
}

// splitAddress reads host:port.
func splitAddress(address string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("address %q: want host:port", address)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || host == "" {
		return "", 0, fmt.Errorf("address %q: want host:port with a port from 1 to 65535", address)
	}
	return host, uint16(n), nil
}
