//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file"
	"github.com/enumim/enumim/backend/file/master"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/bench/internal/peer"
	"github.com/enumim/enumim/e164"
)

// index is what the index says of itself, and how much a heap grows by the backend that has it.
type index struct {
	table.Stats
	heap uint64
}

func indexOf(ctx context.Context, build *peer.Build, spec peer.Spec) (x index, err error) {
	files, err := spec.Data.Make(build.Data)
	if err != nil {
		return x, err
	}
	apex, err := e164.ParseApex("e164.arpa.")
	if err != nil {
		return x, err
	}
	path := files.Numbers
	if spec.Kind == peer.Zone {
		path = files.Zone
	}
	if x.Stats, err = stats(path, apex, spec.Kind == peer.Zone); err != nil {
		return x, err
	}
	x.heap, err = heap(ctx, path, apex)
	return x, err
}

// stats builds the index as the backend does.
func stats(path string, apex e164.Apex, zone bool) (table.Stats, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return table.Stats{}, err
	}
	t := table.New(table.Options{Apexes: []e164.Apex{apex}})
	b := t.Builder()
	add := func(e *backend.Entry, line int) error { return b.Add(e, uint32(line)) }
	if zone {
		b.Merge = true
		b.Zone, _, _, err = master.Parse(src, master.Options{File: path}, add)
	} else {
		_, err = numbers.Parse(src, numbers.Options{File: path, Apexes: []e164.Apex{apex}}, add)
	}
	if err == nil {
		err = b.Publish(false)
	}
	return t.Stats(), err
}

// heap opens the backend as a Corefile does and returns by how much that makes the heap grow.
func heap(ctx context.Context, path string, apex e164.Apex) (uint64, error) {
	before := alive()
	opener, err := file.Driver{}.Parse(backend.Config{Args: []string{path}, Apexes: []e164.Apex{apex}})
	if err != nil {
		return 0, err
	}
	var refused error
	b, err := opener.Open(ctx, func(e backend.Event) {
		if e.Kind == backend.Refused {
			refused = e.Err
		}
	})
	if err != nil {
		return 0, err
	}
	checker, ok := backend.As[backend.Checker](b)
	if !ok {
		return 0, errors.New("the backend cannot tell whether it is ready")
	}
	for checker.Check(ctx) != nil {
		if refused != nil || ctx.Err() != nil {
			return 0, errors.Join(fmt.Errorf("%s was not loaded", path), refused, ctx.Err())
		}
		runtime.Gosched()
	}
	after := alive()
	return after - min(before, after), b.Close()
}

// alive is how many octets of the heap are in use.
func alive() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the second one frees what finalizers and pools held
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
