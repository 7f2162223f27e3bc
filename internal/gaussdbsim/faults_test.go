// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// TestIncompleteBuild: a server does not start on half a copy.
func TestIncompleteBuild(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 2)[0]
	if err := os.WriteFile(n.path("build_completed.start"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out := n.ctl("start", "-M", "standby")
	if out.exit != 1 || !strings.Contains(out.text, "exitstatus is 512") {
		t.Errorf("start: exit %d\n%s", out.exit, out.text)
	}
	if out := run(t, "gs_guc", "set", "-D", n.dir, "-c", "port=1234"); out.exit != 1 {
		t.Errorf("gs_guc: exit %d\n%s", out.exit, out.text)
	}
}

func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	nodes := newNodes(t, 1)
	n := nodes[0]
	n.append("no_such_guc = 1\n")
	each(t, nodes, capture{"result/start.gs_ctl-start-bad-config.out", 1, 0, "gs_ctl start|-D|DIR|-M|primary"})
	if out := n.ctl("query"); out.exit != 1 {
		t.Errorf("query: exit %d", out.exit)
	}
}

// TestLogLock: with GAUSSLOG all gs_ctl of a user share a lock.
func TestLogLock(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 1)[0]
	n.start("normal")
	env := []string{"GAUSSLOG=" + t.TempDir()}
	busy := 0
	results := make(chan output)
	for range 4 {
		go func() {
			var last output
			for range 5 {
				if out := runEnv(t, env, "gs_ctl", "query", "-D", n.dir); out.exit == 1 {
					last = out
				}
			}
			results <- last
		}()
	}
	for range 4 {
		if out := <-results; out.exit == 1 {
			busy++
			if res := opengauss.ReadResult(opengauss.CommandQuery, out.exit, out.text); res.Outcome != opengauss.Busy {
				t.Errorf("%s: %s", res.Outcome, out.text)
			}
		}
	}
	if busy == 0 {
		t.Skip("twenty runs of gs_ctl did not meet")
	}
}

func TestStopImmediateAndRestart(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2)
	a, b := nodes[0], nodes[1]
	a.exec("insert into t values (1, 'one')")
	a.mustCtl("stop", "-m", "immediate")
	if _, err := os.Stat(a.path("postmaster.pid")); err == nil && a.pid() != 0 {
		t.Error("it still runs")
	}
	a.start("primary")
	b.follows()
	b.mustCtl("restart") // keeps the role
	b.follows()
	if got := b.number("select count(*) from t"); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
	if out := a.ctl("start", "-M", "standby"); out.exit != 0 || !strings.Contains(out.text, "another server might be running") {
		t.Errorf("start of a running server: exit %d\n%s", out.exit, out.text)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	n := newNodes(t, 1, "ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'")[0]
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"server.crt": {Type: "CERTIFICATE", Bytes: der}, "server.key": {Type: "PRIVATE KEY", Bytes: pkcs}} {
		if err := os.WriteFile(filepath.Join(n.dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.start("normal")
	n.exec("create user " + user + " password '" + password + "'")
	conn, err := gausspgx.Connect(t.Context(), strings.Replace(n.dsn(), "sslmode=disable", "sslmode=verify-full sslrootcert="+n.path("server.crt"), 1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var one int
	if err := conn.QueryRow(t.Context(), "select 1").Scan(&one); err != nil || one != 1 {
		t.Errorf("%d, %v", one, err)
	}
}
