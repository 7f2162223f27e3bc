// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcs

import "errors"

var (
	// ErrConflict: a condition of the transaction did not hold. Nothing
	// changed; load again and decide again.
	ErrConflict = errors.New("dcs: conflict")

	// ErrLeaseNotFound: the lease has ended or never was. Nothing changed.
	ErrLeaseNotFound = errors.New("dcs: lease not found")

	// ErrUnavailable: the store did not answer, or could not (no leader, no
	// quorum, time-out, connection lost). Try again.
	ErrUnavailable = errors.New("dcs: store unavailable")

	// ErrDenied: the store refused user, password, token or certificate.
	ErrDenied = errors.New("dcs: access denied")

	// ErrInvalid: the request itself is wrong (see Txn.Validate), or larger
	// than the store accepts. Nothing changed; trying again does not help.
	ErrInvalid = errors.New("dcs: invalid request")

	// ErrClosed: the store's client was closed. Final.
	ErrClosed = errors.New("dcs: store closed")
)

// Uncertain reports whether the request that gave err may have been carried
// out all the same, now or later. It is false for nil and for errors that say
// that nothing changed.
func Uncertain(err error) bool {
	var u interface{ Uncertain() bool }
	return errors.As(err, &u) && u.Uncertain()
}

// UnavailableError is an [ErrUnavailable] with its circumstances.
type UnavailableError struct {
	Op      string // method of Store, in lower case: "commit"
	MayHave bool   // the request may have been carried out, or may be later
	Cause   error  // what the client library said; may be nil
}

// Error says what was asked and why there is no answer.
func (e *UnavailableError) Error() string {
	s := "dcs: " + e.Op + ": store unavailable"
	if e.MayHave {
		s += " (outcome unknown)"
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives both the sentinel and the cause.
func (e *UnavailableError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrUnavailable}
	}
	return []error{ErrUnavailable, e.Cause}
}

// Uncertain is asked by the function of the same name.
func (e *UnavailableError) Uncertain() bool { return e.MayHave }
