// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gausskit/gausskit/ha/dcs"
)

// firstPatience is how long a watch waits for its load and for the answer to its
// request for events. It is short because when one member of etcd hangs the
// next try probably goes to another. When each may have had its turn it is
// doubled, three times at most, because all may be slow.
const firstPatience = 500 * time.Millisecond

// Watch is described at dcs.Store. It loads once and then applies events; when
// the events end (connection, compaction, lost leader), it loads again.
func (s *Store) Watch(ctx context.Context, prefix string) <-chan dcs.Update {
	w := &watch{store: s, prefix: prefix, out: make(chan dcs.Update, 2)}
	go w.run(ctx)
	return w.out
}

// watch belongs to the goroutine that runs it.
type watch struct {
	store  *Store
	prefix string
	out    chan dcs.Update // holds a snapshot, an error, or a snapshot and then an error
	last   dcs.Snapshot    // the newest that was delivered
}

func (w *watch) run(ctx context.Context) {
	defer close(w.out)
	joined, leave := w.store.join(ctx)
	defer leave()
	pauses, failures := newPauses(), 0
	for joined.Err() == nil {
		began := time.Now()
		rounds := failures / w.store.attempts()
		followed, err := w.follow(joined, firstPatience<<min(rounds, 3))
		switch {
		case joined.Err() != nil:
		case followed:
			// It worked until now, so it is likely to work again at once: an
			// error is worth telling only when there is no way back.
			failures = 0
			if time.Since(began) > pulseQuiet {
				pauses.Reset()
			}
			pause(joined, pauses)
		default:
			if rounds > 0 || code(err) != codes.DeadlineExceeded {
				w.fail((&verdict{err: err}).explain(ctx, "watch"))
			}
			failures++
			pause(joined, pauses)
		}
	}
	if ctx.Err() == nil {
		w.fail(fmt.Errorf("dcs: watch: %w", dcs.ErrClosed))
		<-ctx.Done()
	}
}

// follow loads, and delivers changes until something fails. It reports whether
// it got as far as waiting for changes.
func (w *watch) follow(ctx context.Context, patience time.Duration) (followed bool, err error) {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel() // ends the stream
	life := newPulse(patience, cancel)
	defer func() {
		if life.stop() && err != nil && classify(err) == lost {
			err = status.Error(codes.DeadlineExceeded, "no answer in time: "+err.Error())
		}
	}()

	// No waiting for a connection: that there is none is what the receiver
	// wants to know.
	resp, err := w.store.kv.Range(ctx, w.store.rangeOf(w.prefix), grpc.MaxCallRecvMsgSize(math.MaxInt32))
	if err != nil {
		return false, err
	}
	snap := w.store.snapshot(resp)
	if snap.Revision < w.last.Revision {
		return false, fmt.Errorf("etcd went back from revision %d to %d: another cluster, or restored from a backup", w.last.Revision, snap.Revision)
	}
	w.deliver(snap)

	stream, err := w.store.watch.Watch(ctx, grpc.MaxCallRecvMsgSize(math.MaxInt32))
	if err != nil {
		return false, err
	}
	key, end := w.store.span(w.prefix)
	if err := stream.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{
		CreateRequest: &pb.WatchCreateRequest{Key: key, RangeEnd: end, StartRevision: int64(snap.Revision) + 1},
	}}); err != nil {
		_, err = stream.Recv() // the reason is with the receiver
		return false, err
	}
	ask := func() {
		// When this fails, so does the receiver.
		_ = stream.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_ProgressRequest{ProgressRequest: &pb.WatchProgressRequest{}}})
	}
	for {
		resp, err := stream.Recv()
		switch {
		case err != nil:
			return followed, err
		case resp.GetCanceled():
			return followed, cancelled(resp)
		}
		life.beat(ask)
		followed = true
		if len(resp.GetEvents()) > 0 {
			w.deliver(w.store.apply(w.last, resp.GetEvents()))
		}
	}
}

// cancelled gives the reason why etcd ended a watch. It sends the text of a
// gRPC error, without the code.
func cancelled(resp *pb.WatchResponse) error {
	reason := resp.GetCancelReason()
	if _, desc, ok := strings.Cut(reason, " desc = "); ok {
		reason = desc
	}
	if resp.GetCompactRevision() != 0 {
		reason = fmt.Sprintf("compacted at revision %d", resp.GetCompactRevision())
	}
	return status.Error(codes.FailedPrecondition, reason)
}

// apply returns the snapshot after some events. It is as new as the last of
// them; etcd never divides the events of one revision between two answers.
func (s *Store) apply(before dcs.Snapshot, events []*mvccpb.Event) dcs.Snapshot {
	after := dcs.Snapshot{Revision: before.Revision, Entries: slices.Clone(before.Entries)}
	for _, ev := range events {
		e := s.entry(ev.GetKv())
		after.Revision = max(after.Revision, e.Modified)
		i, ok := slices.BinarySearchFunc(after.Entries, e.Key, func(e dcs.Entry, key string) int { return strings.Compare(e.Key, key) })
		switch {
		case ev.GetType() == mvccpb.Event_DELETE && ok:
			after.Entries = slices.Delete(after.Entries, i, i+1)
		case ev.GetType() == mvccpb.Event_DELETE:
		case ok:
			after.Entries[i] = e
		default:
			after.Entries = slices.Insert(after.Entries, i, e)
		}
	}
	return after
}

// deliver replaces what the receiver has not taken yet. There is room for it:
// only this goroutine sends, and it has emptied the channel.
func (w *watch) deliver(snap dcs.Snapshot) {
	w.last = snap
	w.drain()
	w.out <- dcs.Update{Snapshot: snap}
}

// fail tells the receiver of an error, behind the snapshot that it may not have
// taken yet.
func (w *watch) fail(err error) {
	var pending *dcs.Snapshot
	for _, u := range w.drain() {
		if u.Err == nil {
			pending = &u.Snapshot
		}
	}
	if pending != nil {
		w.out <- dcs.Update{Snapshot: *pending}
	}
	w.out <- dcs.Update{Err: err}
}

// drain takes back what the receiver has not taken.
func (w *watch) drain() []dcs.Update {
	var updates []dcs.Update
	for {
		select {
		case u := <-w.out:
			updates = append(updates, u)
		default:
			return updates
		}
	}
}
