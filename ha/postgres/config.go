// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Config says where a member's database is and how it is run. The zero value
// of an optional field means the default in its comment.
type Config struct {
	Member  ha.MemberID // required; standbys are known to their primary by it
	DataDir string      // required; absolute. Created by Init and by Rejoin
	Port    int         // required; 1 to 65535

	// Host is the address under which the other members reach the server.
	// Default 127.0.0.1.
	Host string
	// Listen is the value of listen_addresses. Default Host.
	Listen string

	// RunDir is a directory beside the data directory for what must outlive
	// it: the claim, the log of the server, the password file, the Unix socket,
	// copies under way. Default DataDir + ".run".
	RunDir string

	// BinDir holds PostgreSQL's programs. Default: what FindBinaries finds.
	BinDir string

	// OSUser is whom the server runs as when this process is root; PostgreSQL
	// refuses to be root. Default postgres, or nobody where there is no such
	// user. Must be empty or the current user when this process is not root.
	OSUser string

	// Superuser is the name of the database's superuser. Default postgres.
	Superuser string

	// Replication says how members connect to each other.
	Replication Replication

	// Parameters are further settings of the server, such as shared_buffers,
	// the same on all members: a standby must not have less max_connections
	// than its primary, for instance. What the engine manages is refused.
	Parameters map[string]string

	// InitOptions are further options of initdb, such as --locale=C.UTF-8.
	InitOptions []string

	// CopyInPlace makes Rejoin, when it has to copy, remove the old data
	// first. It saves the space of a second copy; a copy that fails leaves
	// nothing behind. It is always so when the data directory is a mount point
	// or has tablespaces or a log directory elsewhere.
	CopyInPlace bool

	// Logger tells what the engine does. Default: silent.
	Logger *zap.Logger
}

// Replication says how members connect to each other: one role with the right
// to replicate and to read files, which Init creates.
type Replication struct {
	// User is the role's name. Default gausskit.
	User string
	// Password is the role's password. Empty means that the password file
	// decides: Init makes a random one when there is none, and all members
	// need the same file.
	Password Secret
	// PassFile is a password file in libpq's format, readable by the server's
	// user alone. Default RunDir/pass, written when Password is given.
	PassFile string
	// Networks are the addresses that members connect from, as pg_hba.conf has
	// them: CIDR blocks, or all, samehost, samenet. Default samehost and
	// samenet.
	Networks []string
	// Params are further parameters of libpq for these connections: sslmode,
	// sslrootcert, sslcert, sslkey. Default sslmode=prefer.
	Params map[string]string
}

// Secret is text that prints as stars.
type Secret string

// String gives stars, and nothing for no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString gives stars.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText gives stars.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// withDefaults fills in what was left empty, except what depends on the
// machine.
func (c Config) withDefaults() Config {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	c.DataDir = cleanPath(c.DataDir)
	c.BinDir = cleanPath(c.BinDir)
	set(&c.Host, "127.0.0.1")
	set(&c.Listen, c.Host)
	set(&c.RunDir, c.DataDir+".run")
	c.RunDir = cleanPath(c.RunDir)
	set(&c.Superuser, "postgres")
	set(&c.Replication.User, "gausskit")
	set(&c.Replication.PassFile, filepath.Join(c.RunDir, "pass"))
	if len(c.Replication.Networks) == 0 {
		c.Replication.Networks = []string{"samehost", "samenet"}
	}
	c.Replication.Params = maps.Clone(c.Replication.Params)
	if c.Replication.Params == nil {
		c.Replication.Params = map[string]string{}
	}
	if c.Replication.Params["sslmode"] == "" {
		c.Replication.Params["sslmode"] = "prefer"
	}
	c.Parameters = maps.Clone(c.Parameters)
	if c.Logger == nil {
		c.Logger = zap.NewNop()
	}
	return c
}

func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	return filepath.Clean(p)
}

// address is where other members reach the server.
func (c Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// maxSocketPath is what fits into sockaddr_un on Linux, with its final zero.
const maxSocketPath = 107

// Validate reports all problems that can be seen without looking at the
// machine, one per line, each with the field, its value and the rule.
func (c Config) Validate() error {
	c = c.withDefaults()
	v := &problems{}
	if err := c.Member.Validate(); err != nil {
		v.add("Member", "%w", err)
	}
	v.path("DataDir", c.DataDir)
	if c.DataDir == "/" {
		v.add("DataDir", "\"/\" cannot be a data directory")
	}
	v.path("RunDir", c.RunDir)
	if c.DataDir != "" && c.DataDir != "/" && within(c.DataDir, c.RunDir) {
		v.add("RunDir", "%q is inside the data directory: a copy would remove it", c.RunDir)
	}
	if c.BinDir != "" {
		v.path("BinDir", c.BinDir)
	}
	if c.Port < 1 || c.Port > 65535 {
		v.add("Port", "%d: want 1 to 65535", c.Port)
	}
	if socket := c.socketPath(); len(socket) > maxSocketPath {
		v.add("RunDir", "%q: the path of the Unix socket in it has %d bytes, at most %d are possible", c.RunDir, len(socket), maxSocketPath)
	}
	if strings.ContainsAny(c.Host, " ,'/*\n") {
		v.add("Host", "%q: want one host name or address", c.Host)
	}
	if strings.ContainsAny(c.Listen, "'\n") {
		v.add("Listen", "%q: want host names or addresses, separated by commas", c.Listen)
	}
	v.role("Superuser", c.Superuser)
	c.Replication.validate(v, c.Superuser)
	c.validateParameters(v)
	for _, o := range c.InitOptions {
		if !strings.HasPrefix(o, "-") || hasOption(o, "-D", "--pgdata", "-U", "--username", "-A", "--auth", "--auth-local", "--auth-host", "-W", "--pwprompt", "--pwfile", "-X", "--waldir") {
			v.add("InitOptions", "%q: want an option in one word, and none that the engine gives itself", o)
		}
	}
	return errors.Join(v.list...)
}

func hasOption(o string, names ...string) bool {
	name, _, _ := strings.Cut(o, "=")
	return slices.ContainsFunc(names, func(n string) bool {
		return name == n || len(n) == 2 && !strings.HasPrefix(o, "--") && strings.HasPrefix(o, n)
	})
}

// within reports whether path is dir or below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

func (r Replication) validate(v *problems, superuser string) {
	v.role("Replication.User", r.User)
	if r.User == superuser {
		v.add("Replication.User", "%q is the superuser: members need no more than replication", r.User)
	}
	v.path("Replication.PassFile", r.PassFile)
	if strings.ContainsAny(string(r.Password), "\x00\n\r") {
		v.add("Replication.Password", "holds a line end or zero byte")
	}
	for _, n := range r.Networks {
		if _, _, err := net.ParseCIDR(n); err != nil && !slices.Contains([]string{"all", "samehost", "samenet"}, n) {
			v.add("Replication.Networks", "%q: want a CIDR block such as 10.0.0.0/8, or all, samehost or samenet", n)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(r.Params)) {
		switch {
		case !strings.HasPrefix(k, "ssl") && k != "gssencmode" && k != "channel_binding":
			v.add("Replication.Params", "%q: want parameters of libpq that begin with ssl, gssencmode or channel_binding", k)
		case k == "sslpassword":
			v.add("Replication.Params", "sslpassword would be readable in primary_conninfo: use a key without a password")
		case strings.ContainsAny(r.Params[k], "\x00\n\r"):
			v.add("Replication.Params", "%s: holds a line end or zero byte", k)
		}
	}
}

// settingName is how the server's settings are named.
var settingName = regexp.MustCompile(`^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$`) // read-only

func (c Config) validateParameters(v *problems) {
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		value := c.Parameters[name]
		switch {
		case !settingName.MatchString(name):
			v.add("Parameters", "%q is not the name of a setting in lower case", name)
		case managedSetting(name):
			v.add("Parameters", "%s is managed by the engine", name)
		case name == "wal_level" && value != "replica" && value != "logical":
			v.add("Parameters", "wal_level = %q: want replica or logical", value)
		case strings.ContainsAny(value, "\x00\n\r"):
			v.add("Parameters", "%s: holds a line end or zero byte", name)
		}
	}
}

// problems collects what is wrong with a configuration.
type problems struct{ list []error }

func (p *problems) add(field, format string, args ...any) {
	p.list = append(p.list, fmt.Errorf("postgres: config: %s: %w", field, fmt.Errorf(format, args...)))
}

func (p *problems) path(field, path string) {
	switch {
	case path == "":
		p.add(field, "missing")
	case !filepath.IsAbs(path):
		p.add(field, "%q: want an absolute path", path)
	case strings.ContainsAny(path, "\x00\n\r"):
		p.add(field, "%q: holds a line end or zero byte", path)
	}
}

// role checks the name of a database role. Quotes and the like are possible in
// PostgreSQL and never worth their trouble in pg_hba.conf.
func (p *problems) role(field, name string) {
	if !roleName.MatchString(name) {
		p.add(field, "%q: want 1 to 63 of a-z, 0-9 and _, a letter first", name)
	}
}

var roleName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`) // read-only
