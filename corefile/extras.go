package corefile

import (
	"slices"
	"time"

	"github.com/enumim/enumim/additional"
	"github.com/enumim/enumim/im"
)

// maxWait is how long an answer may wait for additional records: clients ask again after a second or two.
const maxWait = time.Second

// twins reads the protocols whose URIs stand beside im: URIs.
func (l *line) twins() ([]im.Protocol, error) {
	if len(l.args) == 0 {
		return nil, l.errorf("twins: expected sip, xmpp or both")
	}
	var list []im.Protocol
	for _, arg := range l.args {
		p, ok := im.ParseProtocol(arg)
		switch {
		case !ok:
			return nil, l.errorf("twins %q: expected sip, xmpp or both", arg)
		case slices.Contains(list, p):
			return nil, l.errorf("twins: %s is given twice", p)
		}
		list = append(list, p)
	}
	return list, nil
}

// additional reads what answers bring along.
func (l *line) additional() (*additional.Options, error) {
	const want = "srv, and behind it sip, xmpp or both, and wait with a time"
	if len(l.args) == 0 || l.args[0] != "srv" {
		return nil, l.errorf("additional: expected %s", want)
	}
	o := &additional.Options{}
	for args := l.args[1:]; len(args) > 0; args = args[1:] {
		p, ok := im.ParseProtocol(args[0])
		switch {
		case ok && slices.Contains(o.Protocols, p):
			return nil, l.errorf("additional: %s is given twice", p)
		case ok:
			o.Protocols = append(o.Protocols, p)
			continue
		case args[0] != "wait":
			return nil, l.errorf("additional %q: expected %s", args[0], want)
		case o.Wait != 0:
			return nil, l.errorf("additional: wait is given twice")
		case len(args) == 1:
			return nil, l.errorf("additional: expected a time behind wait, such as 100ms")
		}
		args = args[1:]
		d, err := duration(args[0])
		switch {
		case err != nil:
			return nil, l.errorf("additional: wait %q: %w", args[0], err)
		case d < 0 || d > maxWait:
			return nil, l.errorf("additional: wait %q: 0 to %v are expected", args[0], maxWait)
		case d == 0:
			d = -1 // not at all; 0 is the default of Options
		}
		o.Wait = d
	}
	return o, nil
}
