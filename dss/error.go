// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// What callers branch on, beside [fs.ErrNotExist], [fs.ErrExist],
// [fs.ErrPermission], [fs.ErrInvalid], [os.ErrDeadlineExceeded],
// [errors.ErrUnsupported] and the numbers of the operating system, ENOSPC and
// ENOTEMPTY for instance. An [*Error] matches those that fit.
var (
	// ErrNoVolumeGroup: no volume group has that name. It matches
	// fs.ErrNotExist, too.
	ErrNoVolumeGroup = errors.New("dss: no such volume group")
	// ErrWrongType: a directory, file or link where another one was expected.
	ErrWrongType = errors.New("dss: wrong type of file")
	// ErrUnreachable: nobody answers at the server's socket.
	ErrUnreachable = errors.New("dss: server cannot be reached")
	// ErrConnectionLost: the server went away during a request; whether it was
	// carried out is not known.
	ErrConnectionLost = errors.New("dss: connection to the server lost")
	// ErrServerRestarted: the process has served an earlier life of the server
	// and can serve no other.
	ErrServerRestarted = errors.New("dss: server was restarted")
	// ErrNotMaster: only the master instance can do it.
	ErrNotMaster = errors.New("dss: not the master")
)

// Cause is one error in a chain that DSS reports.
type Cause struct {
	Code Code
	Text string
}

// Error is an error of DSS: what was being done, and the number and text that
// the server or its client library gave.
type Error struct {
	Op   string // what was being done, "mkdir"; may be empty
	Path string // to what; may be empty
	Code Code   // 0 when DSS gave none, as it does for a closed handle
	Text string
	// Earlier are the errors that DSS reported before this one, the first one
	// first. They are its causes where Code only says that a request failed
	// (2403, 2418); otherwise they can be left over from earlier calls.
	Earlier []Cause
	// Remote is the error of the master, when the request was handed on to it
	// (2417).
	Remote *Error
}

// NewError makes an error of what dss_get_error or dsscmd gave: the number of
// the first error, and its text with further lines "ERR-02403, text", one for
// each error after it. The last one is the newest and becomes Code and Text.
func NewError(op, path string, code Code, text string) *Error {
	chain := []Cause{{Code: code}}
	for line := range strings.SplitSeq(text, "\n") {
		last := &chain[len(chain)-1]
		if c, rest, ok := chainedError(line); ok {
			chain = append(chain, Cause{c, rest})
		} else if last.Text == "" {
			last.Text = line
		} else {
			last.Text += "\n" + line
		}
	}
	for i := range chain {
		chain[i].Text = strings.TrimSpace(chain[i].Text)
	}
	if len(chain) > 1 && chain[0].Code == 0 && chain[0].Text == "" {
		chain = chain[1:]
	}
	newest := chain[len(chain)-1]
	e := &Error{Op: op, Path: path, Code: newest.Code, Text: newest.Text}
	if len(chain) > 1 {
		e.Earlier = chain[:len(chain)-1]
	}
	if newest.Code == CodeRemote {
		e.Remote = remoteError(newest.Text)
	}
	return e
}

// chainedError reads "ERR-02403, text".
func chainedError(line string) (Code, string, bool) {
	rest, ok := strings.CutPrefix(line, "ERR-")
	number, text, ok2 := strings.Cut(rest, ",")
	n, err := strconv.ParseUint(number, 10, 31)
	if !ok || !ok2 || err != nil {
		return 0, "", false
	}
	return Code(n), text, true
}

// remoteError reads "... errcode: 2190, errmsg: text" of error 2417.
func remoteError(text string) *Error {
	code, message, ok := osError(text)
	if !ok {
		return nil
	}
	return NewError("", "", Code(code), message)
}

// osError reads the number and text of "..., errcode: 13, errmsg: Permission
// denied".
func osError(text string) (int, string, bool) {
	_, rest, ok := strings.Cut(text, "errcode: ")
	number, message, ok2 := strings.Cut(rest, ",")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if !ok || !ok2 || err != nil {
		return 0, "", false
	}
	message = strings.TrimPrefix(strings.TrimSpace(message), "errmsg: ")
	return n, message, true
}

// Error gives operation, object, number and text.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("dss: ")
	if e.Op != "" {
		b.WriteString(e.Op)
		if e.Path != "" {
			b.WriteString(" " + e.Path)
		}
		b.WriteString(": ")
	}
	text := strings.Join(strings.Fields(e.Text), " ")
	if text == "" {
		text = e.Code.Text()
	}
	if text == "" {
		text = "failed, DSS gave no reason"
	}
	b.WriteString(text)
	if e.Code != 0 {
		fmt.Fprintf(&b, " (%d)", int(e.Code))
	}
	for _, c := range slices.Backward(e.causes()) {
		fmt.Fprintf(&b, "; before: %s (%d)", strings.Join(strings.Fields(c.Text), " "), int(c.Code))
	}
	return b.String()
}

// causes gives the earlier errors that explain this one, each number once.
func (e *Error) causes() []Cause {
	if e.Code != CodeClient && e.Code != CodeConnect {
		return nil
	}
	var causes []Cause
	for _, c := range e.Earlier {
		if !slices.ContainsFunc(causes, func(o Cause) bool { return o.Code == c.Code }) {
			causes = append(causes, c)
		}
	}
	return causes
}

// Unwrap gives the error of the master, if any.
func (e *Error) Unwrap() error {
	if e.Remote == nil {
		return nil
	}
	return e.Remote
}

// Is reports whether the error, or a cause of it, means target.
func (e *Error) Is(target error) bool {
	if meaning(e.Code, e.Text, target) {
		return true
	}
	return slices.ContainsFunc(e.causes(), func(c Cause) bool { return meaning(c.Code, c.Text, target) })
}

// meaning translates one number.
func meaning(code Code, text string, target error) bool {
	switch code {
	case CodeNotExist:
		return target == fs.ErrNotExist || target == syscall.ENOENT
	case CodeVolumeGroupNotExist:
		return target == ErrNoVolumeGroup || target == fs.ErrNotExist
	case CodeExist, 2101, 2152:
		return target == fs.ErrExist || target == syscall.EEXIST
	case CodePermission:
		return target == fs.ErrPermission
	case CodeNotEmpty, 2112:
		return target == syscall.ENOTEMPTY
	case CodeWrongType, CodeNotLink:
		return target == ErrWrongType
	case CodeBadPath, CodeInvalid, 2411, 2416, CodeUnknownName, CodeBadParameter:
		return target == fs.ErrInvalid
	case CodeNoSpace:
		return target == syscall.ENOSPC
	case 2141, 2153, 2191:
		return target == syscall.EBUSY
	case CodeUnsupported, 2464:
		return target == errors.ErrUnsupported
	case CodeTimeout, 2373, 2405:
		return target == os.ErrDeadlineExceeded
	case CodeServerRestarted:
		return target == ErrServerRestarted
	case CodeNotMaster:
		return target == ErrNotMaster
	case CodeConnectionClosed, 319, CodeServerDown:
		return target == ErrConnectionLost
	case CodeClient:
		return target == ErrConnectionLost && strings.Contains(text, "connect")
	case CodeConnect:
		if target == ErrUnreachable {
			return true
		}
		// A missing socket is no missing file: fs.ErrNotExist does not match.
		n, _, ok := osError(text)
		return ok && n != 0 && (target == syscall.Errno(n) || target == fs.ErrPermission && syscall.Errno(n) == syscall.EACCES)
	case CodeVolumeRead, CodeVolumeWrite, 2060:
		n, ok := osReason(text)
		return ok && target == syscall.Errno(n)
	}
	return false
}

// osReason reads the number of the operating system at the end of "Read volume
// '/dev/x' failed, volume id 0, reason 22".
func osReason(text string) (int, bool) {
	_, number, ok := strings.Cut(text, ", reason ")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	return n, ok && err == nil && n > 0
}
