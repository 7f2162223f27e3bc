// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
)

// Guc is a parameter and its value, without quotes.
type Guc struct{ Name, Value string }

// GucSet writes parameters into postgresql.conf by gs_guc, which makes the
// server read them when reload is true. It says nothing about what the server
// made of them: see [GucResult]. Package conf edits the file without gs_guc's
// limits (one line of 1024 bytes, no '#', quotes).
func (t *Tool) GucSet(ctx context.Context, reload bool, settings ...Guc) (GucResult, error) {
	verb := "set"
	if reload {
		verb = "reload"
	}
	args := []string{verb, "-D", t.dataDir}
	for _, s := range settings {
		text, err := gucArgument(s)
		if err != nil {
			return GucResult{}, err
		}
		args = append(args, "-c", text)
	}
	return t.guc(ctx, args)
}

// GucUnset comments parameters out, the last line of each.
func (t *Tool) GucUnset(ctx context.Context, reload bool, names ...string) (GucResult, error) {
	verb := "set"
	if reload {
		verb = "reload"
	}
	args := []string{verb, "-D", t.dataDir}
	for _, n := range names {
		if !isGucName(n) {
			return GucResult{}, fmt.Errorf("opengauss: gs_guc: %q is no name of a parameter", n)
		}
		args = append(args, "-c", n)
	}
	return t.guc(ctx, args)
}

// GucCheck reads what postgresql.conf says about parameters.
func (t *Tool) GucCheck(ctx context.Context, names ...string) (GucResult, error) {
	args := []string{"check", "-D", t.dataDir}
	for _, n := range names {
		if !isGucName(n) {
			return GucResult{}, fmt.Errorf("opengauss: gs_guc: %q is no name of a parameter", n)
		}
		args = append(args, "-c", n)
	}
	return t.guc(ctx, args)
}

// GucHBA writes a rule into pg_hba.conf. gs_guc sorts the whole file when it
// does; [conf.EditHBA] does not.
func (t *Tool) GucHBA(ctx context.Context, reload bool, rule conf.HBARule) (GucResult, error) {
	verb := "set"
	if reload {
		verb = "reload"
	}
	return t.guc(ctx, []string{verb, "-D", t.dataDir, "-h", strings.Join(strings.Fields(rule.String()), " ")})
}

func (t *Tool) guc(ctx context.Context, args []string) (GucResult, error) {
	if err := ctx.Err(); err != nil {
		return GucResult{}, fmt.Errorf("opengauss: gs_guc %s: nothing was done: %w", args[0], err)
	}
	out, err := t.run(ctx, Program{Name: "gs_guc", Args: args})
	if err != nil {
		if args[0] != "check" {
			err = uncertain(err)
		}
		return GucResult{ExitCode: -1}, err
	}
	r := ReadGuc(out.Exit, out.Stdout)
	return r, r.Err()
}

func isGucName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
}

// gucArgument writes name=value as gs_guc wants it: texts, and they alone,
// between quotes. What it would write wrongly is refused.
func gucArgument(s Guc) (string, error) {
	if !isGucName(s.Name) {
		return "", fmt.Errorf("opengauss: gs_guc: %q is no name of a parameter", s.Name)
	}
	const longest = 1024
	if strings.ContainsAny(s.Value, "'#\\\r\n") || len(s.Value) > longest {
		return "", fmt.Errorf("opengauss: gs_guc: %s: a value with a quote, '#', backslash or line end, or above %d bytes, would be damaged: use package conf", s.Name, longest)
	}
	p, known := conf.ParamByName(s.Name)
	if known {
		if err := p.Check(s.Value); err != nil {
			return "", err
		}
	}
	plain := known && p.Kind != conf.KindText || !known && isGucName(strings.ReplaceAll(s.Value, ".", "0"))
	if plain && !slices.Contains([]byte(s.Value), ' ') {
		return s.Name + "=" + s.Value, nil
	}
	return s.Name + "='" + s.Value + "'", nil
}
