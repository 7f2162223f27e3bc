// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// NewPassword returns a random password of 26 letters and digits for
// Replication.Password.
func NewPassword() Secret { return Secret(rand.Text()) }

// scramIterations is the server's own number (SCRAM_DEFAULT_ITERATIONS of
// src/include/common/scram-common.h).
const scramIterations = 4096

// scramVerifier returns what the server stores for a password (RFC 5802,
// scram_build_secret of src/common/scram-common.c). A statement that carries
// it tells a log nothing. The password is taken as it is: a server prepares
// one that is not ASCII (SASLprep), and the clients do the same.
func scramVerifier(password Secret, salt []byte) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, string(password), salt, scramIterations, sha256.Size)
	if err != nil {
		return "", err
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", scramIterations, b64(salt), b64(stored[:]), b64(mac("Server Key"))), nil
}

// password returns the password of the replication role and makes sure that
// the password file has it. With create it makes up a password where there is
// none.
func (e *Engine) password(create bool) (Secret, error) {
	file, user := e.cfg.Replication.PassFile, e.cfg.Replication.User
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("password file: %w", err)
	}
	known, found := passFileEntry(string(text), user)
	want := e.cfg.Replication.Password
	switch {
	case want == "" && found:
		return known, e.checkPassFile(file)
	case want == "" && !create:
		return "", fmt.Errorf("password file %s: no password for role %s: give Replication.Password, or copy the file of the member that was initialised", file, user)
	case want == "":
		want = NewPassword()
	case found && known == want:
		return want, e.checkPassFile(file)
	}
	if err := e.makeRunDir(); err != nil {
		return "", err
	}
	line := "*:*:*:" + escapePass(user) + ":" + escapePass(string(want)) + "\n"
	if err := e.writeAbs(file, withPassLine(string(text), user, line)); err != nil {
		return "", fmt.Errorf("password file: %w", err)
	}
	return want, nil
}

// checkPassFile refuses what libpq would ignore without a word.
func (e *Engine) checkPassFile(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("password file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: password file %s has mode %04o, want 0600", ErrPermission, file, info.Mode().Perm())
	}
	if err := e.canRead(filepath.Dir(file)); err != nil {
		return err
	}
	return e.owned(file, info)
}

func escapePass(s string) string { return strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace(s) }

// passFields splits a line of a password file at its colons.
func passFields(line string) []string {
	fields := []string{""}
	for i := 0; i < len(line); i++ {
		last := &fields[len(fields)-1]
		switch {
		case line[i] == '\\' && i+1 < len(line):
			i++
			*last += line[i : i+1]
		case line[i] == ':':
			fields = append(fields, "")
		default:
			*last += line[i : i+1]
		}
	}
	return fields
}

// passFileEntry returns the password of user for all hosts, ports and
// databases in a password file.
func passFileEntry(text, user string) (Secret, bool) {
	for line := range strings.Lines(text) {
		f := passFields(strings.TrimRight(line, "\r\n"))
		if len(f) == 5 && f[0] == "*" && f[1] == "*" && f[2] == "*" && f[3] == user {
			return Secret(f[4]), true
		}
	}
	return "", false
}

// withPassLine puts line in the place of the entry that passFileEntry finds.
func withPassLine(text, user, line string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		if _, ours := passFileEntry(l, user); !ours {
			b.WriteString(strings.TrimRight(l, "\r\n") + "\n")
		}
	}
	return b.String() + line
}
