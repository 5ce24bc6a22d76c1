package enumim

import (
	"context"

	"github.com/miekg/dns"
)

// inspectWriter inspects the reply that plugins behind write to it.
type inspectWriter struct {
	dns.ResponseWriter
	i       *inspection
	written bool // a reply was sent
}

func newInspectWriter(ctx context.Context, w dns.ResponseWriter, r *dns.Msg, i *inspection) *inspectWriter {
	return &inspectWriter{ResponseWriter: w, i: i}
}

// WriteMsg implements dns.ResponseWriter.
func (w *inspectWriter) WriteMsg(m *dns.Msg) error {
	if w.written {
		return nil
	}
	err := w.ResponseWriter.WriteMsg(m)
	w.written = err == nil
	return err
}
