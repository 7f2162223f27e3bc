// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// alone starts one server with a user and a table.
func alone(t *testing.T, more ...string) *node {
	t.Helper()
	n := newNodes(t, 1, more...)[0]
	n.start("normal")
	n.exec("create user "+user+" password '"+password+"'", "create table t(id int primary key, v text, at timestamptz default now())")
	return n
}

func TestLogin(t *testing.T) {
	t.Parallel()
	n := alone(t)
	right := n.open()
	var who string
	if err := right.QueryRow(t.Context(), "select current_user").Scan(&who); err != nil || who != user {
		t.Errorf("current_user %q, %v", who, err)
	}
	_, err := gausspgx.Connect(t.Context(), strings.Replace(n.dsn(), password, "Wrong_123", 1))
	if !errors.Is(err, gausspgx.ErrWrongPassword) {
		t.Errorf("wrong password: %v", err)
	}
	_, err = gausspgx.Connect(t.Context(), strings.Replace(n.dsn(), "user="+user, "user=nobody", 1))
	if !errors.Is(err, gausspgx.ErrWrongPassword) {
		t.Errorf("unknown user: %v", err)
	}
	_, err = gausspgx.Connect(t.Context(), strings.Replace(n.dsn(), "dbname=postgres", "dbname=absent", 1))
	wantCode(t, err, "3D000")
	_, err = gausspgx.Connect(t.Context(), fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s dbname=postgres sslmode=disable", n.port+1, user, password))
	wantCode(t, err, "0A000") // not a port for clients

	// A user whose password is stored as MD5.
	n.exec("alter system set password_encryption_type to 0", "create user old password '"+password+"'")
	conn, err := gausspgx.Connect(t.Context(), strings.Replace(n.dsn(), "user="+user, "user=old", 1))
	if err == nil {
		conn.Close(context.Background())
	} else {
		var down *gausspgx.DowngradeError
		if !errors.As(err, &down) {
			t.Errorf("md5: %v", err)
		}
	}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	n := alone(t)
	conn := n.open()
	ctx := t.Context()
	for _, c := range []struct {
		query string
		args  []any
		want  string // of one value, or an SQLSTATE behind !
	}{
		{"select 1 + 2 * 3", nil, "7"},
		{"select 'a' || 'b''c'", nil, "ab'c"},
		{"select $1::int + 1", []any{41}, "42"},
		{"select coalesce(null, 'x')", nil, "x"},
		{"insert into t(id, v) values ($1, $2), (2, 'two') returning id", []any{1, "one"}, "1"},
		{"insert into t(id) values (1)", nil, "!23505"},
		{"insert into t(v) values ('no key')", nil, "!23502"},
		{"insert into t(id, v) values (1, 'new') on duplicate key update v = excluded.v returning v", nil, "new"},
		{"insert into t(id, v) select g, 'series' from generate_series(10, 19) g", nil, ""},
		{"select count(*) from t where v = 'series' and id between 12 and 15", nil, "4"},
		{"select max(id) from t", nil, "19"},
		{"select sum(id) from t where id in (10, 11)", nil, "21"},
		{"update t set v = 'upd' where id = $1 returning v", []any{10}, "upd"},
		{"select id from t order by id desc limit 1 offset 1", nil, "18"},
		{"delete from t where id >= 10 returning count(*)", nil, "!42803"},
		{"select count(*) from t where v is null", nil, "0"},
		{"select (select max(id) from t) + 1", nil, "20"},
		{"select exists (select from t where id = $1)", []any{1}, "t"},
		{"select not exists (select from t where id = 77)", nil, "t"},
		{"select nothing from t", nil, "!42703"},
		{"select * from nowhere", nil, "!42P01"},
		{"select no_such_function()", nil, "!42883"},
		{"selec 1", nil, "!42601"},
		{"select 1 / 0", nil, "!22012"},
		{"select 'x'::int", nil, "!22P02"},
		{"listen channel", nil, "!0A000"},
		{"select a.id from t a join t b on a.id = b.id", nil, "!0A000"},
		{"show synchronous_commit", nil, "on"},
		{"set no_such_guc = 1", nil, "!42704"},
		{"select pg_is_in_recovery()", nil, "f"},
		{"select opengauss_version()", nil, "7.0.0-RC2"},
		{"select pg_last_xlog_replay_location()", nil, "(1,0/0)"},
	} {
		var got string
		rows, err := conn.Query(ctx, c.query, append([]any{pgx.QueryResultFormats{pgx.TextFormatCode}}, c.args...)...)
		if err == nil {
			for rows.Next() {
				if raw := rows.RawValues(); got == "" && len(raw) > 0 {
					got = string(raw[0])
				}
			}
			err = rows.Err()
		}
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) {
			got = "!" + pgErr.Code
		} else if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q (%v)", c.query, got, c.want, err)
		}
	}
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	n := alone(t)
	a, b := n.open(), n.open()
	ctx := t.Context()
	count := func(conn *pgx.Conn) (v int) {
		t.Helper()
		if err := conn.QueryRow(ctx, "select count(*) from t").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	tx, err := a.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "insert into t(id) values (1)"); err != nil {
		t.Fatal(err)
	}
	if count(a) != 1 || count(b) != 0 {
		t.Errorf("an open transaction is seen by others, or not by itself")
	}
	inner, err := tx.Begin(ctx) // a savepoint
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inner.Exec(ctx, "insert into t(id) values (1)"); err == nil {
		t.Errorf("duplicate key accepted")
	}
	if err := inner.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx); err != nil || count(b) != 1 {
		t.Errorf("commit: %v, %d rows", err, count(b))
	}
	if tx, err = a.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "delete from t"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(ctx); err != nil || count(a) != 1 {
		t.Errorf("rollback: %v, %d rows", err, count(a))
	}
	// A batch is one transaction.
	batch := &pgx.Batch{}
	batch.Queue("insert into t(id) values (2)")
	batch.Queue("insert into t(id) values (2)")
	if err := a.SendBatch(ctx, batch).Close(); err == nil || count(a) != 1 {
		t.Errorf("failed batch: %v, %d rows", err, count(a))
	}
	// COPY both ways.
	rows := [][]any{{10, "ten"}, {11, nil}}
	if n, err := a.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id", "v"}, pgx.CopyFromRows(rows)); err != nil || n != 2 {
		t.Errorf("copy in: %d, %v", n, err)
	}
	var out strings.Builder
	if _, err := a.PgConn().CopyTo(ctx, &out, "copy t(id, v) to stdout"); err != nil || !strings.Contains(out.String(), "10\tten\n11\t\\N\n") {
		t.Errorf("copy out: %q, %v", out.String(), err)
	}
}

func TestCancelAndTimeout(t *testing.T) {
	t.Parallel()
	n := alone(t)
	conn := n.open()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := conn.PgConn().Exec(context.Background(), "select pg_sleep(60)").ReadAll()
		done <- err
	}()
	n.eventually("sleeping", func() bool {
		return n.number("select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'") == 1
	})
	if err := conn.PgConn().CancelRequest(ctx); err != nil {
		t.Fatal(err)
	}
	wantCode(t, <-done, "57014")
	if _, err := conn.Exec(ctx, "set statement_timeout = 50"); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Exec(ctx, "select pg_sleep(60)")
	wantCode(t, err, "57014")
}

func TestPool(t *testing.T) {
	t.Parallel()
	n := alone(t)
	pool, err := gausspgx.NewPool(t.Context(), n.dsn()+" pool_max_conns=4")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	errs := make(chan error, 8)
	for w := range 8 {
		go func() {
			var err error
			for i := range 20 {
				if _, e := pool.Exec(t.Context(), "insert into t(id, v) values ($1, $2)", w*100+i, "x"); e != nil && err == nil {
					err = e
				}
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	type row struct {
		ID int
		V  *string
		At time.Time
	}
	rows, err := pool.Query(t.Context(), "select id, v, at from t order by id")
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil || len(all) != 160 || !slices.IsSortedFunc(all, func(a, b row) int { return a.ID - b.ID }) || time.Since(all[0].At) > time.Hour {
		t.Errorf("%d rows, %v", len(all), err)
	}
}

func TestAlterSystem(t *testing.T) {
	t.Parallel()
	n := alone(t)
	n.exec("alter system set synchronous_commit to 'remote_write'")
	var v string
	if err := n.admin().QueryRow(t.Context(), "show synchronous_commit").Scan(&v); err != nil || v != "remote_write" {
		t.Errorf("%q, %v", v, err)
	}
	_, err := n.open().Exec(t.Context(), "alter system set synchronous_commit to 'on'")
	wantCode(t, err, "42501")
	_, err = n.admin().Exec(t.Context(), "alter system set synchronous_standby_names to 'ANY x('")
	wantCode(t, err, "22023")
}

// TestInitialUser: it cannot log in with a password from far away, and
// over TCP from here is asked for it although pg_hba.conf trusts.
func TestInitialUser(t *testing.T) {
	t.Parallel()
	n := alone(t)
	dsn := strings.Replace(n.dsn(), "user="+user, "user="+owner, 1)
	conn, err := gausspgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close(context.Background())
	_, err = gausspgx.Connect(t.Context(), strings.Replace(dsn, password, "Wrong_123", 1))
	if !errors.Is(err, gausspgx.ErrWrongPassword) {
		t.Errorf("wrong password: %v", err)
	}
}
