// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

func validConfig() opengauss.Config {
	return opengauss.Config{
		Member: "m1", DataDir: "/srv/m1", Host: "10.0.0.1", Port: 5432, Home: "/opt/app",
		Peers: []opengauss.Peer{{Member: "m2", Host: "10.0.0.2", Port: 5432}, {Member: "m3", Host: "fe80::3", Port: 5432}},
	}
}

func TestConfigNamesEveryProblem(t *testing.T) {
	if err := validConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*opengauss.Config){
		"DataDir: missing":                func(c *opengauss.Config) { c.DataDir, c.RunDir = "", "/run/m1" },
		"want an absolute path":           func(c *opengauss.Config) { c.DataDir = "m1" },
		"holds a character":               func(c *opengauss.Config) { c.DataDir = "/srv/$m1" },
		"inside the data directory":       func(c *opengauss.Config) { c.RunDir = "/srv/m1/run" },
		"path of the Unix socket":         func(c *opengauss.Config) { c.RunDir = "/" + strings.Repeat("x", 100) },
		"host \"db1\": want an IP":        func(c *opengauss.Config) { c.Host = "db1" },
		"port 65531: want 1 to 65530":     func(c *opengauss.Config) { c.Port = 65531 },
		"Member, Host, Port: \"M\"":       func(c *opengauss.Config) { c.Member = "M" },
		"member m1 twice":                 func(c *opengauss.Config) { c.Peers[0].Member = "m1" },
		"address 10.0.0.1:5432 twice":     func(c *opengauss.Config) { c.Peers[0].Host = "10.0.0.1" },
		"9 members: openGauss has 8":      func(c *opengauss.Config) { c.Peers = peers(9) },
		"port is managed by the engine":   func(c *opengauss.Config) { c.Parameters = map[string]string{"port": "1"} },
		"replconninfo8 is managed":        func(c *opengauss.Config) { c.Parameters = map[string]string{"replconninfo8": ""} },
		"not the name of a setting":       func(c *opengauss.Config) { c.Parameters = map[string]string{"A B": ""} },
		"want hot_standby or logical":     func(c *opengauss.Config) { c.Parameters = map[string]string{"wal_level": "minimal"} },
		"holds a line end":                func(c *opengauss.Config) { c.Parameters = map[string]string{"x.y": "a\nb"} },
		"User: \"O M M\"":                 func(c *opengauss.Config) { c.User = "O M M" },
		"Password: holds a line end":      func(c *opengauss.Config) { c.Password = "a\nb" },
		"Listen: \"a'b\": want addresses": func(c *opengauss.Config) { c.Listen = "a'b" },
	} {
		c := validConfig()
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	c := validConfig()
	c.Password = "secret-a\nb"
	if err := c.Validate(); strings.Contains(fmt.Sprintf("%v %+v %#v", err, c, c.Password), "secret") {
		t.Error("a secret is in an error or a print")
	}
}

func peers(n int) (list []opengauss.Peer) {
	for i := range n {
		list = append(list, opengauss.Peer{Member: ha.MemberID(fmt.Sprintf("p%d", i)), Host: fmt.Sprintf("10.0.1.%d", i+1), Port: 5432})
	}
	return list
}

func TestInstallationIsLookedFor(t *testing.T) {
	t.Setenv("GAUSSHOME", "")
	home := t.TempDir()
	for _, bad := range []string{"", "relative", home} {
		if _, err := opengauss.FindInstallation(bad); !errors.Is(err, opengauss.ErrNoInstallation) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := os.Mkdir(filepath.Join(home, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gaussdb", "gs_ctl", "gs_guc", "gs_initdb"} {
		if err := os.WriteFile(filepath.Join(home, "bin", name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := opengauss.FindInstallation(home); err == nil || !strings.Contains(err.Error(), "lacks pg_controldata") {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(home, "bin", "pg_controldata"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GAUSSHOME", home)
	if in, err := opengauss.FindInstallation(""); err != nil || in.Home != home {
		t.Error(in, err)
	}
}
