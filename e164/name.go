package e164

// Name is a domain name below an Apex, taken apart: the digits nearest the root as a Number, and
// the labels left of them.
//
// For 3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. the Number is 441632960083 and Labels is empty. For
// _im.3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa. the Number is the same and Labels holds "_im". Sixteen
// one-digit labels give a Number of 15 digits and one label. Names are comparable.
type Name struct {
	// Number holds the digits, those of the apex itself included.
	Number Number
	// Labels are the labels left of the digits, leftmost first, in lower-case wire form: a length
	// octet and the octets of each label, without the final zero. Empty for the ENUM domain of a
	// number.
	Labels string
}

// IsNumber reports whether the name consists of nothing but digits: the ENUM domain of a number or
// of a number's prefix.
func (n Name) IsNumber() bool { return n.Labels == "" }

// IsWildcard reports whether the leftmost label is "*" (RFC 4592 section 2.1.1).
func (n Name) IsWildcard() bool {
	return len(n.Labels) >= 2 && n.Labels[0] == 1 && n.Labels[1] == '*'
}

// Depth returns the number of labels of the name, its digits included.
func (n Name) Depth() int {
	depth := n.Number.Len()
	for s := n.Labels; s != ""; s = s[1+s[0]:] {
		depth++
	}
	return depth
}

// Parent returns the name without its leftmost label. The parent of the zero Name is itself.
func (n Name) Parent() Name {
	if n.Labels != "" {
		return Name{n.Number, n.Labels[1+n.Labels[0]:]}
	}
	return Name{Number: n.Number.Prefix(n.Number.Len() - 1)}
}

// Under reports whether n is m or lies below it.
func (n Name) Under(m Name) bool {
	if m.Labels == "" {
		return n.Number.HasPrefix(m.Number)
	}
	if n.Number != m.Number || len(n.Labels) < len(m.Labels) {
		return false
	}
	s := n.Labels
	for len(s) > len(m.Labels) {
		s = s[1+s[0]:]
	}
	return s == m.Labels
}

// Wildcard returns the name "*" directly below n.
func (n Name) Wildcard() Name { return Name{n.Number, "\x01*" + n.Labels} }

// Branch returns the number that a name of the infrastructure branch of RFC 5527 stands for: the
// digits on both sides of a label "i" that follows the country code. ok is false for other names.
func (n Name) Branch() (number Number, ok bool) {
	var digits [MaxDigits]byte
	count, s := 0, n.Labels
	for len(s) >= 2 && s[0] == 1 && s[1] >= '0' && s[1] <= '9' {
		if count == MaxDigits {
			return 0, false
		}
		digits[count] = s[1]
		count++
		s = s[2:]
	}
	if s != "\x01i" || !n.Number.IsValid() || position(n.Number) != n.Number.Len() {
		return 0, false
	}
	number = n.Number
	for count--; count >= 0; count-- {
		if number, ok = number.Child(digits[count]); !ok {
			return 0, false
		}
	}
	return number, true
}
