// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/replconn"
)

// Config says where a member's database is and how it is run. The zero value
// of an optional field means the default in its comment.
type Config struct {
	Member  ha.MemberID // required; standbys are known to their primary by it
	DataDir string      // required; absolute. Created by Init and by Rejoin

	// Host is the IP address under which the other members reach the server;
	// openGauss compares addresses as text, so a name will not do. Default
	// 127.0.0.1.
	Host string
	// Port is where clients connect; required, 1 to 65530. The server also
	// takes Port+1, for replication, and Port+5, for its heartbeat. All members
	// keep these distances.
	Port int
	// Listen is the value of listen_addresses. Default Host.
	Listen string

	// Peers are the other members, at most 8: the server needs a channel to each
	// before it can send them its log. Another upstream that Follow is given gets
	// a channel that is free.
	Peers []Peer

	// Home is the installation, $GAUSSHOME. Default: the variable's value.
	Home string
	// OSUser is whom the server runs as when this process is root; openGauss
	// refuses to be root. Default omm, or nobody where there is no such user. Must
	// be empty or the current user when this process is not root.
	OSUser string

	// RunDir is a directory beside the data directory for what must outlive it:
	// the claim, the log of the server's start, the Unix socket. Default DataDir +
	// ".run".
	RunDir string

	// User and Password are for the engine's own sessions; the user needs
	// sysadmin rights. Without a password the engine comes in over the Unix
	// socket, as openGauss lets the operating system's user do who is its first
	// user, and that is the default for User. With a password it comes in over
	// Host and Port, as the engines of the other members do to ask what this one
	// is; openGauss lets its first user in from this machine alone, so across
	// machines another user is needed.
	User     string
	Password Secret

	// DCF says that the database elects its primary by itself: every member is
	// started as a standby, and the engine only asks for an election.
	DCF bool

	// Parameters are further settings of the server, such as shared_buffers, the
	// same on all members. What the engine manages is refused.
	Parameters map[string]string

	// InitOptions are further options of gs_initdb, such as --locale=C.
	InitOptions []string

	// ReadRecord reads the log of a stopped server. Default ReadRecord: the
	// log is in pg_xlog. Where it is elsewhere (shared storage), give another.
	ReadRecord func(dataDir string, at ha.LSN) (LogRecord, error)

	// Progress is called with the progress of copies. It must be quick.
	Progress func(BuildProgress)

	// Logger tells what the engine does. Default: silent.
	Logger *zap.Logger
}

// Peer is another member of the cluster.
type Peer struct {
	Member ha.MemberID
	Host   string // IP address
	Port   int    // where clients connect
}

func (p Peer) address() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// maxPort leaves room for the ports that are derived.
const maxPort = 65530

func (p Peer) endpoint() (replconn.Endpoint, error) {
	host, err := replconn.ParseHost(p.Host)
	if err != nil {
		return replconn.Endpoint{}, err
	}
	if p.Port < 1 || p.Port > maxPort {
		return replconn.Endpoint{}, fmt.Errorf("port %d: want 1 to %d", p.Port, maxPort)
	}
	return replconn.DeriveEndpoint(host, uint16(p.Port))
}

// withDefaults fills in what was left empty, except what depends on the
// machine.
func (c Config) withDefaults() Config {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	clean := func(p *string) {
		if *p != "" {
			*p = filepath.Clean(*p)
		}
	}
	clean(&c.DataDir)
	set(&c.RunDir, c.DataDir+".run")
	clean(&c.RunDir)
	clean(&c.Home)
	set(&c.Host, "127.0.0.1")
	set(&c.Listen, c.Host)
	c.Peers = slices.Clone(c.Peers)
	slices.SortFunc(c.Peers, func(a, b Peer) int { return strings.Compare(string(a.Member), string(b.Member)) })
	c.Parameters = maps.Clone(c.Parameters)
	if c.ReadRecord == nil {
		c.ReadRecord = ReadRecord
	}
	if c.Logger == nil {
		c.Logger = zap.NewNop()
	}
	return c
}

func (c Config) self() Peer { return Peer{c.Member, c.Host, c.Port} }

// maxSocketPath is what fits into sockaddr_un on Linux, with its final zero.
const maxSocketPath = 107

func (c Config) socketPath() string { return filepath.Join(c.RunDir, ".s.PGSQL."+strconv.Itoa(c.Port)) }

// Validate reports all problems that can be seen without looking at the
// machine, one per line, each with the field, its value and the rule.
func (c Config) Validate() error {
	c = c.withDefaults()
	v := &problems{}
	v.peer("Member, Host, Port", c.self())
	v.path("DataDir", c.DataDir)
	v.path("RunDir", c.RunDir)
	if c.DataDir == "/" {
		v.add("DataDir", "\"/\" cannot be a data directory")
	} else if within(c.DataDir, c.RunDir) {
		v.add("RunDir", "%q is inside the data directory: a copy would remove it", c.RunDir)
	}
	if c.Home != "" {
		v.path("Home", c.Home)
	}
	if len(c.socketPath()) >= maxSocketPath {
		v.add("RunDir", "%q: the path of the Unix socket in it has %d bytes, at most %d are possible", c.RunDir, len(c.socketPath()), maxSocketPath-1)
	}
	if strings.ContainsAny(c.Listen, "'\\\n") {
		v.add("Listen", "%q: want addresses, separated by commas", c.Listen)
	}
	c.validatePeers(v)
	if c.User != "" && !userName.MatchString(c.User) {
		v.add("User", "%q: want 1 to 63 of a-z, 0-9 and _, a letter first", c.User)
	}
	if strings.ContainsAny(string(c.Password), "\x00\n\r") {
		v.add("Password", "holds a line end or zero byte")
	}
	c.validateParameters(v)
	return errors.Join(v.list...)
}

func (c Config) validatePeers(v *problems) {
	if len(c.Peers) > replconn.SlotsPerKind {
		v.add("Peers", "%d members: openGauss has %d channels", len(c.Peers), replconn.SlotsPerKind)
	}
	seen := map[ha.MemberID]bool{c.Member: true}
	addresses := map[string]bool{c.self().address(): true}
	for _, p := range c.Peers {
		v.peer("Peers", p)
		if seen[p.Member] {
			v.add("Peers", "member %s twice", p.Member)
		}
		if addresses[p.address()] {
			v.add("Peers", "address %s twice", p.address())
		}
		seen[p.Member], addresses[p.address()] = true, true
	}
}

// settingName is how the server's settings are named.
var settingName = regexp.MustCompile(`^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$`) // read-only

var userName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`) // read-only

func (c Config) validateParameters(v *problems) {
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		value := c.Parameters[name]
		switch {
		case !settingName.MatchString(name):
			v.add("Parameters", "%q is not the name of a setting in lower case", name)
		case isManaged(name):
			v.add("Parameters", "%s is managed by the engine", name)
		case name == "wal_level" && value != "hot_standby" && value != "logical":
			v.add("Parameters", "wal_level = %q: want hot_standby or logical", value)
		case strings.ContainsAny(value, "\x00\n\r"):
			v.add("Parameters", "%s: holds a line end or zero byte", name)
		}
	}
}

// within reports whether path is dir or below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// problems collects what is wrong with a configuration.
type problems struct{ list []error }

func (p *problems) add(field, format string, args ...any) {
	p.list = append(p.list, fmt.Errorf("opengauss: config: %s: %w", field, fmt.Errorf(format, args...)))
}

func (p *problems) path(field, path string) {
	switch {
	case path == "":
		p.add(field, "missing")
	case !filepath.IsAbs(path):
		p.add(field, "%q: want an absolute path", path)
	case checkArgument(field, path) != nil || strings.ContainsAny(path, "\x00'\""):
		p.add(field, "%q: holds a character that gs_ctl refuses", path)
	}
}

func (p *problems) peer(field string, peer Peer) {
	if err := peer.Member.Validate(); err != nil {
		p.add(field, "%w", err)
	}
	if _, err := netip.ParseAddr(peer.Host); err != nil {
		p.add(field, "host %q: want an IP address", peer.Host)
	} else if _, err := peer.endpoint(); err != nil {
		p.add(field, "%w", err)
	}
}

// peerAt finds the peer with an address, and makes one of another upstream.
func (c Config) peerAt(up ha.Upstream) (Peer, error) {
	host, text, err := net.SplitHostPort(up.Address)
	if err != nil {
		return Peer{}, fmt.Errorf("upstream %s: address %q: want host:port", up.Member, up.Address)
	}
	port, err := strconv.Atoi(text)
	p := Peer{up.Member, host, port}
	if err == nil {
		_, err = p.endpoint()
	}
	if _, aerr := netip.ParseAddr(host); aerr != nil && err == nil {
		err = errors.New("want an IP address: openGauss compares addresses as text")
	}
	if err != nil {
		return Peer{}, fmt.Errorf("upstream %s: address %q: %w", up.Member, up.Address, err)
	}
	return p, nil
}

// memberAt names the member that has an address, "" when none is known.
func (c Config) memberAt(address string) ha.MemberID {
	for _, p := range append(slices.Clone(c.Peers), c.self()) {
		if p.address() == address {
			return p.Member
		}
	}
	return ""
}
