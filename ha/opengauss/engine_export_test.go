// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"os"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// FormatSync writes a synchronous set.
func FormatSync(s ha.SyncSet) (string, error) { return formatSync(s) }

// SyncInForce says what commits wait for.
func SyncInForce(names, mostAvailable, commit string) (ha.SyncSet, error) {
	return syncInForce(names, mostAvailable, commit)
}

// ReceiversOf lists the standbys among the senders.
func ReceiversOf(senders []Downstream) []ha.Receiver { return receiversOf(senders) }

// StandbyName takes the standby's name out of what the server calls a sender.
func StandbyName(application string) string { return standbyName(application) }

// LockCtl takes gs_ctl's lock until the file is closed.
func LockCtl(dataDir string) (*os.File, error) {
	return lockCtl(dataDir, atomicfile.Owner{}, CommandFailover)
}
