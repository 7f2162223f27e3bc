// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Method is a way of authentication, by the name that pg_hba.conf has for it.
type Method string

// Methods that can be allowed.
const (
	MethodSHA256   Method = "sha256"        // openGauss's own
	MethodSM3      Method = "sm3"           // the same with the hash SM3
	MethodSCRAM    Method = "scram-sha-256" // PostgreSQL's, done by pgx
	MethodOAuth    Method = "oauth"         // PostgreSQL 18, done by pgx
	MethodGSS      Method = "gss"           // Kerberos, done by pgx
	MethodTrust    Method = "trust"         // the server asks for nothing
	MethodMD5      Method = "md5"           // weak: who sees the stored password can log in
	MethodPassword Method = "password"      // weak: the password itself goes over the wire
)

// Methods that a server may ask for and that are always refused.
const (
	MethodMD5SHA256 Method = "md5-sha256" // md5 in pg_hba.conf, sha256 stored: fails with openGauss's own client, too
	MethodSHA256RFC Method = "sha256-rfc" // the lite edition only
	MethodIAM       Method = "iam"        // a cloud service's
)

// DefaultMethods returns what is allowed when Options.Methods is nil: all but
// MethodMD5 and MethodPassword.
func DefaultMethods() []Method {
	return []Method{MethodSHA256, MethodSM3, MethodSCRAM, MethodOAuth, MethodGSS, MethodTrust}
}

// Limits and defaults of iteration counts. The first two are the range and the
// default of the server's parameter auth_iteration_count.
const (
	DefaultMinIterations = 2048
	DefaultIterations    = 10_000
	DefaultMaxIterations = 1_000_000 // about a quarter of a second
)

// Keys of connection strings that Configure reads and removes, so that they are
// not sent to the server as parameters.
const (
	keyMethods     = "gauss_auth"
	keyServerProof = "gauss_server_proof"
)

// Options says what a server may ask of us and what we ask of it. The zero
// value is right for an openGauss as it is installed.
type Options struct {
	// Methods are the methods that the server may choose from; nil means
	// DefaultMethods. To log in to servers that still store MD5 passwords, add
	// MethodMD5, and use TLS. The same in a connection string:
	// gauss_auth=sha256,md5. libpq's require_auth=... is understood as well.
	Methods []Method

	// ServerProof demands that the server proves first that it knows the
	// password. openGauss does that only for clients of protocol 3.0, so 3.0 is
	// spoken instead of 3.51. The server then does not name the iteration
	// count: Iterations must be the auth_iteration_count that was in force when
	// the password was set. Where TLS verifies the server (sslmode=verify-full)
	// this is not needed. In a connection string: gauss_server_proof=require.
	ServerProof bool

	// Iterations is the count where the server names none; default 10000. It is
	// used with ServerProof only.
	Iterations int

	// MinIterations and MaxIterations bound the count that a server may ask
	// for; defaults 2048 and 1000000. Fewer make a listener's guessing cheap,
	// more let a false server burn our time.
	MinIterations, MaxIterations int

	// NoKeyCache computes the slow hash for each connection anew. By default
	// derived keys, which are as good as the password, are kept in memory
	// beside the password that the configuration holds anyway.
	NoKeyCache bool
}

// rules are checked options.
type rules struct {
	allowed                      []Method
	serverProof                  bool
	iterations                   int
	minIterations, maxIterations int
}

// merge adds to o what the connection string said.
func (o Options) merge(cfg *pgconn.Config) (Options, error) {
	text, inString := cfg.RuntimeParams[keyMethods]
	switch {
	case inString && o.Methods != nil:
		return o, fmt.Errorf("gausspgx: %s in the connection string and Options.Methods: say it once", keyMethods)
	case inString && cfg.RequireAuth != "":
		return o, fmt.Errorf("gausspgx: %s and require_auth in the connection string: say it once", keyMethods)
	case o.Methods != nil && cfg.RequireAuth != "":
		return o, errors.New("gausspgx: require_auth in the connection string and Options.Methods: say it once")
	case inString:
		o.Methods = []Method{}
		for name := range strings.SplitSeq(text, ",") {
			o.Methods = append(o.Methods, Method(strings.TrimSpace(name)))
		}
	case cfg.RequireAuth != "":
		o.Methods = fromRequireAuth(cfg.RequireAuth)
	}
	switch text, ok := cfg.RuntimeParams[keyServerProof]; {
	case !ok:
	case text == "require":
		o.ServerProof = true
	case text != "off":
		return o, fmt.Errorf("gausspgx: %s=%s: want require or off", keyServerProof, text)
	}
	return o, nil
}

// fromRequireAuth translates libpq's list, which pgx has checked already. It
// knows none of openGauss's methods, so a positive list excludes them.
func fromRequireAuth(list string) []Method {
	var named []Method
	negative := false
	for name := range strings.SplitSeq(list, ",") {
		name, not := strings.CutPrefix(strings.TrimSpace(name), "!")
		negative = negative || not
		if name == "none" {
			name = string(MethodTrust)
		}
		named = append(named, Method(name))
	}
	if negative {
		return slices.DeleteFunc(DefaultMethods(), func(m Method) bool { return slices.Contains(named, m) })
	}
	return named
}

// check returns the rules, or all that is wrong with the options.
func (o Options) check() (rules, error) {
	r := rules{allowed: slices.Clone(o.Methods), serverProof: o.ServerProof,
		minIterations: o.MinIterations, maxIterations: o.MaxIterations, iterations: o.Iterations}
	var problems []error
	if o.Methods == nil {
		r.allowed = DefaultMethods()
	} else if len(o.Methods) == 0 {
		problems = append(problems, errors.New("gausspgx: Options.Methods is empty: nothing could log in; nil means the default"))
	}
	for _, m := range r.allowed {
		switch m {
		case MethodSHA256, MethodSM3, MethodSCRAM, MethodOAuth, MethodGSS, MethodTrust, MethodMD5, MethodPassword:
		default:
			problems = append(problems, fmt.Errorf("gausspgx: method %q: want sha256, sm3, scram-sha-256, oauth, gss, trust, md5 or password", m))
		}
	}
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{
		{"MinIterations", &r.minIterations, DefaultMinIterations},
		{"MaxIterations", &r.maxIterations, max(DefaultMaxIterations, o.MinIterations)},
		{"Iterations", &r.iterations, max(DefaultIterations, o.MinIterations)},
	} {
		if *f.value < 0 {
			problems = append(problems, fmt.Errorf("gausspgx: Options.%s is %d: want a positive number, or 0 for %d", f.name, *f.value, f.def))
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if r.minIterations > r.maxIterations {
		problems = append(problems, fmt.Errorf("gausspgx: Options.MinIterations is %d, above MaxIterations (%d)", r.minIterations, r.maxIterations))
	} else if o.Iterations >= 0 && (r.iterations < r.minIterations || r.iterations > r.maxIterations) {
		problems = append(problems, fmt.Errorf("gausspgx: Options.Iterations is %d: want MinIterations (%d) to MaxIterations (%d)", r.iterations, r.minIterations, r.maxIterations))
	}
	return r, errors.Join(problems...)
}

// minor returns the protocol 3 minor that these rules speak.
func (r *rules) minor() int {
	if r.serverProof {
		return plainMinor
	}
	return ownMinor
}
