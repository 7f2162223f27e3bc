// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/gausskit/gausskit/ha/opengauss"
)

// What senders and receivers, and gs_ctl when it builds, tell each other behind
// the start-up packet: frames of a kind, a length and a content, JSON but for
// the log itself.
const (
	FrameIdentify = 'I' // from gs_ctl: who are you? answered by Identity
	FrameMark     = 'M' // from gs_ctl: Position; answered by Position with its chain
	FrameFetch    = 'F' // from gs_ctl: Position; answered by logs and FrameEnd
	FrameEnd      = 'E' // Position
	FrameHello    = 'H' // from a standby: Hello; answered by OK or Refused
	FrameOK       = 'O' // Identity
	FrameRefused  = 'X' // Refusal
	FrameAck      = 'A' // Ack
	FrameLog      = 'W' // 8 bytes position, then records
	FrameAlive    = 'K' // Alive
	FrameDemand   = 'S' // from a standby: step down
	FrameCancel   = 'C' // from a standby: do not, any more
	FrameApprove  = 'P' // to a standby: promote
	FrameReject   = 'R' // to a standby: the demand failed
)

// Identity says who a server is.
type Identity struct {
	SystemID uint64
	Name     string
	Role     string
	Term     uint64
	Version  string
	Flush    uint64
	DCF      bool
	Control  string // of pg_controldata
	HBA      string // pg_hba.conf, which a full build takes over
}

// Position is a place in the log.
type Position struct {
	LSN, Term, Chain uint64
	Index            int
	Found            bool
}

// Hello is how a standby introduces itself.
type Hello struct {
	SystemID uint64
	Name     string
	Cascade  bool
	At       Position
}

// Refusal says why a standby is not fed.
type Refusal struct {
	Reason opengauss.Rebuild
	Text   string
}

// Ack says how far a standby is.
type Ack struct {
	Received, Write, Flush, Replay uint64
	State                          opengauss.DBState
}

// Alive says how far an upstream is.
type Alive struct {
	Sent, Write, Flush, Replay uint64
	Role                       string
	State                      opengauss.DBState
	Percent                    int
}

// Demand is the request of a standby to take its upstream's place.
type Demand struct{ Fast bool }

// WriteFrame writes a frame; v is its content, nil for none, []byte as it is.
func WriteFrame(w io.Writer, kind byte, v any) error {
	var body []byte
	switch v := v.(type) {
	case nil:
	case []byte:
		body = v
	default:
		var err error
		if body, err = json.Marshal(v); err != nil {
			return err
		}
	}
	b := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	_, err := w.Write(append(b, body...))
	return err
}

// ReadFrame reads a frame.
func ReadFrame(r io.Reader) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > 1<<28 {
		return 0, nil, fmt.Errorf("frame of %d bytes", n)
	}
	body = make([]byte, n)
	_, err = io.ReadFull(r, body)
	return head[0], body, err
}

// readAs reads a frame of one kind.
func readAs(r io.Reader, kind byte, v any) error {
	got, body, err := ReadFrame(r)
	if err != nil {
		return err
	}
	if got != kind {
		return fmt.Errorf("frame %q where %q belongs", got, kind)
	}
	return json.Unmarshal(body, v)
}
