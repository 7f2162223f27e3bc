// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

func TestOptionsAreChecked(t *testing.T) {
	tests := []struct {
		dsn  string
		opts gausspgx.Options
		want []string // in the error; none: no error
	}{
		{opts: gausspgx.Options{}},
		{opts: gausspgx.Options{MinIterations: 20000, ServerProof: true}},
		{opts: gausspgx.Options{MinIterations: 2_000_000}},
		{dsn: "gauss_auth=sha256,md5 gauss_server_proof=require"},
		{dsn: "require_auth=!md5,!scram-sha-256"},
		{opts: gausspgx.Options{Methods: []gausspgx.Method{}}, want: []string{"Methods is empty"}},
		{opts: gausspgx.Options{Methods: []gausspgx.Method{"md5-sha256", "sha-256"}, MinIterations: -1, MaxIterations: -2},
			want: []string{`"md5-sha256"`, `"sha-256"`, "MinIterations is -1", "MaxIterations is -2"}},
		{opts: gausspgx.Options{MinIterations: 5000, MaxIterations: 4000}, want: []string{"MinIterations is 5000, above MaxIterations (4000)"}},
		{opts: gausspgx.Options{Iterations: 1000}, want: []string{"Iterations is 1000: want MinIterations (2048) to MaxIterations (1000000)"}},
		{opts: gausspgx.Options{MaxIterations: 5000}, want: []string{"Iterations is 10000: want"}},
		{dsn: "gauss_auth=sha256,,md5", want: []string{`method ""`}},
		{dsn: "gauss_auth=", want: []string{`method ""`}},
		{dsn: "gauss_server_proof=yes", want: []string{"want require or off"}},
		{dsn: "gauss_auth=sha256", opts: allow(gausspgx.MethodMD5), want: []string{"say it once"}},
		{dsn: "gauss_auth=sha256 require_auth=md5", want: []string{"say it once"}},
		{dsn: "require_auth=md5", opts: allow(gausspgx.MethodMD5), want: []string{"say it once"}},
	}
	for _, test := range tests {
		cfg, err := pgconn.ParseConfig("host=h user=u " + test.dsn)
		if err != nil {
			t.Fatal(err)
		}
		before := cfg.Copy()
		err = gausspgx.Configure(cfg, test.opts)
		if (err == nil) != (len(test.want) == 0) {
			t.Errorf("%q %+v: %v", test.dsn, test.opts, err)
		}
		for _, text := range test.want {
			if err != nil && !strings.Contains(err.Error(), text) {
				t.Errorf("%q %+v: %v, want %q in it", test.dsn, test.opts, err, text)
			}
		}
		if err != nil && (cfg.AfterNetConnect != nil || cfg.RequireAuth != before.RequireAuth || !reflect.DeepEqual(cfg.RuntimeParams, before.RuntimeParams)) {
			t.Errorf("%q: the configuration was changed in spite of %v", test.dsn, err)
		}
		if err == nil && cfg.RequireAuth != "!password,!md5" {
			t.Errorf("%q: pgx may do %q by itself", test.dsn, cfg.RequireAuth)
		}
		for name := range cfg.RuntimeParams {
			if err == nil && strings.HasPrefix(name, "gauss_") {
				t.Errorf("%q: %s would be sent to the server", test.dsn, name)
			}
		}
	}
}

func TestConfigureOnce(t *testing.T) {
	cfg := config(t, "host=h user=u")
	if err := gausspgx.Configure(&cfg.Config, gausspgx.Options{}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
	for _, cfg := range []*pgconn.Config{nil, {Host: "h"}} {
		if err := gausspgx.Configure(cfg, gausspgx.Options{}); err == nil || !strings.Contains(err.Error(), "ParseConfig") {
			t.Error(err)
		}
	}
}

// TestParseErrors: an error names the problem, and never what stood where a
// password may stand.
func TestParseErrors(t *testing.T) {
	for dsn, want := range map[string]string{
		"host=h password=geheim more":                      "failed to parse as keyword/value",
		"postgres://u:geheim@h:port/db":                    "invalid port",
		"postgres://u:ge%zzgeheim@h/db":                    "failed to parse as URL",
		"host=h password=geheim sslmode=geheim":            "sslmode is invalid",
		"host=h password=geheim target_session_attrs=any1": "unknown target_session_attrs value: any1",
		"host=h password='geheim":                          "failed to parse as keyword/value",
		"host=h password=geheim connect_timeout=x":         "invalid connect_timeout",
	} {
		_, err := gausspgx.ParseConfig(dsn)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), "more") {
			t.Errorf("%s: %v, want %q", dsn, err, want)
		}
	}
}
