package naptr_test

import (
	"testing"

	"github.com/enumim/enumim/naptr"
)

var expressions = []struct{ name, regexp string }{
	{"literal", `!^.*$!im:alice@example.com!`},
	{"number", `!^\+(.*)$!im:\1@example.com!`},
	{"block", `!^\+(1202555(....))$!im:\1@x\2.example.com!`},
	{"alternatives", `!^\+(1|44)([0-9]*)$!im:\2@\1.example.com!`},
	{"adversarial", `!^(((.*)*)*(1|2|0|5)*)*$!im:\1@example.com!`},
}

func BenchmarkAppendPlain(b *testing.B) {
	for _, x := range expressions {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			rule := naptr.NewRule(record(x.regexp))
			dst, aus := make([]byte, 0, 256), []byte("+12025550142")
			for b.Loop() {
				rule.AppendPlain(dst, aus, "")
			}
		})
	}
}

func BenchmarkEval(b *testing.B) {
	for _, x := range expressions {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			e, err := naptr.ParseExpression(x.regexp)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				e.Eval("+12025550142")
			}
		})
	}
}

func BenchmarkParseExpression(b *testing.B) {
	for _, x := range expressions {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := naptr.ParseExpression(x.regexp); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
