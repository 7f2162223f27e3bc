// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Fact is a name and its value, one row of [InfoQuery] and one member of the
// library's JSON.
type Fact struct{ Name, Value string }

// Info is what the library says of the reforms of its instance: of the last one
// that is over, or of the one under way (dms_info.c, dms_info_reform). Every
// instance can be asked.
//
// The fields behind Progress have a meaning only when HasReform.
type Info struct {
	Instance  int
	Role      Role     // RolePartner for every instance that is not the reformer, also one that is no member
	Current   bool     // says what is; false: what was last
	InProcess bool     // a reform is under way; current form only
	Progress  Progress // of the reform

	Start     time.Time // wall clock of the machine, taken as UTC: the text names no zone
	Type      ReformType
	FullClean bool
	Promote   int           // instance that becomes primary in a switchover, -1 otherwise
	Demote    int           // instance that was primary, -1 otherwise
	LastStep  Step          // before the one under way
	Step      Step          // under way, or the last that was
	NextStep  Step          // StepNone behind the last
	InStep    time.Duration // how long the step has taken; current form only
	DDL       bool          // DDL is allowed
	Files     bool          // files may be created and dropped

	Reached    InstanceSet // instances that answered the reformer (MES)
	Connected  InstanceSet // instances with an open connection
	Stable     InstanceSet // members before the reform, from the control file
	Online     InstanceSet // instances that run, from CM
	Reconnect  InstanceSet // connections to open
	Disconnect InstanceSet // connections to close
	Clean      InstanceSet // instances whose entries in the directory are dropped
	Recovery   InstanceSet // instances whose log is replayed
	In         InstanceSet // instances that had the status "in"
	Rebuild    InstanceSet // instances that build the directory again
	Withdraw   InstanceSet // instances whose lost transactions are taken over
	Rollback   InstanceSet // instances whose lost transactions are rolled back

	Extra []Fact // facts that this package does not know or understand, in their order
}

// HasReform reports whether there is a reform to speak of.
func (i Info) HasReform() bool { return !i.Start.IsZero() }

// infoTime is how the library writes a time.
const infoTime = "2006-01-02 15:04:05.000"

// infoField reads and writes one fact.
type infoField struct {
	name string
	set  func(*Info, string) error
	get  func(*Info) (value string, there bool)
}

// part says in which form of an Info a fact stands.
type part func(*Info) bool

func always(*Info) bool      { return true }
func inCurrent(i *Info) bool { return i.Current }
func inReform(i *Info) bool  { return i.HasReform() }
func inPromote(i *Info) bool { return i.HasReform() && i.Promote >= 0 }
func inDemote(i *Info) bool  { return i.HasReform() && i.Demote >= 0 }
func inStep(i *Info) bool    { return i.HasReform() && (i.Current || i.InStep != 0) }
func field[T any](name string, when part, at func(*Info) *T, parse func(string) (T, error), format func(T) string) infoField {
	return infoField{name, func(i *Info, s string) error {
		v, err := parse(s)
		if err == nil {
			*at(i) = v
		}
		return err
	}, func(i *Info) (string, bool) { return format(*at(i)), when(i) }}
}

func mapField(name string, at func(*Info) *InstanceSet) infoField {
	return field(name, inReform, at, ParseBitmap, func(s InstanceSet) string { return strconv.FormatUint(uint64(s), 10) })
}

func stepField(name string, at func(*Info) *Step) infoField {
	return field(name, inReform, at, func(s string) (Step, error) { return Step(s), nil }, func(s Step) string { return string(s) })
}

func truthField(name string, when part, yes, no string, at func(*Info) *bool) infoField {
	return field(name, when, at, func(s string) (bool, error) {
		if s != yes && s != no {
			return false, fmt.Errorf("%w: want %s or %s", ErrFormat, yes, no)
		}
		return s == yes, nil
	}, func(v bool) string {
		if v {
			return yes
		}
		return no
	})
}

func upper[T interface{ MarshalText() ([]byte, error) }](v T) string {
	text, _ := v.MarshalText() // a value that is none is left empty
	return string(bytes.ToUpper(text))
}

const (
	factType    = "REFORM_TYPE"
	factElapsed = "CURR_STEP_ELASPED(us)" // the library's own spelling
)

// hasType reports whether Type says it: a type that is not known is among Extra.
func hasType(i *Info) bool {
	return i.HasReform() && !slices.ContainsFunc(i.Extra, func(f Fact) bool { return f.Name == factType })
}

// infoFields are the facts in the library's order.
func infoFields() []infoField {
	return []infoField{
		field("INSTANCE_ID", always, func(i *Info) *int { return &i.Instance }, parseInt, strconv.Itoa),
		field("DMS_ROLE", always, func(i *Info) *Role { return &i.Role }, ParseRole, upper[Role]),
		truthField("PROC_STATUS", inCurrent, "RUNNING", "FINISHED", func(i *Info) *bool { return &i.InProcess }),
		field("REFORM_STATUS", always, func(i *Info) *Progress { return &i.Progress }, ParseProgress, upper[Progress]),
		field("START_TIME", inReform, func(i *Info) *time.Time { return &i.Start },
			parseInfoTime, func(t time.Time) string { return t.Format(infoTime) }),
		field(factType, hasType, func(i *Info) *ReformType { return &i.Type }, ParseReformType, ReformType.library),
		truthField("FULL_CLEAN", inReform, "TRUE", "FALSE", func(i *Info) *bool { return &i.FullClean }),
		field("PROMOTE_ID", inPromote, func(i *Info) *int { return &i.Promote }, parseInt, strconv.Itoa),
		field("DEMOTE_ID", inDemote, func(i *Info) *int { return &i.Demote }, parseInt, strconv.Itoa),
		stepField("LAST_STEP", func(i *Info) *Step { return &i.LastStep }),
		stepField("CURR_STEP", func(i *Info) *Step { return &i.Step }),
		stepField("NEXT_STEP", func(i *Info) *Step { return &i.NextStep }),
		field(factElapsed, inStep, func(i *Info) *time.Duration { return &i.InStep }, parseMicroseconds,
			func(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }),
		truthField("DDL_ENABLE", inReform, "TRUE", "FALSE", func(i *Info) *bool { return &i.DDL }),
		truthField("FILE_ENABLE", inReform, "TRUE", "FALSE", func(i *Info) *bool { return &i.Files }),
		mapField("BITMAP_MES", func(i *Info) *InstanceSet { return &i.Reached }),
		mapField("BITMAP_CONNECT", func(i *Info) *InstanceSet { return &i.Connected }),
		mapField("BITMAP_STABLE", func(i *Info) *InstanceSet { return &i.Stable }),
		mapField("BITMAP_ONLINE", func(i *Info) *InstanceSet { return &i.Online }),
		mapField("BITMAP_RECONNECT", func(i *Info) *InstanceSet { return &i.Reconnect }),
		mapField("BITMAP_DISCONNECT", func(i *Info) *InstanceSet { return &i.Disconnect }),
		mapField("BITMAP_CLEAN", func(i *Info) *InstanceSet { return &i.Clean }),
		mapField("BITMAP_RECOVERY", func(i *Info) *InstanceSet { return &i.Recovery }),
		mapField("BITMAP_IN", func(i *Info) *InstanceSet { return &i.In }),
		mapField("BITMAP_REBUILD", func(i *Info) *InstanceSet { return &i.Rebuild }),
		mapField("BITMAP_WITHDRAW", func(i *Info) *InstanceSet { return &i.Withdraw }),
		mapField("BITMAP_ROLLBACK", func(i *Info) *InstanceSet { return &i.Rollback }),
	}
}

func parseInfoTime(s string) (time.Time, error) {
	t, err := time.Parse(infoTime, s)
	if err != nil || t.Year() < 1 || t.IsZero() || t.Format(infoTime) != s {
		return time.Time{}, fmt.Errorf("%w: want a time as %s", ErrFormat, infoTime)
	}
	return t, nil
}

func parseMicroseconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || n > uint64(1<<63-1)/1000 {
		return 0, fmt.Errorf("%w: want a number of microseconds", ErrFormat)
	}
	return time.Duration(n) * time.Microsecond, nil
}

// ParseInfo reads the facts by their names, in any order. A fact that is not
// known, or a type of reform that is not, goes to Extra; a fact that is there
// twice, does not fit, or is missing although every version gives it, is an
// error that wraps [ErrFormat].
func ParseInfo(facts []Fact) (Info, error) {
	i := Info{Promote: -1, Demote: -1}
	fields := infoFields()
	seen := map[string]bool{}
	for _, f := range facts {
		at := slices.IndexFunc(fields, func(x infoField) bool { return x.name == f.Name })
		if seen[f.Name] && at >= 0 {
			return Info{}, fmt.Errorf("%w: reform info: %s is there twice", ErrFormat, f.Name)
		}
		seen[f.Name] = true
		if at < 0 {
			i.Extra = append(i.Extra, f)
			continue
		}
		err := fields[at].set(&i, f.Value)
		if err != nil && f.Name == factType {
			i.Extra = append(i.Extra, f)
		} else if err != nil {
			return Info{}, fmt.Errorf("%w: reform info: %s: %s: %w", ErrFormat, f.Name, quoteShort(f.Value), err)
		}
	}
	i.Current = seen["PROC_STATUS"]
	for _, name := range [...]string{"INSTANCE_ID", "DMS_ROLE", "REFORM_STATUS"} {
		if !seen[name] {
			return Info{}, fmt.Errorf("%w: reform info: %s is missing", ErrFormat, name)
		}
	}
	return i, nil
}

// ParseInfoJSON reads the JSON that the library's dms_info writes. An empty text,
// which it writes before it is initialised, is an error that wraps [ErrFormat].
func ParseInfoJSON(text []byte) (Info, error) {
	facts, err := parseFacts(text)
	if err != nil {
		return Info{}, fmt.Errorf("%w: reform info: %w", ErrFormat, err)
	}
	return ParseInfo(facts)
}

// parseFacts reads an object whose values are all strings, in its order.
func parseFacts(text []byte) ([]Fact, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(errors.New("want a JSON object"), err)
	}
	var facts []Fact
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		value, err := d.Token()
		if err != nil {
			return nil, err
		}
		s, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("%v: want a string for a value", name)
		}
		facts = append(facts, Fact{fmt.Sprint(name), s})
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text behind the object")
	}
	return facts, nil
}

// Facts returns the facts in the library's order, Extra behind them.
func (i Info) Facts() []Fact {
	var facts []Fact
	for _, f := range infoFields() {
		if value, there := f.get(&i); there {
			facts = append(facts, Fact{f.name, value})
		}
	}
	return append(facts, i.Extra...)
}

// MarshalJSON implements [json.Marshaler]: the object that the library writes.
func (i Info) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for n, f := range i.Facts() {
		if n > 0 {
			b = append(b, ',')
		}
		name, err1 := json.Marshal(f.Name)
		value, err2 := json.Marshal(f.Value)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("dms: write reform info: %w", err)
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON implements [json.Unmarshaler] with [ParseInfoJSON]. On an error
// i is unchanged.
func (i *Info) UnmarshalJSON(text []byte) error {
	got, err := ParseInfoJSON(text)
	if err != nil {
		return err
	}
	*i = got
	return nil
}
