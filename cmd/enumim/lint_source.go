package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/miekg/dns"
	"github.com/spf13/cobra"

	"github.com/enumim/enumim/convert"
	"github.com/enumim/enumim/lint"
	"github.com/enumim/enumim/resolve"
)

// lintSource is something to look at.
type lintSource struct {
	lint.Source
	path string // of a file; "" for others
	size int64  // octets
}

// lintSources tells files, zones and servers apart. done takes away what was kept of zones.
func lintSources(cmd *cobra.Command, args []string) (list []lintSource, done func(), err error) {
	var kept []string
	done = func() {
		for _, path := range kept {
			_ = os.Remove(path) // in the folder for what is temporary
		}
	}
	var servers, rest []string
	for _, arg := range args {
		if server, ok := strings.CutPrefix(arg, "@"); ok {
			servers = append(servers, server)
		} else {
			rest = append(rest, arg)
		}
	}
	zones := 0
	for _, arg := range rest {
		var s lintSource
		info, statErr := os.Stat(arg)
		_, isName := dns.IsDomainName(arg)
		switch {
		case arg == "-":
			s, err = standardInput(cmd)
		case statErr != nil && isStore(arg):
			err = storeAsFile(arg, "import looks at what it brings there")
		case statErr == nil:
			s, err = fileSource(arg, info)
		case !os.IsNotExist(statErr):
			err = statErr
		case !isName || len(servers) == 0 && strings.ContainsAny(arg, `/\`):
			err = fmt.Errorf("%s: there is no such file", printable(arg))
		default:
			zones++
			s, err = transfer(cmd.Context(), cmd, arg, servers)
			if s.path != "" {
				kept = append(kept, s.path)
				s.path = ""
			}
		}
		if err != nil {
			return nil, done, err
		}
		list = append(list, s)
	}
	if len(servers) > 0 && zones == 0 {
		return nil, done, errors.New("@SERVER is for zones: enumim lint 4.4.e164.arpa @192.0.2.53")
	}
	return list, done, nil
}

func standardInput(cmd *cobra.Command) (lintSource, error) {
	text, err := io.ReadAll(cmd.InOrStdin())
	if err != nil {
		return lintSource{}, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	return lintSource{Source: lint.Source{Name: "standard input", Open: open}, size: int64(len(text))}, readable("standard input", text)
}

func fileSource(path string, info os.FileInfo) (s lintSource, err error) {
	if !info.Mode().IsRegular() {
		return s, fmt.Errorf("%s: is no regular file", printable(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return s, err
	}
	return lintSource{Source: lint.FileSource(path), path: path, size: info.Size()}, readable(path, head)
}

// readable refuses what is neither numbers nor a zone.
func readable(name string, head []byte) error {
	switch convert.Sniff(head) {
	case convert.CSV, convert.JSONLines:
		return fmt.Errorf("%s: is a table: enumim convert makes a numbers file of it, which lint can look at", printable(name))
	}
	return nil
}

// transfer fetches a zone into a file.
func transfer(ctx context.Context, cmd *cobra.Command, zone string, names []string) (s lintSource, err error) {
	var servers []resolve.Server
	for _, name := range names {
		server, err := resolve.ParseServer(name)
		if err != nil {
			return s, fmt.Errorf("server %q: %w", name, err)
		}
		servers = append(servers, server)
	}
	if len(servers) == 0 {
		if servers, err = resolve.SystemServers(""); err != nil {
			return s, fmt.Errorf("%s: there is no such file, and %w; name a server of the zone with @SERVER", zone, err)
		}
	}
	f, err := os.CreateTemp("", "enumim-lint-*.zone")
	if err != nil {
		return s, err
	}
	b := progress(cmd, "fetching "+zone, -1)
	defer b.Close()
	var failed error
	for _, server := range servers {
		size, err := fetch(ctx, f, b, zone, server)
		if err == nil {
			err = f.Close()
		}
		if err == nil {
			source := lint.FileSource(f.Name())
			source.Name, source.Live = dns.Fqdn(zone)+" @"+server.String(), true
			return lintSource{Source: source, path: f.Name(), size: size}, nil
		}
		failed = errors.Join(failed, err)
	}
	_ = f.Close()           // the failure is told already
	_ = os.Remove(f.Name()) // the same
	if len(names) == 0 {
		return s, fmt.Errorf("%s: there is no such file, and no zone transfer: %w; name a server of the zone with @SERVER", zone, failed)
	}
	return s, fmt.Errorf("%s: %w", zone, failed)
}

// fetch writes the records of a zone as text.
func fetch(ctx context.Context, f *os.File, b *bar, zone string, server resolve.Server) (size int64, err error) {
	if err := f.Truncate(0); err != nil {
		return 0, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	w := bufio.NewWriter(f)
	c := &resolve.Client{}
	for record, err := range c.Transfer(ctx, zone, server) {
		if err != nil {
			return 0, err
		}
		n, err := w.WriteString(record.String() + "\n")
		if err != nil {
			return 0, err
		}
		b.Add(n)
		size += int64(n)
	}
	return size, w.Flush()
}
