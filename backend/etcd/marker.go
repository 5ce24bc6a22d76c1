package etcd

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/enumim/enumim/backend"
)

// markerKey follows the prefix. It sorts behind the digits.
const markerKey = "meta"

// format is the version of what keys and values look like.
const format = 1

// marker says that a prefix holds a tree of enumim. Without it a prefix that is empty says nothing.
type marker struct {
	Format int `json:"format"`
	// History names the life of the data: another one says that what was known before does not bind any more.
	History string `json:"history,omitempty"`

	witness  witness
	revision int64 // of the cluster when it was read
}

// parseMarker reads the marker. Members that it does not know are left to those who put them there.
func parseMarker(kv *mvccpb.KeyValue) (*marker, error) {
	m := &marker{witness: witnessOf(kv)}
	d := json.NewDecoder(bytes.NewReader(kv.Value))
	if err := d.Decode(m); err != nil || d.More() {
		return nil, fmt.Errorf(`%w: the key %s of the tree cannot be read: it should be {"format":1}`, backend.ErrInvalidData, markerKey)
	}
	if m.Format != format {
		return nil, fmt.Errorf("%w: the tree has format %d, this enumim knows %d: use the enumim that wrote it", backend.ErrInvalidData, m.Format, format)
	}
	return m, nil
}
