package notation

import (
	"errors"
	"strings"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/naptr/rr"
)

// sets reads RRsets.
func (r *Objects) sets() (sets []backend.RRset, err error) {
	s := &r.scanner
	err = s.array(func() error {
		s.blanks()
		start := s.at
		ttl, typ := r.codec.ttl(), uint16(0)
		var data []string
		if err := s.object(func(name string) error {
			switch name {
			case "type":
				return r.text(func(text string) (err error) {
					typ, err = setType(text)
					return err
				})
			case "ttl":
				v, err := s.uint(mostTTL)
				ttl = uint32(v)
				return err
			case "data":
				return s.array(func() error {
					text, err := s.string()
					data = append(data, text)
					return err
				})
			}
			return errUnknown
		}); err != nil {
			return err
		}
		before := len(sets)
		for _, text := range data {
			var wire []byte
			_, wire, err := rr.ParseRData(rr.TypeText(typ), text, "")
			if err == nil && strings.ContainsAny(text, "\r\n") {
				err = errors.New("more than one line")
			}
			if err == nil {
				sets, err = addData(sets, typ, ttl, string(wire))
			}
			if err != nil {
				s.at = start
				return s.fail(err.Error())
			}
		}
		if typ == 0 || len(sets) != before+1 {
			s.at = start
			return s.fail(`expected a set with "type" and "data", and one set of each type`)
		}
		return nil
	})
	return sets, err
}

// setType reads the type of a set that is not NAPTR.
func setType(text string) (uint16, error) {
	typ, ok := rr.Type(text)
	switch {
	case !ok:
		return 0, errors.New("expected the type of a record, such as NS, or TYPE123")
	case typ == rr.TypeNAPTR:
		return 0, errors.New(`NAPTR records stand in "records"`)
	}
	return typ, nil
}

// host reads a name server with its addresses.
func (r *Objects) host() error {
	var h backend.Host
	s := &r.scanner
	s.blanks()
	start := s.at
	if err := s.object(func(name string) (err error) {
		switch name {
		case "name":
			return r.text(func(text string) (err error) {
				h.Name, err = WireName(text)
				return err
			})
		case "sets":
			h.Sets, err = r.sets()
			return err
		}
		return errUnknown
	}); err != nil {
		return err
	}
	if err := addresses(&h); err != nil {
		s.at = start
		return s.fail(err.Error())
	}
	r.item.Entry.Glue = append(r.item.Entry.Glue, h)
	return nil
}

// addresses checks a name server's addresses.
func addresses(h *backend.Host) error {
	if h.Name == "" || len(h.Sets) == 0 {
		return errors.New("expected the name of a name server and its addresses")
	}
	for i := range h.Sets {
		if typ := h.Sets[i].Type; typ != rr.TypeA && typ != rr.TypeAAAA {
			return errors.New("a name server has records of type A and AAAA here")
		}
	}
	return nil
}
