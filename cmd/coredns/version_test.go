package main

import (
	"runtime/debug"
	"testing"
)

func TestBuiltFrom(t *testing.T) {
	settings := []debug.BuildSetting{{Key: "vcs.revision", Value: "c0ffee"}, {Key: "vcs.modified", Value: "false"}}
	dirty := []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "c0ffee"}}
	for name, c := range map[string]struct {
		info            *debug.BuildInfo
		version, commit string
	}{
		"a release": {&debug.BuildInfo{Main: debug.Module{Path: module, Version: "v1.2.3"}, Settings: settings}, "1.2.3", "c0ffee"},
		"a changed clone": {
			&debug.BuildInfo{Main: debug.Module{Path: module, Version: "v1.2.4-0.20261123142532-c0ffee000000+dirty"}, Settings: dirty},
			"1.2.4-0.20261123142532-c0ffee000000+dirty", "c0ffee+dirty",
		},
		"no repository": {&debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}}, "devel", ""},
		"a copy of this folder in another module": {
			&debug.BuildInfo{
				Main: debug.Module{Path: "example.com/dns", Version: "v9.0.0"}, Settings: settings,
				Deps: []*debug.Module{{Path: module, Version: "v1.2.3"}},
			},
			"1.2.3", "",
		},
		"no build information": {nil, "devel", ""},
	} {
		if version, commit := builtFrom(c.info); version != c.version || commit != c.commit {
			t.Errorf("%s: %q, %q, want %q, %q", name, version, commit, c.version, c.commit)
		}
	}
}
