// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dss

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Switch makes this instance the master. Both servers must be alive: for a dead
// master release its lock instead. It returns the status afterwards; when
// another instance is master then, which dsscmd does not call a failure, the
// error matches [ErrNotMaster].
func (c Cmd) Switch(ctx context.Context) (Status, error) {
	s, err := output(ParseSwitch)(c.run(ctx, changes, nil, "switch", c.client()...))
	if err == nil && s.Master != s.Instance {
		err = fmt.Errorf("%w: dsscmd switch: %s", ErrNotMaster, s)
	}
	return s, err
}

// SetGrabLock says whether the server may take the master's lock. A master that
// may not gives it up. It needs a cluster manager: without one it fails.
func (c Cmd) SetGrabLock(ctx context.Context, may bool) error {
	verb := "dis_grab_lock"
	if may {
		verb = "en_grab_lock"
	}
	_, err := c.run(ctx, changes, nil, verb, c.client()...)
	return err
}

// StopServer ends the server in an orderly way.
func (c Cmd) StopServer(ctx context.Context) error {
	_, err := c.run(ctx, changes, nil, "stopdss", c.client()...)
	return err
}

// Latches asks what an instance that died left locked.
func (c Cmd) Latches(ctx context.Context, instance int) (Latches, error) {
	id, err := instanceArg("query_latch_remain", instance)
	if err != nil {
		return Latches{}, err
	}
	// The exit status is the number of a lock's state, 1 for an exclusive one.
	return output(ParseLatches)(c.run(ctx, looks, []int{0, 1, 2, 3}, "query_latch_remain", "-i", id))
}

// CleanLocks drops locks of volume groups that this instance left behind. Its
// server must not run.
func (c Cmd) CleanLocks(ctx context.Context) error {
	_, err := c.run(ctx, changes, nil, "clean_vglock")
	return err
}

// GetCfg asks the server for the value of a parameter that counts now. The
// value of a secret is in no error.
func (c Cmd) GetCfg(ctx context.Context, name string) (string, error) {
	if !isParamName(upper(name)) {
		return "", NewError("getcfg", name, CodeUnknownName, "")
	}
	text, err := c.run(ctx, looks, nil, "getcfg", c.client("-n", upper(name))...)
	if err != nil {
		if failed, ok := err.(*CommandError); ok && isSecret(name) {
			failed.Line = ""
		}
		return "", err
	}
	got, value, err := ParseCfg(text)
	if err == nil && upper(got) != upper(name) {
		err = &OutputError{Verb: "getcfg", Reason: "the answer is about " + got + ", not " + name}
		value = ""
	}
	return value, err
}

// Scope says where setcfg changes a parameter.
type Scope string

// The scopes.
const (
	ScopeMemory Scope = "memory" // in the running server
	ScopeFile   Scope = "pfile"  // in its dss_inst.ini, which is written anew
	ScopeBoth   Scope = "both"
)

// SetCfg gives a parameter another value while the server runs. Secrets are
// refused: every user of the machine can read the arguments of a program. When
// c.Release is known, the value is checked first ([Param.CheckSetcfg]).
func (c Cmd) SetCfg(ctx context.Context, name, value string, scope Scope) error {
	name = upper(name)
	refuse := func(r Reason, detail string) error {
		return Problems{{Reason: r, Key: name, Offset: -1, Detail: detail}}
	}
	switch {
	case !slices.Contains([]Scope{ScopeMemory, ScopeFile, ScopeBoth}, scope):
		return refuse(ReasonBadValue, "want scope memory, pfile or both")
	case !isParamName(name):
		return refuse(ReasonUnknownKey, "")
	case isSecret(name):
		return refuse(ReasonReadOnly, "secrets belong into no argument list")
	case value == "" || strings.HasPrefix(value, "-"):
		return refuse(ReasonBadValue, "dsscmd would take it for an option")
	}
	if c.Release != release.Unknown {
		p, ok := ParamByName(name, c.Release)
		if !ok {
			return refuse(ReasonUnknownKey, unknownDetail(name, c.Release))
		}
		if err := p.CheckSetcfg(value); err != nil {
			return err
		}
	}
	_, err := c.run(ctx, changes, nil, "setcfg", c.client("-n", name, "-v", value, "-s", string(scope))...)
	return err
}

func isSecret(name string) bool {
	e := lookup(name)
	return e != nil && e.Secret || strings.HasPrefix(upper(name), "SSL_PWD_")
}

// Build asks which build of dsscmd this is.
func (c Cmd) Build(ctx context.Context) (Build, error) {
	return output(ParseBuild)(c.run(ctx, looks, nil, "-v"))
}
