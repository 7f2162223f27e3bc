// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import "github.com/gausskit/gausskit/ha"

// What the tests of the pure parts need.
type (
	PidFile  = pidFile
	Control  = control
	Branch   = branch
	LogOf    = logOf
	Position = position
	Param    = param
)

var (
	ParsePidFile    = parsePidFile
	ParseControl    = parseControl
	ParseHistory    = parseHistory
	ParseSync       = parseSync
	FormatSync      = formatSync
	ParseConf       = parseConf
	FormatConf      = formatConf
	QuoteValue      = quoteValue
	WithInclude     = withInclude
	WithBlock       = withBlock
	WithoutSettings = withoutSettings
	ManagedSetting  = managedSetting
	ParseConninfo   = parseConninfo
	FormatConninfo  = formatConninfo
	ParseVersion    = parseVersion
	SlotName        = slotName
	ScramVerifier   = scramVerifier
	PassFileEntry   = passFileEntry
	WithPassLine    = withPassLine
	EscapePass      = escapePass
	Decisive        = decisive
	IncludeLine     = includeLine
	GuardNames      = guardNames
)

// ReloadsConninfo says what the table has for a release.
func ReloadsConninfo(major int) (bool, error) {
	c, err := capabilitiesOf(major)
	return c.conninfoReload, err
}

func (c control) RecordEnd(lsn ha.LSN, length uint32) ha.LSN { return c.recordEnd(lsn, length) }
func (c control) WalName(tli uint32, lsn ha.LSN) string      { return c.walName(tli, lsn) }
func (c control) NewestTimeline(names []string, lsn ha.LSN) uint32 {
	return c.newestTimeline(names, lsn)
}
func (l logOf) Has(p position) bool { return l.has(p) }

// AsRelease makes the engine treat its server as one of another release.
func (e *Engine) AsRelease(major int) error {
	c, err := capabilitiesOf(major)
	c.keepSize = e.caps.keepSize // settings that the server must know
	c.rewindEnsures = e.caps.rewindEnsures
	e.caps = c
	return err
}

// ParamOf makes one parameter of a connection string.
func ParamOf(key, value string) Param { return param{key, value} }

// NewLog makes the log of an upstream.
func NewLog(end Position, history []Branch) LogOf { return logOf{position: end, History: history} }
