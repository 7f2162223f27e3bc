// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Kind is the type of a parameter.
type Kind uint8

// The types.
const (
	KindText  Kind = iota
	KindBool       // TRUE or FALSE, in any letter case
	KindInt        // decimal digits
	KindSize       // bytes, with or without K, M, G, T, P, E behind the number
	KindEnum       // one of a few words
	KindPath       // a directory or file
	KindMode       // permissions, octal digits as chmod takes them
	KindNodes      // a list of instances, see [ParseNodes]
	KindPairs      // "device=value" pairs, for Ceph
	numKinds
)

var kindNames = [numKinds]string{"text", "bool", "integer", "size", "enum", "path", "mode", "nodes", "pairs"}

// String gives the type's name, "integer" for instance.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Unit is what the number of an integer parameter counts. It is never written
// in the file.
type Unit uint8

// The units.
const (
	UnitNone        Unit = iota
	UnitByte             // of sizes
	UnitMillisecond      // ms
	UnitSecond           // s
	UnitDay              // d
	UnitPercent          // %
	UnitBasisPoint       // 1/10000
	numUnits
)

var unitNames = [numUnits]string{"", "B", "ms", "s", "d", "%", "1/10000"}

// String gives the unit, "" for a plain number.
func (u Unit) String() string {
	if u < numUnits {
		return unitNames[u]
	}
	return fmt.Sprintf("Unit(%d)", uint8(u))
}

// Apply says when a changed parameter takes effect.
type Apply uint8

// When a change takes effect.
const (
	ApplyRestart Apply = iota // when dssserver is started again
	ApplySetcfg               // at once, when it is changed by "dsscmd setcfg"; an edited file still waits for a restart
	numApply
)

var applyNames = [numApply]string{"restart", "setcfg"}

// String gives "restart" or "setcfg".
func (a Apply) String() string {
	if a < numApply {
		return applyNames[a]
	}
	return fmt.Sprintf("Apply(%d)", uint8(a))
}

// Rule says how the values of one parameter on all instances of a cluster must
// relate.
type Rule uint8

// The rules.
const (
	RuleOwn      Rule = iota // each instance has its own
	RuleEqual                // must be equal: the cluster does not work otherwise
	RuleAlike                // should be equal: it works, and worse
	RuleDistinct             // must differ
	numRules
)

var ruleNames = [numRules]string{"own", "equal", "alike", "distinct"}

// String gives the rule's name, "equal" for instance.
func (r Rule) String() string {
	if r < numRules {
		return ruleNames[r]
	}
	return fmt.Sprintf("Rule(%d)", uint8(r))
}

// Param describes a parameter of dss_inst.ini in one release. It is
// comparable.
type Param struct {
	Name     string // in upper case
	Kind     Kind
	Unit     Unit
	Default  string // what counts when the file does not set it
	Min, Max int64  // of integers, sizes (in bytes) and modes (as decimal digits)
	Values   string // of an enum, between '|'
	AnyCase  bool   // the letter case of an enum's words does not matter
	Apply    Apply  // when a change takes effect
	Rule     Rule   // between the instances of a cluster
	Secret   bool   // the value belongs in no message
	Debug    bool   // only debug builds know it: a release build does not start with it
}

// entry is a row of the table: the newest form of the parameter, and how older
// releases differ.
type entry struct {
	Param
	in     release.Set // releases that know it
	setcfg release.Set // releases whose setcfg changes it
	older  [2]variant
}

// variant is how some releases differ from the newest form.
type variant struct {
	in       release.Set
	def      string
	min, max int64
	values   string
}

func (e *entry) of(r release.Release) Param {
	p := e.Param
	if e.setcfg.Has(r) {
		p.Apply = ApplySetcfg
	}
	for _, v := range e.older {
		if v.in.Has(r) {
			p.Default, p.Min, p.Max = v.def, v.min, v.max
			if v.values != "" {
				p.Values = v.values
			}
		}
	}
	return p
}

// Params yields the parameters that DSS of a release knows, by name. For a
// release without DSS there are none.
func Params(r release.Release) iter.Seq[Param] {
	return func(yield func(Param) bool) {
		for i := range table {
			if table[i].in.Has(r) && !yield(table[i].of(r)) {
				return
			}
		}
	}
}

// ParamByName gives the description of a parameter in a release, and whether
// the release knows it. Letter case does not matter.
func ParamByName(name string, r release.Release) (Param, bool) {
	if e := lookup(name); e != nil && e.in.Has(r) {
		return e.of(r), true
	}
	return Param{}, false
}

// ParamReleases gives the releases that know a parameter, none for a name that
// no release knows. Letter case does not matter.
func ParamReleases(name string) release.Set {
	if e := lookup(name); e != nil {
		return e.in
	}
	return 0
}

func lookup(name string) *entry {
	i, ok := slices.BinarySearchFunc(table[:], upper(name), func(e entry, n string) int { return strings.Compare(e.Name, n) })
	if !ok {
		return nil
	}
	return &table[i]
}

// upper puts the letters of ASCII into upper case, as the server does when it
// reads a name (cm_text_upper). It does not allocate when there is nothing to
// change.
func upper(s string) string {
	for i := range len(s) {
		if 'a' <= s[i] && s[i] <= 'z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'a' <= b[j] && b[j] <= 'z' {
					b[j] -= 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// HasDSS reports whether this package knows the DSS of a release.
func HasDSS(r release.Release) bool { return every.Has(r) }

// SetcfgNames gives the parameters that "dsscmd setcfg" changes on a running
// server of a release, by name, debug builds' own left out.
func SetcfgNames(r release.Release) []string {
	var names []string
	for p := range Params(r) {
		if p.Apply == ApplySetcfg && !p.Debug {
			names = append(names, p.Name)
		}
	}
	return names
}
