// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux && (386 || amd64 || arm || arm64 || loong64 || riscv64 || s390x)

package watchdog

import (
	"os"
	"syscall"
	"unsafe"
)

const supported = true

// The requests of linux/watchdog.h, encoded as asm-generic/ioctl.h does; the
// architectures that encode them otherwise are left out by the build tag.
const (
	wdiocKeepAlive  = 0x80045705 // _IOR('W', 5, int)
	wdiocSetTimeout = 0xC0045706 // _IOWR('W', 6, int)
	wdiocGetTimeout = 0x80045707 // _IOR('W', 7, int)
)

// device is the real thing. Its file is closed in programs that this one
// starts (O_CLOEXEC): a server that inherited it would keep it open.
type device struct{ *os.File }

func openDevice(path string) (handle, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	return device{f}, nil
}

func (d device) ioctl(request uintptr, value *int32) error {
	raw, err := d.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(value)))
	})
	if err == nil && errno != 0 {
		err = os.NewSyscallError("ioctl", errno)
	}
	return err
}

func (d device) SetTimeout(seconds int) error {
	v := int32(seconds)
	return d.ioctl(wdiocSetTimeout, &v)
}

func (d device) Timeout() (int, error) {
	var v int32
	err := d.ioctl(wdiocGetTimeout, &v)
	return int(v), err
}

func (d device) KeepAlive() error {
	var v int32
	return d.ioctl(wdiocKeepAlive, &v)
}
