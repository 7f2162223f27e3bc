// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"context"
	"errors"
	"reflect"

	"github.com/jackc/pgx/v5/pgconn"
)

// forOpenGauss replaces those checks of target_session_attrs that ask for
// roles. pgx asks pg_is_in_recovery(), which tells a standby that receives a
// log; a standby of a cluster with shared storage (resource pooling) has its
// role from the shared-storage manager, and only the server's own role names
// both kinds. The checks for read-write and read-only ask whether the session
// can write, which is right everywhere, and functions of the user's stay.
func forOpenGauss(check pgconn.ValidateConnectFunc) pgconn.ValidateConnectFunc {
	is := func(f pgconn.ValidateConnectFunc) bool {
		return check != nil && reflect.ValueOf(check).Pointer() == reflect.ValueOf(f).Pointer()
	}
	switch {
	case is(pgconn.ValidateConnectTargetSessionAttrsPrimary):
		return func(ctx context.Context, conn *pgconn.PgConn) error {
			standby, known, err := isStandby(ctx, conn)
			switch {
			case err != nil:
				return err
			case !known:
				return check(ctx, conn)
			case standby:
				return pgconn.ErrStandbyConnection
			}
			return nil
		}
	case is(pgconn.ValidateConnectTargetSessionAttrsStandby):
		return func(ctx context.Context, conn *pgconn.PgConn) error {
			standby, known, err := isStandby(ctx, conn)
			switch {
			case err != nil:
				return err
			case !known:
				return check(ctx, conn)
			case !standby:
				return pgconn.ErrPrimaryConnection
			}
			return nil
		}
	case is(pgconn.ValidateConnectTargetSessionAttrsPreferStandby):
		return func(ctx context.Context, conn *pgconn.PgConn) error {
			standby, _, err := isStandby(ctx, conn)
			if err != nil || standby {
				return err
			}
			return check(ctx, conn) // only pgx can make its NotPreferredError
		}
	}
	return check
}

// roleQuery needs no privilege. Its columns stand in
// pg_stat_get_stream_replications of src/gausskernel/storage/replication/walreceiver.cpp.
const roleQuery = "select pg_catalog.pg_is_in_recovery(), local_role from pg_catalog.pg_stat_get_stream_replications()"

// isStandby asks an openGauss server for its role. known is false for other
// servers, which lack the parameter is_sysadmin. A server counts as a standby
// while it is in recovery, even when it calls itself primary already.
func isStandby(ctx context.Context, conn *pgconn.PgConn) (standby, known bool, err error) {
	if conn.ParameterStatus("is_sysadmin") == "" {
		return false, false, nil
	}
	results, err := conn.Exec(ctx, roleQuery).ReadAll()
	if err != nil {
		return false, true, err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 2 {
		return false, true, errors.New("gausspgx: the server's answer about its role is not one row of two columns")
	}
	recovery, role := string(results[0].Rows[0][0]), string(results[0].Rows[0][1])
	switch role {
	case "Primary", "Normal": // Normal: a server on its own
		return recovery != "f", true, nil
	}
	return true, true, nil
}
