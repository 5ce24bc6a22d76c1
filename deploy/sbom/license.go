package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// legal are the files of a module that go along with what is made of it.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\..*)?$`)

// known are licenses by words of their text, the first that fits. All of them let a program pass that has parts of
// them inside: one that is not here is to be looked at by somebody before it ships.
var known = []struct{ id, words string }{
	{"Apache-2.0", "apache license version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"CC0-1.0", "cc0 1.0"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software"},
	{"BSD-2-Clause", "redistribution and use in source and binary forms"},
}

// spaces is what a license may be wrapped or quoted with.
var spaces = regexp.MustCompile(`[\s,*>#]+`)

// identify returns the SPDX identifier of a license.
func identify(text []byte) string {
	plain := spaces.ReplaceAllString(strings.ToLower(string(text)), " ")
	for _, l := range known {
		if strings.Contains(plain, spaces.ReplaceAllString(l.words, " ")) {
			return l.id
		}
	}
	return ""
}

// licenses returns the licenses of all modules and of Go's library, and notes of each module which it is.
func (c *contents) licenses() ([]byte, error) {
	folders, err := folders(c.modules)
	if err != nil {
		return nil, err
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("where Go is: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "The programs contain the modules below, each under its own license.\n")
	if _, err := copyLegal(&b, "Go's library, "+c.toolchain, strings.TrimSpace(string(root))); err != nil {
		return nil, err
	}
	for i, m := range c.modules {
		if c.modules[i].license, err = copyLegal(&b, m.path+" "+m.version, folders[m.path]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// folders returns where the modules are on this machine.
func folders(modules []module) (map[string]string, error) {
	args := []string{"list", "-m", "-f", "{{.Path}}\t{{.Version}}\t{{.Dir}}"}
	for _, m := range modules {
		args = append(args, m.path)
	}
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("where the modules are: %w", err)
	}
	dirs := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			return nil, fmt.Errorf("%s is not on this machine: go mod download brings it", f[0])
		}
		if i := slices.IndexFunc(modules, func(m module) bool { return m.path == f[0] }); modules[i].version != f[1] {
			return nil, fmt.Errorf("the programs have %s %s, and go.mod %s: build them again", f[0], modules[i].version, f[1])
		}
		dirs[f[0]] = f[2]
	}
	return dirs, nil
}

// copyLegal writes what stands in a module's folder about its license, and returns which it is.
func copyLegal(b *bytes.Buffer, title, dir string) (string, error) {
	fmt.Fprintf(b, "\n%s\n%s\n", strings.Repeat("=", 80), title)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	license := ""
	for _, e := range entries {
		if e.IsDir() || !legal.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(b, "\n--- %s\n\n%s\n", e.Name(), bytes.TrimSpace(text))
		if id := identify(text); license == "" {
			license = id
		}
	}
	if license == "" {
		return "", errors.New(title + " has no license that is known: look at it, and add it to those in deploy/sbom/license.go")
	}
	return license, nil
}
