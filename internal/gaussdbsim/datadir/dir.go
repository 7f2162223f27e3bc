// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package datadir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// Dir is the path of a data directory.
type Dir string

// Names of files that requests, results and markers are.
const (
	TermFile          = "term_file"
	Failover          = "failover"
	Switchover        = "switchover"
	SwitchoverTimeout = "switchover_timeout"
	SwitchoverStatus  = "switchoverstatus"
	Timeout           = "timeout"
	NotifyPrimary     = "primary"
	NotifyStandby     = "standby"
	NotifyCascade     = "cascade_standby"
	FinishRedo        = "finish_redo_file"
	AddMember         = "addmember"
	RemoveMember      = "removemember"
	ChangeRole        = "changerole"
	ChangeRoleStatus  = "changerolestatus"
	StartMinority     = "startminority"
	SetRunModeStatus  = "setrunmodestatus"
	DisableConn       = "disable_conn_file"
	BuildPID          = "gs_build.pid"
	BuildStart        = "build_completed.start"
	BuildDone         = "build_completed.done"
	ConfFile          = "postgresql.conf"
	HBAFile           = "pg_hba.conf"
	CtlLock           = "pg_ctl.lock"
	XLogDir           = "pg_xlog"
	stateFile         = "gaussdb.state"
	pidFile           = "postmaster.pid"
	pidLock           = "postmaster.pid.lock"
	optsFile          = "postmaster.opts"
	controlFile       = "global/pg_control"
)

// Path gives the path of a file in the directory.
func (d Dir) Path(name string) string { return filepath.Join(string(d), name) }

// Write replaces a file in one step.
func (d Dir) Write(name string, data []byte) error {
	return atomicfile.Write(d.Path(name), data, 0o600, atomicfile.Owner{})
}

// Exists reports whether the file is there.
func (d Dir) Exists(name string) bool {
	_, err := os.Stat(d.Path(name))
	return err == nil
}

// Take reads a request and removes it. ok is false when there is none.
func (d Dir) Take(name string) (data []byte, ok bool) {
	data, err := os.ReadFile(d.Path(name))
	if err != nil {
		return nil, false
	}
	return data, os.Remove(d.Path(name)) == nil
}

// Put writes a request as gs_ctl does, which a reader can find half written.
func (d Dir) Put(name string, data []byte) error { return os.WriteFile(d.Path(name), data, 0o600) }

// Int32 writes a number as requests have it.
func Int32(n int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// ReadInt32 reads the first number of a request, 0 when it is cut short.
func ReadInt32(b []byte) int32 {
	if len(b) < 4 {
		return 0
	}
	return int32(binary.LittleEndian.Uint32(b))
}

// Term reads term_file; 0 when there is none.
func (d Dir) Term() uint64 {
	b, err := os.ReadFile(d.Path(TermFile))
	if err != nil || len(b) < 4 {
		return 0
	}
	return uint64(binary.LittleEndian.Uint32(b))
}

// ReadState reads gaussdb.state.
func (d Dir) ReadState() (opengauss.StateFile, error) {
	b, err := os.ReadFile(d.Path(stateFile))
	if err != nil {
		return opengauss.StateFile{}, err
	}
	return opengauss.ParseStateFile(b)
}

// WriteState writes gaussdb.state by way of gaussdb.state.temp.
func (d Dir) WriteState(s opengauss.StateFile) error {
	s.HasChannel = true
	b, err := s.MarshalBinary()
	if err != nil {
		return err
	}
	return d.Write(stateFile, b)
}

// StateTime gives when gaussdb.state was last written.
func (d Dir) StateTime() time.Time {
	fi, err := os.Stat(d.Path(stateFile))
	if err != nil {
		return time.Time{}
	}
	return fi.ModTime()
}

// PID is the content of postmaster.pid.
type PID struct {
	PID       int
	Dir       string
	Start     int64
	Port      int
	SocketDir string
	Listen    string // first address that is neither localhost nor *
}

// ReadPID reads postmaster.pid.
func (d Dir) ReadPID() (p PID, err error) {
	b, err := os.ReadFile(d.Path(pidFile))
	if err != nil {
		return p, err
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 6 {
		return p, fmt.Errorf("%s: cut short", d.Path(pidFile))
	}
	p.Dir, p.SocketDir, p.Listen = lines[1], lines[4], lines[5]
	p.PID, err = strconv.Atoi(strings.TrimSpace(lines[0]))
	if err == nil {
		p.Port, err = strconv.Atoi(lines[3])
	}
	return p, err
}

// WritePID writes postmaster.pid.
func (d Dir) WritePID(p PID) error {
	return d.Write(pidFile, fmt.Appendf(nil, "%d\n%s\n%d\n%d\n%s\n%s\n%9d %9d\n",
		p.PID, p.Dir, p.Start, p.Port, p.SocketDir, p.Listen, p.Port*1000+1, p.PID))
}

// RemovePID removes postmaster.pid.
func (d Dir) RemovePID() error { return os.Remove(d.Path(pidFile)) }

// PIDPath gives the path of postmaster.pid.
func (d Dir) PIDPath() string { return d.Path(pidFile) }

// LockServer takes the server's lock until the file is closed.
func (d Dir) LockServer() (*os.File, error) { return lock(d.Path(pidLock)) }

// ErrLocked is the error for a lock that another process holds.
var ErrLocked = errors.New("datadir: locked by another process")

func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, ErrLocked
	}
	return f, nil
}

// LockCtl takes the lock of gs_ctl until the file is closed.
func (d Dir) LockCtl() (*os.File, error) { return lock(d.Path(CtlLock)) }

// Lock takes the lock that a file of any name is.
func Lock(path string) (*os.File, error) { return lock(path) }

// IsServer reports whether the process runs and has this directory as its own:
// a process number can have gone to another program, or another server.
func (d Dir) IsServer(pid int) bool {
	if pid <= 0 || syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	if i := bytes.LastIndexByte(stat, ')'); i < 0 || i+2 >= len(stat) || stat[i+2] == 'Z' {
		return false
	}
	cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	return err == nil && cwd == d.Real()
}

// Real gives the path without symbolic links.
func (d Dir) Real() string {
	if p, err := filepath.EvalSymlinks(string(d)); err == nil {
		return p
	}
	return string(d)
}

// WriteOpts writes postmaster.opts: the command line.
func (d Dir) WriteOpts(argv []string) error {
	var b strings.Builder
	b.WriteString(argv[0])
	for _, a := range argv[1:] {
		fmt.Fprintf(&b, " %q", a)
	}
	return d.Write(optsFile, []byte(b.String()+"\n"))
}

// ReadOpts reads postmaster.opts: the line, and its words.
func (d Dir) ReadOpts() (line string, argv []string, err error) {
	b, err := os.ReadFile(d.Path(optsFile))
	if err != nil {
		return "", nil, err
	}
	line = string(b)
	words := strings.Split(strings.TrimSuffix(strings.TrimSpace(line), "\""), " \"")
	for i, w := range words {
		if i > 0 {
			w = strings.TrimSuffix(w, "\"")
		}
		argv = append(argv, w)
	}
	return line, argv, nil
}

// ReadControl reads the stand-in of the control file.
func (d Dir) ReadControl() (opengauss.ControlData, error) {
	b, err := os.ReadFile(d.Path(controlFile))
	if err != nil {
		return opengauss.ControlData{}, err
	}
	return opengauss.ParseControlData(string(b))
}

// WriteControl writes the stand-in of the control file: the text that
// pg_controldata prints.
func (d Dir) WriteControl(c opengauss.ControlData) error {
	return d.Write(controlFile, []byte(c.String()))
}

// Disconnect is disable_conn_file: whom the walreceiver may connect to.
type Disconnect struct {
	Mode int32 // 0 polling, 1 specified, 2 prohibited
	Host string
	Port int32
}

// ReadDisconnect reads disable_conn_file; the zero value when there is none.
func (d Dir) ReadDisconnect() Disconnect {
	b, err := os.ReadFile(d.Path(DisableConn))
	if err != nil || len(b) < 72 {
		return Disconnect{}
	}
	host, _, _ := bytes.Cut(b[4:68], []byte{0})
	return Disconnect{Mode: ReadInt32(b), Host: string(host), Port: ReadInt32(b[68:])}
}

// WriteDisconnect writes disable_conn_file.
func (d Dir) WriteDisconnect(c Disconnect) error {
	b := make([]byte, 72)
	binary.LittleEndian.PutUint32(b, uint32(c.Mode))
	copy(b[4:67], c.Host)
	binary.LittleEndian.PutUint32(b[68:], uint32(c.Port))
	return d.Write(DisableConn, b)
}

// IsMissing reports whether an error says that a file is not there.
func IsMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
