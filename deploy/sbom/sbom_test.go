package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestIdentify(t *testing.T) {
	for text, want := range map[string]string{
		"                                 Apache License\n                           Version 2.0, January 2004":                      "Apache-2.0",
		"# The MIT License\n\nPermission is hereby granted, free of charge, to any\nperson obtaining a copy":                         "MIT",
		"/* Redistribution and use in source and binary\n * forms, with or without":                                                  "BSD-2-Clause",
		"Redistribution and use in source and binary forms\nmay be used to endorse or\npromote products derived from\nthis software": "BSD-3-Clause",
		"Mozilla Public License Version 2.0": "MPL-2.0",
		"GNU GENERAL PUBLIC LICENSE":         "",
		"":                                   "",
	} {
		if got := identify([]byte(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestCopyLegal has every text that goes along with a module told, and none without a license that is known.
func TestCopyLegal(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("NOTICE", "of somebody")
	write("license.go", "package license")
	write("main.go", "permission is hereby granted, free of charge, to any person obtaining a copy")
	var b bytes.Buffer
	if _, err := copyLegal(&b, "example.com/x v1.0.0", dir); err == nil || !strings.Contains(err.Error(), "example.com/x v1.0.0 has no license that is known") {
		t.Errorf("without a license: %v", err)
	}
	write("LICENSE.md", "Permission is hereby granted, free of charge, to any person obtaining a copy")
	b.Reset()
	id, err := copyLegal(&b, "example.com/x v1.0.0", dir)
	if err != nil || id != "MIT" {
		t.Errorf("%q, %v", id, err)
	}
	for _, text := range []string{"\nexample.com/x v1.0.0\n", "of somebody", "Permission is hereby granted"} {
		if !strings.Contains(b.String(), text) {
			t.Errorf("%q is missing in %s", text, &b)
		}
	}
}

func TestContents(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, err := contentsOf([]string{self})
	if err != nil || c.toolchain != runtime.Version() || len(c.programs) != 1 || len(c.programs[0].sha256) != 64 {
		t.Fatalf("%+v, %v", c, err)
	}
	c.modules = []module{{path: "example.com/a", version: "v1.0.0+incompatible", license: "MIT"}}
	first, err := c.bill("x", time.Unix(1700000000, 0).UTC())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"pkg:golang/example.com/a@v1.0.0%2Bincompatible"`, `"2023-11-14T22:13:20Z"`, `"urn:uuid:`} {
		if !strings.Contains(string(first), want) {
			t.Errorf("%s is missing in\n%s", want, first)
		}
	}
	if again, err := c.bill("x", time.Unix(1700000000, 0).UTC()); err != nil || !bytes.Equal(first, again) {
		t.Errorf("another bill for the same: %v\n%s", err, again)
	}
	if _, err := contentsOf([]string{"main.go"}); err == nil {
		t.Error("a text is no program")
	}
}
