// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import "fmt"

// Flag is iscascade or iscrossregion: not given, false or true. Not given and
// false mean the same to the server; gs_sdr looks for the written text
// "iscrossregion=false" when it takes a relation apart, so the difference is
// kept.
type Flag uint8

// The three states of a [Flag].
const (
	Unset Flag = iota
	False
	True
)

// FlagOf returns True or False.
func FlagOf(b bool) Flag {
	if b {
		return True
	}
	return False
}

// Bool reports whether the flag is set to true.
func (f Flag) Bool() bool { return f == True }

// String returns "true", "false", or "" for Unset.
func (f Flag) String() string {
	switch f {
	case True:
		return "true"
	case False:
		return "false"
	}
	return ""
}

// SSLMode is sslmode, a key that only the lite build of the server knows. The
// zero SSLMode is "not given".
type SSLMode uint8

// The modes that ParseReplConnInfo accepts; it turns every other text into
// "prefer".
const (
	SSLUnset SSLMode = iota
	SSLDisable
	SSLAllow
	SSLPrefer
	SSLRequire
	SSLVerifyCA
	SSLVerifyFull
)

var sslModes = labels{ // read-only
	SSLDisable:    {code: "disable"},
	SSLAllow:      {code: "allow"},
	SSLPrefer:     {code: "prefer"},
	SSLRequire:    {code: "require"},
	SSLVerifyCA:   {code: "verify-ca"},
	SSLVerifyFull: {code: "verify-full"},
}

// ParseSSLMode reads one of the six modes, in lower case.
func ParseSSLMode(s string) (SSLMode, error) {
	if m, ok := parseSSLMode(s); ok {
		return m, nil
	}
	return 0, fmt.Errorf("replconn: %q is not an sslmode (disable, allow, prefer, require, verify-ca, verify-full)", s)
}

func parseSSLMode(s string) (SSLMode, bool) {
	for i := range sslModes {
		if sslModes[i].code == s && s != "" {
			return SSLMode(i), true
		}
	}
	return 0, false
}

// String returns the mode as it is written, or "" for SSLUnset.
func (m SSLMode) String() string {
	if m == SSLUnset {
		return ""
	}
	return sslModes.code("SSLMode", uint8(m))
}
