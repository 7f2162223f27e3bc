// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fakeServer answers every request of an etcd client with one error.
type fakeServer struct {
	pb.UnimplementedKVServer
	pb.UnimplementedLeaseServer
	pb.UnimplementedWatchServer
	answer atomic.Pointer[status.Status]
	calls  atomic.Int32
}

func (s *fakeServer) err() error {
	s.calls.Add(1)
	return s.answer.Load().Err()
}

func (s *fakeServer) Txn(context.Context, *pb.TxnRequest) (*pb.TxnResponse, error) {
	return &pb.TxnResponse{Succeeded: true}, s.err()
}

func (s *fakeServer) Range(context.Context, *pb.RangeRequest) (*pb.RangeResponse, error) {
	return nil, s.err()
}

func (s *fakeServer) LeaseKeepAlive(pb.Lease_LeaseKeepAliveServer) error { return s.err() }

// fake starts a fakeServer and a client of it.
func fake(t *testing.T) (*fakeServer, *clientv3.Client) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeServer{}
	f.answer.Store(status.New(codes.OK, ""))
	server := grpc.NewServer()
	pb.RegisterKVServer(server, f)
	pb.RegisterLeaseServer(server, f)
	pb.RegisterWatchServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		<-served
	})
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{l.Addr().String()}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return f, c
}

// answer is something that etcd may say.
type answer struct {
	name string
	code codes.Code
	text string
}

// answers lists all gRPC codes, and all errors of the version of etcd that
// go.mod names: they are read from its source, so that none can be forgotten.
func answers(t *testing.T) []answer {
	t.Helper()
	var all []answer
	byName := map[string]codes.Code{}
	for c := codes.Canceled; c <= codes.Unauthenticated; c++ {
		byName[c.String()] = c
		all = append(all, answer{"gRPC " + c.String(), c, "some text"})
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "go.etcd.io/etcd/api/v3/v3rpc/rpctypes").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(out)), "error.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "ErrGRPC") {
			return true
		}
		call, ok := spec.Values[0].(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		text, err := strconv.Unquote(call.Args[1].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer{spec.Names[0].Name, byName[call.Args[0].(*ast.SelectorExpr).Sel.Name], text})
		return true
	})
	return all
}

// meaning writes an error as the golden file has it.
func meaning(err error) string {
	var is []string
	for name, sentinel := range map[string]error{
		"conflict": dcs.ErrConflict, "lease not found": dcs.ErrLeaseNotFound, "unavailable": dcs.ErrUnavailable,
		"denied": dcs.ErrDenied, "invalid": dcs.ErrInvalid, "closed": dcs.ErrClosed,
	} {
		if errors.Is(err, sentinel) {
			is = append(is, name)
		}
	}
	slices.Sort(is)
	s := strings.Join(is, " and ")
	if dcs.Uncertain(err) {
		s += ", may have happened"
	}
	return s
}

// TestErrorsOfEtcd has a server answer a commit with each error there is, and
// compares what becomes of it with the golden file.
func TestErrorsOfEtcd(t *testing.T) {
	f, client := fake(t)
	store := etcd.New(client, "c1")
	defer store.Close()
	var b strings.Builder
	for _, a := range answers(t) {
		f.answer.Store(status.New(a.code, a.text))
		_, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: "a"}}})
		if strings.Count(meaning(err), " and ") > 0 || meaning(err) == "" {
			t.Errorf("%s: %v is %q, want exactly one sentinel", a.name, err, meaning(err))
		}
		// A read changes nothing, whatever the server says.
		if _, err := store.Load(t.Context(), ""); dcs.Uncertain(err) || err == nil {
			t.Errorf("%s: load: %v is uncertain", a.name, err)
		}
		fmt.Fprintf(&b, "%-38s %-18s %s\n", a.name, a.code, meaning(err))
	}
	golden := filepath.Join("testdata", "errors.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("differs from %s (run with -update and look at the change):\n%s", golden, b.String())
	}
}

// TestTransactionIsSentOnce is about a server that answers a transaction with a
// deadline or a cancellation that is not ours. The transaction may have been
// carried out; etcd's client sends it again all the same.
func TestTransactionIsSentOnce(t *testing.T) {
	f, client := fake(t)
	store := etcd.New(client, "c1")
	defer store.Close()
	for _, code := range []codes.Code{codes.DeadlineExceeded, codes.Canceled, codes.Unavailable, codes.Unknown, codes.Internal} {
		f.answer.Store(status.New(code, "etcdserver: late"))
		f.calls.Store(0)
		_, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: "a"}}})
		if n := f.calls.Load(); n != 1 || !dcs.Uncertain(err) {
			t.Errorf("%v: sent %d times, error %v (uncertain: %v); want once and uncertain", code, n, err, dcs.Uncertain(err))
		}
	}
	f.answer.Store(status.New(codes.DeadlineExceeded, "etcdserver: late"))
	f.calls.Store(0)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := client.Txn(ctx).Then(clientv3.OpPut("a", "")).Commit(); err == nil {
		t.Error("transaction succeeded")
	}
	t.Logf("etcd's client sent the same transaction %d times", f.calls.Load())
}

// TestRefusedIsTriedAgain: what etcd refuses for now is certain not to have
// happened, so it may be sent again, to another member.
func TestRefusedIsTriedAgain(t *testing.T) {
	f, client := fake(t)
	store := etcd.New(client, "c1")
	defer store.Close()
	f.answer.Store(status.New(codes.Unavailable, "etcdserver: no leader"))
	_, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: "a"}}})
	if n := f.calls.Load(); n < 2 || dcs.Uncertain(err) || !errors.Is(err, dcs.ErrUnavailable) {
		t.Errorf("sent %d times, error %v; want several times and a certain ErrUnavailable", n, err)
	}
}

// TestRefusedTokensEnd: a server that refuses every token is not asked a hundred
// times, as etcd's client would.
func TestRefusedTokensEnd(t *testing.T) {
	f, client := fake(t)
	store := etcd.New(client, "c1")
	defer store.Close()
	f.answer.Store(status.New(codes.Unauthenticated, "etcdserver: invalid auth token"))
	_, err := store.Load(t.Context(), "")
	if n := f.calls.Load(); n < 2 || n > 5 || !errors.Is(err, dcs.ErrDenied) {
		t.Errorf("sent %d times, error %v; want a few times and ErrDenied", n, err)
	}
}

func TestKeepAliveErrors(t *testing.T) {
	f, client := fake(t)
	store := etcd.New(client, "c1")
	defer store.Close()
	for _, c := range []struct {
		status *status.Status
		want   error
	}{
		{status.New(codes.Unavailable, "etcdserver: no leader"), dcs.ErrUnavailable},
		{status.New(codes.Unauthenticated, "etcdserver: invalid auth token"), dcs.ErrDenied},
		{status.New(codes.OK, ""), dcs.ErrUnavailable}, // the stream ends without an answer
	} {
		f.answer.Store(c.status)
		if err := store.KeepAlive(t.Context(), 1); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.status, err, c.want)
		}
	}
}

// TestTooLargeIsInvalid sends more than the client library's limit.
func TestTooLargeIsInvalid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterKVServer(server, &fakeServer{})
	go server.Serve(l)
	t.Cleanup(server.Stop)
	c, err := clientv3.New(clientv3.Config{
		Endpoints: []string{l.Addr().String()}, Logger: zap.NewNop(),
		DialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(1 << 20))},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	store := etcd.New(c, "")
	_, err = store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: "a", Value: make([]byte, 2<<20)}}})
	if !errors.Is(err, dcs.ErrInvalid) || dcs.Uncertain(err) {
		t.Errorf("%v, want a certain ErrInvalid", err)
	}
}
