package naptr_test

import (
	"errors"
	"testing"

	"github.com/enumim/enumim/naptr"
)

const drama = "+441632960083"

// TestVectorsC evaluates the substitution vectors C01 to C31: what every ENUM client must come to.
func TestVectorsC(t *testing.T) {
	foreign := `!^(\+[^4].*|\+4[^4].*|\+44[^1].*|\+441[^6].*|\+4416[^3].*|\+44163[^2].*|\+441632[^9].*|\+4416329[^6].*|\+44163296[^0].*)$!sip:\1@biloxi.example.com!`
	for _, v := range []struct{ id, aus, regexp, want string }{
		{"C01", drama, `!^.*$!im:alice@example.com!`, "im:alice@example.com"},
		{"C02", drama, `!^(\+441632960083)$!im:\1@example.com!`, "im:+441632960083@example.com"},
		{"C03", drama, `!^\+(.*)$!im:\1@im.example.com!`, "im:441632960083@im.example.com"},
		{"C04", drama, `!^\+44(.*)$!im:0\1@uk.example.com!`, "im:01632960083@uk.example.com"},
		{"C05", drama, `!^\+44(1632)(960)([0-9]{3})$!im:\3.\2.\1@x.example!`, "im:083.960.1632@x.example"},
		{"C06", "+442079460148", `!^\+44(1632)?(.*)$!im:a\1b\2@example.com!`, "im:ab2079460148@example.com"},
		{"C07", drama, `!^\+44163296008[0-4]$!im:team@example.com!`, "im:team@example.com"},
		{"C08", drama, `!^\+441632960084$!im:bob@example.com!`, ""},
		{"C09", drama, `!44!im:alice@example.com!`, "im:alice@example.com"},
		{"C10", drama, `!^[+](44)(.*)$!im:\2@\1.example.com!`, "im:1632960083@44.example.com"},
		{"C11", drama, `!^\+(.)(.)(.)(.)(.)(.)(.)(.)(.)(.).*$!im:\10@example.com!`, "im:40@example.com"},
		{"C12", drama, `!^(.*)$!im:\1\1\1@example.com!`, "im:+441632960083+441632960083+441632960083@example.com"},
		{"C13", drama, `!^.*$!im:a\!b@example.com!`, "im:a!b@example.com"},
		{"C14", drama, `!^.*$!im:a%21b@example.com!`, "im:a%21b@example.com"},
		{"C15", drama, `!^.*$!im:alice@example.com!i`, "im:alice@example.com"},
		{"C16", drama, `/^.*$/im:alice@example.com/`, "im:alice@example.com"},
		{"C17", drama, `!^([0-9]+)$!im:\1@example.com!`, ""},
		{"C18", "441632960083", `!^(.*)$!im:\1@example.com!`, "im:441632960083@example.com"},
		{"C19", "441632960083", `!^\+(.*)$!im:\1@example.com!`, ""},
		{"C20", "+12155550123", `!(^.*)$!tel:\1;npdi!`, "tel:+12155550123;npdi"},
		{"C21", "+441865332244", `!^(.*)$!tel:\1!`, "tel:+441865332244"},
		{"C22", "+441865332244", `!^\+441865332(.*)$!sip:\1@nominet.org.uk!`, "sip:244@nominet.org.uk"},
		{"C23", "+441632960123", `!^(\+441632960.*)$!sips:\1@atlanta.example.com!`, "sips:+441632960123@atlanta.example.com"},
		{"C24", "+442079460148", `!^(\+441632960.*)$!sips:\1@atlanta.example.com!`, ""},
		{"C25 own", "+441632960123", foreign, ""},
		{"C25 foreign", "+442079460148", foreign, "sip:+442079460148@biloxi.example.com"},
		{"C26", "urn:cid:199606121851.1@bar.example.com", `!^urn:cid:.+@([^\.]+\.)(.*)$!\2!i`, "example.com"},
		{"C27", "ABCDEFG", `!(A(B(C)DE)(F)G)!\1 \2 \3 \4!`, "ABCDEFG BCDE C F"},
		{"C29", "+4689761234", `!^\+46(.*)$!ldap://ldap.se/cn=0\1!`, "ldap://ldap.se/cn=089761234"},
		{"C30", drama, `!^(.*)(.*)$!im:\1x\2@e.example!`, "im:+441632960083x@e.example"},
		{"C31", drama, `!^(\+44|\+441)(1?)(.*)$!im:\1-\2-\3@e.example!`, "im:+44-1-632960083@e.example"},
	} {
		t.Run(v.id, func(t *testing.T) {
			e, err := naptr.ParseExpression(v.regexp)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := e.Eval(v.aus)
			if got != v.want || ok != (v.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, v.want)
			}
		})
	}
	t.Run("C27 beyond", func(t *testing.T) { refused(t, `!(A(B(C)DE)(F)G)!\5!`, naptr.ErrBackref, 17) })
	t.Run("C28", func(t *testing.T) { refused(t, `!^+46(.*)$!ldap://ldap.se/cn=0\1!`, naptr.ErrRepeat, 2) })
}

// refused fails t unless the expression is refused for that reason at that octet.
func refused(t *testing.T, regexp string, reason error, offset int) {
	t.Helper()
	_, err := naptr.ParseExpression(regexp)
	var syntax *naptr.SyntaxError
	if !errors.Is(err, reason) || !errors.As(err, &syntax) {
		t.Fatalf("%s: got %v, want %v", regexp, err, reason)
	}
	if syntax.Offset != offset {
		t.Errorf("%s: fault at octet %d, want %d", regexp, syntax.Offset, offset)
	}
}

// TestVectorsB gives the parse verdicts of B49 to B74; a linter tells them apart by their reasons.
func TestVectorsB(t *testing.T) {
	for _, v := range []struct {
		id, regexp string
		reason     error
		offset     int
	}{
		{"B49", `!^.*$!im:alice@example.com`, naptr.ErrUnterminated, 26},
		{"B50", `!^.*$im:alice@example.com!`, naptr.ErrUnterminated, 26},
		{"B51", `^.*$!im:alice@example.com!`, naptr.ErrDelimiter, 0},
		{"B52", `!^.*$!im:a!b@example.com!`, naptr.ErrExtraDelimiter, 24},
		{"B55", `1^.*$1im:alice@example.com1`, naptr.ErrDelimiter, 0},
		{"B55 zero", `0^.*$0im:alice@example.com0`, naptr.ErrDelimiter, 0},
		{"B56", `i^.*$im:alice@example.comi`, naptr.ErrDelimiter, 0},
		{"B56 capital", `I^.*$Im:alice@example.comI`, naptr.ErrDelimiter, 0},
		{"B57", `\^.*$\im:alice@example.com\`, naptr.ErrDelimiter, 0},
		{"B58 plus", `+^\+44.*$+im:alice@example.com+`, naptr.ErrDelimiter, 0},
		{"B58 bar", `|^.*$|im:alice@example.com|`, naptr.ErrDelimiter, 0},
		{"B58 dot", `.^.*$.im:alice@example.com.`, naptr.ErrDelimiter, 0},
		{"B58 star", `*^.*$*im:alice@example.com*`, naptr.ErrDelimiter, 0},
		{"B59", `m^.*$mim:alice@example.com`, naptr.ErrDelimiter, 0},
		{"B62", `!^.*$!im:alice@example.com!g`, naptr.ErrFlag, 27},
		{"B62 blank", `!^.*$!im:alice@example.com! `, naptr.ErrFlag, 27},
		{"B63", `!^+44(.*)$!im:\1@example.com!`, naptr.ErrRepeat, 2},
		{"B64 group", `!^(+44.*)$!im:\1@example.com!`, naptr.ErrRepeat, 3},
		{"B64 alternative", `!^(\+44|+1).*$!im:\1@example.com!`, naptr.ErrRepeat, 8},
		{"B65", `!^\+44(.*$!im:\1@example.com!`, naptr.ErrUnbalanced, 6},
		{"B66", `!^\+44.*)$!im:x@example.com!`, naptr.ErrUnbalanced, 8},
		{"B67", `!^.*$!im:\1@example.com!`, naptr.ErrBackref, 9},
		{"B68", `!^(.*)$!im:\2@example.com!`, naptr.ErrBackref, 11},
		{"B69", `!^(.*)$!im:\0@example.com!`, naptr.ErrBackrefZero, 11},
		{"B70", `!^.*$!im:ali\ce@example.com!`, naptr.ErrBackslash, 12},
		{"B71 digit class", `!^\+44(\d+)$!im:\1@example.com!`, naptr.ErrPerl, 7},
		{"B71 flags", `!^(?i).*$!im:x@example.com!`, naptr.ErrPerl, 2},
		{"B71 group", `!^(?:.*)$!im:x@example.com!`, naptr.ErrPerl, 2},
		{"B72", `!^.*$!!`, naptr.ErrEmptyReplacement, 6},
		{"B73", `!!im:alice@example.com!`, naptr.ErrEmptyPattern, 1},
		{"B74", ``, naptr.ErrNoExpression, 0},
	} {
		t.Run(v.id, func(t *testing.T) { refused(t, v.regexp, v.reason, v.offset) })
	}
	for _, v := range []struct{ id, regexp, want string }{
		{"B53", `!^.*$!im:a\!b@example.com!`, "im:a!b@example.com"},
		{"B54 slash", `/^.*$/im:alice@example.com/`, "im:alice@example.com"},
		{"B54 hash", `#^.*$#im:alice@example.com#`, "im:alice@example.com"},
		{"B60", `!^.*$!im:alice@example.com!i`, "im:alice@example.com"},
		{"B61", `!^.*$!im:alice@example.com!ii`, "im:alice@example.com"},
	} {
		t.Run(v.id, func(t *testing.T) {
			e, err := naptr.ParseExpression(v.regexp)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := e.Literal(); got != v.want || !ok {
				t.Errorf("got %q, %v", got, ok)
			}
			if e.Delimiter() != v.regexp[0] {
				t.Errorf("delimiter %q", e.Delimiter())
			}
		})
	}
}
