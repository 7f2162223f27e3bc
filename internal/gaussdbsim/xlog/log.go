// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package xlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// Base is where the log of a new database begins: behind what a real
// gs_initdb of release 7.0 has written.
const Base = 0x26114F8

// FileName is the log's file in pg_xlog.
const FileName = "000000010000000000000002"

const (
	magic      = "gsimlog1"
	fileHeader = 16
	recHeader  = 40
)

// ErrCorrupt is the error for bytes that are no records, or none that belong here.
var ErrCorrupt = errors.New("xlog: not a record of this log")

// Record is one entry of the log.
type Record struct {
	Start, End uint64
	Term       uint64
	Chain      uint64 // of all records up to End
	Kind       byte
	Payload    []byte
}

// Mark is a position between two records.
type Mark struct {
	LSN   uint64
	Term  uint64 // of the record before it
	Chain uint64
}

// Log is an open log. Its methods can be called from several goroutines.
type Log struct {
	f       *os.File
	base    uint64
	flushMu sync.Mutex

	mu      sync.Mutex
	marks   []Mark // the base, and the end of every record
	flushed uint64
	changed chan struct{}
}

// Create writes an empty log that begins at base.
func Create(dir string, base uint64) error {
	b := append([]byte(magic), make([]byte, 8)...)
	binary.LittleEndian.PutUint64(b[8:], base)
	return atomicfile.Write(filepath.Join(dir, FileName), b, 0o600, atomicfile.Owner{})
}

// Open reads the log in dir. What a crash left half written is cut off, and the
// rest is on disk when Open returns.
func Open(dir string) (*Log, error) {
	f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	l := &Log{f: f, changed: make(chan struct{})}
	if err := l.load(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return l, nil
}

func (l *Log) load() error {
	b, err := io.ReadAll(l.f)
	if err != nil {
		return err
	}
	if len(b) < fileHeader || string(b[:8]) != magic {
		return ErrCorrupt
	}
	l.base = binary.LittleEndian.Uint64(b[8:])
	l.marks = []Mark{{LSN: l.base}}
	rest := b[fileHeader:]
	for {
		r, n, err := parse(rest, l.last())
		if err != nil || n == 0 {
			break
		}
		l.marks = append(l.marks, r.mark())
		rest = rest[n:]
	}
	if err := l.f.Truncate(l.offset(l.last().LSN)); err != nil {
		return err
	}
	l.flushed = l.last().LSN
	return l.f.Sync()
}

// parse takes the first record of b, which follows prev. n is 0 when b does not
// hold a whole one.
func parse(b []byte, prev Mark) (r Record, n int, err error) {
	if len(b) < recHeader {
		return r, 0, nil
	}
	size := int(binary.LittleEndian.Uint32(b))
	n = recHeader + pad(size)
	if size > 1<<28 {
		return r, 0, ErrCorrupt
	}
	if len(b) < n {
		return r, 0, nil
	}
	le := binary.LittleEndian
	r = Record{Start: le.Uint64(b[8:]), Term: le.Uint64(b[16:]), Chain: le.Uint64(b[24:]), Kind: b[32], Payload: b[recHeader : recHeader+size]}
	r.End = r.Start + uint64(n)
	if le.Uint32(b[4:]) != crc32.ChecksumIEEE(b[8:n]) || r.Start != prev.LSN || r.Chain != chain(prev.Chain, r.Term, r.Kind, r.Payload) {
		return r, 0, ErrCorrupt
	}
	return r, n, nil
}

func pad(n int) int { return (n + 7) &^ 7 }

func chain(prev, term uint64, kind byte, payload []byte) uint64 {
	h := fnv.New64a()
	var b [17]byte
	binary.LittleEndian.PutUint64(b[:], prev)
	binary.LittleEndian.PutUint64(b[8:], term)
	b[16] = kind
	h.Write(b[:])
	h.Write(payload)
	return h.Sum64()
}

func (r Record) mark() Mark { return Mark{LSN: r.End, Term: r.Term, Chain: r.Chain} }

func (l *Log) last() Mark { return l.marks[len(l.marks)-1] }

func (l *Log) offset(lsn uint64) int64 { return fileHeader + int64(lsn-l.base) }

// Base gives where the log begins.
func (l *Log) Base() uint64 { return l.base }

// End gives the end of the last record, written or not yet flushed.
func (l *Log) End() Mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last()
}

// Flushed gives the position up to which the log is on disk.
func (l *Log) Flushed() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.flushed
}

// Len counts the records.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.marks) - 1
}

// Changed gives a channel that is closed at the next change of the log.
func (l *Log) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *Log) notify() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// At gives the mark at a position, and its number: 0 is the base, n the end of
// the n-th record. ok is false when no record ends there.
func (l *Log) At(lsn uint64) (m Mark, index int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.find(lsn)
	if i == len(l.marks) || l.marks[i].LSN != lsn {
		return Mark{}, 0, false
	}
	return l.marks[i], i, true
}

// Before gives the last mark at or before a position.
func (l *Log) Before(lsn uint64) Mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.find(lsn)
	if i == len(l.marks) || (l.marks[i].LSN != lsn && i > 0) {
		i--
	}
	return l.marks[i]
}

func (l *Log) find(lsn uint64) int {
	return sort.Search(len(l.marks), func(i int) bool { return l.marks[i].LSN >= lsn })
}

// Append writes a record. It is not on disk before Flush.
func (l *Log) Append(term uint64, kind byte, payload []byte) (Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	prev := l.last()
	b := make([]byte, recHeader+pad(len(payload)))
	r := Record{Start: prev.LSN, End: prev.LSN + uint64(len(b)), Term: term, Kind: kind, Payload: payload,
		Chain: chain(prev.Chain, term, kind, payload)}
	le := binary.LittleEndian
	le.PutUint32(b, uint32(len(payload)))
	le.PutUint64(b[8:], r.Start)
	le.PutUint64(b[16:], r.Term)
	le.PutUint64(b[24:], r.Chain)
	b[32] = kind
	copy(b[recHeader:], payload)
	le.PutUint32(b[4:], crc32.ChecksumIEEE(b[8:]))
	if _, err := l.f.WriteAt(b, l.offset(prev.LSN)); err != nil {
		return Record{}, err
	}
	l.marks = append(l.marks, r.mark())
	l.notify()
	return r, nil
}

// AppendRaw writes records that another log's Read gave. They must follow this
// log's end.
func (l *Log) AppendRaw(b []byte) ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var records []Record
	prev, rest := l.last(), b
	for len(rest) > 0 {
		r, n, err := parse(rest, prev)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, fmt.Errorf("%w: cut short", ErrCorrupt)
		}
		records, prev, rest = append(records, r), r.mark(), rest[n:]
	}
	if _, err := l.f.WriteAt(b, l.offset(l.last().LSN)); err != nil {
		return nil, err
	}
	for _, r := range records {
		l.marks = append(l.marks, r.mark())
	}
	l.notify()
	return records, nil
}

// Flush returns when the log is on disk up to a position. Callers that wait
// together share one fsync.
func (l *Log) Flush(lsn uint64) error {
	l.flushMu.Lock()
	defer l.flushMu.Unlock()
	if l.Flushed() >= lsn {
		return nil
	}
	end := l.End().LSN
	if err := l.f.Sync(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flushed = min(end, l.last().LSN)
	l.notify()
	return nil
}

// Read gives the bytes of whole records from a position to at most to, about
// limit bytes of them and at least one record.
func (l *Log) Read(from, to uint64, limit int) (b []byte, next uint64, err error) {
	l.mu.Lock()
	i := l.find(from)
	if i == len(l.marks) || l.marks[i].LSN != from {
		l.mu.Unlock()
		return nil, 0, fmt.Errorf("%w: nothing ends at %X", ErrCorrupt, from)
	}
	next = from
	for i++; i < len(l.marks) && l.marks[i].LSN <= to; i++ {
		next = l.marks[i].LSN
		if next-from >= uint64(limit) {
			break
		}
	}
	l.mu.Unlock()
	b = make([]byte, next-from)
	if _, err := l.f.ReadAt(b, l.offset(from)); err != nil {
		return nil, 0, err
	}
	return b, next, nil
}

// Records takes apart what Read gave. from is the position that it was given.
func (l *Log) Records(from uint64, b []byte) ([]Record, error) {
	prev, _, ok := l.At(from)
	if !ok {
		return nil, ErrCorrupt
	}
	var records []Record
	for len(b) > 0 {
		r, n, err := parse(b, prev)
		if err != nil || n == 0 {
			return nil, errors.Join(ErrCorrupt, err)
		}
		records, prev, b = append(records, r), r.mark(), b[n:]
	}
	return records, nil
}

// Truncate removes what follows a position.
func (l *Log) Truncate(lsn uint64) error {
	l.flushMu.Lock()
	defer l.flushMu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.find(lsn)
	if i == len(l.marks) || l.marks[i].LSN != lsn {
		return fmt.Errorf("%w: nothing ends at %X", ErrCorrupt, lsn)
	}
	if err := l.f.Truncate(l.offset(lsn)); err != nil {
		return err
	}
	l.marks = l.marks[:i+1]
	l.flushed = min(l.flushed, lsn)
	l.notify()
	return l.f.Sync()
}

// WaitFlushed returns when the log is on disk beyond a position.
func (l *Log) WaitFlushed(ctx context.Context, beyond uint64) error {
	for {
		l.mu.Lock()
		flushed, changed := l.flushed, l.changed
		l.mu.Unlock()
		if flushed > beyond {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Close closes the file.
func (l *Log) Close() error { return l.f.Close() }
