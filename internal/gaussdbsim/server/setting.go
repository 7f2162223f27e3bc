// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

// show gives the value of a parameter as SHOW does.
func (c *session) show(name string) string {
	switch strings.ToLower(name) {
	case "transaction_read_only":
		if c.s.inRecovery() || c.tx != nil && c.tx.readOnly {
			return "on"
		}
	case "is_sysadmin":
		return onOff(c.sysadmin)
	}
	return c.setting(name)
}

func (c *session) app() string { return c.settings["application_name"] }

// settable refuses SET for what a session cannot set.
func settable(name string) error {
	p, ok := conf.ParamByName(name)
	switch {
	case ok && p.Apply == conf.ApplyRestart, slices.Contains([]string{"port", "listen_addresses", "pgxc_node_name"}, name):
		return sql.Errorf("55P02", "parameter %q cannot be changed without restarting the server", name)
	case ok && p.Apply == conf.ApplyReload, name == "password_encryption_type":
		return sql.Errorf("55P02", "parameter %q cannot be changed now", name)
	}
	return nil
}

// checkSetting refuses a value that the parameter cannot have.
func checkSetting(name, value string) error {
	if p, ok := conf.ParamByName(name); ok {
		if err := p.Check(value); err != nil {
			return sql.Errorf("22023", "invalid value for parameter %q: %q", name, value)
		}
	}
	if strings.EqualFold(name, "synchronous_standby_names") {
		if _, err := parseSyncNames(value); err != nil {
			return sql.Errorf("22023", "%s", err.Error())
		}
	}
	return nil
}

func editConf(path, name, value string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return conf.Edit(ctx, path, func(f *conf.File) error { return f.Set(name, value) })
}
