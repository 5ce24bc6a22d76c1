package naptr_test

import (
	"slices"
	"strings"
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

// hostile are expressions that cost as much as 255 octets can.
var hostile = []struct{ name, regexp string }{
	{"groups", "!^" + strings.Repeat("(1?)", 40) + `$!im:user\1@example.com!`},
	{"nested", "!^" + strings.Repeat("(", 60) + "1" + strings.Repeat(")*", 60) + `$!im:user\1@example.com!`},
	{"alternatives", "!^(" + strings.Repeat("1*|", 60) + `2)*$!im:user\1@example.com!`},
	{"counts", `!^(.{0,20}){0,20}x$!im:user\1@example.com!`},
	{"too many counts", `!^(((.{1,15}){1,15}){1,15})*(.*)*.*.*$!im:user\1@example.com!`},
	{"nothing, often", "!^(" + strings.Repeat("(", 30) + "x" + strings.Repeat(")", 30) + `{255}){4}$!im:user@example.com!`},
	{"brackets", "!^" + strings.Repeat("[[:alnum:]0-9+]*", 13) + `$!im:user@example.com!`},
	{"back-references", `!^\+(.*)$!im:` + strings.Repeat(`\1`, 115) + "@x!"},
}

// What strangers send is parsed into an Expression and no garbage beside it. The bound leaves room for a
// sync.Pool that forgets; without one, each of these takes more.
func TestParseExpressionAllocates(t *testing.T) {
	for _, x := range hostile {
		if n := testing.AllocsPerRun(100, func() { naptr.ParseExpression(x.regexp) }); n > 16 {
			t.Errorf("%s: %v allocations", x.name, n)
		}
	}
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
	for _, x := range slices.Concat(expressions, hostile) {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				naptr.ParseExpression(x.regexp)
			}
		})
	}
}
