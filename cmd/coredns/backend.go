package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/file/numbers"
	"github.com/enumim/enumim/backend/table"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/examples"
)

func init() { backend.Register("example", example{}) }

// example is a backend driver that serves the numbers which come with the program, from memory.
type example struct{}

func (example) Parse(c backend.Config) (backend.Opener, error) {
	if len(c.Args) > 0 {
		return nil, c.Errorf(c.Pos, "backend example takes no arguments")
	}
	for _, o := range c.Options {
		return nil, c.UnknownOption(o)
	}
	return exampleNumbers{c.Apexes, c.TTL}, nil
}

type exampleNumbers struct {
	apexes []e164.Apex
	ttl    uint32
}

func (o exampleNumbers) Key() string {
	var key strings.Builder
	for _, apex := range o.apexes {
		key.WriteString(apex.String() + " ")
	}
	return key.String() + strconv.Itoa(int(o.ttl))
}

func (o exampleNumbers) Open(_ context.Context, observe func(backend.Event)) (backend.Backend, error) {
	t := table.New(table.Options{Form: backend.Plain, Apexes: o.apexes})
	b := t.Builder()
	_, err := numbers.Parse(examples.Numbers, numbers.Options{File: "numbers.txt", Apexes: o.apexes, TTL: o.ttl},
		func(e *backend.Entry, line int) error { return b.Add(e, uint32(line)) })
	if err == nil {
		err = b.Publish(false)
	}
	if err != nil {
		return nil, err
	}
	observe(backend.Event{Kind: backend.Loaded, Source: "numbers.txt", Entries: t.Len()})
	return t, nil
}
