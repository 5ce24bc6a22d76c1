package e164

// position returns after how many digits RFC 5527 section 5 puts the infrastructure branch label,
// which for geographic codes is the length of the country code. 0 means that n has too few digits
// to tell.
func position(n Number) int {
	l := n.Len()
	if l == 0 {
		return 0
	}
	d := func(i int) byte { return n.Digit(i) }
	switch d(0) {
	case '1', '7':
		return 1
	}
	if l < 2 {
		return 0
	}
	two := int(d(0)-'0')*10 + int(d(1)-'0')
	switch {
	case two == 20, two == 27, two >= 30 && two <= 34, two == 36, two == 39, two == 40, two == 41,
		two >= 43 && two <= 49, two >= 51 && two <= 58, two >= 60 && two <= 66, two == 81, two == 82,
		two == 84, two == 86, two >= 90 && two <= 95, two == 98:
		return 2
	}
	if l < 3 {
		return 0
	}
	switch three := two*10 + int(d(2)-'0'); three {
	case 388, 881:
		return 4
	case 878, 882:
		return 5
	case 883:
		if l < 4 {
			return 0
		}
		if d(3) < '5' {
			return 6
		}
		return 7
	}
	return 3
}

// CountryCode returns the country code that n begins with, by the groups of RFC 5527 section 5:
// 1 to 3 digits, and only the digits that n has. It is meant for grouping and masking, not as proof
// that the code is assigned.
func (n Number) CountryCode() Number {
	p := position(n)
	if p == 0 || p > 3 {
		p = 3
	}
	return n.Prefix(p)
}
