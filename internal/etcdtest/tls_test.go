// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// authority signs certificates for one test.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	a.cert, a.key = a.sign("ca", nil)
	a.pool.AddCert(a.cert)
	return a
}

// file returns the path of a PEM file.
func (a *authority) file(name string) string { return filepath.Join(a.dir, name+".pem") }

// sign makes the files name.pem and name-key.pem. Without a host it makes the
// authority itself.
func (a *authority) sign(name string, host net.IP) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	parent, signer := a.cert, a.key
	if host == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		parent, signer = template, key
	} else {
		template.IPAddresses, template.DNSNames = []net.IP{host}, []string{"etcd.test"}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name, "CERTIFICATE", der)
	a.write(name+"-key", "EC PRIVATE KEY", keyDER)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(a.file(name), text, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) pair(name string) []tls.Certificate {
	a.t.Helper()
	c, err := tls.LoadX509KeyPair(a.file(name), a.file(name+"-key"))
	if err != nil {
		a.t.Fatal(err)
	}
	return []tls.Certificate{c}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	a, stranger := newAuthority(t), newAuthority(t)
	local := net.IPv4(127, 0, 0, 1)
	a.sign("server", local)
	a.sign("m1", local)
	stranger.sign("m1", local)
	s := server(t, etcdtest.WithTLS(a.file("server"), a.file("server-key"), a.file("ca")))

	store := open(t, etcd.Config{Endpoints: s.Endpoints(), TLS: &tls.Config{RootCAs: a.pool, Certificates: a.pair("m1")}})
	updates := store.Watch(t.Context(), "")
	put(t, store, "a", "1")
	untilValue(t, updates, "a", "1")
	id := grant(t, store, time.Minute)
	if err := store.KeepAlive(bounded(t, patience), id); err != nil {
		t.Error(err)
	}

	named := open(t, etcd.Config{Endpoints: s.Endpoints(), TLS: &tls.Config{RootCAs: a.pool, Certificates: a.pair("m1"), ServerName: "etcd.test"}})
	put(t, named, "a", "2")

	for name, c := range map[string]struct {
		config *tls.Config
		want   error
	}{
		"the system's authorities": {nil, dcs.ErrDenied},
		"another server's name":    {&tls.Config{RootCAs: a.pool, Certificates: a.pair("m1"), ServerName: "elsewhere"}, dcs.ErrDenied},
		"another authority":        {&tls.Config{RootCAs: stranger.pool, Certificates: a.pair("m1")}, dcs.ErrDenied},
		// The server closes the connection; whether its reason gets through
		// depends on what was on its way at that moment.
		"no certificate":            {&tls.Config{RootCAs: a.pool}, dcs.ErrUnavailable},
		"certificate of a stranger": {&tls.Config{RootCAs: a.pool, Certificates: stranger.pair("m1")}, dcs.ErrUnavailable},
	} {
		patience := patience // what is denied is denied at once
		if c.want == dcs.ErrUnavailable {
			patience = time.Second
		}
		_, err := etcd.Open(t.Context(), etcd.Config{Endpoints: s.Endpoints(), TLS: c.config, DialTimeout: patience})
		if !errors.Is(err, c.want) && !errors.Is(err, dcs.ErrDenied) || dcs.Uncertain(err) {
			t.Errorf("%s: %v, want a certain %v", name, err, c.want)
		}
	}
	// Talking without TLS to a server that wants it cannot be told from a
	// server that is broken.
	_, err := etcd.Open(t.Context(), etcd.Config{Endpoints: []string{"http://" + s.Addr()}, DialTimeout: 500 * time.Millisecond})
	if !errors.Is(err, dcs.ErrUnavailable) {
		t.Errorf("without TLS: %v, want ErrUnavailable", err)
	}
}
