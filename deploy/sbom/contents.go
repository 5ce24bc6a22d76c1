package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// contents is what some programs are made of.
type contents struct {
	main      debug.Module
	commit    string
	toolchain string // Go's version, whose library is in every program
	programs  []program
	modules   []module
}

// program is a file.
type program struct{ name, sha256 string }

// module is a part of a program that others wrote.
type module struct{ path, version, sum, license string }

// contentsOf reads what Go noted in programs, which are to be of one build.
func contentsOf(paths []string) (*contents, error) {
	var c *contents
	found := make(map[string]debug.Module)
	for _, path := range paths {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s is not a program made with Go: %w", path, err)
		}
		commit := ""
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
		if c == nil {
			c = &contents{main: info.Main, commit: commit, toolchain: info.GoVersion}
		}
		if c.main.Path != info.Main.Path || c.main.Version != info.Main.Version || c.commit != commit || c.toolchain != info.GoVersion {
			return nil, fmt.Errorf("%s is of another build than %s", path, paths[0])
		}
		for _, dep := range info.Deps {
			for dep.Replace != nil {
				dep = dep.Replace
			}
			if other, ok := found[dep.Path]; ok && other.Version != dep.Version {
				return nil, fmt.Errorf("%s has %s of another version than %s", path, dep.Path, paths[0])
			}
			found[dep.Path] = *dep
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		c.programs = append(c.programs, program{filepath.Base(path), hex.EncodeToString(sum[:])})
	}
	for _, dep := range found {
		c.modules = append(c.modules, module{path: dep.Path, version: dep.Version, sum: dep.Sum})
	}
	slices.SortFunc(c.modules, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return c, nil
}
