// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// ClusterState is the state of a whole cluster in the words of CM and OM.
type ClusterState string

// The states.
const (
	ClusterStateNormal         ClusterState = "Normal"
	ClusterStateDegraded       ClusterState = "Degraded"    // some member is not well
	ClusterStateUnavailable    ClusterState = "Unavailable" // there is not exactly one healthy primary
	ClusterStateStarting       ClusterState = "Starting"
	ClusterStateRedistributing ClusterState = "Redistributing"
	ClusterStateUnknown        ClusterState = "Unknown"
)

// ClusterStatus is what "cm_ctl query -C" (with -v, -w, -i, -d, -p, -z in any
// combination) and "gs_om -t status" show.
type ClusterStatus struct {
	Name           string // only "gs_om -t status" without --detail
	State          ClusterState
	Redistributing bool
	Balanced       *bool // every primary is where it was installed; nil when it is not shown
	CurrentAZ      string
	IsPaused       bool // CM only watches
	CMServers      []Manager
	ETCD           []Manager
	Resources      []Manager // DSS and others that CM keeps
	Datanodes      []Datanode
	Extra          Row      // other "name : value" lines
	Log            []string // other lines, as "(no need to switchover datanodes)"
}

// Manager is a server of CM or etcd, or a resource that CM keeps.
type Manager struct {
	AZ       string
	NodeID   int
	Node     string
	IP       string
	Resource string // name of the resource
	ID       int    // instance id
	Path     string
	State    string // "Primary", "Standby", "Down"; "StateLeader"; "OnLine" ...
}

// Datanode is one openGauss server of the cluster.
type Datanode struct {
	AZ     string
	NodeID int
	Node   string
	IP     string
	ID     int // instance id
	Port   int // 0 when it is not shown
	Path   string
	Static StaticRole
	Role   ClusterRole
	State  DBState
	Detail string // in brackets behind the state: a percentage or the reason of "Need repair"
	Group  int    // line of the table; servers on one line are one replication group
}

// StaticRole is the role a server was installed with. It never changes.
type StaticRole string

// The roles.
const (
	StaticPrimary StaticRole = "P"
	StaticStandby StaticRole = "S"
	StaticCascade StaticRole = "C"
	StaticDummy   StaticRole = "R"
)

// ClusterRole is the role that a server has, as CM or OM sees it.
type ClusterRole string

// Roles that are none of [ParseRole]'s.
const (
	ClusterRoleDown    ClusterRole = "Down" // CM does not know; the process may live
	ClusterRoleDeleted ClusterRole = "Deleted"
	ClusterRoleOffline ClusterRole = "Offline"
)

// Role gives the role in this package's words. OM shows only the first word of
// a role: "Main", "Cascade".
func (r ClusterRole) Role() ha.Role {
	switch r {
	case "Main":
		return ha.RoleMainStandby
	case "Cascade":
		return ha.RoleCascade
	}
	return PeerRole(r).Role()
}

// The tables by title, blanks inside folded.
const (
	tableCM       = "CMServer State"
	tableETCD     = "ETCD State"
	tableResource = "Defined Resource State"
	tableCluster  = "Cluster State"
	tableDatanode = "Datanode State"
)

// ParseClusterStatus reads the output. Columns are told apart by their form,
// because the tools compute their widths. The error wraps [ErrFormat] when
// there is no cluster state or a line of a table is not whole. The blocks of
// "cm_ctl query -v" without -C are another format, which it refuses.
//
// Source: CM's ctl_query.cpp and ctl_query_base.cpp; DbClusterInfo.py of OM.
func ParseClusterStatus(output string) (ClusterStatus, error) {
	p := clusterParser{}
	for line := range strings.Lines(output) {
		if err := p.line(strings.TrimRight(line, "\r\n")); err != nil {
			return ClusterStatus{}, err
		}
	}
	if p.s.State == "" {
		return ClusterStatus{}, fmt.Errorf("%w: cluster status: no cluster_state", ErrFormat)
	}
	return p.s, nil
}

type clusterParser struct {
	s      ClusterStatus
	table  string
	header []string // words of the table's header line
	group  int
}

func (p *clusterParser) line(line string) error {
	text := strings.Join(strings.Fields(line), " ")
	switch {
	case text == "" || strings.Trim(text, "-") == "":
		return nil
	case strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]"):
		p.table, p.header = strings.TrimSpace(strings.Trim(text, "[]")), nil
		return nil
	case strings.HasPrefix(text, "node ") || strings.HasPrefix(text, "AZ "):
		if p.header == nil && p.isTable() {
			p.header = strings.Fields(strings.Split(text, "|")[0])
			return nil
		}
	}
	if p.isTable() {
		return p.tableLine(line, text)
	}
	if name, value, ok := strings.Cut(text, ":"); ok && !strings.HasPrefix(text, "(") {
		return p.field(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	p.s.Log = append(p.s.Log, line)
	return nil
}

func (p *clusterParser) isTable() bool {
	return slices.Contains([]string{tableCM, tableETCD, tableResource, tableDatanode}, p.table)
}

func (p *clusterParser) tableLine(line, text string) error {
	if strings.HasPrefix(text, "(") {
		p.s.Log = append(p.s.Log, line)
		return nil
	}
	bad := func(err error) error {
		return fmt.Errorf("%w: cluster status: table %q: line %q: %w", ErrFormat, p.table, text, err)
	}
	if p.header == nil {
		return bad(errors.New("no header above it"))
	}
	if p.table != tableDatanode {
		m, err := p.manager(strings.Fields(text))
		if err != nil {
			return bad(err)
		}
		list := map[string]*[]Manager{tableCM: &p.s.CMServers, tableETCD: &p.s.ETCD, tableResource: &p.s.Resources}[p.table]
		*list = append(*list, m)
		return nil
	}
	for _, part := range strings.Split(text, "|") {
		d, err := p.datanode(strings.Fields(part))
		if err != nil {
			return bad(err)
		}
		d.Group = p.group
		p.s.Datanodes = append(p.s.Datanodes, d)
	}
	p.group++
	return nil
}

func (p *clusterParser) field(name, value string) error {
	yes := value == "Yes"
	if slices.Contains([]string{"redistributing", "balanced", "pausing"}, name) && !yes && value != "No" {
		return fmt.Errorf("%w: cluster status: %s: value %q: want Yes or No", ErrFormat, name, value)
	}
	switch name {
	case "cluster_name":
		p.s.Name = value
	case "cluster_state":
		if value == "" {
			return fmt.Errorf("%w: cluster status: empty cluster_state", ErrFormat)
		}
		p.s.State = ClusterState(value)
	case "redistributing":
		p.s.Redistributing = yes
	case "balanced":
		p.s.Balanced = &yes
	case "current_az":
		p.s.CurrentAZ = value
	case "pausing":
		p.s.IsPaused = yes
	case "node", "instance_id":
		return fmt.Errorf("%w: cluster status: blocks of \"cm_ctl query -v\": add -C", ErrFormat)
	default:
		p.s.Extra = append(p.s.Extra, Field{name, value})
	}
	return nil
}

// words is a line of a table, read from the left.
type words []string

func (w *words) next() string {
	if len(*w) == 0 {
		return ""
	}
	s := (*w)[0]
	*w = (*w)[1:]
	return s
}

func (w *words) number(what string) (int, error) {
	s := w.next()
	n, err := parseDecimal(s)
	if err != nil || n < 0 || n > 1<<31-1 {
		return 0, fmt.Errorf("%s: %q: want a number", what, s)
	}
	return int(n), nil
}

// node reads what every line begins with: [az] node_id node_name [node_ip].
func (p *clusterParser) node(w *words, az *string, id *int, name, ip *string) (err error) {
	if len(*w) > 0 && strings.Trim((*w)[0], "0123456789") != "" {
		*az = w.next()
	}
	if *id, err = w.number("node id"); err != nil {
		return err
	}
	if *name = w.next(); *name == "" {
		return errors.New("no node name")
	}
	if slices.Contains(p.header, "node_ip") {
		*ip = w.next()
	}
	return nil
}

func (p *clusterParser) manager(w words) (m Manager, err error) {
	if err := p.node(&w, &m.AZ, &m.NodeID, &m.Node, &m.IP); err != nil {
		return m, err
	}
	if p.table == tableResource {
		m.Resource = w.next()
	}
	if m.ID, err = w.number("instance id"); err != nil {
		return m, err
	}
	if len(w) > 1 && strings.HasPrefix(w[0], "/") {
		m.Path = w.next()
	}
	if m.State = strings.Join(w, " "); m.State == "" {
		return m, errors.New("no state")
	}
	return m, nil
}

func (p *clusterParser) datanode(w words) (d Datanode, err error) {
	if err := p.node(&w, &d.AZ, &d.NodeID, &d.Node, &d.IP); err != nil {
		return d, err
	}
	// OM writes the port, with a header of its own, before the instance id; CM
	// writes it behind, without.
	if slices.Contains(p.header, "port") {
		if d.Port, err = w.number("port"); err != nil {
			return d, err
		}
	}
	if d.ID, err = w.number("instance id"); err != nil {
		return d, err
	}
	if len(w) > 0 && d.Port == 0 && strings.Trim(w[0], "0123456789") == "" {
		if d.Port, err = w.number("port"); err != nil {
			return d, err
		}
	}
	if len(w) > 0 && strings.HasPrefix(w[0], "/") {
		d.Path = w.next()
	}
	switch d.Static = StaticRole(w.next()); d.Static {
	case StaticPrimary, StaticStandby, StaticCascade, StaticDummy:
	default:
		return d, fmt.Errorf("static role %q: want P, S, C or R", string(d.Static))
	}
	d.Role = ClusterRole(w.next())
	if (d.Role == "Main" || d.Role == "Cascade") && len(w) > 1 && w[0] == "Standby" {
		d.Role += ClusterRole(" " + w.next())
	}
	state := strings.Join(w, " ")
	if d.Role == "" || state == "" {
		return d, errors.New("no role or no state")
	}
	if i := strings.IndexByte(state, '('); i > 0 && strings.HasSuffix(state, ")") {
		d.Detail, state = state[i+1:len(state)-1], state[:i]
	}
	d.State = DBState(strings.TrimSpace(state))
	return d, nil
}

// Primaries gives the datanodes that are primary, in the order of the table.
func (s ClusterStatus) Primaries() []Datanode {
	var found []Datanode
	for _, d := range s.Datanodes {
		if d.Role.Role() == ha.RolePrimary {
			found = append(found, d)
		}
	}
	return found
}

// yesNo is how the tools write a bool.
func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func number(n int) string { return strconv.Itoa(n) }
