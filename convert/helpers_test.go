package convert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
)

func mustApex(s string) e164.Apex {
	apex, err := e164.ParseApex(s)
	if err != nil {
		panic(err)
	}
	return apex
}

// turn converts text, which must succeed.
func turn(tb testing.TB, text string, o Options) string {
	tb.Helper()
	out, _ := turned(tb, text, o)
	return out
}

func turned(tb testing.TB, text string, o Options) (string, Report) {
	tb.Helper()
	var out bytes.Buffer
	if o.File == "" {
		o.File = "in"
	}
	report, err := Convert(context.Background(), &out, strings.NewReader(text), o)
	if err != nil {
		tb.Fatalf("%s to %s: %v", report.From, o.To, err)
	}
	return out.String(), report
}

// refused converts text, which must fail before anything is written, and returns the error.
func refused(tb testing.TB, text string, o Options) error {
	tb.Helper()
	var out bytes.Buffer
	o.File = "in"
	_, err := Convert(context.Background(), &out, strings.NewReader(text), o)
	if err == nil {
		tb.Fatalf("taken:\n%s\nas\n%s", text, out.String())
	}
	if out.Len() > 0 {
		tb.Errorf("%v, but something was written: %q", err, out.String())
	}
	return err
}

// world writes a random numbers file with everything that one can hold.
type world struct {
	random *rand.Rand
	text   strings.Builder
	taken  map[string]bool // keys, and prefixes of blocks with each of their lengths
	count  int
	cuts   []string
}

func newWorld(seed uint64, entries int) *world {
	w := &world{random: rand.New(rand.NewPCG(seed, 4)), taken: map[string]bool{}}
	w.text.WriteString("$TTL 2h\n")
	for w.count < entries {
		switch w.random.IntN(12) {
		case 0:
			w.block("12", 11, 11, true) // a closed plan
		case 1:
			w.ranges()
		case 2:
			n := 4 + w.random.IntN(10)
			w.block("49", n, min(15, n+w.random.IntN(5)), false) // an open plan
		case 3:
			w.delegation()
		case 4, 5:
			w.number("49"+w.digits(3+w.random.IntN(11)), false)
		case 6:
			w.number("441"+w.digits(8), false)
		default:
			w.number("12"+w.digits(9), true)
		}
	}
	w.text.WriteString("$END\n")
	return w
}

// digits favours some, so that things meet.
func (w *world) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(w.random.IntN(4))
		if w.random.IntN(3) == 0 || i > 5 {
			b[i] = '0' + byte(w.random.IntN(10))
		}
	}
	return string(b)
}

func (w *world) take(keys ...string) bool {
	for _, k := range keys {
		if w.taken[k] {
			return false
		}
	}
	for _, k := range keys {
		w.taken[k] = true
	}
	w.count++
	return true
}

func (w *world) number(digits string, raw bool) {
	if w.take(digits) {
		w.entry("+"+digits, digits, len(digits), len(digits), false, raw)
	}
}

func (w *world) block(country string, least, most int, raw bool) {
	prefix := country + w.digits(w.random.IntN(min(least-len(country), 8)))
	var keys []string
	for l := least; l <= most; l++ {
		keys = append(keys, fmt.Sprintf("%s/%d", prefix, l))
	}
	if !w.take(keys...) {
		return
	}
	key := fmt.Sprintf("+%sx{%d,%d}", prefix, least-len(prefix), most-len(prefix))
	if least == most && least-len(prefix) < 4 {
		key = "+" + prefix + strings.Repeat("x", least-len(prefix))
	}
	w.entry(key, prefix, least, most, true, raw)
}

func (w *world) ranges() {
	prefix := "19" + w.digits(6)
	a, b := w.random.IntN(1000), w.random.IntN(1000)
	if a > b {
		a, b = b, a
	}
	if a == b {
		return
	}
	// Its pieces are blocks and numbers of these prefixes.
	if !w.take(prefix + "-") {
		return
	}
	w.entry(fmt.Sprintf("+%s%03d..+%s%03d", prefix, a, prefix, b), "", 11, 11, true, false)
}

func (w *world) delegation() {
	digits := "442" + w.digits(6)
	if !w.take(digits) {
		return
	}
	w.cuts = append(w.cuts, digits)
	fmt.Fprintf(&w.text, "+%s%s", digits, w.ttl())
	name := ""
	for i := len(digits) - 1; i >= 0; i-- {
		name += digits[i:i+1] + "."
	}
	for i := range 1 + w.random.IntN(2) {
		fmt.Fprintf(&w.text, "\tNS ns%d.example.net.\n", i)
	}
	if w.random.IntN(2) == 0 {
		fmt.Fprintf(&w.text, "\tNS ns.%se164.arpa. 192.0.2.%d 2001:db8::%x\n", name, w.random.IntN(256), 1+w.random.IntN(60000))
	}
	if w.random.IntN(20) == 0 {
		// In the tree, and not in what is delegated.
		fmt.Fprint(&w.text, "\tNS ns-shared.4.4.e164.arpa. 192.0.2.77\n")
	}
	if w.random.IntN(3) == 0 {
		fmt.Fprintf(&w.text, "\tDS %d 13 2 %064X\n", w.random.IntN(65536), w.random.Uint64())
	}
}

func (w *world) ttl() string {
	if w.random.IntN(4) == 0 {
		return fmt.Sprintf(" ttl=%d", w.random.IntN(100000))
	}
	return ""
}

// entry writes the records of a number or a block.
func (w *world) entry(key, prefix string, least, most int, block, raw bool) {
	w.text.WriteString(key)
	if w.random.IntN(15) == 0 {
		w.text.WriteString("  none\n")
		return
	}
	w.text.WriteString(w.ttl())
	fixed := least == most
	for i := range 1 + w.random.IntN(3) {
		user := fmt.Sprintf("u%d-%x", i, w.random.Uint32())
		host := []string{"example.com", "example.net", "gw.example.org"}[w.random.IntN(3)]
		settings := ""
		if w.random.IntN(6) == 0 {
			settings += fmt.Sprintf(" order=%d", w.random.IntN(65536))
		}
		if w.random.IntN(6) == 0 {
			settings += fmt.Sprintf(" pref=%d", w.random.IntN(60000))
		}
		uri := []string{
			"im:" + user + "@" + host, "sip:" + user + "@" + host + ";user=phone", "xmpp:" + user + "@" + host,
			fmt.Sprintf("E2U+voice:tel tel:+120255%d%04d", i, w.random.IntN(10000)), "E2U+email:mailto mailto:" + user + "@" + host + "?subject=a%20b",
			"sips:" + user + "%C3%A9@" + host, "E2U+web:http http://" + host + "/a?b=c&d=(e)%23" + user,
			"e2u+SIP+voicemsg:sip sip:*" + user + "!" + host + "@" + host, "pres:" + user + "@" + host,
			"acct:" + user + "@" + host, "E2U+ifax:mailto mailto:fax/" + user + "@" + host,
		}[w.random.IntN(11)]
		if block && w.random.IntN(2) == 0 {
			places := []string{"{number}", "{digits}"}
			if least > len(prefix) {
				places = append(places, "{rest}", "{last1}", "{rest};q={number};x={last1}")
			}
			if fixed && least >= 5 {
				places = append(places, "{last3}-{last5}")
			}
			uri = "sip:" + places[w.random.IntN(len(places))] + "@" + user + "." + host
		}
		if raw && w.random.IntN(6) == 0 {
			kept := prefix[:min(3, len(prefix))]
			uri = fmt.Sprintf(`NAPTR %d %d "%s" "E2U+sip" "%s" .`, w.random.IntN(65536), w.random.IntN(65536), []string{"u", "U"}[w.random.IntN(2)],
				[]string{`/^\+` + kept + `([0-9]*)$/sip:\1@` + user + "." + host + `/i`, `!^\+` + kept + `(.*)$!sip:\1@` + user + "." + host + `!`, `#^(.*)$#sip:a;b='!'@` + user + "." + host + `#`}[w.random.IntN(3)])
			if w.random.IntN(4) == 0 {
				uri = fmt.Sprintf(`NAPTR %d 5 "" "E2U+sip" "" %s.example.net.`, w.random.IntN(65536), user)
			}
			settings = "\n"
		}
		w.text.WriteString(settings + " " + uri)
	}
	w.text.WriteString("\n")
}

// faultsOf returns the lines of an error.
func faultsOf(err error) []string {
	var out []string
	for one := range strings.SplitSeq(err.Error(), "\n") {
		out = append(out, one)
	}
	return out
}

var errTest = errors.New("test")
