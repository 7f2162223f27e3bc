// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
)

// DefaultDialTimeout is used when [Config].DialTimeout is zero.
const DefaultDialTimeout = 5 * time.Second

// Secret is a text that prints as "***" with every verb and in JSON. Convert it
// to string to use it.
type Secret string

// masked is what is shown of a secret.
const masked = "***"

// Format prints "***", or nothing when the secret is empty.
func (s Secret) Format(f fmt.State, _ rune) {
	text, err := s.MarshalText()
	if err == nil {
		_, _ = f.Write(text) // fmt keeps its writers' errors to itself
	}
}

// MarshalText gives "***", or nothing when the secret is empty.
func (s Secret) MarshalText() ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	return []byte(masked), nil
}

// Config says how to reach etcd.
type Config struct {
	// Endpoints are the client addresses of the etcd members: "host:port",
	// or a URL with http or https. All have the same scheme. Required.
	Endpoints []string
	// TLS is how to check the servers and, with a certificate, how to show
	// who we are. With https endpoints, nil uses the system's authorities.
	// Its ServerName, when set, is expected of all servers.
	TLS *tls.Config
	// User and Password authenticate against etcd; both or neither.
	User     string
	Password Secret
	// DialTimeout bounds Open and each attempt to connect; zero means
	// DefaultDialTimeout.
	DialTimeout time.Duration
	// Prefix goes before every key, so that several stores can share one
	// etcd. A slash is added unless it ends with one, so that "/c1" and
	// "/c10" are apart. Empty uses the keys as they are.
	Prefix string
	// Logger hears what the client library has to say; nil is silence.
	Logger *zap.Logger
}

// Validate returns an error that names all problems, each with its field.
func (c Config) Validate() error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if len(c.Endpoints) == 0 {
		add("Endpoints: want at least one address")
	}
	schemes := map[string]string{}
	for i, e := range c.Endpoints {
		scheme, err := checkEndpoint(e)
		switch {
		case err != nil:
			add("Endpoints[%d]: %w", i, err)
			continue
		case slices.Contains(c.Endpoints[:i], e):
			add("Endpoints[%d]: %q is there twice", i, e)
		case scheme == "http" && c.TLS != nil:
			add("Endpoints[%d]: %q would not use the given TLS: want https", i, e)
		}
		schemes[scheme] = e
	}
	if len(schemes) > 1 {
		add("Endpoints: http, https and addresses without a scheme are mixed: want one of them")
	}
	if (c.User == "") != (c.Password == "") {
		add("User and Password: want both or neither")
	}
	if c.DialTimeout < 0 {
		add("DialTimeout: %v is negative", c.DialTimeout)
	}
	if strings.TrimSpace(c.Prefix) != c.Prefix || strings.ContainsRune(c.Prefix, 0) {
		add("Prefix: %q has a blank at an end or a zero byte", c.Prefix)
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("etcd: config: %w", errors.Join(problems...))
}

// checkEndpoint returns the scheme of a valid endpoint.
func checkEndpoint(endpoint string) (string, error) {
	hostport, scheme := endpoint, ""
	if strings.Contains(endpoint, "://") {
		u, err := url.Parse(endpoint)
		switch {
		case err != nil:
			return "", errors.New("not a URL") // url's error would repeat a password in it
		case u.Scheme != "http" && u.Scheme != "https":
			return "", fmt.Errorf("scheme %q: want http or https", u.Scheme)
		case u.User != nil:
			return "", fmt.Errorf("user in the address of %q: use User and Password", u.Host)
		case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
			return "", fmt.Errorf("%q: want scheme, host and port only", endpoint)
		}
		hostport, scheme = u.Host, u.Scheme
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil || host == "" {
		return "", fmt.Errorf("%q: want host:port", endpoint)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("%q: port %q: want 1 to 65535", endpoint, port)
	}
	return scheme, nil
}

// Open connects to etcd and reads once, so that a wrong address, certificate,
// user or password is found here: what etcd denies at once, what cannot be
// reached after DialTimeout. The store owns the connection: Close ends it.
//
// A node watches its server only from ha.Start on. A manager that comes back
// after a crash while etcd is away would stop at Open, and its server would go
// on without anybody who stops it when its right to be writable ends. Where
// that matters, give [New] a client, which connects when it can.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.DialTimeout == 0 {
		cfg.DialTimeout = DefaultDialTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.DialTimeout)
	defer cancel()

	// The client lives longer than ctx, but must not outlast it before it is
	// made: with user and password, making it asks the server.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, end)
	client, err := clientv3.New(cfg.client(life))
	if err == nil && !stop() {
		err = errors.Join(ctx.Err(), client.Close())
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("etcd: open %s: %w", strings.Join(cfg.Endpoints, ", "), (&verdict{err: err}).explain(ctx, "open"))
	}
	s := New(client, cfg.Prefix)
	s.owned = closerFunc(func() error {
		defer end()
		return client.Close()
	})
	if err := s.check(ctx); err != nil {
		return nil, fmt.Errorf("etcd: open %s: %w", strings.Join(cfg.Endpoints, ", "), errors.Join(err, s.Close()))
	}
	return s, nil
}

// check reads until an answer comes, or one that no patience will change. It
// does not wait for a connection inside gRPC, which would hide why there is
// none.
func (s *Store) check(ctx context.Context) error {
	var last error
	for pauses := newPauses(); ; {
		_, err := s.kv.Range(clientv3.WithRequireLeader(ctx), s.rangeOf("open/"))
		if err == nil {
			return nil
		}
		if last == nil || code(err) != codes.DeadlineExceeded {
			last = err
		}
		if c := classify(err); c == denied || c == invalid || !pause(ctx, pauses) {
			return (&verdict{err: last}).explain(ctx, "open")
		}
	}
}

// client translates the configuration. The pauses between attempts to connect
// are short: gRPC's default grows to two minutes, which would be added to the
// length of every outage.
func (c Config) client(life context.Context) clientv3.Config {
	logger := c.Logger
	if logger == nil {
		logger = zap.NewNop()
	}
	options := []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
		MinConnectTimeout: c.DialTimeout,
	})}
	if c.TLS != nil && c.TLS.ServerName != "" {
		// Otherwise gRPC puts each endpoint's host in its place.
		options = append(options, grpc.WithAuthority(c.TLS.ServerName))
	}
	return clientv3.Config{
		Context:     life,
		Endpoints:   c.Endpoints,
		TLS:         c.TLS,
		Username:    c.User,
		Password:    string(c.Password),
		DialTimeout: c.DialTimeout,
		Logger:      logger,
		// Ten seconds is the shortest that gRPC allows. The time-out is also
		// how long sent data may stay without acknowledgement by the other
		// machine's kernel.
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 2 * time.Second,
		MaxCallRecvMsgSize:   math.MaxInt32,
		DialOptions:          options,
	}
}

// closerFunc is an io.Closer made of a function.
type closerFunc func() error

var _ io.Closer = closerFunc(nil)

// Close calls the function.
func (f closerFunc) Close() error { return f() }
