// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gausskit/gausskit/ha/dcs"
)

// class is what an error of etcd or gRPC means for us.
type class uint8

const (
	lost      class = iota // no answer, or one that leaves the outcome open
	refused                // etcd cannot now, and did not
	denied                 // etcd does not let us
	invalid                // the request is wrong
	leaseGone              // the lease has ended
)

// classes lists the answers of etcd whose gRPC code does not say enough.
// Whatever etcd says before it proposes a change, or instead of applying it,
// is certain (etcdserver/v3_server.go, etcdserver/apply); whatever it says while
// it waits for a change that it has proposed is lost: time-outs, a server that
// stops, a leader that changes.
//
// read-only
var classes = map[string]class{
	rpctypes.ErrorDesc(rpctypes.ErrGRPCLeaseNotFound): leaseGone,

	rpctypes.ErrorDesc(rpctypes.ErrGRPCNoLeader):               refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCNotLeader):              refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCNotCapable):             refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCNotSupportedForLearner): refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCRequestTooManyRequests): refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCNoSpace):                refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCCorrupt):                refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCCompacted):              refused, // of a watch or a read; load again
	rpctypes.ErrorDesc(rpctypes.ErrGRPCFutureRev):              refused,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCAuthOldRevision):        refused, // users or roles have just changed

	rpctypes.ErrorDesc(rpctypes.ErrGRPCPermissionDenied):     denied, // also by a watch, without its code
	rpctypes.ErrorDesc(rpctypes.ErrGRPCInvalidAuthToken):     denied, // the same
	rpctypes.ErrorDesc(rpctypes.ErrGRPCAuthFailed):           denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCUserEmpty):            denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCUserNotFound):         denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCRoleNotFound):         denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCRoleNotGranted):       denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCRootUserNotExist):     denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCRootRoleNotExist):     denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCPermissionNotGiven):   denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCPermissionNotGranted): denied,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCInvalidAuthMgmt):      denied,
}

// classify says what an error means. err is not nil.
func classify(err error) class {
	text := rpctypes.ErrorDesc(err)
	if c, ok := classes[text]; ok {
		return c
	}
	switch {
	case strings.Contains(text, "authentication handshake failed"), strings.Contains(text, "remote error: tls:"):
		return denied // certificates
	case strings.Contains(text, "trying to send message larger than max"):
		return invalid // by our side of the connection
	}
	switch code(err) {
	case codes.InvalidArgument, codes.OutOfRange:
		return invalid
	case codes.PermissionDenied, codes.Unauthenticated:
		return denied
	case codes.NotFound, codes.AlreadyExists, codes.FailedPrecondition, codes.Unimplemented:
		return refused
	default:
		return lost
	}
}

// code returns the gRPC code of an error, whether it comes from gRPC, from
// etcd's client, or from a context.
func code(err error) codes.Code {
	var coded interface{ Code() codes.Code } // rpctypes.EtcdError
	if errors.As(err, &coded) {
		return coded.Code()
	}
	if _, ok := status.FromError(err); ok {
		return status.Code(err)
	}
	return status.FromContextError(err).Code()
}

// verdict is what became of a request, over all attempts.
type verdict struct {
	err     error // of the last attempt
	mayHave bool  // some attempt may have been carried out, or may be later
	closed  bool  // the store or its client was closed
}

// explain turns the verdict into an error of package dcs. ctx is the caller's.
func (v *verdict) explain(ctx context.Context, op string) error {
	text := rpctypes.ErrorDesc(v.err)
	cause := v.err
	ended := ctx.Err()
	if ended == nil && code(v.err) == codes.DeadlineExceeded {
		ended = context.DeadlineExceeded // the server was quicker than our own clock
	}
	c := classify(v.err)
	overdue := code(v.err) == codes.DeadlineExceeded || code(v.err) == codes.Canceled
	switch {
	case c == invalid:
		return fmt.Errorf("dcs: %s: %w: %w", op, dcs.ErrInvalid, v.err)
	case c == leaseGone:
		return fmt.Errorf("dcs: %s: %w", op, dcs.ErrLeaseNotFound)
	case c == denied && !overdue:
		return fmt.Errorf("dcs: %s: %w: %w", op, dcs.ErrDenied, v.err)
	case v.closed && v.mayHave:
		cause = dcs.ErrClosed
	case v.closed:
		return fmt.Errorf("dcs: %s: %w", op, dcs.ErrClosed)
	case c == denied: // time ran out while connections were refused
		cause = fmt.Errorf("%w: %w: %s", cmp.Or(ended, v.err), dcs.ErrDenied, text)
	case ended != nil && text != ended.Error():
		cause = fmt.Errorf("%w: %s", ended, text)
	case ended != nil:
		cause = ended
	}
	return &dcs.UnavailableError{Op: op, MayHave: v.mayHave, Cause: cause}
}
