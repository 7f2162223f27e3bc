// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

func ExampleFile_Set() {
	f := conf.Parse("postgresql.conf", "# replication\nwal_sender_timeout = 6s\t\t# in ms\n#most_available_sync = off\t# (reload)\n")
	for name, value := range map[string]string{"wal_sender_timeout": "10s", "most_available_sync": "on"} {
		if err := f.Set(name, value); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Print(f)
	// Output:
	// # replication
	// wal_sender_timeout = 10s		# in ms
	// most_available_sync = on	# (reload)
}

func ExampleEdit() {
	dir, err := os.MkdirTemp("", "conf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "postgresql.conf")
	if err := os.WriteFile(path, []byte("port = 5432 # ours\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	err = conf.Edit(context.Background(), path, func(f *conf.File) error {
		return f.Set("synchronous_standby_names", "ANY 1(dn2,dn3)")
	})
	text, _ := os.ReadFile(path)
	fmt.Println(err)
	fmt.Print(string(text))
	// Output:
	// <nil>
	// port = 5432 # ours
	// synchronous_standby_names = 'ANY 1(dn2,dn3)'
}

func ExampleParam_Parse() {
	p, _ := conf.ParamByName("wal_sender_timeout")
	v, err := p.Parse("6s")
	fmt.Println(v.Duration(), v.Int(), p.Unit, p.Apply, err)
	_, err = p.Parse("6 sec")
	fmt.Println(err)
	// Output:
	// 6s 6000 ms reload <nil>
	// conf: invalid: wal_sender_timeout: value "6 sec": want an integer, with or without ms, s, min, h, d
}

func ExampleLint() {
	c, err := conf.LoadFunc("postgresql.conf", func(string) ([]byte, error) {
		return []byte("cluster_run_mode = 'cluster_primary'\nmax_wal_senders = 9999\n"), nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range conf.Lint(c, release.V700RC2) {
		fmt.Println(p.Reason.IsFatal(), p)
	}
	// Output:
	// true postgresql.conf:1: cluster_run_mode: unknown: release 7.0.0-RC2 does not know it; these do: 3.0.0..5.0.3
	// true postgresql.conf:2: max_wal_senders: value: value "9999": want 0 to 1024
}

func ExampleDiff() {
	for _, d := range conf.Diff([]conf.Member{
		{Name: "m1", Settings: conf.Settings{"max_locks_per_transaction": "256", "wal_sender_timeout": "6s", "port": "26000"}},
		{Name: "m2", Settings: conf.Settings{"max_locks_per_transaction": "128", "wal_sender_timeout": "6000", "port": "26100"}},
	}) {
		fmt.Println(d)
	}
	// Output:
	// max_locks_per_transaction: not-lower: no standby may have less than the primary: m1 has "256", m2 has "128"
}

func ExampleHBA_Set() {
	h := conf.ParseHBA("pg_hba.conf", "local all all trust\nhost all all 0.0.0.0/0 reject # nobody else\n")
	err := h.Set(conf.HBARule{Type: "host", Databases: conf.Words("all"), Users: conf.Words("omm"),
		Address: conf.HBAToken{Text: "10.0.0.0/8"}, Method: "sha256"})
	fmt.Println(err)
	fmt.Print(h)
	// Output:
	// <nil>
	// local all all trust
	// host    all             omm             10.0.0.0/8              sha256
	// host all all 0.0.0.0/0 reject # nobody else
}
