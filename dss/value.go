// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Value is the value of a parameter, as the server understands it. It is
// comparable: two texts that mean the same are equal.
type Value struct {
	kind Kind
	unit Unit
	n    int64 // of numbers; 1 for true
	text string
}

// Kind gives the type.
func (v Value) Kind() Kind { return v.kind }

// Bool is the value of a bool.
func (v Value) Bool() bool { return v.kind == KindBool && v.n != 0 }

// Int is the value of an integer, in the parameter's unit, of a size in bytes,
// and of permissions as chmod counts them (0o600).
func (v Value) Int() int64 { return v.n }

// Duration is the value of an integer that counts time, 0 for others.
func (v Value) Duration() time.Duration {
	switch v.unit {
	case UnitMillisecond:
		return time.Duration(v.n) * time.Millisecond
	case UnitSecond:
		return time.Duration(v.n) * time.Second
	case UnitDay:
		return time.Duration(v.n) * 24 * time.Hour
	}
	return 0
}

// Text is the value of a text, a path or an enum, whose words are as the
// table has them.
func (v Value) Text() string { return v.text }

// String gives the value as one would write it into the file.
func (v Value) String() string {
	switch v.kind {
	case KindBool:
		if v.n != 0 {
			return "TRUE"
		}
		return "FALSE"
	case KindInt:
		return strconv.FormatInt(v.n, 10)
	case KindMode:
		return strconv.FormatInt(v.n, 8)
	case KindSize:
		n := v.n
		const letters = "KMGTPE"
		i := -1
		for n != 0 && n%kib == 0 && i < len(letters)-1 {
			n /= kib
			i++
		}
		if i < 0 {
			return strconv.FormatInt(n, 10)
		}
		return strconv.FormatInt(n, 10) + letters[i:i+1]
	}
	return v.text
}

// Check reports what is wrong with a value for the parameter, as [Problems];
// nil when a server takes it as it is meant.
func (p Param) Check(text string) error {
	_, err := p.Parse(text)
	return err
}

// Parse reads a value. The error is [Problems] with everything that is wrong;
// the text of a secret is in none of them.
func (p Param) Parse(text string) (Value, error) {
	v, found := p.parse(text)
	if err := found.Fatal().Err(); err != nil {
		return Value{}, err
	}
	return v, nil
}

func (p Param) parse(text string) (Value, Problems) {
	v := Value{kind: p.Kind, unit: p.Unit, text: text}
	var found Problems
	bad := func(r Reason, detail string) {
		problem := Problem{Reason: r, Key: p.Name, Text: text, Offset: -1, Detail: detail}
		if p.Secret {
			problem.Text = ""
		}
		found = append(found, problem)
	}
	if len(text) > maxValue {
		bad(ReasonValueLength, strconv.Itoa(len(text))+" bytes")
		return v, found
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 || !utf8.ValidString(text) {
		bad(ReasonBadCharacter, "")
		return v, found
	}
	switch p.Kind {
	case KindBool:
		v.n, v.text = p.bool(text, bad), ""
	case KindInt:
		v.n, v.text = p.int(text, bad), ""
	case KindMode:
		v.n, v.text = p.mode(text, bad), ""
	case KindSize:
		v.n, v.text = p.size(text, bad), ""
	case KindEnum:
		v.text = p.enum(text, bad)
	case KindPath:
		p.path(text, bad)
	case KindPairs:
		p.pairs(text, bad)
	case KindNodes:
		nodes, problems := parseNodes(text)
		for _, problem := range problems {
			problem.Key = p.Name
			found = append(found, problem)
		}
		v.text = nodes.String()
	case KindText:
		if p.Name == nameCM && len(text) > MaxNameLength {
			bad(ReasonValueLength, "at most 63 bytes")
		}
	}
	return v, found
}

func (p Param) bool(text string, bad func(Reason, string)) int64 {
	switch upper(text) {
	case "TRUE":
		return 1
	case "FALSE":
	default:
		bad(ReasonBadBool, "")
	}
	return 0
}

func (p Param) int(text string, bad func(Reason, string)) int64 {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		bad(ReasonNotNumber, "")
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < p.Min || n > p.Max {
		bad(ReasonRange, fmt.Sprintf("want %d to %d%s", p.Min, p.Max, p.Unit))
	}
	return n
}

// mode reads permissions. The server compares them as decimal numbers, so that
// it accepts 688, and then takes each digit modulo 8.
func (p Param) mode(text string, bad func(Reason, string)) int64 {
	n, err := strconv.ParseInt(text, 8, 32)
	if err != nil || len(text) != 3 {
		bad(ReasonBadMode, "")
		return 0
	}
	if d, _ := strconv.ParseInt(text, 10, 32); d < p.Min || d > p.Max {
		bad(ReasonRange, fmt.Sprintf("want %d to %d", p.Min, p.Max))
	}
	return n
}

// size reads a number of bytes as cm_text2size of CBB does: a letter behind it
// is a power of 1024, a fraction is allowed. A B is not, although the code there
// lists it: it stays part of the number, which then is none. A single character
// is 0.
func (p Param) size(text string, bad func(Reason, string)) int64 {
	number, shift := text, 0
	if text != "" {
		if i := strings.IndexByte("KMGTPE", upper(text[len(text)-1:])[0]); i >= 0 {
			number, shift = text[:len(text)-1], 10*(i+1)
		}
	}
	if number == "" || strings.Trim(number, "0123456789.") != "" {
		bad(ReasonBadSize, "")
		return 0
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		bad(ReasonBadSize, "")
		return 0
	}
	if f *= math.Ldexp(1, shift); f < float64(p.Min) || f > float64(p.Max) || len(text) < 2 {
		bad(ReasonRange, fmt.Sprintf("want %s to %s", sizeText(p.Min), sizeText(p.Max)))
		return 0
	}
	return int64(f)
}

func sizeText(n int64) string { return Value{kind: KindSize, n: n}.String() }

func (p Param) enum(text string, bad func(Reason, string)) string {
	for word := range strings.SplitSeq(p.Values, "|") {
		switch {
		case text == word, p.AnyCase && upper(text) == upper(word):
			return word
		case upper(text) == upper(word):
			bad(ReasonLetterCase, "write "+word)
			return word
		}
	}
	bad(ReasonBadValue, "want "+strings.ReplaceAll(p.Values, "|", ", "))
	return text
}

// path refuses what the server would, as far as the text shows
// (dss_verify_lsnr_path, dss_verify_lock_file_path).
func (p Param) path(text string, bad func(Reason, string)) {
	special, most := "|;&$><`!", maxLockPath
	switch p.Name {
	case nameSocketDir:
		special, most = special+"%", maxSocketDir
	case nameLockPath, nameOldLockPath:
	default:
		if text == "" {
			return
		}
		most = 255
		if p.Name != nameLogHome && p.Name != "LOG_ALARM_HOME" {
			special = ""
		}
	}
	switch {
	case text == "":
		bad(ReasonBadPath, "must not be empty")
		return
	case special != "" && strings.ContainsAny(text, special):
		bad(ReasonBadPath, "none of "+special+" is allowed")
	case special != "" && len(text) > 1 && text[0] == text[len(text)-1] && strings.ContainsRune("'\"`", rune(text[0])):
		// The check of the directory takes quotes off, the use of the value does not.
		bad(ReasonBadPath, "write it without quotes")
	case text[0] != '/':
		bad(ReasonRelativePath, "")
	}
	if len(text) > most {
		bad(ReasonPathLength, "at most "+strconv.Itoa(most)+" bytes")
	}
	if socket := SocketPath(text); p.Name == nameSocketDir && len(text) <= most && len(socket) > MaxSocketPath {
		bad(ReasonPathLength, fmt.Sprintf("%s would have %d bytes, a socket's path has at most %d", SocketName, len(socket), MaxSocketPath))
	}
}

func (p Param) pairs(text string, bad func(Reason, string)) {
	if text == "" {
		return
	}
	for pair := range strings.SplitSeq(text, ",") {
		if device, value, ok := strings.Cut(pair, "="); !ok || device == "" || value == "" {
			bad(ReasonBadPair, quoteShort(pair))
		}
	}
}

// SocketPath gives the path of the socket of a server whose LSNR_PATH is dir.
// The server puts a '/' between them even when dir ends in one.
func SocketPath(dir string) string { return dir + "/" + SocketName }

// CheckSetcfg reports what would keep "dsscmd setcfg" from giving the
// parameter a value while the server runs, or the server from starting again
// with the value that setcfg wrote into the file. For DSS_NODES_LIST see also
// [Nodes.CheckChange].
//
// CLUSTER_RUN_MODE shows why the second matters: setcfg takes it in any letter
// case and writes it down as it came, and the next start refuses all but lower
// case.
func (p Param) CheckSetcfg(text string) error {
	_, found := p.parse(text)
	found = found.Fatal()
	bad := func(r Reason, detail string) {
		problem := Problem{Reason: r, Key: p.Name, Text: text, Offset: -1, Detail: detail}
		if p.Secret {
			problem.Text = ""
		}
		found = append(found, problem)
	}
	if p.Apply != ApplySetcfg {
		bad(ReasonReadOnly, "")
		return found.Err()
	}
	switch {
	case p.Name == "DELAY_CLEAN_SEARCH_FRAGMENT" && len(found) == 0 && strings.Trim(text, "0") != "":
		bad(ReasonOnlyDefault, "")
	case p.Kind == KindSize && strings.Contains(text, "."):
		bad(ReasonBadSize, "setcfg takes no fraction")
	}
	return found.Err()
}
