package rr

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/miekg/dns"
)

// mayBeEmpty tells the types whose RDATA may have no octets; of types miekg/dns does not know it
// cannot be told.
func mayBeEmpty(typ uint16) bool {
	switch typ {
	case dns.TypeNULL, dns.TypeAPL:
		return true
	}
	return !Known(typ)
}

// Unpack returns the resource record of class IN with the owner name (fully qualified presentation
// form), TTL in seconds, type and RDATA given; rdata holds wire octets with uncompressed names. A type
// that miekg/dns does not know comes back as *dns.RFC3597. Nothing in the result shares memory with
// another result. The error wraps ErrData, and ErrType for types that cannot stand in an answer
// section by themselves.
func Unpack(name string, ttl uint32, typ uint16, rdata string) (dns.RR, error) {
	if !inZone(typ) {
		return nil, fmt.Errorf("%w: %s", ErrType, TypeText(typ))
	}
	if len(rdata) > math.MaxUint16 || rdata == "" && !mayBeEmpty(typ) {
		return nil, fmt.Errorf("%w: %d octets for %s", ErrData, len(rdata), TypeText(typ))
	}
	hdr := dns.RR_Header{
		Name: name, Rrtype: typ, Class: dns.ClassINET, Ttl: ttl, Rdlength: uint16(len(rdata)),
	}
	rr, _, err := dns.UnpackRRWithHeader(hdr, []byte(rdata), 0)
	if err != nil {
		return nil, fmt.Errorf("%w for %s: %w", ErrData, TypeText(typ), err)
	}
	return rr, nil
}

// ParseRData reads the RDATA of one record in the text form of master files: typ is a mnemonic or
// TYPE123, rest what stands behind it (parentheses and comments may go over lines), origin the fully
// qualified name that completes relative names, "" for none. RFC 3597's \# form is understood for
// every type. It returns wire octets with uncompressed names. The error wraps ErrType or ErrData and
// does not repeat the text.
//
// Files are never opened: $INCLUDE and $GENERATE are no RDATA. NAPTR is read by miekg/dns too, which
// wants its character-strings in quotes; backend/file/master has a friendlier parser.
func ParseRData(typ, rest, origin string) (uint16, []byte, error) {
	number, ok := Type(typ)
	if !ok {
		return 0, nil, ErrType
	}
	// miekg/dns would take a NUL as it stands; it is no text.
	if strings.IndexByte(rest, 0) >= 0 {
		return number, nil, fmt.Errorf("%w: NUL in the text", ErrData)
	}
	rdata, err := read(number, rest, origin)
	switch {
	case errors.Is(err, ErrData): // of Unpack, complete as it is
		return number, nil, err
	case err != nil:
		return number, nil, fmt.Errorf("%w for %s: %w", ErrData, TypeText(number), err)
	}
	return number, rdata, nil
}

// private is a type that miekg/dns knows nothing of, so that it reads octets as they are.
const private = 65280

func read(typ uint16, rest, origin string) ([]byte, error) {
	text := strings.TrimLeft(rest, " \t\r\n(")
	if text == "" {
		return nil, errNoData
	}
	generic, as := strings.HasPrefix(text, `\#`), typ
	if generic {
		as = private
	}
	rr, err := scan(as, rest, origin)
	if err != nil {
		return nil, err
	}
	rdata, err := pack(rr)
	if err != nil {
		return nil, err
	}
	return rdata, prove(typ, rdata, generic)
}

var (
	errNoData   = errors.New("nothing behind the type")
	errMoreData = errors.New("more than one record")
	errReadBack = errors.New("does not read back as it was written")
)

// scan lets miekg/dns read one record. Its scanner opens files only where $INCLUDE was allowed, which
// is not done here.
func scan(typ uint16, rest, origin string) (dns.RR, error) {
	zp := dns.NewZoneParser(strings.NewReader(". 0 IN "+TypeText(typ)+" "+rest+"\n"), origin, "")
	rr, ok := zp.Next()
	if ok {
		if _, more := zp.Next(); more {
			return nil, errMoreData
		}
	}
	switch err := zp.Err(); {
	case err != nil:
		return nil, plain(err)
	case !ok:
		return nil, errNoData
	}
	return rr, nil
}

// plain leaves the word at fault and its place in the one line that miekg/dns saw out of its error:
// the first may be personal, the second means nothing to the reader of the file.
func plain(err error) error {
	text, _, _ := strings.Cut(err.Error(), `: "`)
	return errors.New(strings.TrimPrefix(text, "dns: "))
}

// headerLen is the length of a record's header under the root: owner, type, class, TTL, RDLENGTH.
const headerLen = 1 + 2 + 2 + 4 + 2

func pack(rr dns.RR) ([]byte, error) {
	buf := make([]byte, headerLen+2*dns.Len(rr))
	n, err := dns.PackRR(rr, buf, 0, nil, false)
	switch {
	case err != nil:
		return nil, plain(err)
	case n == headerLen && !mayBeEmpty(rr.Header().Rrtype):
		return nil, errNoData
	}
	return buf[headerLen:n:n], nil
}

// prove reads RDATA back, because miekg/dns packs what nobody can unpack, such as a name of 300 octets.
// RDATA given as octets must be whole as well: miekg/dns takes every beginning of it that ends with a
// field, but cannot write that as text.
func prove(typ uint16, rdata []byte, generic bool) error {
	back, err := Unpack(".", 0, typ, string(rdata))
	if err != nil {
		return err
	}
	again, err := pack(back)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, rdata) {
		return errReadBack
	}
	if !generic || !Known(typ) || typ == dns.TypeNULL {
		return nil
	}
	_, err = scan(typ, strings.TrimPrefix(back.String(), back.Header().String()), ".")
	return err
}
