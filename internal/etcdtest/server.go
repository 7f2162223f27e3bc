// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"
)

// Option changes the configuration of a server before it starts.
type Option func(*embed.Config)

// Server is one etcd server in this program.
type Server struct {
	cfg  *embed.Config
	etcd *embed.Etcd // nil while stopped
}

// Start runs a single server with its data below dir and returns when it
// answers. It listens on free ports of 127.0.0.1; a restart uses the same ones.
func Start(ctx context.Context, dir string, options ...Option) (*Server, error) {
	addrs, err := freeAddrs(2)
	if err != nil {
		return nil, err
	}
	s := newServer("e0", dir, addrs[0], addrs[1], options)
	s.cfg.InitialCluster = s.cfg.InitialClusterFromName(s.cfg.Name)
	return s, s.Restart(ctx)
}

// newServer configures a server. Elections are ten times quicker than etcd's
// default, so that a lease of one second is possible.
func newServer(name, dir, client, peer string, options []Option) *Server {
	cfg := embed.NewConfig()
	cfg.Name = name
	cfg.Dir = filepath.Join(dir, name)
	cfg.ListenClientUrls = []url.URL{{Scheme: "http", Host: client}}
	cfg.AdvertiseClientUrls = cfg.ListenClientUrls
	cfg.ListenPeerUrls = []url.URL{{Scheme: "http", Host: peer}}
	cfg.AdvertisePeerUrls = cfg.ListenPeerUrls
	cfg.TickMs, cfg.ElectionMs = 20, 200
	cfg.UnsafeNoFsync = true
	cfg.BcryptCost = uint(bcrypt.MinCost)
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	for _, o := range options {
		o(cfg)
	}
	return &Server{cfg: cfg}
}

// WithTLS makes clients connect with TLS. The files are in PEM; with ca, clients
// must show a certificate that it signed.
func WithTLS(cert, key, ca string) Option {
	return func(cfg *embed.Config) {
		for i := range cfg.ListenClientUrls {
			cfg.ListenClientUrls[i].Scheme = "https"
		}
		cfg.ClientTLSInfo.CertFile, cfg.ClientTLSInfo.KeyFile = cert, key
		cfg.ClientTLSInfo.TrustedCAFile, cfg.ClientTLSInfo.ClientCertAuth = ca, ca != ""
	}
}

// WithTokenTTL makes auth tokens expire after so many seconds without use.
func WithTokenTTL(seconds uint) Option {
	return func(cfg *embed.Config) { cfg.AuthTokenTTL = seconds }
}

// WithLogger makes the server talk.
func WithLogger(l *zap.Logger) Option {
	return func(cfg *embed.Config) { cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(l) }
}

// Restart starts a server that was stopped, with its data, and returns when it
// answers.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.launch(); err != nil {
		return err
	}
	return s.ready(ctx)
}

func (s *Server) launch() error {
	if s.etcd != nil {
		return fmt.Errorf("etcdtest: start %s: it runs", s.cfg.Name)
	}
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("etcdtest: start %s: %w", s.cfg.Name, err)
	}
	cfg := *s.cfg // embed changes it
	e, err := embed.StartEtcd(&cfg)
	if err != nil {
		return fmt.Errorf("etcdtest: start %s: %w", s.cfg.Name, err)
	}
	s.etcd = e
	return nil
}

func (s *Server) ready(ctx context.Context) error {
	select {
	case <-s.etcd.Server.ReadyNotify():
		return nil
	case err := <-s.etcd.Err():
		s.Stop()
		return fmt.Errorf("etcdtest: start %s: %w", s.cfg.Name, err)
	case <-ctx.Done():
		s.Stop()
		return fmt.Errorf("etcdtest: start %s: %w", s.cfg.Name, ctx.Err())
	}
}

// Stop stops the server and keeps its data. Stopping a stopped server is no
// error.
func (s *Server) Stop() {
	if s.etcd == nil {
		return
	}
	s.etcd.Close()
	s.etcd = nil
}

// Addr returns host:port for clients.
func (s *Server) Addr() string { return s.cfg.ListenClientUrls[0].Host }

// Endpoints returns the URLs for clients.
func (s *Server) Endpoints() []string {
	u := s.cfg.ListenClientUrls[0]
	return []string{u.String()}
}

// IsLeader reports whether the server runs and leads its cluster.
func (s *Server) IsLeader() bool {
	return s.etcd != nil && s.etcd.Server.Leader() == s.etcd.Server.MemberID()
}

// Client makes a silent client of the server; the caller closes it. config is
// nil for no TLS.
func (s *Server) Client(config *tls.Config) (*clientv3.Client, error) {
	return newClient(s.Endpoints(), config)
}

func newClient(endpoints []string, config *tls.Config) (*clientv3.Client, error) {
	c, err := clientv3.New(clientv3.Config{Endpoints: endpoints, TLS: config, Logger: zap.NewNop()})
	if err != nil {
		return nil, fmt.Errorf("etcdtest: client: %w", err)
	}
	return c, nil
}

// freeAddrs returns n addresses of 127.0.0.1 with ports that are free now.
func freeAddrs(n int) ([]string, error) {
	var addrs []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("etcdtest: free port: %w", err)
		}
		defer l.Close() // at the end, so that all are different
		addrs = append(addrs, l.Addr().String())
	}
	return addrs, nil
}
