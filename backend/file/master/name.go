package master

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr/rr"
)

// names gives every string of labels (e164.Name.Labels) a small number; 0 is the empty string.
type names struct {
	index  map[string]uint32
	labels []string
	keys   []string // the labels from right to left: what lies below a name begins with its key
}

func (n *names) intern(labels []byte) uint32 {
	if len(labels) == 0 {
		return 0
	}
	if i, ok := n.index[string(labels)]; ok {
		return i
	}
	if n.index == nil {
		n.index = make(map[string]uint32)
		n.labels, n.keys = []string{""}, []string{""}
	}
	s := string(labels)
	i := uint32(len(n.labels))
	n.index[s] = i
	n.labels = append(n.labels, s)
	n.keys = append(n.keys, reversed(s))
	return i
}

// reversed returns wire labels in the opposite order.
func reversed(labels string) string {
	b := make([]byte, len(labels))
	for at := len(b); labels != ""; {
		n := 1 + int(labels[0])
		at -= n
		copy(b[at:], labels[:n])
		labels = labels[n:]
	}
	return string(b)
}

func (n *names) name(r *ref) e164.Name {
	if r.labels == 0 {
		return e164.Name{Number: r.number}
	}
	return e164.Name{Number: r.number, Labels: n.labels[r.labels]}
}

// compare orders refs by name so that everything below a name follows it without a gap.
func (n *names) compare(a, b *ref) int {
	if a.number != b.number {
		return cmp.Compare(a.number, b.number)
	}
	if a.labels == b.labels {
		return 0
	}
	if a.labels == 0 {
		return -1
	}
	if b.labels == 0 {
		return 1
	}
	return strings.Compare(n.keys[a.labels], n.keys[b.labels])
}

// setOrigin takes the origin that completes relative names from here on.
func (p *parser) setOrigin(text []byte) error {
	wire, err := rr.AppendName(nil, text, p.origin)
	if err != nil {
		return err
	}
	p.origin = string(wire)
	p.originText, err = rr.NameFromWire(p.origin)
	return err
}

// appendLower appends wire labels in lower case. Length octets are below 'A' and stay.
func appendLower(dst, wire []byte) []byte {
	for _, c := range wire {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// digits reads an owner name that consists of digits alone below the apex, as nearly all of a large
// zone do: "3.2.1", or "3.2.1.e164.arpa.". ok is false for all others, the faulty ones among them.
func (p *parser) digits(tok []byte) (n e164.Number, ok bool) {
	if below, absolute := bytes.CutSuffix(tok, p.apexText); absolute {
		tok = below
	} else if p.origin != p.apexWire {
		return 0, false
	}
	// The digits take up to 30 of the 255 octets of a name.
	if len(p.apexText) == 0 || len(tok)%2 == 0 || len(p.apexWire) > 225 {
		return 0, false
	}
	n = p.apex.Prefix()
	for i := len(tok) - 1; ; i -= 2 {
		if n, ok = n.Child(tok[i]); !ok || i == 0 {
			return n, ok
		}
		if tok[i-1] != '.' {
			return 0, false
		}
	}
}

// locate does for a name in wire form what e164.Apex.Parse does for one in presentation form.
func (p *parser) locate(wire []byte) (number e164.Number, labels uint32, inside bool) {
	cut := len(wire) - len(p.apexWire)
	if cut < 0 || !equalLower(wire[cut:], p.apexWire) {
		return 0, 0, false
	}
	var starts [128]uint8
	n := 0
	i := 0
	for i < cut {
		starts[n] = uint8(i)
		n++
		i += 1 + int(wire[i])
	}
	if i != cut {
		return 0, 0, false
	}
	number = p.apex.Prefix()
	for n > 0 {
		at := starts[n-1]
		if wire[at] != 1 {
			break
		}
		child, ok := number.Child(wire[at+1])
		if !ok {
			break
		}
		number, cut = child, int(at)
		n--
	}
	if cut == 0 {
		return number, 0, true
	}
	var buf [255]byte
	return number, p.names.intern(appendLower(buf[:0], wire[:cut])), true
}

func equalLower(wire []byte, lower string) bool {
	for i, c := range wire {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
