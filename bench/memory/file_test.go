//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/enumim/enumim/bench/internal/data"
)

// BenchmarkFiles measures the server with its numbers from a file, and while another file replaces it in which each number has
// other URIs:
//
//	go test -run '^$' -bench Files -benchtime 1x ./bench/memory
func BenchmarkFiles(b *testing.B) {
	p, err := buildProgram(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.close)
	for _, kind := range []string{"derived", "distinct", "zone", "blocks"} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprint(kind, "/", n), func(b *testing.B) {
				dir := b.TempDir()
				path := filepath.Join(dir, "blocks")
				var err error
				if kind == "blocks" {
					err = blocks(path, n)
				} else {
					var files data.Files
					files, err = data.Spec{N: n, Distinct: kind != "derived"}.Make(dir)
					if path = files.Numbers; kind == "zone" {
						path = files.Zone
					}
				}
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					s, err := p.spends(b.Context(), "e164.arpa", "file "+path, func() error { return replace(path) })
					if err != nil {
						b.Fatal(err)
					}
					s.tell(b)
				}
			})
		}
	}
}

// blocks writes a file of n blocks of a hundred numbers, which are invented; ten of them have a gateway in common.
func blocks(path string, n int) error {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "+4930%07dxx sip:{number}@gw%d.sip.example.net im:{number}@example.com\n", i, i/10)
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// replace puts a file in the place of another one, with other hosts in all URIs, and a later serial.
func replace(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text = bytes.ReplaceAll(text, []byte("@example.com"), []byte("@a.example.org"))
	text = bytes.ReplaceAll(text, []byte("sip.example.net"), []byte("b.example.org"))
	text = bytes.Replace(text, []byte("1000000001"), []byte("1000000002"), 1)
	next := filepath.Join(filepath.Dir(path), "next")
	return errors.Join(os.WriteFile(next, text, 0o600), os.Rename(next, path))
}
