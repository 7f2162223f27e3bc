// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/dcs/etcd"
)

func TestValidateNamesAllProblems(t *testing.T) {
	cfg := etcd.Config{
		Endpoints: []string{
			"etcd1", "etcd2:0", "ftp://etcd3:2379", "https://me:hidden@etcd4:2379", "http://etcd5:2379/v3",
			"http://etcd6:2379", "etcd7:2379", "etcd7:2379", ":2379", "https://etcd8:99999", "http://%zz",
		},
		TLS:         &tls.Config{},
		Password:    "hidden",
		DialTimeout: -time.Second,
		Prefix:      " c1",
	}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("valid")
	}
	for _, want := range []string{
		`Endpoints[0]: "etcd1": want host:port`,
		`Endpoints[1]: "etcd2:0": port "0": want 1 to 65535`,
		`Endpoints[2]: scheme "ftp": want http or https`,
		`Endpoints[3]: user in the address of "etcd4:2379"`,
		`Endpoints[4]: "http://etcd5:2379/v3": want scheme, host and port only`,
		`Endpoints[5]: "http://etcd6:2379" would not use the given TLS`,
		`Endpoints[7]: "etcd7:2379" is there twice`,
		`Endpoints[8]: ":2379": want host:port`,
		`Endpoints[9]: "https://etcd8:99999": port "99999"`,
		`Endpoints[10]: not a URL`,
		`Endpoints: http, https and addresses without a scheme are mixed`,
		`User and Password: want both or neither`,
		`DialTimeout: -1s is negative`,
		`Prefix: " c1" has a blank`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s", want)
		}
	}
	if strings.Contains(err.Error(), "hidden") {
		t.Errorf("error tells the password: %v", err)
	}
	if _, openErr := etcd.Open(t.Context(), cfg); openErr == nil || openErr.Error() != err.Error() {
		t.Errorf("Open: %v, want the same error", openErr)
	}
	if _, err := etcd.Open(t.Context(), etcd.Config{}); err == nil || !strings.Contains(err.Error(), "Endpoints: want at least one") {
		t.Errorf("empty Config: %v", err)
	}
}

func TestValidConfigs(t *testing.T) {
	for _, cfg := range []etcd.Config{
		{Endpoints: []string{"127.0.0.1:2379"}},
		{Endpoints: []string{"[::1]:2379", "etcd-1.example:2379"}, TLS: &tls.Config{}},
		{Endpoints: []string{"https://a:2379", "https://b:2379/"}, User: "m1", Password: "secret", Prefix: "/gausskit/c1"},
	} {
		if err := cfg.Validate(); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	cfg := etcd.Config{Password: "hidden"}
	text, err := json.Marshal(struct{ Password etcd.Secret }{cfg.Password})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		fmt.Sprint(cfg.Password), fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg),
		fmt.Sprintf("%s %q %x %d %#v", cfg.Password, cfg.Password, cfg.Password, cfg.Password, cfg.Password),
		fmt.Sprint(errors.New("x"), cfg), string(text),
	} {
		if strings.Contains(s, "hidden") || strings.Contains(s, "68696464656e") || !strings.Contains(s, "***") {
			t.Errorf("secret printed: %s", s)
		}
	}
	if fmt.Sprint(etcd.Secret("")) != "" {
		t.Error("an empty secret prints")
	}
}
