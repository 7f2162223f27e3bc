// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/ha/opengauss/release"
	"github.com/gausskit/gausskit/replconn"
)

// errConfig is the error for a configuration that a server does not start with.
var errConfig = errors.New("configuration file contains errors")

// defaults are the parameters that package conf does not describe.
var defaults = map[string]string{
	"server_version": "9.2.4", "server_version_num": "90204", "server_encoding": "UTF8", "client_encoding": "UTF8",
	"datestyle": "ISO, MDY", "intervalstyle": "postgres", "timezone": "UTC", "standard_conforming_strings": "on",
	"integer_datetimes": "on", "search_path": "\"$user\",public", "default_transaction_isolation": "read committed",
	"transaction_isolation": "read committed", "transaction_read_only": "off", "default_transaction_read_only": "off",
	"statement_timeout": "0", "lock_timeout": "0", "application_name": "", "extra_float_digits": "0", "client_min_messages": "notice",
	"bytea_output": "hex", "password_encryption_type": "2", "auth_iteration_count": "10000", "unix_socket_directory": "",
	"listen_addresses": "localhost", "port": "5432", "max_connections": "200", "log_directory": "pg_log", "ssl": "off",
	"ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "pgxc_node_name": "", "dcf_config": "", "idle_in_transaction_session_timeout": "0",
	"session_timeout": "600", "working_version_num": "93060", "wal_level": "hot_standby", "fsync": "on",
}

// config is what postgresql.conf says. What needs a restart keeps the value
// that it had at the start.
type config struct {
	path string

	mu      sync.RWMutex
	now     conf.Settings
	atStart conf.Settings
}

func loadConfig(path string) (*config, error) {
	c := &config{path: path}
	s, err := c.read(true)
	if err != nil {
		return nil, err
	}
	c.now, c.atStart = s, s
	return c, nil
}

func (c *config) read(starting bool) (conf.Settings, error) {
	f, err := conf.Load(c.path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errConfig, err)
	}
	s := f.Effective()
	for _, p := range conf.Lint(f, release.Latest()) {
		switch {
		case !p.Reason.IsFatal():
		case p.Reason == conf.ReasonValue && !starting:
			if old, ok := c.now[strings.ToLower(p.Name)]; ok {
				s[strings.ToLower(p.Name)] = old
			} else {
				delete(s, strings.ToLower(p.Name))
			}
		default:
			return nil, fmt.Errorf("%w: %s", errConfig, p)
		}
	}
	if _, err := parseSyncNames(s["synchronous_standby_names"]); err != nil {
		if starting {
			return nil, fmt.Errorf("%w: %w", errConfig, err)
		}
		s["synchronous_standby_names"] = c.now["synchronous_standby_names"]
	}
	return s, nil
}

// reload reads the file again. A file that has an error changes nothing.
func (c *config) reload() error {
	lock, err := lockConf(c.path)
	if err != nil {
		return err
	}
	defer lock.Close()
	s, err := c.read(false)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = s
	return nil
}

// get gives the value of a parameter.
func (c *config) get(name string) (string, bool) {
	name = strings.ToLower(name)
	p, described := conf.ParamByName(name)
	c.mu.RLock()
	defer c.mu.RUnlock()
	from := c.now
	if described && p.Apply == conf.ApplyRestart || name == "port" || name == "listen_addresses" || name == "pgxc_node_name" {
		from = c.atStart
	}
	if v, ok := from[name]; ok {
		return v, true
	}
	if described {
		return p.Default, true
	}
	if v, ok := defaults[name]; ok {
		return v, true
	}
	for range conf.Known(name).All() {
		return "", true
	}
	return "", false
}

func (c *config) text(name string) string {
	v, _ := c.get(name)
	return v
}

func (c *config) bool(name string) bool { return isOn(c.text(name)) }

func isOn(v string) bool {
	switch strings.ToLower(v) {
	case "on", "true", "yes", "1", "t", "y":
		return true
	}
	return false
}

func (c *config) int(name string) int {
	n, err := strconv.Atoi(c.text(name))
	if err != nil {
		return 0
	}
	return n
}

// duration gives a time parameter, or fallback when it has none.
func (c *config) duration(name string, fallback time.Duration) time.Duration {
	p, ok := conf.ParamByName(name)
	if !ok {
		return fallback
	}
	v, err := p.Parse(c.text(name))
	if err != nil || v.Duration() <= 0 {
		return fallback
	}
	return v.Duration()
}

// channels gives the configured replication channels, by their numbers from 1.
func (c *config) channels() map[int]replconn.ServerChannel {
	out := map[int]replconn.ServerChannel{}
	for n := 1; n <= replconn.SlotsPerKind; n++ {
		text := c.text("replconninfo" + strconv.Itoa(n))
		if text == "" {
			continue
		}
		if ch, ok := replconn.ParseServer(text).Effective(); ok {
			out[n] = ch
		}
	}
	return out
}

// nodeName is what the server calls itself at its upstream.
func (c *config) nodeName() string {
	if n := c.text("application_name"); n != "" {
		return n
	}
	return c.text("pgxc_node_name")
}
