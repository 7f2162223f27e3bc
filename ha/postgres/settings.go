// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Placeholder settings of ours, which tell whom a standby follows: visible in
// the file of a stopped server and by SQL in a running one.
const (
	upstreamSetting = "gausskit.upstream"
	addressSetting  = "gausskit.address"
)

// managedNames are the settings that only the engine sets: those that say who
// the server is and whom it follows, and those without which it could not be
// managed.
var managedNames = [...]string{ // read-only
	"port", "listen_addresses", "unix_socket_directories", "data_directory", "hba_file", "ident_file",
	"config_file", "external_pid_file", "lc_messages",
	"hot_standby", "wal_log_hints", "synchronous_standby_names",
	"primary_conninfo", "primary_slot_name", "promote_trigger_file", "trigger_file",
	"recovery_target", "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn",
	"recovery_target_name", "recovery_target_time", "recovery_target_timeline", "recovery_target_xid",
	"include", "include_dir", "include_if_exists",
	upstreamSetting, addressSetting,
}

func managedSetting(name string) bool { return slices.Contains(managedNames[:], name) }

// duty is what the managed settings say about the member's part in its
// cluster; everything else in them follows from Config.
type duty struct {
	Upstream ha.Upstream
	// Sync is the value of synchronous_standby_names: the guard, unless the
	// server is primary or about to be.
	Sync string
}

// settings returns what stands in the managed file. Parameters of the user win
// over our defaults; New has refused those that must not.
func (e *Engine) settings(d duty) (map[string]string, error) {
	s := map[string]string{
		"wal_level":             "replica",
		"max_wal_senders":       "10",
		"max_replication_slots": "10",
		// A standby that lost its primary asks again after this long, and
		// synchronous commits wait for it; the server's default is 5s.
		"wal_retrieve_retry_interval":  "100ms",
		"wal_receiver_status_interval": "1s",
		"wal_receiver_timeout":         "5s",
		"wal_sender_timeout":           "5s",
	}
	if p := d.Upstream.Patience; p > 0 {
		// The receiver asks a silent upstream after half of this time.
		s["wal_receiver_timeout"] = strconv.FormatInt(max(p, 100*time.Millisecond).Milliseconds(), 10) + "ms"
	}
	if e.caps.syncWhole && runtime.GOOS == "linux" {
		// Otherwise a server that crashed opens and syncs each of its files
		// before it recovers: with many files that is most of a restart.
		s["recovery_init_sync_method"] = "syncfs"
	}
	if e.caps.keepSize {
		s["wal_keep_size"] = "256MB"
		// The slot of a member that never comes back must not fill the disk.
		s["max_slot_wal_keep_size"] = "8GB"
	} else {
		s["wal_keep_segments"] = "16"
	}
	maps.Copy(s, e.cfg.Parameters)
	maps.Copy(s, map[string]string{
		"port":                      strconv.Itoa(e.cfg.Port),
		"listen_addresses":          e.cfg.Listen,
		"unix_socket_directories":   e.cfg.RunDir,
		"lc_messages":               "C",
		"hot_standby":               "on",
		"wal_log_hints":             "on",
		"recovery_target_timeline":  "latest",
		"synchronous_standby_names": d.Sync,
		"primary_conninfo":          "",
		"primary_slot_name":         "",
		upstreamSetting:             string(d.Upstream.Member),
		addressSetting:              d.Upstream.Address,
	})
	if d.Upstream.Address != "" {
		info, err := e.conninfo(d.Upstream, string(e.cfg.Member))
		if err != nil {
			return nil, err
		}
		s["primary_conninfo"] = info
		s["primary_slot_name"] = slotName(e.cfg.Member)
	}
	return s, nil
}

// conninfo is how this member's server and tools reach an upstream. The
// password is in the password file.
func (e *Engine) conninfo(up ha.Upstream, application string) (string, error) {
	host, port, err := splitAddress(up.Address)
	if err != nil {
		return "", fmt.Errorf("upstream %s: %w", up.Member, err)
	}
	params := []param{
		{"host", host}, {"port", strconv.Itoa(int(port))}, {"user", e.cfg.Replication.User},
		{"passfile", e.cfg.Replication.PassFile}, {"application_name", application},
		{"connect_timeout", "2"}, // the smallest that libpq takes seriously
	}
	for _, k := range slices.Sorted(maps.Keys(e.cfg.Replication.Params)) {
		params = append(params, param{k, e.cfg.Replication.Params[k]})
	}
	return formatConninfo(params), nil
}

// writeDuty writes the managed file.
func (e *Engine) writeDuty(d duty) error {
	s, err := e.settings(d)
	if err != nil {
		return err
	}
	text, err := formatConf(s)
	if err != nil {
		return err
	}
	text = "# Written by the manager of member " + string(e.cfg.Member) + "; changes are lost.\n" + text
	return e.write(managedFile, text)
}

// putDuty is writeDuty for a server that may have been set up by another
// program and runs: then all our files are written, and nothing but what a
// reload changes comes into force before its next start.
func (e *Engine) putDuty(d duty) error {
	const main = "postgresql.conf"
	text, err := os.ReadFile(e.path(main))
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if withInclude(string(text)) == string(text) {
		return e.writeDuty(d)
	}
	e.log.Info("taking over the configuration of a server that another program has set up")
	return e.writeFiles(d)
}

// readDuty reads the managed file. Absent, the duty is empty.
func (e *Engine) readDuty() (duty, error) {
	text, err := os.ReadFile(e.path(managedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return duty{}, nil
	}
	if err != nil {
		return duty{}, err
	}
	s, err := parseConf(string(text))
	if err != nil {
		return duty{}, fmt.Errorf("%s: %w", e.path(managedFile), err)
	}
	return duty{
		Upstream: ha.Upstream{Member: ha.MemberID(s[upstreamSetting]), Address: s[addressSetting]},
		Sync:     s["synchronous_standby_names"],
	}, nil
}

// writeFiles makes the configuration of the data directory ours: the managed
// file and its include line, access for members and manager, and no leftovers
// of ALTER SYSTEM or of another manager that would win over it. After a copy
// or a rewind these files are the upstream's.
func (e *Engine) writeFiles(d duty) error {
	if err := e.writeDuty(d); err != nil {
		return err
	}
	edits := []struct {
		file string
		edit func(string) string
	}{
		{"postgresql.conf", withInclude},
		{"pg_hba.conf", func(t string) string { return withBlock(t, e.hbaLines()) }},
		{"pg_ident.conf", func(t string) string { return withBlock(t, e.identLines()) }},
	}
	for _, ed := range edits {
		if err := e.editFile(ed.file, ed.edit); err != nil {
			return err
		}
	}
	const auto = "postgresql.auto.conf"
	if _, err := os.Stat(e.path(auto)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return e.editFile(auto, func(t string) string {
		t, gone := withoutSettings(t, managedSetting)
		if len(gone) > 0 {
			e.log.Warn("removed settings that the engine manages", zap.String("file", e.path(auto)), zap.Strings("settings", gone))
		}
		return t
	})
}

// editFile rewrites a file of the data directory when edit changes its text.
func (e *Engine) editFile(name string, edit func(string) string) error {
	old, err := os.ReadFile(e.path(name))
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if text := edit(string(old)); text != string(old) {
		return e.write(name, text)
	}
	return nil
}

// hbaLines are the lines of pg_hba.conf that members and manager need.
func (e *Engine) hbaLines() []string {
	lines := []string{fmt.Sprintf("local all %s peer map=gausskit", e.cfg.Superuser)}
	for _, n := range e.cfg.Replication.Networks {
		// pg_rewind connects to database postgres, everything else replicates.
		lines = append(lines, fmt.Sprintf("host replication,postgres %s %s scram-sha-256", e.cfg.Replication.User, n))
	}
	return lines
}

// identLines say which users of the machine are the superuser on the Unix
// socket: the one the server runs as, and root.
func (e *Engine) identLines() []string {
	lines := []string{fmt.Sprintf("gausskit root %s", e.cfg.Superuser)}
	if e.userName != "root" {
		lines = append(lines, fmt.Sprintf("gausskit %s %s", e.userName, e.cfg.Superuser))
	}
	return lines
}

// path is a path below the data directory.
func (e *Engine) path(name string) string { return filepath.Join(e.cfg.DataDir, name) }
