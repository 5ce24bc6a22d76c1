package powerdns

import (
	"strings"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// naptrOf reads the content of a NAPTR row as nearly all have it: fields with one blank between them, texts in
// quotes. ok is false for others, which a slower reader is for.
func naptrOf(content string) (r naptr.Record, ok bool) {
	if r.Order, content, ok = uint16Of(content); !ok {
		return r, false
	}
	if r.Preference, content, ok = uint16Of(content); !ok {
		return r, false
	}
	for _, field := range [...]*string{&r.Flags, &r.Services, &r.Regexp} {
		if *field, content, ok = quotedOf(content); !ok {
			return r, false
		}
	}
	if content == "." {
		r.Replacement = "\x00"
		return r, true
	}
	if content == "" || strings.ContainsAny(content, " \t\"\\;()@") || !printable(content) {
		return r, false
	}
	wire, err := rr.AppendName(nil, content, "\x00")
	r.Replacement = string(wire)
	return r, err == nil
}

// uint16Of reads a number of one to five digits and the blank behind it.
func uint16Of(s string) (n uint16, rest string, ok bool) {
	v := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && i < 5:
			v = 10*v + int(c-'0')
		default:
			return uint16(v), s[i+1:], c == ' ' && i > 0 && v <= 0xffff
		}
	}
	return 0, "", false
}

// quotedOf reads a text in quotes and the blank behind it.
func quotedOf(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	end := 1
	for ; end < len(s) && s[end] != '"'; end++ {
		if s[end] == '\\' {
			end++
		}
	}
	if end+1 >= len(s) || s[end+1] != ' ' {
		return "", "", false
	}
	text, rest = s[1:end], s[end+2:]
	if !printable(text) || len(text) > 4*255 {
		return "", "", false
	}
	if strings.IndexByte(text, '\\') >= 0 {
		octets, err := rr.Unescape(nil, text)
		if err != nil {
			return "", "", false
		}
		text = string(octets)
	}
	return text, rest, len(text) <= 255
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// decode reads the wire octets of a record, which are known to be whole.
func decode(rdata string) naptr.Record {
	r := naptr.Record{Order: uint16(rdata[0])<<8 | uint16(rdata[1]), Preference: uint16(rdata[2])<<8 | uint16(rdata[3])}
	rdata = rdata[4:]
	for _, field := range [...]*string{&r.Flags, &r.Services, &r.Regexp} {
		n := 1 + int(rdata[0])
		*field = rdata[1:n]
		rdata = rdata[n:]
	}
	r.Replacement = rdata
	return r
}
