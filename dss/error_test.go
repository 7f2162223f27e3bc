// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gausskit/gausskit/dss"
)

func TestCodesAreThoseOfTheHeader(t *testing.T) {
	n := 0
	for line := range strings.Lines(read(t, "error-codes.tsv")) {
		number, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		code, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "DSS_SUCCESS", "DSS_ERROR", "ERR_DSS_FLOOR", "ERR_DSS_CEIL": // no errors
			continue
		}
		n++
		if c := dss.Code(code); c.Name() != name || c.Text() == "" || c.String() != number+" "+name {
			t.Errorf("%d: %q, %q, %q; want %q", code, c.Name(), c.Text(), c, name)
		}
	}
	if n != 109 {
		t.Errorf("%d codes", n)
	}
	if c := dss.Code(2500); c.Name() != "" || c.Text() != "" || c.String() != "2500" {
		t.Errorf("an unknown code is %q", c)
	}
}

// TestErrorsMean takes texts that the client library gave, and what callers
// branch on.
func TestErrorsMean(t *testing.T) {
	all := []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, fs.ErrInvalid, os.ErrDeadlineExceeded, errors.ErrUnsupported,
		syscall.ENOSPC, syscall.ENOTEMPTY, syscall.EINVAL, syscall.EACCES, syscall.ENOENT, syscall.ECONNREFUSED, syscall.EBUSY,
		dss.ErrNoVolumeGroup, dss.ErrWrongType, dss.ErrUnreachable, dss.ErrConnectionLost, dss.ErrServerRestarted, dss.ErrNotMaster}
	for _, test := range []struct {
		code dss.Code
		text string
		want []error
	}{
		{2190, "The file nope of +data/nope does not exist", []error{fs.ErrNotExist, syscall.ENOENT}},
		{2040, "Failed to find volume group novg, please check vg config file.", []error{fs.ErrNotExist, dss.ErrNoVolumeGroup}},
		{2241, "Make dir or Create file failed, d1 has already existed.", []error{fs.ErrExist}},
		{2231, "Failed to rm dir +data/d1, which has sub node.", []error{syscall.ENOTEMPTY}},
		{2192, "The type of directory link or file d1 is not matched.", []error{dss.ErrWrongType}},
		{2181, "Insufficient permission to pwrite file, while the permission is 1.", []error{fs.ErrPermission}},
		{2401, "DSS no space in the vg", []error{syscall.ENOSPC}},
		{2193, "Path data decode error , path should start with +", []error{fs.ErrInvalid}},
		{2070, "Read volume '/dev/x' failed, volume id 0, reason 22", []error{syscall.EINVAL}},
		{2418, "Failed to connect dss server, errcode: 2, errmsg: No such file or directory.", []error{dss.ErrUnreachable, syscall.ENOENT}},
		{2418, "Failed to connect dss server, errcode: 13, errmsg: Permission denied.", []error{dss.ErrUnreachable, syscall.EACCES, fs.ErrPermission}},
		{2418, "Failed to connect dss server, errcode: 111, errmsg: Connection refused.", []error{dss.ErrUnreachable, syscall.ECONNREFUSED}},
		{305, "connect wait for server response timeout\nERR-02418, Failed to connect dss server, errcode: 0, errmsg: Success.",
			[]error{dss.ErrUnreachable, os.ErrDeadlineExceeded}},
		{304, "uds connection is closed\nERR-00319, Send packet has no more space\nERR-02403, DSS client exec cmd 'get ftid by path' failed, reason get result connect error.",
			[]error{dss.ErrConnectionLost}},
		{2417, "Failed to process remote, errcode: 2190, errmsg: The file a of +data/a does not exist", []error{fs.ErrNotExist}},
		{2417, "Failed to process remote, errcode: 2241, errmsg: Make dir, or so, failed", []error{fs.ErrExist}},
		{2417, "Failed to process remote", nil},
		{2421, "", []error{dss.ErrServerRestarted}},
		{2425, "", []error{dss.ErrNotMaster}},
		{2422, "Command \"x\" is not supported", []error{errors.ErrUnsupported}},
		// A stale error is not what the failing call means.
		{2190, "The file f3 of +data/d1/f3 does not exist\nERR-02400, Invalid DSS parameter: dss_dir_item_t", []error{fs.ErrInvalid}},
		{0, "", nil},
	} {
		var err error = dss.NewError("stat", "+data/x", test.code, test.text)
		for _, target := range all {
			want := false
			for _, w := range test.want {
				want = want || errors.Is(w, target) && (w == target)
			}
			if target == syscall.ENOENT && test.code == 2417 || target == syscall.EEXIST {
				continue
			}
			if got := errors.Is(err, target); got != want {
				t.Errorf("%v: errors.Is(%v) = %v", err, target, got)
			}
		}
		if !strings.HasPrefix(err.Error(), "dss: stat +data/x: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q", err)
		}
	}
}

func TestErrorParts(t *testing.T) {
	err := dss.NewError("", "", 305, "connect wait for server response timeout\nERR-02418, Failed to connect dss server, errcode: 0, errmsg: Success.")
	if err.Code != 2418 || len(err.Earlier) != 1 || err.Earlier[0] != (dss.Cause{Code: 305, Text: "connect wait for server response timeout"}) {
		t.Errorf("%+v", err)
	}
	if got, want := err.Error(), "dss: Failed to connect dss server, errcode: 0, errmsg: Success. (2418); before: connect wait for server response timeout (305)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := dss.NewError("close", "", 0, "").Error(), "dss: close: failed, DSS gave no reason"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := dss.NewError("", "", 2401, "").Error(), "dss: no space left in the volume group (2401)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var remote *dss.Error
	err = dss.NewError("open", "+data/a", 2417, "Failed to process remote, errcode: 2190, errmsg: The file a of +data/a does not exist")
	if !errors.As(errors.Unwrap(err), &remote) || remote.Code != dss.CodeNotExist || remote.Text != "The file a of +data/a does not exist" {
		t.Errorf("%+v", remote)
	}
}

func ExampleError() {
	err := dss.NewError("open", "+data/base/1", 2417, "Failed to process remote, errcode: 2190, errmsg: The file base of +data/base does not exist")
	fmt.Println(errors.Is(err, fs.ErrNotExist), err.Code, err.Remote.Code)
	fmt.Println(err.Remote)
	// Output:
	// true 2417 ERR_DSS_PROCESS_REMOTE 2190 ERR_DSS_FILE_NOT_EXIST
	// dss: The file base of +data/base does not exist (2190)
}

func FuzzError(f *testing.F) {
	f.Add(305, "connect wait\nERR-02418, Failed to connect dss server, errcode: 0, errmsg: Success.")
	f.Add(2417, "Failed to process remote, errcode: 2417, errmsg: x, errcode: 2190, errmsg: y")
	f.Fuzz(func(t *testing.T, code int, text string) {
		err := dss.NewError("op", "p", dss.Code(code), text)
		if err.Error() == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q", err.Error())
		}
		_ = errors.Is(err, fs.ErrNotExist)
	})
}
