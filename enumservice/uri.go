package enumservice

import (
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// URI appends what the terminal record r yields for n to dst and returns the extended slice: octets of
// whatever quality, which Append judges. ok is false, and out is dst, where it yields nothing: r is not
// terminal, its expression is malformed or does not match. For the zero Number only expressions whose
// pattern is "^.*$" or ".*" and which refer to no group yield something. An expression of the form
// "!^.*$!URI!" is not parsed; it allocates nothing but what dst needs to grow.
func (c Checker) URI(dst []byte, n e164.Number, r naptr.Record) (out []byte, ok bool) {
	if !r.Terminal() {
		return dst, false
	}
	if uri, ok := naptr.CutLiteral(r.Regexp); ok {
		return append(dst, uri...), uri != ""
	}
	out = dst
	err := naptr.UseExpression(r.Regexp, func(x *naptr.Expression) {
		if uri, fixed := x.Literal(); fixed {
			out, ok = append(dst, uri...), true
		} else if n.IsValid() {
			var aus [1 + e164.MaxDigits]byte
			out, ok = x.Append(dst, c.aus(aus[:0], n))
		}
	})
	return out, ok && err == nil
}
