// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/replconn"
)

// managedNames are the parameters that the engine writes, beside the channels.
var managedNames = [...]string{ // read-only
	"port", "listen_addresses", "unix_socket_directory", "application_name", "synchronous_standby_names",
	"most_available_sync", "synchronous_commit", "hot_standby", "sync_config_strategy", "wal_receiver_timeout", "enable_dcf",
}

func isManaged(name string) bool {
	return slices.Contains(managedNames[:], name) || strings.HasPrefix(name, "replconninfo")
}

// Settings that a member has where Parameters say nothing: roles can change
// only where every member can send, and be read from while it receives.
const (
	walLevel       = "hot_standby"
	maxSenders     = "16"
	maxSlots       = "16"
	defaultSilence = 6 * time.Second // the server's own wal_receiver_timeout
)

// duty is what a server is configured for: from whom it receives and whom its
// commits wait for.
type duty struct {
	upstream ha.Upstream
	sync     string // synchronous_standby_names
	only     bool   // the upstream's channel is the only one, for a build
}

// settings are the values of the managed parameters for a duty.
func (e *Engine) settings(d duty) (map[string]string, error) {
	s := map[string]string{"wal_level": walLevel, "max_wal_senders": maxSenders, "max_replication_slots": maxSlots}
	maps.Copy(s, e.cfg.Parameters)
	maps.Copy(s, map[string]string{
		"port": strconv.Itoa(e.cfg.Port), "listen_addresses": e.cfg.Listen, "unix_socket_directory": e.cfg.RunDir,
		"application_name": string(e.cfg.Member), "hot_standby": "on", "wal_receiver_timeout": silence(d.upstream),
	})
	if !e.cfg.DCF {
		s["synchronous_standby_names"], s["most_available_sync"], s["synchronous_commit"] = d.sync, "off", "on"
	}
	// What one member is told is not for the others, and the copy that the
	// primary sends would take it back.
	if conf.Known("sync_config_strategy").Has(e.release) {
		s["sync_config_strategy"] = "none_node"
	}
	if e.cfg.DCF {
		s["enable_dcf"] = "on"
	}
	channels, err := e.channels(d)
	if err != nil {
		return nil, err
	}
	maps.Copy(s, channels)
	return s, nil
}

// silence is how long an upstream may say nothing. The receiver asks for a sign
// of life after half of it.
func silence(up ha.Upstream) string {
	d := up.Patience
	if d <= 0 {
		d = defaultSilence
	}
	return strconv.FormatInt(max(1, d.Milliseconds()), 10) + "ms"
}

// channels are the values of replconninfo1 to 8: one for each peer by its name,
// then one for an upstream that is no peer. Those that are left over are empty.
func (e *Engine) channels(d duty) (map[string]string, error) {
	peers := slices.Clone(e.cfg.Peers)
	if d.upstream.Address != "" {
		up, err := e.cfg.peerAt(d.upstream)
		if err != nil {
			return nil, err
		}
		same := func(p Peer) bool { return p.address() == up.address() }
		switch {
		case d.only:
			peers = []Peer{up}
		case !slices.ContainsFunc(peers, same):
			peers = append(peers, up)
		}
	}
	if len(peers) > replconn.SlotsPerKind {
		return nil, fmt.Errorf("no channel is free for upstream %s", d.upstream.Member)
	}
	local, err := e.cfg.self().endpoint()
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for slot := range replconn.Slots() {
		if slot.IsCrossCluster() {
			continue
		}
		n := slot.Number() - 1
		if n >= len(peers) {
			values[slot.String()] = ""
			continue
		}
		remote, err := peers[n].endpoint()
		if err != nil {
			return nil, err
		}
		v := replconn.ValueOf(replconn.Channel{Local: local, Remote: remote})
		if err := v.Validate(); err != nil {
			return nil, err
		}
		values[slot.String()] = v.String()
	}
	return values, nil
}

// configure writes the settings of a duty into postgresql.conf and reports
// which of them changed.
func (e *Engine) configure(ctx context.Context, d duty) (changed []string, err error) {
	want, err := e.settings(d)
	if err != nil {
		return nil, err
	}
	edit := func(f *conf.File) error {
		changed = nil
		for _, name := range slices.Sorted(maps.Keys(want)) {
			old, is := f.Get(name)
			if is && old.Value == want[name] || !is && want[name] == "" && strings.HasPrefix(name, "replconninfo") {
				continue
			}
			changed = append(changed, name)
			if err := f.Set(name, want[name]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := conf.Edit(ctx, e.path(confFile), edit); err != nil {
		return nil, err
	}
	return changed, nil
}

// admit lets the engines of all members log in with their password: this one,
// and the others to ask what this member is.
func (e *Engine) admit(ctx context.Context) error {
	if e.cfg.Password == "" {
		return nil
	}
	return conf.EditHBA(ctx, e.path(hbaFile), func(h *conf.HBA) error {
		for _, p := range append(slices.Clone(e.cfg.Peers), e.cfg.self()) {
			addr, err := netip.ParseAddr(p.Host)
			if err != nil {
				return err
			}
			rule := conf.HBARule{
				Type: "host", Databases: conf.Words("postgres"), Users: conf.Words(e.user()), Method: "sha256",
				Address: conf.HBAToken{Text: netip.PrefixFrom(addr.WithZone(""), addr.BitLen()).String()},
			}
			if err := h.Set(rule); err != nil {
				return err
			}
		}
		return nil
	})
}

const (
	confFile = "postgresql.conf"
	hbaFile  = "pg_hba.conf"
)

// lint refuses a configuration from which the server would not start.
func (e *Engine) lint() error {
	c, err := conf.Load(e.path(confFile))
	if c == nil || err != nil {
		return err
	}
	var errs []error
	for _, p := range conf.Lint(c, e.release) {
		if p.Reason.IsFatal() {
			errs = append(errs, errors.New(p.String()))
		}
	}
	return errors.Join(errs...)
}

// lockFor is whom a member may receive from.
func (e *Engine) lockFor(up ha.Upstream) (ConnLock, error) {
	if up.Address == "" {
		return ConnLock{Mode: ConnForbidden}, nil
	}
	p, err := e.cfg.peerAt(up)
	if err != nil {
		return ConnLock{}, err
	}
	addr, err := netip.ParseAddr(p.Host)
	if err != nil {
		return ConnLock{}, err
	}
	end, err := p.endpoint()
	return ConnLock{Mode: ConnOnly, Host: addr, Port: end.Port}, err
}

// upstreamOf is the upstream that a lock names: its address is that of clients,
// one below the port that the server receives from.
func (e *Engine) upstreamOf(l ConnLock) (ha.MemberID, string) {
	if l.Mode != ConnOnly {
		return "", ""
	}
	address := Peer{Host: l.Host.String(), Port: int(l.Port) - 1}.address()
	if m := e.cfg.memberAt(address); m != "" {
		return m, address
	}
	if up, err := e.readUpstream(); err == nil && up.Address == address {
		return up.Member, address
	}
	return "", address
}

// path is that of a file in the data directory.
func (e *Engine) path(name string) string { return filepath.Join(e.cfg.DataDir, name) }

// runPath is that of a file in the run directory.
func (e *Engine) runPath(name string) string { return filepath.Join(e.cfg.RunDir, name) }

// needsRestart reports whether a server takes a change only at its next start.
func needsRestart(name string) bool {
	p, ok := conf.ParamByName(name)
	return ok && p.Apply == conf.ApplyRestart || !ok && name != "listen_addresses" && name != "application_name"
}

// sameSetting compares two values of a parameter by what they mean.
func sameSetting(name, a, b string) bool {
	p, ok := conf.ParamByName(name)
	if !ok {
		return a == b
	}
	va, aerr := p.Parse(a)
	vb, berr := p.Parse(b)
	if aerr != nil || berr != nil {
		return a == b
	}
	return va == vb
}
