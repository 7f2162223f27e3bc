// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// maxDepth is how deep files may include each other (guc-file.l).
const maxDepth = 10

// Config is a configuration file with all that it includes, as the server
// reads it: one list of settings, applied in order.
type Config struct {
	files []*File
	all   []Setting
}

// Load reads the file at path and all that it includes. The error joins every
// line that the server would refuse and every included file that cannot be
// read; the Config holds what could be read, and is nil only when path itself
// cannot.
func Load(path string) (*Config, error) { return LoadFunc(path, os.ReadFile) }

// LoadFunc is [Load] with another way to read files.
func LoadFunc(path string, read func(path string) ([]byte, error)) (*Config, error) {
	text, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("conf: %w", err)
	}
	var c Config
	err = c.add(Parse(path, string(text)), read, 0)
	return &c, err
}

func (c *Config) add(f *File, read func(string) ([]byte, error), depth int) error {
	c.files = append(c.files, f)
	errs := []error{f.Err()}
	for s := range f.Settings() {
		is, optional := s.IsInclude()
		if !is {
			c.all = append(c.all, s)
			continue
		}
		if depth == maxDepth {
			errs = append(errs, &SyntaxError{s.File, s.Line, "", fmt.Sprintf("files include each other more than %d deep", maxDepth)})
			continue
		}
		path := s.Value
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(f.name), path)
		}
		text, err := read(path)
		switch {
		case optional && errors.Is(err, fs.ErrNotExist):
		case err != nil:
			errs = append(errs, fmt.Errorf("conf: %s:%d: include: %w", s.File, s.Line, err))
		default:
			errs = append(errs, c.add(Parse(path, string(text)), read, depth+1))
		}
	}
	return errors.Join(errs...)
}

// Settings yields every line that sets a parameter, in the order in which the
// server applies them.
func (c *Config) Settings() iter.Seq[Setting] {
	return func(yield func(Setting) bool) {
		for _, s := range c.all {
			if !yield(s) {
				return
			}
		}
	}
}

// Files yields the files, each before those it includes.
func (c *Config) Files() iter.Seq[*File] {
	return func(yield func(*File) bool) {
		for _, f := range c.files {
			if !yield(f) {
				return
			}
		}
	}
}

// Get gives the line that counts for a parameter: the last one. Letter case
// does not matter.
func (c *Config) Get(name string) (Setting, bool) {
	for i := len(c.all) - 1; i >= 0; i-- {
		if strings.EqualFold(c.all[i].Name, name) {
			return c.all[i], true
		}
	}
	return Setting{}, false
}

// Effective gives the value that counts for every parameter that is set, by
// its name in lower case.
func (c *Config) Effective() Settings {
	e := make(Settings, len(c.all))
	for _, s := range c.all {
		e[strings.ToLower(s.Name)] = s.Value
	}
	return e
}

// Settings are the values of a member, by parameter in lower case.
type Settings map[string]string

// Value gives the typed value of a parameter: what is set, or the default that
// is compiled in. The error wraps [ErrInvalid] for a parameter that is not in
// [Params] and for a value that the server would refuse.
func (s Settings) Value(name string) (Value, error) {
	p, ok := ParamByName(name)
	if !ok {
		return Value{}, fmt.Errorf("%w: %s: not in the table of parameters", ErrInvalid, name)
	}
	text, ok := s[p.Name]
	if !ok {
		text = p.Default
	}
	return p.Parse(text)
}
