// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// ParamKind is the type of a parameter.
type ParamKind uint8

// The types of parameters.
const (
	KindBool        ParamKind = iota // on or off; true, yes, 1 and their like are understood
	KindInt                          // a whole number, with a unit behind it where the parameter has one
	KindEnum                         // one of a few words, in any letter case
	KindWord                         // one of a few words, in exactly this letter case
	KindText                         // any text
	KindURL                          // [URL]
	KindVolumeGroup                  // a volume group of DSS: '+' and a name without '/'
	KindSocket                       // "UDS:" and the absolute path of a dssserver's socket
	KindCores                        // two numbers of processor cores, first and last, between blanks; may be empty
	KindCount                        // a whole number in a text; may be empty
	KindList                         // whole numbers between commas; may be empty
)

var kindWords = words{ // read-only
	{"bool"}, {"integer"}, {"enum"}, {"word"}, {"text"}, {"url"}, {"volume group"}, {"socket"}, {"cores"}, {"count"}, {"list"},
}

// String returns the type's name, for example "integer".
func (k ParamKind) String() string { return kindWords.name("ParamKind", int(k)) }

// Unit is what a parameter's bare number counts.
type Unit uint8

// The units of parameters.
const (
	UnitNone Unit = iota // a plain number, no unit may stand behind it
	UnitKB               // 1024 bytes; kB, MB and GB may stand behind the number
)

var unitWords = words{{""}, {"kB"}} // read-only

// String returns the unit as pg_settings shows it, "" for a plain number.
func (u Unit) String() string { return unitWords.name("Unit", int(u)) }

// Apply says when a changed parameter takes effect.
type Apply uint8

// When a change takes effect.
const (
	ApplyReload  Apply = iota // with the next reload (SIGHUP)
	ApplySession              // in sessions that begin after the next reload
	ApplyRestart              // when the server is started again
)

var applyWords = words{{"reload"}, {"session"}, {"restart"}} // read-only

// String returns the code: "reload", "session" or "restart".
func (a Apply) String() string { return applyWords.name("Apply", int(a)) }

// MarshalText implements [encoding.TextMarshaler] with the code.
func (a Apply) MarshalText() ([]byte, error) { return applyWords.marshal("Apply", int(a)) }

// Scope says what holds for a parameter across the nodes of a cluster.
type Scope uint8

// The scopes.
const (
	ScopeAny    Scope = iota // each node may have its own value
	ScopeEqual               // must be equal on all nodes
	ScopeAlike               // should be equal on all nodes
	ScopeUnique              // must differ between all nodes
	ScopeHost                // must differ between the nodes of one machine
)

var scopeWords = words{{"any"}, {"equal"}, {"alike"}, {"unique"}, {"host"}} // read-only

// String returns the code: "any", "equal", "alike", "unique" or "host".
func (s Scope) String() string { return scopeWords.name("Scope", int(s)) }

// MarshalText implements [encoding.TextMarshaler] with the code.
func (s Scope) MarshalText() ([]byte, error) { return scopeWords.marshal("Scope", int(s)) }

// Build says which servers know a parameter.
type Build uint8

// The builds.
const (
	BuildAny   Build = iota // all
	BuildDebug              // those with assertions, not what is delivered
	BuildHTAP               // those with the in-memory column store
)

var buildWords = words{{"any"}, {"debug"}, {"htap"}} // read-only

// String returns the code: "any", "debug" or "htap".
func (b Build) String() string { return buildWords.name("Build", int(b)) }

// Param describes a parameter of postgresql.conf in one release. It is
// comparable.
type Param struct {
	Name     string    // "ss_work_thread_count"
	Kind     ParamKind // its type
	Unit     Unit      // of an integer
	Default  string    // as pg_settings shows it
	Min, Max int64     // of an integer or count, in the unit
	Values   string    // of an enum or word, between '|'
	Apply    Apply     // when a change takes effect
	Scope    Scope     // what holds across nodes
	Kept     bool      // configuration sync leaves each node its own value; all others are copied from the primary
	Build    Build     // which servers know it
	Since    Release   // first release to which this description applies
	Until    Release   // last release to which it applies; Newest when it still does
}

// isOf reports whether the description applies to the release.
func (p Param) isOf(r Release) bool {
	r = r.real()
	return p.Since <= r && r <= p.Until.real()
}

// Params yields the description of every parameter that the release knows, in
// the order of the names: those of shared storage, and the few others that
// have to do with it.
func Params(r Release) iter.Seq[Param] {
	return func(yield func(Param) bool) {
		for _, p := range params {
			if p.isOf(r) && !yield(p) {
				return
			}
		}
	}
}

// ParamByName returns the description of a parameter in a release, and whether
// the release knows it.
func ParamByName(name string, r Release) (Param, bool) {
	for _, p := range rowsOf(name) {
		if p.isOf(r) {
			return p, true
		}
	}
	return Param{}, false
}

// rowsOf returns all descriptions of a parameter, one for each span of releases.
func rowsOf(name string) []Param {
	from, ok := slices.BinarySearchFunc(params[:], name, func(p Param, name string) int { return strings.Compare(p.Name, name) })
	if !ok {
		return nil
	}
	to := from
	for to < len(params) && params[to].Name == name {
		to++
	}
	return params[from:to]
}

// known says in which releases there is a parameter, for people.
func known(name string) string {
	rows := rowsOf(name)
	if len(rows) == 0 {
		return ""
	}
	first, last := rows[0].Since, rows[len(rows)-1].Until
	if last == Newest {
		return fmt.Sprintf("known since %s", first)
	}
	if first == last {
		return fmt.Sprintf("known in %s only", first)
	}
	return fmt.Sprintf("known in %s to %s", first, last)
}
