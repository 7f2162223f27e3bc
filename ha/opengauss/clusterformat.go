// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"fmt"
	"strings"
)

// Widths of cm_ctl's tables (ctl_common.h of CM).
const (
	widthNodeID   = 2
	widthIPv4     = 15
	widthInstance = 4
	widthPort     = 6
	widthRole     = 7
	widthState    = 1 + 1 + widthRole + 1 + 6 + 1 // static role, role, state
	widthResource = 8
)

// String writes the tables as "cm_ctl query -Cv" does, with the columns that
// have a value: addresses (-i), ports (-p), paths (-d), zones (-z ALL). Servers
// of one group stand on one line. Without tables it writes what "gs_om -t
// status" does.
func (s ClusterStatus) String() string {
	var b strings.Builder
	if len(s.CMServers)+len(s.ETCD)+len(s.Resources)+len(s.Datanodes) == 0 {
		line := strings.Repeat("-", 71) + "\n"
		b.WriteString(line + "\n")
		s.fields(&b)
		b.WriteString("\n" + line)
		return b.String()
	}
	managers(&b, "[  CMServer State   ]", s.CMServers, 10)
	managers(&b, "[    ETCD State     ]", s.ETCD, 0)
	managers(&b, "[ Defined Resource State ]", s.Resources, 0)
	b.WriteString("[   Cluster State   ]\n\n")
	s.fields(&b)
	if len(s.Datanodes) > 0 {
		b.WriteString("\n[  Datanode State   ]\n\n")
		s.datanodes(&b)
	}
	return b.String()
}

func (s ClusterStatus) fields(b *strings.Builder) {
	field := func(name, value string) { fmt.Fprintf(b, "%-16s: %s\n", name, value) }
	if s.Name != "" {
		field("cluster_name", s.Name)
	}
	field("cluster_state", string(s.State))
	field("redistributing", yesNo(s.Redistributing))
	if s.Balanced != nil {
		field("balanced", yesNo(*s.Balanced))
	}
	if s.CurrentAZ != "" {
		field("current_az", s.CurrentAZ)
	}
	if s.IsPaused {
		field("pausing", yesNo(true))
	}
	for _, f := range s.Extra {
		field(f.Name, f.Value)
	}
}

// widest gives the length of the longest text, at least least, and 0 when all
// are empty and least is 0.
func widest[T any](list []T, least int, text func(T) string) int {
	w := least
	for _, v := range list {
		w = max(w, len(text(v)))
	}
	return w
}

func managers(b *strings.Builder, title string, list []Manager, pathPad int) {
	if len(list) == 0 {
		return
	}
	az := widest(list, 0, func(m Manager) string { return m.AZ })
	name := widest(list, 0, func(m Manager) string { return m.Node })
	ip := widest(list, 0, func(m Manager) string { return m.IP })
	res := widest(list, 0, func(m Manager) string { return m.Resource })
	path := widest(list, 0, func(m Manager) string { return m.Path })
	head := nodeHead(az, name, ip)
	if res > 0 {
		head += fmt.Sprintf("%-*s", max(res, widthResource)+1, "res_name")
	}
	head += fmt.Sprintf("%-*s", widthInstance+1+pathWidth(path, pathPad), "instance")
	fmt.Fprintf(b, "%s\n\n%sstate\n%s\n", title, head, strings.Repeat("-", len(head)+widthRole))
	for _, m := range list {
		nodeLine(b, az, name, ip, m.AZ, m.NodeID, m.Node, m.IP)
		if res > 0 {
			fmt.Fprintf(b, "%-*s ", max(res, widthResource), m.Resource)
		}
		fmt.Fprintf(b, "%-*d ", widthInstance, m.ID)
		pathCell(b, path, pathPad, m.Path)
		b.WriteString(m.State + "\n")
	}
	b.WriteByte('\n')
}

func pathWidth(path, pathPad int) int {
	if path == 0 {
		return 4
	}
	return path + pathPad + 1
}

func pathCell(b *strings.Builder, path, pathPad int, text string) {
	if path == 0 {
		b.WriteString("    ")
		return
	}
	fmt.Fprintf(b, "%-*s ", path+pathPad, text)
}

func nodeHead(az, name, ip int) string {
	width := widthNodeID + 1 + name + 1
	if az > 0 {
		width += az + 1
	}
	head := fmt.Sprintf("%-*s", width, "node")
	if ip > 0 {
		head += fmt.Sprintf("%-*s", max(ip, widthIPv4)+1, "node_ip")
	}
	return head
}

func nodeLine(b *strings.Builder, az, name, ip int, zone string, id int, node, address string) {
	if az > 0 {
		fmt.Fprintf(b, "%-*s ", az, zone)
	}
	fmt.Fprintf(b, "%-*d %-*s ", widthNodeID, id, name, node)
	if ip > 0 {
		fmt.Fprintf(b, "%-*s ", max(ip, widthIPv4), address)
	}
}

func (s ClusterStatus) datanodes(b *strings.Builder) {
	list := s.Datanodes
	az := widest(list, 0, func(d Datanode) string { return d.AZ })
	name := widest(list, 0, func(d Datanode) string { return d.Node })
	ip := widest(list, 0, func(d Datanode) string { return d.IP })
	path := widest(list, 0, func(d Datanode) string { return d.Path })
	hasPort, perLine, inGroup := false, 1, map[int]int{}
	for _, d := range list {
		hasPort = hasPort || d.Port > 0
		inGroup[d.Group]++
		perLine = max(perLine, inGroup[d.Group])
	}
	head := nodeHead(az, name, ip)
	instance := widthInstance + 1 + pathWidth(path, 0)
	if hasPort {
		instance += widthPort + 1
	}
	head += fmt.Sprintf("%-*s", instance, "instance")
	for range perLine - 1 {
		fmt.Fprintf(b, "%s%-*s| ", head, widthState, "state")
	}
	fmt.Fprintf(b, "%sstate\n%s\n", head, strings.Repeat("-", perLine*(len(head)+widthState+2)))
	for i, d := range list {
		nodeLine(b, az, name, ip, d.AZ, d.NodeID, d.Node, d.IP)
		b.WriteString(number(d.ID) + " ")
		if hasPort {
			fmt.Fprintf(b, "%-*d ", widthPort, d.Port)
		}
		pathCell(b, path, 0, d.Path)
		fmt.Fprintf(b, "%s %-*s %s", d.Static, widthRole, d.Role, d.State)
		if d.Detail != "" {
			b.WriteString("(" + d.Detail + ")")
		}
		if i+1 < len(list) && list[i+1].Group == d.Group {
			b.WriteString(" | ")
		} else {
			b.WriteByte('\n')
		}
	}
}
