// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

// An oracle is a reference program that wraps the original scanners. When the
// environment variable GAUSSKIT_REPLCONN_ORACLE names one, the tests and fuzz
// targets of this package compare with it; without it they check the rest.
//
// The program reads requests, one per line, and answers each with one line:
//
//	s <hex of a value>                  the server: check hook, then parser
//	g <hex of a value>                  gs_ctl
//	c <hex of old> <hex of new> <hex of replconninfo1>   kind of change, 0 to 5
//
// The answer to the first two is "none", "refused", "raised", "overrun", or
// "channels" and for each channel "|" and the eleven fields of ServerChannel in
// their order, separated by commas, hosts in hex, flags as 0 or 1.
type oracle struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

var startOracle = sync.OnceValues(func() (*oracle, error) {
	name := os.Getenv("GAUSSKIT_REPLCONN_ORACLE")
	if name == "" {
		return nil, nil
	}
	cmd := exec.Command(name) // ends with this process, when its input does
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &oracle{in: in, out: bufio.NewReader(out)}, cmd.Start()
})

// ask returns the oracle's answer, and false when there is no oracle.
func ask(t testing.TB, request string) (string, bool) {
	t.Helper()
	o, err := startOracle()
	if err != nil {
		t.Fatalf("oracle: %v", err)
	}
	if o == nil {
		return "", false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintln(o.in, request)
	answer, err := o.out.ReadString('\n')
	if err != nil {
		t.Fatalf("oracle: %q: %v", request, err)
	}
	return strings.TrimSuffix(answer, "\n"), true
}

// inOracleForm writes a reading as the oracle does.
func inOracleForm(r replconn.Reading) string {
	var b strings.Builder
	b.WriteString(r.Outcome.String())
	bit := map[bool]int{true: 1}
	for _, c := range r.Channels {
		fmt.Fprintf(&b, "|%x,%d,%d,%d,%x,%d,%d,%x,%d,%d,%d,%x", c.LocalHost, c.LocalPort, c.LocalHeartbeatPort, c.RemoteNodeID,
			c.RemoteHost, c.RemotePort, c.RemoteHeartbeatPort, c.RemoteUwalHost, c.RemoteUwalPort, bit[c.IsCascade], bit[c.IsCrossRegion], c.SSLMode)
	}
	return b.String()
}

// agreesWithOracle compares both scanners with the oracle's.
func agreesWithOracle(t testing.TB, text string) {
	t.Helper()
	if strings.IndexByte(text, 0) >= 0 {
		return // a C program cannot be given it
	}
	hexed := hex.EncodeToString([]byte(text))
	if want, ok := ask(t, "s "+hexed); ok {
		if got := inOracleForm(replconn.ParseServer(text)); got != want {
			t.Errorf("server: %q\n got %s\nwant %s", text, got, want)
		}
	}
	if want, ok := ask(t, "g "+hexed); ok {
		got := inOracleForm(replconn.ParseGsCtl(text))
		if got == "none" { // for gs_ctl, nothing and nothing valid are the same
			got = "refused"
		}
		if got != want {
			t.Errorf("gs_ctl: %q\n got %s\nwant %s", text, got, want)
		}
	}
}

// scraps are what random values are put together from: everything at which one
// of the scanners does something.
var scraps = []string{
	" ", " ", " ", " ", "=", "=", "=", ",", "\t", "localhost", "localport", "localheartbeatport", "localservice",
	"remotehost", "remoteport", "remoteheartbeatport", "remotenodeid", "remoteuwalhost", "remoteuwalport", "remoteuwal",
	"iscascade", "iscrossregion", "isCrossRegion", "sslmode", "true", "false", "True", "10.0.0.1", "::1", "fe80::1%eth0", "db1",
	"5433", "70000", "0", "4294967296", "9223372036854775808", "99999999999999999999", "x", "[", "'", strings.Repeat("h", 62), strings.Repeat("h", 63), strings.Repeat("h", 64),
	base, base + " ", base + " iscascade=true", base + " remoteuwalhost=10.0.0.3 remoteuwalport=9",
	"localhost=10.0.0.1 ", "localport=1 ", "remotehost=10.0.0.2 ", "remoteport=2 ",
}

// randomText is either a heap of scraps, or channels with their pairs in any
// order, which the scanners accept more often.
func randomText(rng *rand.Rand) string {
	var b strings.Builder
	if rng.IntN(2) == 0 {
		for range 1 + rng.IntN(12) {
			b.WriteString(scraps[rng.IntN(len(scraps))])
		}
		return b.String()
	}
	hosts := []string{"10.0.0.1", "db1", "::1", "localhost", "remotehost", "x,", strings.Repeat("h", 50+rng.IntN(20))}
	numbers := []string{"1", "5433", "70000", "4294967297", "5x", "true", "trueish", "True", "false"}
	separators := []string{" ", " ", " ", " ", "  ", ",", "\t", ""}
	for range 1 + rng.IntN(3) {
		keys := []string{"localhost", "localport", "remotehost", "remoteport"}
		for _, key := range []string{"localheartbeatport", "remoteheartbeatport", "remotenodeid", "remoteuwalhost", "remoteuwalport", "iscascade", "iscrossregion", "sslmode", "x"} {
			if rng.IntN(4) == 0 {
				keys = append(keys, key)
			}
		}
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for _, key := range keys {
			values := numbers
			if strings.HasSuffix(key, "host") {
				values = hosts
			}
			b.WriteString(key + "=" + values[rng.IntN(len(values))] + separators[rng.IntN(len(separators))])
		}
		b.WriteString(",")
	}
	text := b.String()
	return text[:len(text)-rng.IntN(2)]
}

// TestRandomTextsAreReadAsDocumented checks what must hold for any text, and
// the oracle where there is one.
func TestRandomTextsAreReadAsDocumented(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	outcomes := make(map[replconn.Outcome]int)
	for range 8000 {
		text := randomText(rng)
		readingsHold(t, text)
		outcomes[replconn.ParseServer(text).Outcome]++
	}
	for _, o := range []replconn.Outcome{replconn.OutcomeNone, replconn.OutcomeChannels, replconn.OutcomeRefused, replconn.OutcomeRaised, replconn.OutcomeOverrun} {
		if outcomes[o] == 0 {
			t.Errorf("no text was %s: %v", o, outcomes)
		}
	}
}

// changeAgreesWithOracle compares the kind of change of replconninfo2 with the
// oracle's, when replconninfo1 is first and the server accepts all three.
func changeAgreesWithOracle(t testing.TB, before, after, first string) {
	t.Helper()
	if strings.IndexByte(before+after+first, 0) >= 0 || before == after {
		return
	}
	for _, text := range []string{before, after, first} {
		if o := replconn.ParseServer(text).Outcome; o != replconn.OutcomeChannels && o != replconn.OutcomeNone {
			return
		}
	}
	want, ok := ask(t, fmt.Sprintf("c %x %x %x", before, after, first))
	if !ok {
		return
	}
	one, two := replconn.Own(1), replconn.Own(2)
	old := replconn.Settings{}.With(one, first).With(two, before)
	e := replconn.Reload(old, old.With(two, after), replconn.Running{Mode: replconn.ModePrimary})
	if got := fmt.Sprint(uint8(e.Changes[0].Change)); got != want {
		t.Errorf("%q to %q, first %q: change %s, want %s", before, after, first, e.Changes[0].Change, want)
	}
}

func TestRandomChangesAreClassifiedAsDocumented(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	texts := []string{"", " ", base, base + " iscascade=true", base + " iscascade=true iscrossregion=false", base + " iscrossregion=true",
		strings.Replace(base, "10.0.0.1", "DB1", 1) + " iscascade=true", strings.Replace(base, "10.0.0.1", "db1", 1), strings.Replace(base, "10.0.0.1", "eb1", 1),
		"localhost=10.0.0.9 localport=5433 remotehost=10.0.0.2 remoteport=5434", ","}
	for range 4000 {
		pick := func() string { return texts[rng.IntN(len(texts))] }
		changeAgreesWithOracle(t, pick(), pick(), pick())
	}
}
