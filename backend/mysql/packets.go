package mysql

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
)

// greet checks the first packet of a server, and takes away what is not wanted of it: files of ours, TLS that the
// library would begin, and descriptions of columns that it leaves out.
func (f *frames) greet(body []byte) ([]byte, error) {
	if body[0] == isError {
		return body, checkError(body)
	}
	end := bytes.IndexByte(body, 0)
	const (
		lower = 4 + 8 + 1             // from the end of the version: thread, half of the challenge, filler
		upper = lower + 2 + 1 + 2     // character set, status
		rest  = upper + 2 + 1 + 6 + 4 // length of the challenge, filler, capabilities of MariaDB
		least = 1 + rest + 12 + 1 + 1 // the other half of the challenge, and a name
		both  = capProtocol41 | 1<<15 // as all have it since 2004
	)
	if body[0] != 10 || end < 0 || len(body)-end < least {
		return nil, errProtocol
	}
	at := body[end+1:]
	capabilities := uint32(binary.LittleEndian.Uint16(at[lower:])) | uint32(binary.LittleEndian.Uint16(at[upper:]))<<16
	switch {
	case capabilities&both != both || capabilities&capPluginAuth == 0:
		return nil, errProtocol
	case f.secure != nil && capabilities&capTLS == 0:
		return nil, errNoTLS
	}
	capabilities &^= capLocalFiles | capTLS
	binary.LittleEndian.PutUint16(at[lower:], uint16(capabilities))
	clear(at[rest-4 : rest])
	return body, nil
}

// login checks a packet on the way in.
func (f *frames) login(body []byte) error {
	switch body[0] {
	case isOK:
		_, ok := statusOf(body[1:])
		return unless(ok)
	case isError:
		return checkError(body)
	case isEnd: // another way to log in, and its challenge
		name := bytes.IndexByte(body, 0)
		return unless(name > 1 && len(body)-name-1 >= 20 && len(body)-name-1 <= 64)
	case isMore:
		if len(body) == 2 {
			return nil
		}
		block, _ := pem.Decode(body[1:])
		if block == nil {
			return errProtocol
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		_, ok := key.(*rsa.PublicKey)
		return unless(err == nil && ok)
	}
	return errProtocol
}

// errFile is not told to the library, which would answer.
var errFile = errors.New("the server asks for a file of ours")

// reply checks a packet that answers a command; body is what it begins with.
func (f *frames) reply(body []byte, size int) error {
	first := f.fresh
	f.fresh = false
	more, ok := false, true
	switch {
	case body[0] == isError:
		return checkError(body)
	case first && body[0] == isLocalFile:
		return errFile
	case first && body[0] == isOK && f.command == comPrepare:
		ok = size == 12
	case first && body[0] == isOK:
		more, ok = statusOf(body[1:])
	case first:
		ok = body[0] <= mostColumns && size == 1
	case body[0] == isEnd && f.old:
		if ok = size == 5; ok {
			more = binary.LittleEndian.Uint16(body[3:])&moreResults != 0
		}
	case body[0] == isEnd:
		more, ok = statusOf(body[1:])
	}
	return unless(ok && !more) // one statement has one result
}

const (
	moreResults = 0x0008 // in the status
	comPrepare  = 0x16
)

// statusOf reads what says that something is done: how many rows, an id, a status.
func statusOf(b []byte) (more, ok bool) {
	for range 2 {
		n := 1
		if len(b) == 0 {
			return false, false
		}
		switch b[0] {
		case 0xfc:
			n = 3
		case 0xfd:
			n = 4
		case 0xfe:
			n = 9
		case 0xfb, 0xff:
			return false, false
		}
		if len(b) < n {
			return false, false
		}
		b = b[n:]
	}
	if len(b) < 2 {
		return false, false
	}
	return binary.LittleEndian.Uint16(b)&moreResults != 0, true
}

func checkError(body []byte) error {
	return unless(len(body) >= 4 && (body[3] != '#' || len(body) >= 9))
}

func unless(ok bool) error {
	if ok {
		return nil
	}
	return errProtocol
}
