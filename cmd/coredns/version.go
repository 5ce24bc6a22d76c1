package main

import (
	"runtime/debug"
	"strings"
)

// module is where the plugin comes from, also where another module has a copy of this folder.
const module = "github.com/enumim/enumim"

// builtFrom returns the version of enumim that the program was built from and, where Go noted it, the commit.
func builtFrom(info *debug.BuildInfo) (version, commit string) {
	if info == nil {
		return "devel", ""
	}
	if info.Main.Path != module {
		for _, dep := range info.Deps {
			if dep.Path == module {
				version = dep.Version
			}
		}
		return plain(version), "" // the commit noted is that of the other module
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if commit != "" {
		commit += dirty
	}
	return plain(info.Main.Version), commit
}

// plain returns a module's version as CoreDNS writes its own, without the v.
func plain(version string) string {
	if version == "" || version == "(devel)" {
		return "devel"
	}
	return strings.TrimPrefix(version, "v")
}
