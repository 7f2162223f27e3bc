// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"errors"
	"fmt"

	"github.com/gausskit/gausskit/replconn"
)

func Example() {
	v, err := replconn.Parse("localhost=10.0.0.1 localport=5433 remotehost=10.0.0.2 remoteport=5433")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, _ := v.Channel()
	fmt.Println(c.Local, "to", c.Remote)

	c.Remote.Port = 6433
	fmt.Println(replconn.ValueOf(c))
	// Output:
	// 10.0.0.1:5433 to 10.0.0.2:5433
	// localhost=10.0.0.1 localport=5433 remotehost=10.0.0.2 remoteport=6433
}

// Every problem is reported, with its place, its key and a reason to branch on.
func ExampleParse_problems() {
	_, err := replconn.Parse("localhost=10.0.0.1 localport=70000 remotehost=[::1] iscascade=True")
	var bad *replconn.ParseError
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			fmt.Println(p.Offset, p.Key, p.Reason)
		}
	}
	// Output:
	// 0 remoteport missing-key
	// 29 localport port-range
	// 46 remotehost bad-host
	// 62 iscascade bad-flag
}

// The server understands other things than it says, and some readers of the
// same text are stricter than the server.
func ExampleLint() {
	text := "localhost=10.0.0.1 localport=5433 remoteport=5433 iscascade=True remotehost=db2"
	for _, f := range replconn.Lint(replconn.CrossCluster(1), text) {
		fmt.Println(f.Reader, f.Code, f.Key)
	}
	// Output:
	// careful problem iscascade
	// server overrun remotehost
	// gs_ctl overrun remotehost
}

func ExampleParseServer() {
	c, _ := replconn.ParseServer("localhost 10.0.0.1 localport=70000 remotehost=db2 remoteport=5433x iscascade=True").Effective()
	fmt.Println(c.LocalHost, c.LocalPort, c.RemoteHost, c.RemotePort, c.IsCascade)
	fmt.Println(replconn.ParseServer("localhost=[::1] localport=5433").Outcome)
	// Output:
	// 10.0.0.1 70000 db2 5433 false
	// refused
}

// A document keeps what it does not change.
func ExampleDocument_With() {
	doc, err := replconn.ParseDocument("remoteport=5433  remotehost = 10.0.0.2 uuid=f1  localport=5433 localhost=10.0.0.1 note=x")
	if err != nil {
		fmt.Println(err)
		return
	}
	v := doc.Value()
	v.Channels[0].Remote.Port = 6433
	v.Channels[0].IsCascade = replconn.True
	doc, err = doc.With(v)
	fmt.Println(doc, err)
	// Output:
	// remoteport=6433  remotehost = 10.0.0.2 uuid=f1  localport=5433 localhost=10.0.0.1 note=x iscascade=true <nil>
}

func ExampleMesh_Settings() {
	var mesh replconn.Mesh
	for i, address := range []string{"10.0.0.1", "10.0.0.2", "fe80::3%eth0"} {
		host, err := replconn.ParseHost(address)
		if err != nil {
			fmt.Println(err)
			return
		}
		endpoint, err := replconn.DeriveEndpoint(host, 5432)
		if err != nil {
			fmt.Println(err)
			return
		}
		mesh.Members = append(mesh.Members, replconn.Member{
			Name: fmt.Sprintf("dn%d", i+1), Endpoint: endpoint, Cascade: i == 2,
		})
	}
	all, err := mesh.Settings()
	if err != nil {
		fmt.Println(err) // everything that is wrong with the mesh
		return
	}
	for slot, text := range all[0].Settings.All() {
		fmt.Printf("%s = '%s'\n", slot, text)
	}
	// Output:
	// replconninfo1 = 'localhost=10.0.0.1 localport=5433 localheartbeatport=5437 localservice=5436 remotehost=10.0.0.2 remoteport=5433 remoteheartbeatport=5437 remoteservice=5436'
	// replconninfo2 = 'localhost=10.0.0.1 localport=5433 localheartbeatport=5437 localservice=5436 remotehost=fe80::3%eth0 remoteport=5433 remoteheartbeatport=5437 remoteservice=5436 iscascade=true'
}

// A cluster is put together again from what its members say, contradictions
// included: here dn2 has no channel back, and dn1 one to itself.
func ExampleRebuild() {
	one := replconn.Own(1)
	mesh, found := replconn.Rebuild([]replconn.MemberSettings{
		{Member: "dn1", Settings: replconn.Settings{}.
			With(one, "localhost=10.0.0.1 localport=5433 remotehost=10.0.0.2 remoteport=5433").
			With(replconn.Own(2), "localhost=10.0.0.1 localport=5433 remotehost=10.0.0.1 remoteport=5433")},
		{Member: "dn2", Settings: replconn.Settings{}.
			With(one, "localhost=10.0.0.2 localport=5433 remotehost=10.0.0.9 remoteport=5433")},
	})
	for _, m := range mesh.Members {
		fmt.Println(m.Name, m.Endpoint)
	}
	for _, c := range found {
		fmt.Println(c.Member, c.Slot, c.Kind)
	}
	// Output:
	// dn1 10.0.0.1:5433
	// dn2 10.0.0.2:5433
	// dn1 replconninfo2 self
	// dn2 replconninfo1 unknown-peer
	// dn1 replconninfo1 one-sided
}

// What a reload will do is known before it is done.
func ExampleReload() {
	text := "localhost=10.0.0.1 localport=5433 remotehost=10.0.0.2 remoteport=5433"
	old := replconn.Settings{}.With(replconn.Own(1), text)
	running := replconn.Running{Mode: replconn.ModePrimary}

	flags := replconn.Reload(old, old.With(replconn.Own(1), text+" iscascade=true iscrossregion=false"), running)
	fmt.Println(flags.Changes[0].Change, "keeps", flags.Kept)

	moved := replconn.Reload(old, old.With(replconn.Own(1), "localhost=10.0.0.1 localport=6433 remotehost=10.0.0.2 remoteport=5433"), running)
	fmt.Println(moved.Changes[0].Change, "ends", moved.SendersEnded, "opens", moved.Opened, "closes", moved.Closed)
	// Output:
	// added-recovery keeps [replconninfo1]
	// changed-address ends [replconninfo1] opens [{10.0.0.1 6433}] closes [{10.0.0.1 5433}]
}
