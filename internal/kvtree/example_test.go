// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package kvtree_test

import (
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/internal/kvtree"
)

// A grant that is not renewed, in virtual time.
func Example() {
	tree := kvtree.New(kvtree.Options{Sweep: 500 * time.Millisecond})
	now := 100 * time.Millisecond
	lease, _ := tree.Grant(5*time.Second, now)
	rev, err := tree.Commit(dcs.Txn{
		If:   []dcs.Cond{{Key: "grant"}}, // nobody has it
		Then: []dcs.Op{{Key: "grant", Value: []byte("m1"), Lease: lease}},
	}, now)
	fmt.Println("taken at revision", rev, err)

	now, _ = tree.NextExpiry()
	tree.Expire(now)
	_, held := tree.Load("").Get("grant")
	fmt.Printf("at %v: held=%v revision=%d\n", now, held, tree.Revision())
	// Output:
	// taken at revision 1 <nil>
	// at 5.5s: held=false revision=2
}
