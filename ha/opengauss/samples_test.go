// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"encoding/csv"
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss"
)

// sample is one run of a program on a real cluster.
type sample struct {
	file string
	exit int
	args []string
	out  string
}

// samples reads testdata/index.tsv; dir is the first part of the file's path,
// empty for all.
func samples(t testing.TB, dir string) []sample {
	t.Helper()
	var list []sample
	for _, line := range strings.Split(strings.TrimSpace(read(t, "index.tsv")), "\n") {
		f := strings.Split(line, "\t")
		exit, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(f[0], dir) {
			list = append(list, sample{f[0], exit, strings.Fields(f[2]), read(t, f[0])})
		}
	}
	if len(list) == 0 {
		t.Fatalf("no samples in %q", dir)
	}
	return list
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readHex(t testing.TB, name string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(read(t, name)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	for i, f := range files {
		files[i] = strings.TrimPrefix(f, "testdata"+string(filepath.Separator))
	}
	return files
}

// folded is text with blanks folded, as the publishers of articles did.
func folded(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(strings.Join(strings.Fields(l), " "), " :", ":")
		if strings.Trim(lines[i], "-") == "" {
			lines[i] = ""
		}
	}
	for strings.Contains(strings.Join(lines, "\n"), "\n\n") {
		lines = strings.Split(strings.ReplaceAll(strings.Join(lines, "\n"), "\n\n", "\n"), "\n")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// checkQuery parses an answer to the last field and writes it back.
func checkQuery(t *testing.T, out string, exact bool) opengauss.Query {
	t.Helper()
	q, err := opengauss.ParseQuery(out)
	if err != nil {
		t.Fatal(err)
	}
	extra := len(q.HA.Extra)
	for _, s := range q.Senders {
		extra += len(s.Extra)
	}
	if q.Receiver != nil {
		extra += len(q.Receiver.Extra)
	}
	if q.Paxos != nil {
		extra += len(q.Paxos.Extra)
		if q.Paxos.Info != nil {
			extra += len(q.Paxos.Info.Extra)
		}
	}
	if extra > 0 {
		t.Errorf("fields that have no place: %+v", q)
	}
	for _, line := range q.Log {
		if _, after, ok := strings.Cut(line, "[gs_ctl]:"); ok && !strings.Contains(after, "gs_ctl query ,datadir is") ||
			!ok && !strings.Contains(line, "[Alarm Module]") && strings.TrimSpace(line) != "" {
			t.Errorf("line that was not read: %q", line)
		}
	}
	back := q.String()
	if len(q.Log) > 0 {
		back = strings.Join(q.Log, "\n") + "\n" + back
	}
	if exact && back != out {
		t.Errorf("written back:\n%s\nwant\n%s", back, out)
	}
	if folded(back) != folded(out) {
		t.Errorf("written back, blanks folded:\n%s\nwant\n%s", folded(back), folded(out))
	}
	again, err := opengauss.ParseQuery(back)
	if err != nil || !reflect.DeepEqual(q, again) {
		t.Errorf("parsed again: %v\n%+v\nwant\n%+v", err, again, q)
	}
	if !q.HA.State.IsKnown() {
		t.Errorf("unknown state %q", q.HA.State)
	}
	return q
}

func TestQuerySamples(t *testing.T) {
	for _, s := range samples(t, "query/") {
		t.Run(filepath.Base(s.file), func(t *testing.T) {
			checkQuery(t, s.out, true)
			if _, err := opengauss.ReadQuery(s.exit, s.out); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestQueryArticles(t *testing.T) {
	for _, f := range list(t, "article/gs_ctl_query*") {
		t.Run(filepath.Base(f), func(t *testing.T) {
			out := read(t, f)
			if !strings.HasSuffix(out, "\n") {
				out += "\n"
			}
			if !strings.HasSuffix(out, "\n\n") {
				out += "\n" // the end was cut when it was printed
			}
			q := checkQuery(t, out, false)
			if !q.IsLive() {
				t.Error("not live")
			}
		})
	}
}

// TestPolls reads the answers that members gave while roles changed, were
// copied, or died.
func TestPolls(t *testing.T) {
	kinds := map[string]int{}
	for i, part := range strings.Split(read(t, "polls.txt"), "@@ ")[1:] {
		source, out, _ := strings.Cut(part, "\n")
		t.Run(strconv.Itoa(i)+"-"+filepath.Base(source), func(t *testing.T) {
			switch {
			case strings.Contains(out, "Build state:") || strings.Contains(out, "Build completed") || strings.Contains(out, "Build failed"):
				kinds["build"]++
				q, err := opengauss.ParseBuildQuery(out)
				if err != nil {
					t.Fatal(err)
				}
				at := strings.Index(out, " HA state:")
				if got := q.String(); got != out[at:] {
					t.Errorf("written back:\n%s\nwant\n%s", got, out[at:])
				}
			case strings.Contains(out, "HA state:"):
				kinds["query"]++
				checkQuery(t, out, true)
			case strings.TrimSpace(out) == "":
				kinds["empty"]++
			default:
				kinds["failed"]++
				_, err := opengauss.ReadQuery(1, out)
				if err == nil {
					t.Errorf("no error for\n%s", out)
				}
				t.Log(err)
			}
		})
	}
	if kinds["build"] < 5 || kinds["query"] < 15 || kinds["failed"] < 2 {
		t.Errorf("polls have too few of a kind: %v", kinds)
	}
	t.Log(kinds)
}

func TestViewSamples(t *testing.T) {
	rows := 0
	for _, f := range list(t, "view/*.csv") {
		t.Run(filepath.Base(f), func(t *testing.T) {
			for _, row := range readCSV(t, read(t, f)) {
				rows++
				var err error
				var extra opengauss.Row
				switch {
				case strings.Contains(f, "stream_replications"):
					var h opengauss.HAState
					h, err = opengauss.ReadHAState(row)
					extra = h.Extra
				case strings.Contains(f, "wal_senders"):
					var s opengauss.Sender
					s, err = opengauss.ReadSender(row)
					extra = s.Extra
					want := opengauss.Row{row[0], row[6], row[7]} // pid, catchup_start, catchup_end
					if !reflect.DeepEqual(extra, want) {
						t.Errorf("extra = %v, want %v", extra, want)
					}
					extra = nil
				case strings.Contains(f, "wal_receiver"):
					var r opengauss.Receiver
					r, err = opengauss.ReadReceiver(row)
					extra = r.Extra
				case strings.Contains(f, "paxos"):
					var p opengauss.Paxos
					p, err = opengauss.ReadPaxos(row)
					if err == nil && p.Info.String() != row[len(row)-1].Value {
						t.Errorf("written back %s\nwant %s", p.Info, row[len(row)-1].Value)
					}
					extra = p.Extra
				}
				if err != nil || extra != nil {
					t.Errorf("%v: extra %v, error %v", row, extra, err)
				}
			}
		})
	}
	if rows < 25 {
		t.Errorf("only %d rows", rows)
	}
}

func readCSV(t *testing.T, text string) []opengauss.Row {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.LazyQuotes = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []opengauss.Row
	for _, record := range all[1:] {
		var row opengauss.Row
		for i, v := range record {
			row = append(row, opengauss.Field{Name: all[0][i], Value: v})
		}
		rows = append(rows, row)
	}
	return rows
}

func TestControlDataSamples(t *testing.T) {
	ids := map[uint64]int{}
	for _, s := range samples(t, "control/") {
		t.Run(filepath.Base(s.file), func(t *testing.T) {
			d, err := opengauss.ParseControlData(s.out)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.String(); got != s.out || len(d.Extra)+len(d.Warnings) > 0 {
				t.Errorf("written back:\n%s\nwant\n%s\nextra %v, warnings %v", got, s.out, d.Extra, d.Warnings)
			}
			ids[d.SystemID]++
		})
	}
	if len(ids) != 1 {
		t.Errorf("members of one cluster have system ids %v", ids)
	}
}

func TestStateFileSamples(t *testing.T) {
	for _, f := range list(t, "state/*.hex") {
		t.Run(filepath.Base(f), func(t *testing.T) {
			b := readHex(t, f)
			s, err := opengauss.ParseStateFile(b)
			if err != nil {
				t.Fatal(err)
			}
			back, err := s.MarshalBinary()
			if err != nil || string(back) != string(b) {
				t.Errorf("written back % x, %v\nwant % x", back, err, b)
			}
			short, err := opengauss.ParseStateFile(b[:opengauss.StateFileSizeShort])
			if err != nil || short.HasChannel || short.Mode != s.Mode || short.Rebuild != s.Rebuild {
				t.Errorf("short form: %+v, %v", short, err)
			}
			if back, err := short.MarshalBinary(); err != nil || string(back) != string(b[:68]) {
				t.Errorf("short form written back % x, %v", back, err)
			}
		})
	}
}
