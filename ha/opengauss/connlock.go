// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ConnMode says from whom a standby may receive.
type ConnMode int32

// The modes, with the server's numbers (knl_instance.h: connection_mode). CM's
// messages count from 1.
const (
	ConnAny       ConnMode = iota // tries all its channels in turn
	ConnOnly                      // one upstream alone; CM calls it lock2
	ConnForbidden                 // nobody: its log cannot grow any more; CM calls it lock1
	numConnModes
)

var connModes = [numConnModes]string{"polling_connection", "specify_connection", "prohibit_connection"} // read-only

// String gives the server's word.
func (m ConnMode) String() string {
	if 0 <= m && m < numConnModes {
		return connModes[m]
	}
	return fmt.Sprintf("ConnMode(%d)", int32(m))
}

// ConnLock is whom a standby may receive from. The server keeps it in
// disable_conn_file in the data directory, reads that file when it starts, and
// obeys it in whatever role it is: forbidden means that no receiver is started.
// What is locked stays so across restarts and promotions.
//
// Source: postmaster.cpp (disable_conn, set_disable_conn_mode), walreceiver.cpp
// (RefuseConnect), walreceiverfuncs.cpp (SetWalRcvConninfo).
type ConnLock struct {
	Mode ConnMode
	Host netip.Addr // of the only upstream, as "remotehost" of a channel has it; host names cannot be used
	Port uint16     // its HA port, as "remoteport" of a channel has it
}

// ConnLockFile is the name of the file in the data directory.
const ConnLockFile = "disable_conn_file"

// The layout of the file: int32 mode, char[64] host, int32 port.
const (
	connLockSize = 72
	connLockHost = 4
	connLockPort = 68
)

func (l ConnLock) check() error {
	switch {
	case l.Mode < 0 || l.Mode >= numConnModes:
		return fmt.Errorf("opengauss: connection lock: mode %d: want 0 to 2", int32(l.Mode))
	case l.Mode == ConnOnly && (!l.Host.IsValid() || l.Port == 0):
		return fmt.Errorf("opengauss: connection lock: host %v port %d: want an IP address and a port", l.Host, l.Port)
	}
	return nil
}

// ParseConnLock reads the bytes of the file. The server does not start from a
// file of another length. Errors wrap [ErrFormat].
func ParseConnLock(b []byte) (ConnLock, error) {
	if len(b) != connLockSize {
		return ConnLock{}, fmt.Errorf("%w: %s: %d bytes, want %d", ErrFormat, ConnLockFile, len(b), connLockSize)
	}
	l := ConnLock{Mode: ConnMode(int32(binary.LittleEndian.Uint32(b)))}
	if l.Mode == ConnOnly {
		host, _, _ := strings.Cut(string(b[connLockHost:connLockPort]), "\x00")
		addr, err := netip.ParseAddr(host)
		port := binary.LittleEndian.Uint32(b[connLockPort:])
		if err != nil || addr.Zone() != "" || port > 65535 {
			return ConnLock{}, fmt.Errorf("%w: %s: host %q port %d", ErrFormat, ConnLockFile, host, port)
		}
		l.Host, l.Port = addr, uint16(port)
	}
	if err := l.check(); err != nil {
		return ConnLock{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return l, nil
}

// MarshalBinary gives the file's bytes.
func (l ConnLock) MarshalBinary() ([]byte, error) {
	if err := l.check(); err != nil {
		return nil, err
	}
	b := make([]byte, connLockSize)
	binary.LittleEndian.PutUint32(b, uint32(l.Mode))
	if l.Mode == ConnOnly {
		copy(b[connLockHost:connLockPort-1], l.Host.WithZone("").String()) // the server strips zones, too
		binary.LittleEndian.PutUint32(b[connLockPort:], uint32(l.Port))
	}
	return b, nil
}

// ConnLockState is what read_disable_conn_file() gives.
type ConnLockState struct {
	ConnLock
	// RedoDone says that a standby without upstream has applied all log that it
	// has; false while it is connected.
	RedoDone bool
}

// ConnLock asks for the lock in force. The server answers only when
// replconninfo1 begins with localhost and localport.
func (c *Client) ConnLock(ctx context.Context) (ConnLockState, error) {
	row, err := c.one(ctx, "SELECT * FROM read_disable_conn_file()")
	if err != nil {
		return ConnLockState{}, err
	}
	return readConnLock(row)
}

func readConnLock(row Row) (ConnLockState, error) {
	bad := func(name string) error {
		return fmt.Errorf("%w: read_disable_conn_file: %s %q", ErrFormat, name, row.Field(name))
	}
	var s ConnLockState
	mode := row.Field("disconn_mode")
	for s.Mode = 0; s.Mode < numConnModes && connModes[s.Mode] != mode; s.Mode++ {
		continue
	}
	if s.Mode == numConnModes {
		return ConnLockState{}, bad("disconn_mode")
	}
	if s.Mode == ConnOnly {
		addr, err := netip.ParseAddr(row.Field("disconn_host"))
		if err != nil {
			return ConnLockState{}, bad("disconn_host")
		}
		port, err := strconv.ParseUint(row.Field("disconn_port"), 10, 16)
		if err != nil {
			return ConnLockState{}, bad("disconn_port")
		}
		s.Host, s.Port = addr, uint16(port)
	}
	switch row.Field("redo_finished") {
	case "true":
		s.RedoDone = true
	case "false":
	default:
		return ConnLockState{}, bad("redo_finished")
	}
	return s, nil
}

// Lock says whom the standby may receive from, and returns when the server has
// written it down. A standby that receives from somebody else is disconnected.
//
// To forbid all is refused by the server until it has applied what it has; the
// first call disconnects it all the same. Lock repeats the call until it is
// granted or ctx ends: then it is uncertain.
func (c *Client) Lock(ctx context.Context, l ConnLock) error {
	if err := l.check(); err != nil {
		return err
	}
	host, port := "", 0
	if l.Mode == ConnOnly {
		host, port = l.Host.WithZone("").String(), int(l.Port)
	}
	call := fmt.Sprintf("SELECT disable_conn('%s', '%s', %d)", l.Mode, host, port)
	const again = 20 * time.Millisecond
	for {
		_, err := c.rows(ctx, call)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return uncertain(fmt.Errorf("opengauss: %s: %w", l.Mode, err))
		case l.Mode != ConnForbidden || !isNotRedone(err):
			return fmt.Errorf("opengauss: %s: %w", l.Mode, err)
		}
		if !pauseFor(ctx, again) {
			return uncertain(fmt.Errorf("opengauss: %s: %w: %w", l.Mode, ctx.Err(), err))
		}
	}
}

// isNotRedone reports whether the server wants to be asked again (postmaster.cpp:
// disable_conn).
func isNotRedone(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && strings.Contains(answer.Message, "could not add lock when DN is not redo all xlog")
}
