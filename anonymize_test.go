package enumim

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coredns/caddy"
	"github.com/miekg/dns"

	"github.com/enumim/enumim/anonymous"
	"github.com/enumim/enumim/backend"
	stores "github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/im"
)

// Keys that everybody knows.
const (
	key1 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	key2 = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

// anonymize hides the mailboxes of a block with the keys in a file.
func anonymize(tb testing.TB, path string, period time.Duration, numbers ...string) func(*block) {
	tb.Helper()
	secret, err := stores.ParseSecret(backend.Config{}, backend.Option{Args: []string{"file:" + path}})
	if err != nil {
		tb.Fatal(err)
	}
	o := &corefile.Anonymize{Keys: secret, Period: anonymous.Period(period)}
	for _, n := range numbers {
		o.Numbers = append(o.Numbers, e164.MustParse(n))
	}
	return func(b *block) {
		b.Options.Anonymize = o
		if err := b.openAnonymizer(); err != nil {
			tb.Fatal(err)
		}
	}
}

// keyFile writes keys to a file of the test.
func keyFile(tb testing.TB, keys ...string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "alias.keys")
	if err := os.WriteFile(path, []byte(strings.Join(keys, "\n")+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// aliasOf returns the alias of a number at a time.
func aliasOf(tb testing.TB, key, number string, period time.Duration, at time.Time) string {
	tb.Helper()
	keys, err := anonymous.ParseKeys(key)
	if err != nil {
		tb.Fatal(err)
	}
	return anonymous.NewMinter(keys[0]).Mint([]byte(number), anonymous.Period(period).Epoch(at)).String()
}

// people are mailboxes that must not get out, beside what else there may be.
const people = mailboxes + `
1.8.4.4 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .
1.8.4.4 600 IN NAPTR 100 20 "u" "E2U+im" "!^.*$!im:alice.work@example.com!" .
1.8.4.4 600 IN NAPTR 100 30 "u" "E2U+im" "!^.*$!im:alice@example.net!" .
1.8.4.4 600 IN NAPTR 100 40 "u" "E2U+im" "!^\\+49.*$!im:alice@example.org!" .
1.8.4.4 600 IN NAPTR 100 50 "u" "E2U+im" "!^.*$!im:alice!" .
1.8.4.4 600 IN NAPTR 100 60 "u" "E2U+sip" "!^\\+(.*)$!sip:\\1@example.com!" .
1.9.4.4 600 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice!" .
`

// RFC 5028 section 3: no answer tells a mailbox, whatever is asked for and in whatever form. What cannot be hidden is
// not answered, and neither is a signature that would prove a guess.
func TestAnonymizeTellsNoMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := keyFile(t, key1)
		alias := func(number string) string { return aliasOf(t, key1, number, 30*24*time.Hour, time.Now()) }
		one := func(number string) []string { return []string{"E2U+im im:" + alias(number) + "@example.com"} }
		for name, want := range map[string]struct{ plain, stored []string }{
			"1.1.4.4":    {plain: one("+4411")},
			"1.2.4.4":    {plain: one("+4421")},
			"1.3.4.4":    {plain: one("+4431")},
			"1.5.4.4":    {plain: one("+4421")}, // behind an alias: of the number whose records these are
			"1.6.4.4":    {plain: one("+4461")},
			"box":        {}, // no number, so that there is no alias
			"_x.1.7.4.4": {plain: one("+4411")},
			"2.1.i.9.4":  {plain: one("+4912")}, // RFC 5527 section 4
			"1.8.4.4": {
				append(one("+4481"), "E2U+im im:"+alias("+4481")+"@example.net", "E2U+sip sip:4481@example.com"),
				append(one("+4481"), "E2U+im im:"+alias("+4481")+"@example.net", `E2U+sip sip:\\1@example.com`),
			},
			"1.9.4.4": {},
		} {
			if want.stored == nil {
				want.stored = want.plain
			}
			for form, change := range map[string]func(*block){"plain": plain, "stored": stored} {
				e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", people), change, anonymize(t, path, 30*24*time.Hour))
				for _, qtype := range []uint16{dns.TypeNAPTR, dns.TypeANY, dns.TypeRRSIG, dns.TypeTXT, dns.TypeCNAME, dns.TypeAXFR} {
					m := askHandler(t, e, withOPT(query1(name+".e164.arpa.", qtype), 1232, true), nil)
					text := dump(m)
					for _, uri := range regexp.MustCompile(`[!:@]im:\S*`).FindAllString(text, -1) {
						if !regexp.MustCompile(`^!im:a-[a-z2-7]{16}@example\.(com|net)!"$`).MatchString(uri) {
							t.Errorf("%s, %s, %s tells %s", name, form, dns.TypeToString[qtype], uri)
						}
					}
					if strings.Contains(text, "alice") || strings.Contains(text, "IN RRSIG NAPTR") {
						t.Errorf("%s, %s, %s: %s", name, form, dns.TypeToString[qtype], text)
					}
					if qtype != dns.TypeNAPTR {
						continue
					}
					expected := want.plain
					if form == "stored" {
						expected = want.stored
					}
					if got := services(m); !slices.Equal(got, expected) {
						t.Errorf("%s, %s: got\n%q, want\n%q", name, form, got, expected)
					}
				}
			}
		}
		// Another signature stays, and so does one where nobody hides anything.
		e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", people), anonymize(t, path, 30*24*time.Hour))
		if m := askHandler(t, e, query1("1.4.4.4.e164.arpa.", dns.TypeRRSIG), nil); len(m.Answer) != 1 {
			t.Errorf("the signature of TXT records: %v", m)
		}
		e = serve(t, "e164.arpa", newMemory(t, "e164.arpa", people))
		if m := askHandler(t, e, query1("1.3.4.4.e164.arpa.", dns.TypeRRSIG), nil); len(m.Answer) != 1 {
			t.Errorf("without the option: %v", m)
		}
	})
}

// Twins offer the alias, too.
func TestAnonymizeTwins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", people), anonymize(t, keyFile(t, key1), time.Hour), func(b *block) {
			b.Options.Twins = []im.Protocol{im.SIP, im.XMPP}
		})
		box := aliasOf(t, key1, "+4411", time.Hour, time.Now()) + "@example.com"
		want := []string{"E2U+im im:" + box, "E2U+sip sip:" + box, "E2U+xmpp xmpp:" + box}
		if got := services(askHandler(t, e, query1("1.1.4.4.e164.arpa.", dns.TypeNAPTR), nil)); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A dial plan's numbers have no "+", and others are not hidden where the option names some.
func TestAnonymizeNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := keyFile(t, key1)
		e := serve(t, "dial.example", newMemory(t, "dial.example", `1.1 60 IN NAPTR 100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" .`),
			anonymize(t, path, time.Hour), func(b *block) { b.Options.DialPlan = true })
		want := "E2U+im im:" + aliasOf(t, key1, "11", time.Hour, time.Now()) + "@example.com"
		if got := services(askHandler(t, e, query1("1.1.dial.example.", dns.TypeNAPTR), nil)); !slices.Equal(got, []string{want}) {
			t.Errorf("got %q, want %q", got, want)
		}
		e = serve(t, "e164.arpa", newMemory(t, "e164.arpa", people), anonymize(t, path, time.Hour, "+442", "+445"))
		for name, hidden := range map[string]bool{"1.1.4.4": false, "1.2.4.4": true, "1.5.4.4": true, "1.6.4.4": false, "box": false} {
			got := services(askHandler(t, e, query1(name+".e164.arpa.", dns.TypeNAPTR), nil))
			if len(got) != 1 || strings.Contains(got[0], "im:a-") != hidden {
				t.Errorf("%s: got %q, hidden: %v", name, got, hidden)
			}
		}
	})
}

// The alias of a number stays for a period, and no answer outlives its alias; what has none keeps its TTL.
func TestAnonymizeEpochs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, "e164.arpa", strings.ReplaceAll(people, " 600 IN", " 86400 IN"))
		e := serve(t, "e164.arpa", m, anonymize(t, keyFile(t, key1), 2*time.Hour))
		last, aliases := "", 0
		for begin := time.Now(); time.Since(begin) < 6*time.Hour; time.Sleep(7 * time.Minute) {
			answer := askHandler(t, e, query1("1.1.4.4.e164.arpa.", dns.TypeNAPTR), nil)
			alias, ttl := services(answer)[0], answer.Answer[0].Header().Ttl
			if want := "E2U+im im:" + aliasOf(t, key1, "+4411", 2*time.Hour, time.Now()) + "@example.com"; alias != want {
				t.Fatalf("at %v: got %s, want %s", time.Now(), alias, want)
			}
			if alias != last {
				last = alias
				aliases++
			}
			ends := time.Unix((time.Now().Unix()/7200+2)*7200, 0)
			if left := time.Until(ends); ttl != uint32(left/time.Second)/2 || ttl < 3600 {
				t.Errorf("at %v: TTL %d, and the alias resolves for %v", time.Now(), ttl, left)
			}
		}
		if aliases < 3 || aliases > 4 {
			t.Errorf("%d aliases in three periods", aliases)
		}
		if ttl := askHandler(t, e, query1("1.1.4.4.e164.arpa.", dns.TypeTXT), nil).Answer[0].Header().Ttl; ttl != 86400 {
			t.Errorf("TTL %d of TXT records", ttl)
		}
	})
}

// A key that is exchanged is used within seconds, without a reload; one that cannot be read, or is none, leaves the one
// from before in use, and is told once, without a word of what stands there.
func TestAnonymizeKeyIsExchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := keyFile(t, key1)
		e := serve(t, "e164.arpa", newMemory(t, "e164.arpa", people), anonymize(t, path, 30*24*time.Hour))
		uses := func(key string) {
			t.Helper()
			want := []string{"E2U+im im:" + aliasOf(t, key, "+4411", 30*24*time.Hour, time.Now()) + "@example.com"}
			if got := services(askHandler(t, e, query1("1.1.4.4.e164.arpa.", dns.TypeNAPTR), nil)); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		exchange := func(text string) (logged string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return capture(func() {
				for range 3 {
					time.Sleep(keysAge)
					askHandler(t, e, query1("1.1.4.4.e164.arpa.", dns.TypeNAPTR), nil)
					synctest.Wait()
				}
			})
		}
		uses(key1)
		if logged := exchange(key2 + "\n" + key1 + "\n"); !strings.Contains(logged, "another key") {
			t.Errorf("nothing is told: %q", logged)
		}
		uses(key2)
		if logged := exchange(key2 + "\n"); logged != "" { // that others resolve no more does not matter here
			t.Errorf("told: %q", logged)
		}
		uses(key2)
		logged := exchange(key1[:62] + "\n")
		if strings.Count(logged, "line 1: a key has 64") != 1 || strings.Contains(logged, key1[:6]) {
			t.Errorf("told: %q", logged)
		}
		uses(key2)
		exchange(key1)
		uses(key1)
	})
}

// A server that could answer no im: URI does not start, and tells where the keys should be.
func TestAnonymizeNeedsKeys(t *testing.T) {
	m := newMemory(t, "e164.arpa", people)
	for name, want := range map[string]string{"none": "no such file", "bad": "line 1: a key has 64 hexadecimal digits"} {
		path := keyFile(t, "bad")
		if name == "none" {
			path += ".none"
		}
		text := fmt.Sprintf("e164.arpa:0 {\n bind 127.0.0.1\n enumim {\n backend memory %s\n anonymize file:%s\n }\n}", shelve(t, m), path)
		instance, err := caddy.Start(input(text))
		if err == nil {
			stopServer(instance)
			t.Fatalf("%s: it starts", name)
		}
		if !strings.Contains(err.Error(), "Corefile:3: anonymize: file:"+path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Through the whole of CoreDNS: the cache keeps aliases, and what comes along is of the domain, which stays.
func TestAnonymizeEndToEnd(t *testing.T) {
	e := startElsewhere(t, example...)
	path := keyFile(t, key1, key2)
	option := "additional srv wait 1s\n anonymize file:" + path + " period 8784h"
	udp, tcp := addresses(startServer(t, additionalCorefile(shelve(t, newMemory(t, "e164.arpa", numbers)), e, option, "cache")))
	want := map[string]bool{}
	want["im:"+aliasOf(t, key1, "+12025550100", 366*24*time.Hour, time.Now())+"@example.com"] = true
	replies := []*dns.Msg{
		exchange(t, "udp", udp, query1(number0, dns.TypeNAPTR)), exchange(t, "tcp", tcp, query1(number0, dns.TypeNAPTR)),
		exchange(t, "udp", udp, withOPT(query1(strings.ToUpper(number0), dns.TypeNAPTR), 1232, false)),
	}
	want["im:"+aliasOf(t, key1, "+12025550100", 366*24*time.Hour, time.Now())+"@example.com"] = true // if an epoch began
	for _, m := range replies {
		got := services(m)
		if len(got) == 0 || !want[strings.TrimPrefix(got[0], "E2U+im ")] {
			t.Errorf("got %q, want one of %v", got, want)
		}
		if along := broughtAlong(m); !slices.Contains(along, "_im._sip.example.com. 300 IN SRV 10 0 5060 a.example.com.") {
			t.Errorf("the answer brings along %q", along)
		}
	}
}

// An alias costs one allocation more than the answer.
func TestAnonymizeAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m := newMemory(t, "4.4.e164.arpa", fixture)
	name, _ := m.apexOf().Parse(vectorName("3.8.0.0.6.9.2.3.6.1"))
	m.hook = constant(m.zone, m.find(name))
	e := serve(t, "4.4.e164.arpa", m, anonymize(t, keyFile(t, key1), time.Hour))
	r, w, ctx := withOPT(query1(vectorName("3.8.0.0.6.9.2.3.6.1"), dns.TypeNAPTR), 1232, false), &null{}, t.Context()
	got := testing.AllocsPerRun(200, func() {
		if _, err := e.ServeDNS(ctx, w, r); err != nil {
			t.Fatal(err)
		}
	})
	if got > 3 {
		t.Errorf("%v allocations", got)
	}
}
