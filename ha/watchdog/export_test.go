// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

// Handle is an open device.
type Handle = handle

// NewFake returns a device that is opened by open and described in sys.
func NewFake(path, sys string, open func(string) (Handle, error)) *Device {
	return &Device{path: path, sys: sys, open: open}
}

// Supported says whether there is a real device on this system.
const Supported = supported

// OpenDevice opens a file as a real device.
var OpenDevice = openDevice
