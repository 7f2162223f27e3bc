// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
	"github.com/gausskit/gausskit/ha/hatest"
)

func openMemory(t testing.TB) dcs.Store {
	s := memory.New()
	t.Cleanup(func() { s.Close() })
	return s
}

func TestMemoryStoreKeepsTheContract(t *testing.T) { hatest.TestDCS(t, openMemory) }

// A store of your own is tested like this.
func ExampleTestDCS() {
	_ = func(t *testing.T) { // TestMyStore in your package
		hatest.TestDCS(t, func(t testing.TB) dcs.Store {
			store := memory.New() // yours
			t.Cleanup(func() { store.Close() })
			return store
		})
	}
}

// faultyStore is a memory store with one method replaced.
type faultyStore struct {
	dcs.Store
	load      func(context.Context, string) (dcs.Snapshot, error)
	commit    func(context.Context, dcs.Txn) (dcs.Revision, error)
	watch     func(context.Context, string) <-chan dcs.Update
	grant     func(context.Context, time.Duration) (dcs.LeaseID, error)
	keepAlive func(context.Context, dcs.LeaseID) error
	revoke    func(context.Context, dcs.LeaseID) error
}

func newFaulty(t testing.TB) *faultyStore {
	s := openMemory(t)
	return &faultyStore{Store: s, load: s.Load, commit: s.Commit, watch: s.Watch, grant: s.Grant, keepAlive: s.KeepAlive, revoke: s.Revoke}
}

func (s *faultyStore) Load(ctx context.Context, prefix string) (dcs.Snapshot, error) {
	return s.load(ctx, prefix)
}
func (s *faultyStore) Commit(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
	return s.commit(ctx, txn)
}
func (s *faultyStore) Watch(ctx context.Context, prefix string) <-chan dcs.Update {
	return s.watch(ctx, prefix)
}
func (s *faultyStore) Grant(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
	return s.grant(ctx, ttl)
}
func (s *faultyStore) KeepAlive(ctx context.Context, id dcs.LeaseID) error {
	return s.keepAlive(ctx, id)
}
func (s *faultyStore) Revoke(ctx context.Context, id dcs.LeaseID) error { return s.revoke(ctx, id) }

// relay returns a Watch that hands each update of the real one to f, which may
// send what it likes.
func relay(s *faultyStore, f func(out chan<- dcs.Update, u dcs.Update)) func(context.Context, string) <-chan dcs.Update {
	return func(ctx context.Context, prefix string) <-chan dcs.Update {
		out := make(chan dcs.Update, 1)
		go func() {
			defer close(out)
			for u := range s.Store.Watch(ctx, prefix) {
				f(out, u)
			}
		}()
		return out
	}
}

// fault is a planted bug and the law that must find it.
type fault struct {
	name  string
	law   string
	plant func(*faultyStore)
}

// faults are bugs that real adapters have had, or easily could.
func faults() []fault { return slices.Concat(requestFaults(), leaseFaults(), watchFaults()) }

func requestFaults() []fault {
	return []fault{
		{"conditions ignored", "of callers that want an absent key one wins", func(s *faultyStore) {
			s.commit = func(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
				return s.Store.Commit(ctx, dcs.Txn{Then: txn.Then})
			}
		}},
		{"only the first condition checked", "a condition on a wrong revision is a conflict that changes nothing", func(s *faultyStore) {
			s.commit = func(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
				txn.If = txn.If[:min(1, len(txn.If))]
				return s.Store.Commit(ctx, txn)
			}
		}},
		{"changes carried out one by one", "nobody sees half a transaction", func(s *faultyStore) {
			s.commit = func(ctx context.Context, txn dcs.Txn) (rev dcs.Revision, err error) {
				for _, op := range txn.Then {
					if rev, err = s.Store.Commit(ctx, dcs.Txn{If: txn.If, Then: []dcs.Op{op}}); err != nil {
						return rev, err
					}
					txn.If = nil
				}
				return rev, nil
			}
		}},
		{"reads from a cache", "reads are linearizable", func(s *faultyStore) {
			var mu sync.Mutex
			var calls int
			old := map[string]dcs.Snapshot{}
			s.load = func(ctx context.Context, prefix string) (dcs.Snapshot, error) {
				mu.Lock()
				defer mu.Unlock()
				if calls++; calls%5 == 0 && prefix == "register" {
					return old[prefix], nil
				}
				snap, err := s.Store.Load(ctx, prefix)
				old[prefix] = snap
				return snap, err
			}
		}},
		{"prefix taken for a path", "a prefix covers exactly the keys that begin with it", func(s *faultyStore) {
			s.load = func(ctx context.Context, prefix string) (dcs.Snapshot, error) {
				if prefix != "" && !strings.HasSuffix(prefix, "/") {
					prefix += "/"
				}
				return s.Store.Load(ctx, prefix)
			}
		}},
		{"conflict reported although it changed", "a key that was deleted and made again is another", func(s *faultyStore) {
			s.commit = func(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
				rev, err := s.Store.Commit(ctx, txn)
				if errors.Is(err, dcs.ErrConflict) {
					s.Store.Commit(ctx, dcs.Txn{Then: txn.Then})
				}
				return rev, err
			}
		}},
		{"values not copied", "values are bytes and belong to the store", func(s *faultyStore) {
			var kept []byte
			s.commit = func(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
				if txn.Then[0].Key == "a" {
					kept = txn.Then[0].Value
				}
				return s.Store.Commit(ctx, txn)
			}
			s.load = func(ctx context.Context, prefix string) (dcs.Snapshot, error) {
				snap, err := s.Store.Load(ctx, prefix)
				snap.Entries = slices.Clone(snap.Entries)
				for i := range snap.Entries {
					if snap.Entries[i].Key == "a" {
						snap.Entries[i].Value = kept
					}
				}
				return snap, err
			}
		}},
		{"context ignored", "a context that has ended is honoured by every method", func(s *faultyStore) {
			s.commit = func(_ context.Context, txn dcs.Txn) (dcs.Revision, error) {
				return s.Store.Commit(context.Background(), txn)
			}
		}},
		{"later of two changes of a key wins", "an invalid transaction is refused whole", func(s *faultyStore) {
			s.commit = func(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
				if len(txn.Then) == 2 && txn.Then[0].Key == txn.Then[1].Key {
					txn.Then = txn.Then[1:]
				}
				return s.Store.Commit(ctx, txn)
			}
		}},
	}
}

func leaseFaults() []fault {
	return []fault{
		{"leases end early", "a lease never ends early and its entries vanish with it", func(s *faultyStore) {
			s.grant = func(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
				return s.Store.Grant(ctx, ttl*7/10)
			}
		}},
		{"fractions of a second cut off", "a time to live of a fraction of a second is rounded up, not down", func(s *faultyStore) {
			s.grant = func(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
				if ttl > time.Second {
					ttl = ttl.Truncate(time.Second)
				}
				return s.Store.Grant(ctx, ttl)
			}
		}},
		{"leases never end", "a lease never ends early and its entries vanish with it", func(s *faultyStore) {
			s.grant = func(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
				return s.Store.Grant(ctx, ttl*1000)
			}
		}},
		{"renewals lost", "a renewed lease lives on from the renewal", func(s *faultyStore) {
			s.keepAlive = func(ctx context.Context, _ dcs.LeaseID) error { return ctx.Err() }
		}},
		{"gone leases renewed", "keeping alive a lease that ended by itself says so", func(s *faultyStore) {
			s.keepAlive = func(ctx context.Context, id dcs.LeaseID) error {
				if err := s.Store.KeepAlive(ctx, id); !errors.Is(err, dcs.ErrLeaseNotFound) {
					return err
				}
				return nil
			}
		}},
		{"puts on gone leases stored without one", "a put on a lease that is gone changes nothing", func(s *faultyStore) {
			s.commit = func(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
				rev, err := s.Store.Commit(ctx, txn)
				if errors.Is(err, dcs.ErrLeaseNotFound) {
					for i := range txn.Then {
						txn.Then[i].Lease = 0
					}
					return s.Store.Commit(ctx, txn)
				}
				return rev, err
			}
		}},
		{"revocation forgotten", "revoking removes all entries of the lease at once and no other", func(s *faultyStore) {
			s.revoke = func(context.Context, dcs.LeaseID) error { return nil }
		}},
	}
}

func watchFaults() []fault {
	return []fault{
		{"updates dropped for a slow receiver", "a slow receiver gets the last value", func(s *faultyStore) {
			s.watch = relay(s, func(out chan<- dcs.Update, u dcs.Update) {
				select {
				case out <- u:
				default:
				}
			})
		}},
		{"first snapshot forgotten", "a watch begins with what is there", func(s *faultyStore) {
			s.watch = relay(s, func(out chan<- dcs.Update, u dcs.Update) {
				if u.Snapshot.Revision > 2 {
					out <- u
				}
			})
		}},
		{"an old snapshot delivered again", "a watch sees puts, deletes and revocations", func(s *faultyStore) {
			var first dcs.Update
			s.watch = relay(s, func(out chan<- dcs.Update, u dcs.Update) {
				out <- u
				if first.Snapshot.Revision == 0 {
					first = u
				} else {
					out <- first
				}
			})
		}},
		{"watch left open", "a watch ends with its context and not before", func(s *faultyStore) {
			s.watch = func(ctx context.Context, prefix string) <-chan dcs.Update {
				out := make(chan dcs.Update, 100)
				go func() {
					for u := range s.Store.Watch(ctx, prefix) {
						out <- u
					}
				}()
				return out
			}
		}},
		{"deletes not seen", "a watch sees puts, deletes and revocations", func(s *faultyStore) {
			s.watch = relay(s, func(out chan<- dcs.Update, u dcs.Update) {
				if len(u.Snapshot.Entries) > 0 {
					out <- u
				}
			})
		}},
		{"watch of everything", "a watch sees only its prefix", func(s *faultyStore) {
			s.watch = func(ctx context.Context, _ string) <-chan dcs.Update { return s.Store.Watch(ctx, "") }
		}},
	}
}

// inFaultyRun is set for the child process in which tests are to fail.
const inFaultyRun = "GAUSSKIT_FAULTY_STORES"

// TestFaultyStores runs one law on each planted bug. It fails by design and
// runs only in the child process that the next test starts.
func TestFaultyStores(t *testing.T) {
	if os.Getenv(inFaultyRun) == "" {
		return
	}
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			hatest.TestDCSLaw(t, func(t testing.TB) dcs.Store {
				s := newFaulty(t)
				f.plant(s)
				return s
			}, 3*time.Second, f.law)
		})
	}
}

func TestEachLawFindsItsFault(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestFaultyStores$", "-test.v", "-test.parallel=100", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), inFaultyRun+"=1")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("the faulty stores passed: %v", err)
	}
	for _, f := range faults() {
		line := "--- FAIL: TestFaultyStores/" + strings.ReplaceAll(f.name+"/"+f.law, " ", "_") + " "
		if !bytes.Contains(out, []byte(line)) {
			t.Errorf("fault %q was not found by the law %q", f.name, f.law)
		}
	}
	if t.Failed() {
		t.Logf("the child said:\n%s", out)
	}
}
