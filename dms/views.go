// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"errors"
	"fmt"
	"time"
)

// NodeReform says what the last reform did to one instance, as the primary knows
// it. Of the times and the type it knows only its own.
type NodeReform struct {
	Instance     int
	Own          bool       // the row of the primary itself; without it, there are no times and no type
	Type         ReformType // ReformUnknown also for the types of which the server has no text
	Start, End   time.Time
	Success      bool      // the reform as a whole
	RedoStart    time.Time // after a failover only, as are the next three
	RedoEnd      time.Time
	HashmapBuilt time.Time // when on-demand recovery had its map of pages
	XLogBytes    int64     // log that was replayed, -1 when it is not known
	Action       Action    // not reliable for ids above 30: the server shifts a number of 32 bits
}

// NodeReformQuery asks for one [NodeReform] for each instance that was member
// before or after the last reform. It works on the primary; a standby answers
// with an error.
//
// Release 5.1.0 gives the times in the server's zone without naming it: they
// are taken as UTC. It repeats a time of the column before where it has none,
// and rows where lower ids are not in use.
func NodeReformQuery(r Release) (Query[NodeReform], error) {
	if !r.since(V510) {
		return Query[NodeReform]{}, unsupported("query_node_reform_info", r, V510)
	}
	at := timeColumn[NodeReform]
	if r.real() == V510 {
		at = localTimeColumn[NodeReform]
	}
	columns := []column[NodeReform]{
		intColumn("reform_node_id", func(n *NodeReform) *int { return &n.Instance }),
		{"reform_type", (*NodeReform).setType},
		at("reform_start_time", func(n *NodeReform) *time.Time { return &n.Start }),
		at("reform_end_time", func(n *NodeReform) *time.Time { return &n.End }),
		boolColumn("is_reform_success", func(n *NodeReform) *bool { return &n.Success }),
		at("redo_start_time", func(n *NodeReform) *time.Time { return &n.RedoStart }),
		at("redo_end_time", func(n *NodeReform) *time.Time { return &n.RedoEnd }),
		{"xlog_total_bytes", (*NodeReform).setBytes},
		at("hashmap_construct_time", func(n *NodeReform) *time.Time { return &n.HashmapBuilt }),
		wordColumn("action", func(n *NodeReform) *Action { return &n.Action }, ParseAction),
	}
	const call = "query_node_reform_info()"
	if r.real() == V510 {
		return ask(call, columns), nil
	}
	return ask(call, columns, "reform_start_time", "reform_end_time", "redo_start_time", "redo_end_time", "hashmap_construct_time"), nil
}

// setType reads the server's own texts (pgstatfuncs.cpp, query_node_reform_info),
// which are not those of the library.
func (n *NodeReform) setType(s string) error {
	n.Own = s != null // the server's own text
	switch s {
	case "Normal reform":
		n.Type = ReformOpenGaussNormal
	case "Failover":
		n.Type = ReformOpenGaussFailover
	case "Switchover":
		n.Type = ReformOpenGaussSwitchover
	case "NULL", null:
		n.Type = ReformUnknown
	default:
		return errors.New("want Normal reform, Failover, Switchover, NULL or -")
	}
	return nil
}

func (n *NodeReform) setBytes(s string) error {
	if isNull(s) {
		n.XLogBytes = -1
		return nil
	}
	var u uint64
	err := uintColumn("", func(*NodeReform) *uint64 { return &u }).set(nil, s)
	n.XLogBytes = int64(u)
	return err
}

// InfoQuery asks what the library says of the reform under way, or of the last
// that is over. Each row is one [Fact]; [ParseInfo] makes an [Info] of all.
// Every instance answers.
func InfoQuery(current bool, r Release) (Query[Fact], error) {
	if !r.since(V600RC1) {
		return Query[Fact]{}, unsupported("query_node_reform_info_from_dms", r, V600RC1)
	}
	which := 0
	if current {
		which = 1
	}
	return ask(fmt.Sprintf("query_node_reform_info_from_dms(%d)", which), []column[Fact]{
		textColumn("name", func(f *Fact) *string { return &f.Name }),
		textColumn("description", func(f *Fact) *string { return &f.Value }),
	}), nil
}

// PageHolder is an instance that has something to do with a page. It is
// comparable.
type PageHolder struct {
	Instance int
	Master   bool // keeps the page's entry in the directory
	Owner    bool // has the page and gives it away
	Copy     bool // has a copy to read
	Lock     LockMode
	MemLSN   uint32 // position of the page in memory: the lower 32 bits, the server drops the others
	DiskLSN  uint32 // position of the page on disk, likewise
	Dirty    bool   // the page in memory is newer than on disk
}

// PageHolderQuery asks who holds a page: of a relation, by its name as SQL
// writes it, a fork (0 main, 1 free space, 2 visibility, 3 initial), and a block.
// It works on the primary; a standby answers with an error. No rows: nobody.
func PageHolderQuery(relation string, fork int, block uint32, r Release) (Query[PageHolder], error) {
	if !r.since(V510) {
		return Query[PageHolder]{}, unsupported("query_page_distribution_info", r, V510)
	}
	lsn := func(name string, at func(*PageHolder) *uint32) column[PageHolder] {
		return column[PageHolder]{name, func(p *PageHolder, s string) error {
			var u uint64
			err := uintColumn("", func(*PageHolder) *uint64 { return &u }).set(nil, s)
			if err == nil && u > 1<<32-1 {
				err = errors.New("want a number of 32 bits")
			}
			return assign(at(p))(uint32(u), err)
		}}
	}
	q := ask("query_page_distribution_info($1::text, $2::int4, $3::int4)", []column[PageHolder]{
		intColumn("instance_id", func(p *PageHolder) *int { return &p.Instance }),
		boolColumn("is_master", func(p *PageHolder) *bool { return &p.Master }),
		boolColumn("is_owner", func(p *PageHolder) *bool { return &p.Owner }),
		boolColumn("is_copy", func(p *PageHolder) *bool { return &p.Copy }),
		wordColumn("lock_mode", func(p *PageHolder) *LockMode { return &p.Lock }, ParseLockMode),
		lsn("mem_lsn", func(p *PageHolder) *uint32 { return &p.MemLSN }),
		lsn("disk_lsn", func(p *PageHolder) *uint32 { return &p.DiskLSN }),
		boolColumn("is_dirty", func(p *PageHolder) *bool { return &p.Dirty }),
	})
	q.Args = []any{relation, fork, int32(block)}
	return q, nil
}

// OnDemand is the state of on-demand recovery on an instance.
type OnDemand struct {
	Redo          string // where the primary's last checkpoint begins, "X/Y"
	Replayed      string // up to where the realtime build has read, "X/Y"
	HashmapUsed   uint64 // blocks of the map of pages
	HashmapTotal  uint64
	TrxnQueue     uint64 // blocks in the queue of transactions
	SegmentQueue  uint64 // blocks in the queue of segments
	InRecovery    bool
	State         ClusterState
	Build         BuildState
	Pause         PauseState
	RecordItems   uint64 // 0 in 6.0.0-RC1, which does not count them
	RecordItemsMB uint64 // memory of these
}

// OnDemandQuery asks for the state of on-demand recovery: one row. An instance
// without ss_enable_ondemand_recovery answers with an error.
func OnDemandQuery(r Release) (Query[OnDemand], error) {
	if !r.since(V600RC1) {
		return Query[OnDemand]{}, unsupported("ondemand_recovery_status", r, V600RC1)
	}
	columns := []column[OnDemand]{
		textColumn("primary_checkpoint_redo_lsn", func(o *OnDemand) *string { return &o.Redo }),
		textColumn("realtime_build_replayed_lsn", func(o *OnDemand) *string { return &o.Replayed }),
		uintColumn("hashmap_used_blocks", func(o *OnDemand) *uint64 { return &o.HashmapUsed }),
		uintColumn("hashmap_total_blocks", func(o *OnDemand) *uint64 { return &o.HashmapTotal }),
		uintColumn("trxn_queue_blocks", func(o *OnDemand) *uint64 { return &o.TrxnQueue }),
		uintColumn("seg_queue_blocks", func(o *OnDemand) *uint64 { return &o.SegmentQueue }),
		boolColumn("in_ondemand_recovery", func(o *OnDemand) *bool { return &o.InRecovery }),
		wordColumn("ondemand_recovery_status", func(o *OnDemand) *ClusterState { return &o.State }, ParseClusterState),
		wordColumn("realtime_build_status", func(o *OnDemand) *BuildState { return &o.Build }, ParseBuildState),
		wordColumn("recovery_pause_status", func(o *OnDemand) *PauseState { return &o.Pause }, ParsePauseState),
		uintColumn("record_item_num", func(o *OnDemand) *uint64 { return &o.RecordItems }),
		uintColumn("record_item_mbytes", func(o *OnDemand) *uint64 { return &o.RecordItemsMB }),
	}
	if r.real() == V600RC1 {
		columns = columns[:len(columns)-2]
	}
	return ask("ondemand_recovery_status()", columns), nil
}

// TxnCache counts how an instance finds the status of transactions. It is
// comparable.
type TxnCache struct {
	VarCacheGets  uint64  // from the last one asked for
	HashCacheGets uint64  // from the cache (ss_txnstatus_cache_size)
	NetworkGets   uint64  // from another instance
	HashCacheTime float64 // average, microseconds
	NetworkTime   float64 // average, microseconds
	HitRate       float64 // 0 to 1
	Evictions     uint64
	EvictionRefs  float64 // average number of uses of an entry before it was dropped
}

// TxnCacheQuery asks for the counters of the instance: one row.
func TxnCacheQuery(r Release) (Query[TxnCache], error) {
	if !r.since(V510) {
		return Query[TxnCache]{}, unsupported("ss_txnstatus_cache_stat", r, V510)
	}
	return ask("ss_txnstatus_cache_stat()", []column[TxnCache]{
		uintColumn("vcache_gets", func(c *TxnCache) *uint64 { return &c.VarCacheGets }),
		uintColumn("hcache_gets", func(c *TxnCache) *uint64 { return &c.HashCacheGets }),
		uintColumn("nio_gets", func(c *TxnCache) *uint64 { return &c.NetworkGets }),
		floatColumn("avg_hcache_gettime_us", func(c *TxnCache) *float64 { return &c.HashCacheTime }),
		floatColumn("avg_nio_gettime_us", func(c *TxnCache) *float64 { return &c.NetworkTime }),
		floatColumn("cache_hit_rate", func(c *TxnCache) *float64 { return &c.HitRate }),
		uintColumn("hcache_eviction", func(c *TxnCache) *uint64 { return &c.Evictions }),
		floatColumn("avg_eviction_refcnt", func(c *TxnCache) *float64 { return &c.EvictionRefs }),
	}), nil
}

// StorageIO is what an instance reads and writes through DSS. It is comparable.
type StorageIO struct {
	ReadKB  uint64 // per second
	WriteKB uint64 // per second
	IOs     int    // in all
}

// StorageIOQuery asks an instance to measure for some seconds, 1 to 60; so long
// the answer takes: one row.
func StorageIOQuery(seconds int, r Release) (Query[StorageIO], error) {
	const most = 60
	switch {
	case !r.since(V510):
		return Query[StorageIO]{}, unsupported("dss_io_stat", r, V510)
	case seconds < 1 || seconds > most:
		return Query[StorageIO]{}, fmt.Errorf("%w: measure for %d seconds: want 1 to %d", ErrInvalid, seconds, most)
	}
	return ask(fmt.Sprintf("dss_io_stat(%d)", seconds), []column[StorageIO]{
		uintColumn("read_kilobyte_per_sec", func(s *StorageIO) *uint64 { return &s.ReadKB }),
		uintColumn("write_kilobyte_per_sec", func(s *StorageIO) *uint64 { return &s.WriteKB }),
		intColumn("io_times", func(s *StorageIO) *int { return &s.IOs }),
	}), nil
}
