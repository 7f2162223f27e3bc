// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Why a connection attempt failed in the startup phase. pgx wraps them;
// errors.Is and errors.As find them. Each has a type of its own with details.
var (
	ErrWrongPassword = errors.New("gausspgx: wrong password or no such user")                // WrongPasswordError
	ErrServerProof   = errors.New("gausspgx: the server did not prove that it is genuine")   // ServerProofError
	ErrDowngrade     = errors.New("gausspgx: the server wants a method that is not allowed") // DowngradeError
	ErrCut           = errors.New("gausspgx: connection cut before it was ready")            // CutError
	ErrChallenge     = errors.New("gausspgx: unacceptable authentication request")           // ChallengeError
	ErrNoPassword    = errors.New("gausspgx: the server wants a password and none is given")
)

// What to do about passwords that are stored or asked for in a weak form.
const (
	adviceSHA256 = "set password_encryption_type = 2, give the user the password anew, and write sha256 in pg_hba.conf"
	adviceHBA    = "pg_hba.conf says md5 for a user whose password is stored as sha256: write sha256 there and reload"
)

// WrongPasswordError says that the server refused what the password gave. The
// server does not tell a wrong password from a user that does not exist. Do not
// retry: each refusal counts towards the locking of the account
// (failed_login_attempts, 10 by default). pgx tries no further host.
//
// PostgreSQL's SCRAM is done by pgx, with pgx's error: a *pgconn.PgError with
// the same SQLSTATE and without this type around it.
type WrongPasswordError struct {
	User   string
	Method Method
	Err    *pgconn.PgError // the server's words, SQLSTATE 28P01
}

// Error names the user and the method and quotes the server.
func (e *WrongPasswordError) Error() string {
	return fmt.Sprintf("gausspgx: user %q: wrong password or no such user (%s): %v", e.User, e.Method, e.Err)
}

// Unwrap returns ErrWrongPassword and the server's error.
func (e *WrongPasswordError) Unwrap() []error { return []error{ErrWrongPassword, e.Err} }

// ServerProofError says that the server did not show that it knows the user's
// password, although Options.ServerProof demands it. Nothing was sent that
// helps to guess the password.
type ServerProofError struct {
	User   string
	Method Method
	// Wrong is true when there was a proof and it was wrong: another server
	// answers, or the password given to us is wrong, or it was stored with
	// another iteration count than Options.Iterations. It is false when the
	// method that the server chose contains no proof.
	Wrong bool
}

// Error names the user and the method and says what may be wrong.
func (e *ServerProofError) Error() string {
	if !e.Wrong {
		return fmt.Sprintf("gausspgx: user %q: the server chose method %s, which does not prove that the server knows the password: %s", e.User, e.Method, adviceSHA256)
	}
	return fmt.Sprintf("gausspgx: user %q: the server's proof (%s) is wrong: it is not the server you mean, or the password is not this one, or it was stored with another auth_iteration_count than Options.Iterations", e.User, e.Method)
}

// Unwrap returns ErrServerProof.
func (e *ServerProofError) Unwrap() error { return ErrServerProof }

// DowngradeError says that the server asked for a method that is not among
// Options.Methods. Nothing was sent that depends on the password.
type DowngradeError struct {
	User    string
	Method  Method
	Allowed []Method
	Advice  string // what to change on the server
}

// Error names the user, the methods and the advice.
func (e *DowngradeError) Error() string {
	names := make([]string, len(e.Allowed))
	for i, m := range e.Allowed {
		names[i] = string(m)
	}
	text := fmt.Sprintf("gausspgx: user %q: the server wants method %s; allowed: %s", e.User, e.Method, strings.Join(names, ", "))
	if e.Advice != "" {
		text += ": " + e.Advice
	}
	return text
}

// Unwrap returns ErrDowngrade.
func (e *DowngradeError) Unwrap() error { return ErrDowngrade }

// CutError says that the connection ended without a message before it was ready
// for queries. openGauss does that while a cluster with shared storage changes
// its primary. The attempt had no effect and may be repeated, and pgx goes on
// to the next host.
type CutError struct {
	During string // what we were doing
	Err    error  // io.ErrUnexpectedEOF or what the network said
}

// Error says when the connection was cut and by what.
func (e *CutError) Error() string {
	return fmt.Sprintf("gausspgx: connection cut while %s: %v", e.During, e.Err)
}

// Unwrap returns ErrCut and the cause.
func (e *CutError) Unwrap() []error { return []error{ErrCut, e.Err} }

// SafeToRetry tells pgconn.SafeToRetry that nothing was asked of the server yet.
func (e *CutError) SafeToRetry() bool { return true }

// ChallengeError says that an authentication request, or what stood in its
// place, is malformed, asks for too few or too many iterations, or for
// something that this package does not do.
type ChallengeError struct {
	Method  Method // "" when not known
	Problem string
}

// Error says what was wrong with the request.
func (e *ChallengeError) Error() string {
	if e.Method == "" {
		return "gausspgx: startup: " + e.Problem
	}
	return fmt.Sprintf("gausspgx: startup, method %s: %s", e.Method, e.Problem)
}

// Unwrap returns ErrChallenge.
func (e *ChallengeError) Unwrap() error { return ErrChallenge }
