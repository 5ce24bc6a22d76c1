package ldap

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/enumim/enumim/backend"
)

// The tags of LDAP (RFC 4511 section 4) that are read: class, form and number in one octet, as they stand there.
const (
	tagBoolean   = 0x01
	tagInteger   = 0x02
	tagString    = 0x04
	tagEnum      = 0x0a
	tagSequence  = 0x30
	tagSet       = 0x31
	tagControls  = 0xa0
	tagContext0  = 0x80 // [0], primitive
	tagContext1  = 0x81
	tagContext0c = 0xa0 // [0], constructed
	tagContext1c = 0xa1
	tagContext2c = 0xa2
	tagContext3c = 0xa3

	tagBindReply     = 0x61
	tagSearchEntry   = 0x64
	tagSearchDone    = 0x65
	tagSearchRefer   = 0x73
	tagExtendedReply = 0x78
	tagIntermediate  = 0x79
)

// largestMessage bounds a message, and so what a hostile directory can make us hold: Active Directory sends no more
// than 10 MB (MaxReceiveBuffer is for requests), OpenLDAP no attribute that anybody would ask for.
const largestMessage = 16 << 20

// errOdd: no directory says such a thing.
var errOdd = fmt.Errorf("%w: what was received is no LDAP message, or none that answers the request: is it a directory, and is TLS as it wants it?", backend.ErrInvalidData)

// element is one element of BER, as LDAP restricts it (RFC 4511 section 5.1): definite lengths, tags below 31.
type element struct {
	tag  byte
	body []byte
}

// next takes the first element from b.
func next(b []byte) (e element, rest []byte, err error) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return e, nil, errOdd
	}
	length, rest, err := lengthOf(b[1:])
	if err != nil || length > len(rest) {
		return e, nil, errOdd
	}
	return element{b[0], rest[:length]}, rest[length:], nil
}

// lengthOf reads a length.
func lengthOf(b []byte) (length int, rest []byte, err error) {
	first := int(b[0])
	b = b[1:]
	if first < 0x80 {
		return first, b, nil
	}
	if first -= 0x80; first == 0 || first > 4 || first > len(b) {
		return 0, nil, errOdd
	}
	for _, c := range b[:first] {
		if length = length<<8 | int(c); length > largestMessage {
			return 0, nil, errOdd
		}
	}
	return length, b[first:], nil
}

// want takes an element with the tag from b.
func want(b []byte, tag byte) (body, rest []byte, err error) {
	e, rest, err := next(b)
	if err == nil && e.tag != tag {
		err = errOdd
	}
	return e.body, rest, err
}

// integer reads the body of an INTEGER or ENUMERATED that is not negative.
func integer(body []byte) (v int64, err error) {
	if len(body) == 0 || len(body) > 8 || body[0] >= 0x80 {
		return 0, errOdd
	}
	for _, c := range body {
		v = v<<8 | int64(c)
	}
	return v, nil
}

// message is one message of the directory.
type message struct {
	id       int64
	op       byte
	body     []byte
	controls []control
}

// control is one control of a message.
type control struct {
	oid   string
	value []byte
}

// controlOf returns the value of a control.
func (m *message) controlOf(oid string) (value []byte, ok bool) {
	for _, c := range m.controls {
		if c.oid == oid {
			return c.value, true
		}
	}
	return nil, false
}

// readMessage reads one message. io.EOF is for a connection that ended between two.
func readMessage(r *bufio.Reader) (*message, error) {
	var head [6]byte
	n := 2
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return nil, err
	}
	if head[0] != tagSequence {
		return nil, errOdd
	}
	if _, err := io.ReadFull(r, head[1:2]); err != nil {
		return nil, cut(err)
	}
	if head[1] > 0x80 {
		if n += int(head[1] - 0x80); n > len(head) {
			return nil, errOdd
		}
		if _, err := io.ReadFull(r, head[2:n]); err != nil {
			return nil, cut(err)
		}
	}
	length, _, err := lengthOf(head[1:n])
	if err != nil {
		return nil, err
	}
	body, err := readBody(r, length)
	if err != nil {
		return nil, cut(err)
	}
	return parseMessage(body)
}

// bodyStep is how much memory a length is believed for before there is data.
const bodyStep = 64 << 10

// readBody reads what a length announced, and takes memory as it comes.
func readBody(r io.Reader, length int) (body []byte, err error) {
	for len(body) < length {
		at := len(body)
		body = append(body, make([]byte, min(length-at, max(bodyStep, at)))...)
		if _, err := io.ReadFull(r, body[at:]); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// cut makes of the end of a connection inside a message what it is.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseMessage reads what stands in a message.
func parseMessage(b []byte) (*message, error) {
	id, b, err := want(b, tagInteger)
	if err != nil {
		return nil, err
	}
	m := &message{}
	if m.id, err = integer(id); err != nil {
		return nil, err
	}
	op, b, err := next(b)
	if err != nil {
		return nil, err
	}
	m.op, m.body = op.tag, op.body
	if len(b) == 0 {
		return m, nil
	}
	all, rest, err := want(b, tagControls)
	if err != nil || len(rest) > 0 {
		return nil, errOdd
	}
	for len(all) > 0 {
		var c []byte
		if c, all, err = want(all, tagSequence); err != nil {
			return nil, err
		}
		parsed, err := parseControl(c)
		if err != nil {
			return nil, err
		}
		m.controls = append(m.controls, parsed)
	}
	return m, nil
}

func parseControl(b []byte) (c control, err error) {
	oid, b, err := want(b, tagString)
	if err != nil {
		return c, err
	}
	c.oid = string(oid)
	for len(b) > 0 {
		var e element
		if e, b, err = next(b); err != nil {
			return c, err
		}
		switch e.tag {
		case tagBoolean:
		case tagString:
			c.value = e.body
		default:
			return c, errOdd
		}
	}
	return c, nil
}

// resultOf reads the code of an LDAPResult. What else stands in it is not looked at: diagnostics may repeat anything,
// and referrals are not followed.
func resultOf(body []byte) (code uint16, err error) {
	enum, b, err := want(body, tagEnum)
	if err != nil {
		return 0, err
	}
	v, err := integer(enum)
	if err != nil || v > 1<<16-1 {
		return 0, errOdd
	}
	for range 2 { // matchedDN, diagnosticMessage
		if _, b, err = want(b, tagString); err != nil {
			return 0, err
		}
	}
	return uint16(v), nil
}
