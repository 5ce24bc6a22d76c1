package postgres

import (
	"encoding/binary"
	"errors"
	"io"
)

// mostParameters bounds the octets of what a server tells of its settings (ParameterStatus) on one connection: the client
// library keeps all of it, and asks nobody how much.
const mostParameters = 1 << 20

var errParameters = errors.New("the server tells of its settings without end")

// meter reads what a server sends, and follows where its messages begin: a type, a length and a body each.
type meter struct {
	from io.Reader
	head []byte // of the message that begins
	left int    // of the body that is passing
	told int    // octets of ParameterStatus so far
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	for b := p[:n]; len(b) > 0; {
		if m.left > 0 {
			passed := min(m.left, len(b))
			m.left, b = m.left-passed, b[passed:]
			continue
		}
		m.head, b = append(m.head, b[0]), b[1:]
		const whole = 5
		if len(m.head) < whole {
			continue
		}
		m.left = max(int(binary.BigEndian.Uint32(m.head[1:]))-4, 0) // the library refuses what is too small or too large
		if m.head[0] == 'S' {
			if m.told += whole + m.left; m.told > mostParameters {
				return 0, errParameters
			}
		}
		m.head = m.head[:0]
	}
	return n, err
}
