// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// A configuration names all members and what is wanted of one. Connecting is
// pgx's, with pgx.ConnectConfig or gausspgx.Connect.
func Example() {
	cfg, err := gausspgx.ParseConfig("postgres://app:secret@db1:5433,db2:5433,db3:5433/orders?sslmode=verify-full&target_session_attrs=primary")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.User, "of", cfg.Database)
	fmt.Println(cfg.Host, cfg.Port)
	for _, next := range cfg.Fallbacks {
		fmt.Println(next.Host, next.Port)
	}
	// Output:
	// app of orders
	// db1 5433
	// db2 5433
	// db3 5433
}

// A program that has its own configuration adds one call. This one still has
// users with MD5 passwords, and says so.
func ExampleConfigure() {
	cfg, err := pgx.ParseConfig("host=db1 user=app password=secret dbname=orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	err = gausspgx.Configure(&cfg.Config, gausspgx.Options{
		Methods:       []gausspgx.Method{gausspgx.MethodSHA256, gausspgx.MethodMD5},
		MinIterations: 10_000,
	})
	fmt.Println("configured:", err == nil)

	err = gausspgx.Configure(&cfg.Config, gausspgx.Options{})
	fmt.Println(err)
	// Output:
	// configured: true
	// gausspgx: the configuration is configured already
}

// All problems of the options are reported at once.
func ExampleOptions() {
	cfg, err := pgconn.ParseConfig("host=db1 user=app")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(gausspgx.Configure(cfg, gausspgx.Options{
		Methods:       []gausspgx.Method{"sha-256"},
		MinIterations: 50_000,
		MaxIterations: 20_000,
	}))
	// Output:
	// gausspgx: method "sha-256": want sha256, sm3, scram-sha-256, oauth, gss, trust, md5 or password
	// gausspgx: Options.MinIterations is 50000, above MaxIterations (20000)
}

// A server that asks for an MD5 password gets no answer.
func ExampleDowngradeError() {
	cfg, err := gausspgx.ParseConfig("host=127.0.0.1 user=app password=secret sslmode=disable")
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg.DialFunc = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() { // a server that is set to MD5
			defer server.Close()
			buf := make([]byte, 1024)
			if _, err := server.Read(buf); err != nil {
				return
			}
			if _, err := server.Write([]byte{'R', 0, 0, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4}); err != nil {
				return
			}
			io.Copy(io.Discard, server)
		}()
		return client, nil
	}
	_, err = pgx.ConnectConfig(context.Background(), cfg)

	var downgrade *gausspgx.DowngradeError
	switch {
	case errors.As(err, &downgrade):
		fmt.Println("the server wants", downgrade.Method)
		fmt.Println(downgrade.Advice)
	case errors.Is(err, gausspgx.ErrWrongPassword):
		fmt.Println("do not retry: the account would be locked")
	case errors.Is(err, gausspgx.ErrCut):
		fmt.Println("retry")
	}
	// Output:
	// the server wants md5
	// set password_encryption_type = 2, give the user the password anew, and write sha256 in pg_hba.conf, or allow the method in Options.Methods
}
