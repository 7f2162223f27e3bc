// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
	"github.com/gausskit/gausskit/internal/gaussdbsim/xlog"
)

// connectTime is how long gs_ctl waits for an answer.
const connectTime = 5 * time.Second

// connect opens a session of a tool: over the port after the database's.
func (c *ctl) connect(ctx context.Context) (*pgconn.PgConn, error) {
	p, err := c.dir.ReadPID()
	if err != nil {
		return nil, err
	}
	host := p.Listen
	if host == "" {
		host = p.SocketDir
	}
	cfg, err := pgconn.ParseConfig(fmt.Sprintf("host='%s' port=%d user=gs_ctl dbname=postgres sslmode=disable application_name=gs_ctl", host, p.Port+1))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err == nil {
		return conn, nil
	}
	var nerr net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &nerr) && nerr.Timeout() {
		return nil, message(fmt.Sprintf("wait %s:%d timeout expired\n", host, p.Port+1))
	}
	return nil, err
}

// ask runs a query and gives its rows.
func ask(ctx context.Context, conn *pgconn.PgConn, text string) ([]opengauss.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	results, err := conn.Exec(ctx, text).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	var rows []opengauss.Row
	for _, values := range results[0].Rows {
		var row opengauss.Row
		for i, v := range values {
			row = append(row, opengauss.Field{Name: results[0].FieldDescriptions[i].Name, Value: string(v)})
		}
		rows = append(rows, row)
	}
	return rows, results[0].Err
}

// role asks the server for its role; "" when it does not say.
func (c *ctl) role() string {
	ctx := context.Background()
	conn, err := c.connect(ctx)
	if err != nil {
		return ""
	}
	defer conn.Close(ctx)
	rows, err := ask(ctx, conn, "select local_role, db_state from pg_stat_get_stream_replications()")
	if err != nil || len(rows) != 1 {
		return ""
	}
	return rows[0][0].Value
}

// setting reads a parameter from postgresql.conf.
func (c *ctl) setting(name string) string {
	f, err := conf.Load(c.dir.Path(datadir.ConfFile))
	if err != nil {
		return ""
	}
	s, _ := f.Get(name)
	return s.Value
}

func (c *ctl) isDCF() bool {
	v := strings.ToLower(c.setting("enable_dcf"))
	return v == "on" || v == "true" || v == "1" || v == "yes"
}

// query is "gs_ctl query".
func (c *ctl) query() int {
	c.log("gs_ctl query ,datadir is %s ", c.dir)
	if lsn, ok := c.flags["L"]; ok {
		return c.queryLSN(lsn)
	}
	if _, ok := c.serverPID(""); !ok {
		return 1
	}
	ctx := context.Background()
	conn, err := c.connect(ctx)
	if err != nil {
		return c.queryFile(err)
	}
	defer conn.Close(ctx)
	c.section(conn, opengauss.SectionHA, "select * from pg_stat_get_stream_replications()", nil)
	if c.isDCF() {
		c.section(conn, opengauss.SectionPaxos, "select * from get_paxos_replication_info()", nil)
		return 0
	}
	c.section(conn, opengauss.SectionSenders, "select * from pg_stat_get_wal_senders()", []string{"pid", "catchup_start", "catchup_end"})
	c.section(conn, opengauss.SectionReceiver, "select * from pg_stat_get_wal_receiver()", nil)
	return 0
}

// section prints the rows of a view, without some columns.
func (c *ctl) section(conn *pgconn.PgConn, title opengauss.Section, text string, without []string) {
	c.print(" %-20s\n", title)
	rows, err := ask(context.Background(), conn, text)
	if err != nil {
		c.log("exc_sql failed.")
		return
	}
	if len(rows) == 0 {
		c.print("No information \n")
		return
	}
	for _, row := range rows {
		for _, f := range row {
			skip := false
			for _, w := range without {
				skip = skip || w == f.Name
			}
			if !skip {
				c.print("\t%-30s : %s\n", f.Name, f.Value)
			}
		}
		c.print("\n")
	}
}

// queryFile prints what the state file says when the server does not answer.
func (c *ctl) queryFile(why error) int {
	st, err := c.dir.ReadState()
	if err != nil {
		c.log(" file %q is not exist", c.dir.Path("gaussdb.state"))
		return 1
	}
	sync := "Async"
	if st.IsSync {
		sync = "Sync"
	}
	c.print(" HA state:\n")
	for _, f := range []opengauss.Field{
		{Name: "local_role", Value: st.Mode.String()}, {Name: "static_connections", Value: fmt.Sprint(st.Channels)},
		{Name: "db_state", Value: string(st.DBState())}, {Name: "detail_information", Value: why.Error()}, {Name: "sync_mode", Value: sync},
	} {
		c.print("        %-30s: %s\n", f.Name, f.Value)
	}
	if c.isDCF() {
		c.print("\n")
		return 0
	}
	c.print("\n Senders info:\n        No information\n Receiver info:\n        No information\n")
	return 0
}

// queryLSN is "gs_ctl query -L": it reads the log without a server.
func (c *ctl) queryLSN(text string) int {
	lsn, err := ha.ParseLSN(text)
	if err != nil {
		c.log(" invalid LSN %q", text)
		return 1
	}
	l, err := openLogCopy(c.dir)
	if err != nil {
		c.log(" could not read the log: %v", err)
		return 1
	}
	defer l.Close()
	q := opengauss.LSNQuery{Max: ha.LSN(l.End().LSN), Report: fmt.Sprintf("It's not a valid WAL record start at %s", lsn)}
	if _, i, ok := l.At(uint64(lsn)); ok && i < l.Len() {
		q.Report = fmt.Sprintf("It's a valid WAL record start at %s", lsn)
	}
	c.print("%s", q.String())
	return 0
}

// openLogCopy opens a copy of the log: opening cuts off what is half written,
// which a running server may be writing.
func openLogCopy(d datadir.Dir) (*xlog.Log, error) {
	b, err := os.ReadFile(d.Path(datadir.XLogDir + "/" + xlog.FileName))
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "gsim")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	if err := os.WriteFile(tmp+"/"+xlog.FileName, b, 0o600); err != nil {
		return nil, err
	}
	return xlog.Open(tmp)
}

// queryBuild is "gs_ctl querybuild".
func (c *ctl) queryBuild() int {
	c.log("gs_ctl build query ,datadir is %s ", c.dir)
	st, err := c.dir.ReadState()
	if err != nil {
		c.log(" file %q is not exist", c.dir.Path("gaussdb.state"))
		return 1
	}
	q := st.BuildQuery()
	code := 0
	b, err := os.ReadFile(c.dir.Path(datadir.BuildPID))
	pid := 0
	if err == nil {
		_, err = fmt.Sscan(string(b), &pid)
	}
	switch {
	case err != nil:
		q.State, q.Progress, code = opengauss.BuildFailed, nil, 1
	case pid == 0:
		q.State, q.Progress = opengauss.BuildCompleted, nil
	case !alive(pid):
		q.State, q.Progress = opengauss.BuildFailed, nil
	default:
		q.State = opengauss.BuildRunning
	}
	c.print("%s", q.String())
	return code
}
