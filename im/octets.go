package im

const (
	uric  = 1 << iota // RFC 3986 section 2: reserved or unreserved, without "#" and "%"; brackets stand around a domain only
	atext             // RFC 2822 section 3.2.4
	plain             // atext that needs no second look in a user part: neither "%" nor "/"
	ldh               // letter, digit or hyphen
	hex               // hexadecimal digit
)

// class holds what each octet may be part of.
var class = func() (t [256]uint8) {
	set := func(chars string, bit uint8) {
		for i := range len(chars) {
			t[chars[i]] |= bit
		}
	}
	const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	set(alnum+"-._~:/?[]@!$&'()*+,;=", uric)
	set(alnum+"!#$%&'*+-/=?^_`{|}~", atext)
	set(alnum+"!$&'*+-=?^_`{|}~", plain)
	set(alnum+"-", ldh)
	set("0123456789abcdefABCDEF", hex)
	return t
}()

// checkOctets applies RFC 3986 section 2 to what follows the scheme.
func checkOctets(s string) error {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case class[c]&uric != 0:
		case c == '%':
			if i+2 >= len(s) || class[s[i+1]]&hex == 0 || class[s[i+2]]&hex == 0 {
				return ErrEncoding
			}
			i += 2
		case c == '#':
			return ErrFragment
		case c >= 0x80:
			return ErrNonASCII
		default:
			return ErrCharacter
		}
	}
	return nil
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c >= 'A' {
		return c&^0x20 - 'A' + 10
	}
	return c - '0'
}
