package enumservice

import (
	"fmt"
	"strings"
	"testing"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

const ok = Severity(0)

// recordVectors are the vectors of standards.md section 5.2 that one record decides.
var recordVectors = []struct {
	id    string
	rec   naptr.Record
	codes string
	worst Severity
}{
	{"B01", base(), "", ok},
	{"B02", flags("U"), "F16", Info},
	{"B03", services("e2u+IM"), "S11", Info},
	{"B04", regexp(`!^(\+441632960083)$!im:\1@example.com!`), "R11", Info},
	{"B05", regexp("!.*!im:alice@example.com!"), "R30", Info},
	{"B07", services("im+E2U"), "S02", Error},
	{"B08", services("E2U+im:sip"), "S04", Error},
	{"B09", services("E2U+im:im"), "S04", Error},
	{"B10", services("E2U"), "S22", Error},
	{"B11 a", services("E2U+"), "S23", Error},
	{"B11 b", services("E2U+im+"), "S23", Error},
	{"B11 c", services("E2U++im"), "S23", Error},
	{"B12 a", services("E2U im"), "S24", Error},
	{"B12 b", services(" E2U+im"), "S24", Error},
	{"B12 c", services("E2U+im "), "S24", Error},
	{"B13 a", services("im"), "S21", Error},
	{"B13 b", services("+im"), "S21", Error},
	{"B14", services("E2U:im"), "S21", Error},
	{"B15", services(""), "S21", Error},
	{"B16", services("E2U+im+sip"), "S03 S13 S06", Error},
	{"B17", naptr.Record{Order: 100, Flags: "u", Services: "E2U+sip+im", Regexp: "!^.*$!sip:alice@example.com!"}, "S03 S13 S05", Error},
	{"B18", services("E2U+im+pres"), "S03 S14", Warning},
	{"B19", services("E2U+im+im"), "S03 S12", Warning},
	{"B20", services("E2U+x-im"), "S15", Info},
	{"B21", services("E2U+p-im"), "S16", Error},
	{"B22 a", services("E2U+" + strings.Repeat("a", 32)), "S08", Info},
	{"B22 b", services("E2U+" + strings.Repeat("a", 33)), "S26", Error},
	{"B23", services("E2U+im_x"), "S25", Error},
	{"B24", naptr.Record{Order: 100, Flags: "s", Services: "SIP+D2U", Replacement: "\x04_sip\x04_udp\x07example\x03com\x00"}, "F17", Info},
	{"B25", uri("sip:alice@example.com"), "S05", Error},
	{"B26", uri("xmpp:alice@example.com"), "S05", Error},
	{"B27 mailto", uri("mailto:alice@example.com"), "S05", Error},
	{"B27 pres", uri("pres:alice@example.com"), "S05", Error},
	{"B27 tel", uri("tel:+441632960083"), "S05", Error},
	{"B27 https", uri("https://example.com/alice"), "S05", Error},
	{"B28", uri("IM:alice@example.com"), "U06", Warning},
	{"B29", uri("im:"), "I11", Error},
	{"B30", uri("im:alice"), "I11", Error},
	{"B31", uri("im:@example.com"), "I12", Error},
	{"B32", uri("im:alice@example.com?subject=hi"), "I20", Warning},
	{"B33", uri("im:alice@example.com#x"), "U03", Error},
	{"B34", uri("im://alice@example.com"), "I13", Error},
	{"B35", uri("im:al ice@example.com"), "U02", Error},
	{"B36", uri("im:alice@example.com,bob@example.com"), "I14", Error},
	{"B37", uri("im:Alice%20%3Calice@example.com%3E"), "I21", Warning},
	{"B38", uri("im:alice@localhost"), "I22", Error},
	{"B39", uri("im:alice@[192.0.2.1]"), "I01", Warning},
	{"B40", uri("im:alice@example.com."), "I15", Error},
	{"B41", uri("im:alice%zz@example.com"), "U04", Error},
	{"B42 a", uri("im:alice@exa_mple.com"), "I23", Warning},
	{"B42 b", uri("im:alice@-a.example"), "I23", Warning},
	{"B43", uri("im:\xc3\xa9ric@example.com"), "U05", Error},
	{"B44", uri("im:eric@b\xc3\xbccher.example"), "U05", Error},
	{"B45", uri("im:eric@xn--bcher-kva.example"), "", ok},
	{"B46", uri("im:eric@b%C3%BCcher.example"), "I24", Warning},
	{"B47", uri("im:%C3%A9ric@example.com"), "I25", Warning},
	{"B48", uri("im:al\aice@example.com"), "U02", Error},
	{"B49", regexp("!^.*$!im:alice@example.com"), "R03", Error},
	{"B50", regexp("!^.*$im:alice@example.com!"), "R03", Error},
	{"B51", regexp("^.*$!im:alice@example.com!"), "R02", Error},
	{"B52", regexp("!^.*$!im:a!b@example.com!"), "R03", Error},
	{"B53", regexp(`!^.*$!im:a\!b@example.com!`), "R04", Warning},
	{"B54 a", regexp("/^.*$/im:alice@example.com/"), "R01", Warning},
	{"B54 b", regexp("#^.*$#im:alice@example.com#"), "R01", Warning},
	{"B55 a", regexp("1^.*$1im:alice@example.com1"), "R02", Error},
	{"B55 b", regexp("0^.*$0im:alice@example.com0"), "R02", Error},
	{"B56 a", regexp("i^.*$ialice@example.comi"), "R02", Error},
	{"B56 b", regexp("I^.*$Iim:alice@example.comI"), "R35", Warning},
	{"B57", regexp(`\^.*$\im:alice@example.com\`), "R02", Error},
	{"B58 a", regexp(`+^\+44.*$+im:alice@example.com+`), "R35", Warning},
	{"B58 b", regexp(`|^.*$|im:alice@example.com|`), "R35", Warning},
	{"B58 c", regexp(`.^[0-9]$.im:alice@example.`), "R35", Warning},
	{"B58 d", regexp(`*^[0-9]$*im:alice@example.com*`), "R35", Warning},
	{"B59", regexp("m^.*$mim:alice@example.com"), "R02", Error},
	{"B60", regexp("!^.*$!im:alice@example.com!i"), "R05", Warning},
	{"B61", regexp("!^.*$!im:alice@example.com!ii"), "R05", Warning},
	{"B62 a", regexp("!^.*$!im:alice@example.com!g"), "R06", Error},
	{"B62 b", regexp("!^.*$!im:alice@example.com! "), "R06", Error},
	{"B63", regexp(`!^+44(.*)$!im:\1@example.com!`), "R13", Error},
	{"B64 a", regexp(`!^(+44.*)$!im:\1@example.com!`), "R13", Error},
	{"B64 b", regexp(`!^(\+44|+1).*$!im:\1@example.com!`), "R13", Error},
	{"B65", regexp(`!^\+44(.*$!im:\1@example.com!`), "R31", Error},
	{"B66", regexp(`!^\+44.*)$!im:x@example.com!`), "R31", Error},
	{"B67", regexp(`!^.*$!im:\1@example.com!`), "R08", Error},
	{"B68", regexp(`!^(.*)$!im:\2@example.com!`), "R08", Error},
	{"B69", regexp(`!^(.*)$!im:\0@example.com!`), "R07", Error},
	{"B70", regexp(`!^.*$!im:ali\ce@example.com!`), "R17", Error},
	{"B71 a", regexp(`!^\+44(\d+)$!im:\1@example.com!`), "R15", Error},
	{"B71 b", regexp(`!^(?i).*$!im:x@example.com!`), "R15", Error},
	{"B71 c", regexp(`!^(?:.*)$!im:x@example.com!`), "R15", Error},
	{"B72", regexp("!^.*$!!"), "R32", Error},
	{"B73", regexp("!!im:alice@example.com!"), "R25", Error},
	{"B74", regexp(""), "F04", Error},
	{"B75", naptr.Record{Order: 100, Flags: "u", Services: "E2U+im", Regexp: "!^.*$!im:alice@example.com!", Replacement: imName}, "F03", Error},
	{"B76", naptr.Record{Order: 100, Flags: "u", Services: "E2U+im", Replacement: imName}, "F15", Error},
	{"B77", naptr.Record{Order: 100, Replacement: nextName}, "F02", Warning},
	{"B78", naptr.Record{Order: 100, Services: "E2U+im", Replacement: nextName}, "F11 F02", Warning},
	{"B79", naptr.Record{Order: 100, Regexp: "!^.*$!im:alice@example.com!", Replacement: nextName}, "F12", Error},
	{"B80", naptr.Record{Order: 100}, "F13", Error},
	{"B80 root in wire form", naptr.Record{Order: 100, Replacement: "\x00"}, "F13", Error},
	{"B81 s", flags("s"), "F05", Error},
	{"B81 a", flags("a"), "F05", Error},
	{"B81 p", flags("p"), "F05", Error},
	{"B81 d", flags("d"), "F05", Error},
	{"B81 x", flags("x"), "F05", Error},
	{"B81 1", flags("1"), "F05", Error},
	{"B81 without services", naptr.Record{Flags: "s", Replacement: nextName}, "F05", Error},
	{"B82 us", flags("us"), "F05", Error},
	{"B82 uu", flags("uu"), "F05", Error},
	{"B82 blank", flags(" u"), "F05", Error},
	{"B83", uri("im:" + strings.Repeat("a", 233) + "@example.com"), "Z04", Warning},
	{"B84", uri("im:" + strings.Repeat("a", 234) + "@example.com"), "W01", Error},
	{"B85", regexp(`!^(.*)$!im:\1\1\1\1\1\1\1\1\1@example.com!`), "R11 R28", Warning},
	{"B86", regexp(`!^\+441632960084$!im:bob@example.com!`), "R18", Error},
	{"B87 a", regexp(`!^[0-9]+$!im:bob@example.com!`), "R19", Error},
	{"B87 b", regexp(`!^44.*$!im:bob@example.com!`), "R19", Error},
	{"B93", regexp("!^(+44.*)$!im:1@x.example!"), "R13", Error},

	{"Q18", services("E2U+im+E2U"), "S27", Error},
	{"Q19", flags(""), "F14", Error},
	{"W02", naptr.Record{Replacement: "\x04next"}, "W02", Error},
	{"W01 flags", flags(strings.Repeat("u", 256)), "W01", Error},
}

func TestRecordVectors(t *testing.T) {
	for _, c := range recordVectors {
		t.Run(c.id, func(t *testing.T) {
			found := Checker{}.Append(nil, number, c.rec)
			if got := codes(found); got != c.codes {
				t.Errorf("findings %q, want %q", got, c.codes)
			}
			if got := worst(found); got != c.worst {
				t.Errorf("worst is %q, want %q", got, c.worst)
			}
		})
	}
}

// setVectors are those that take a set, or options.
var setVectors = []struct {
	id      string
	checker Checker
	set     []naptr.Record
	ttls    []uint32
	codes   string
	worst   Severity
}{
	{"B01", Checker{}, []naptr.Record{base()}, nil, "S10", Info},
	{"B06", Checker{}, []naptr.Record{ranked(base(), 10, 10)}, nil, "O06 S10", Warning},
	{"B06 high", Checker{}, []naptr.Record{ranked(base(), 40000, 10)}, nil, "O01 S10", Warning},
	{"B20 private", Checker{Private: true}, []naptr.Record{services("E2U+x-im")}, nil, "", ok},
	{"B21 private", Checker{Private: true}, []naptr.Record{services("E2U+p-im")}, nil, "", ok},
	{"B38 private", Checker{Private: true}, []naptr.Record{uri("im:alice@localhost")}, nil, "I22 S10", Warning},
	{"B77 beside", Checker{}, []naptr.Record{base(), {Order: 100, Preference: 20, Replacement: nextName}}, nil, "F02 F01", Warning},
	{"B88", Checker{}, []naptr.Record{base(), uri("im:bob@example.com")}, nil, "I02 S10", Warning},
	{"B89", Checker{}, []naptr.Record{base(), ranked(uri("im:bob@example.com"), 101, 10)}, nil, "O03 S10", Warning},
	{"B89 another service", Checker{}, []naptr.Record{base(), ranked(pres(), 101, 10)}, nil, "O07 S10", Warning},
	{"B90", Checker{Sample: true}, []naptr.Record{base()}, nil, "I03 S10", Warning},
	{"B91 mixed", Checker{}, []naptr.Record{base(), ranked(pres(), 100, 20)}, []uint32{300, 600}, "S10 T03", Error},
	{"B91 zero", Checker{}, []naptr.Record{base()}, []uint32{0}, "S10 T01", Warning},
	{"B92", Checker{}, sixty(), nil, "S10 Z01 Z02 Z06 Z03", Warning},
}

func ranked(r naptr.Record, order, preference uint16) naptr.Record {
	r.Order, r.Preference = order, preference
	return r
}

func pres() naptr.Record {
	r := uri("pres:alice@example.com")
	r.Services = "E2U+pres"
	return r
}

func sixty() (set []naptr.Record) {
	for i := range 60 {
		set = append(set, ranked(uri(fmt.Sprintf("im:user%d@example.com", i)), 100, uint16(i)))
	}
	return set
}

func TestSetVectors(t *testing.T) {
	for _, c := range setVectors {
		t.Run(c.id, func(t *testing.T) {
			found := c.checker.AppendTTL(c.checker.AppendSet(nil, number, c.set), c.set, c.ttls...)
			if got := strings.Join(setCodes(found), " "); got != c.codes {
				t.Errorf("findings %q, want %q", got, c.codes)
			}
			severity := ok
			for _, f := range found {
				severity = max(severity, f.Severity)
			}
			if severity != c.worst {
				t.Errorf("worst is %q, want %q", severity, c.worst)
			}
		})
	}
}

// The vectors about the text of zone files: what a master file says, and what is found in it.
func TestZoneVectors(t *testing.T) {
	for _, c := range []struct {
		id, rdata, codes string
		refused          bool
	}{
		{"B93", `100 10 "u" "E2U+im" "!^(\\+44.*)$!im:\\1@x.example!" .`, "R11", false},
		{"B93 single backslashes", `100 10 "u" "E2U+im" "!^(\+44.*)$!im:\1@x.example!" .`, "R13", false},
		{"B94", `100 10 u E2U+im !^.*$!im:alice@example.com! .`, "", true},
		{"B95 empty", `100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!" ""`, "", true},
		{"B95 missing", `100 10 "u" "E2U+im" "!^.*$!im:alice@example.com!"`, "", true},
	} {
		t.Run(c.id, func(t *testing.T) {
			r, err := zoneRecord(c.rdata)
			if c.refused {
				if err == nil {
					t.Error("taken")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(Checker{}.Append(nil, number, r)); got != c.codes {
				t.Errorf("findings %q, want %q", got, c.codes)
			}
		})
	}
	// An alias: the expression sees the number asked, not the one that owns the record.
	t.Run("B96", func(t *testing.T) {
		r := regexp(`!^\+442079460148$!im:bob@example.com!`)
		if got := codes(Checker{}.Append(nil, number, r)); got != "R18" {
			t.Errorf("findings %q for the number asked, want R18", got)
		}
	})
}

func zoneRecord(rdata string) (naptr.Record, error) {
	typ, wire, err := rr.ParseRData("NAPTR", rdata, ".")
	if err != nil {
		return naptr.Record{}, err
	}
	if typ != 35 {
		return naptr.Record{}, fmt.Errorf("type %d", typ)
	}
	return naptr.ParseRecord(wire)
}

// Every vector of the section is here.
func TestVectorsComplete(t *testing.T) {
	have := map[string]bool{"B93": true, "B94": true, "B95": true, "B96": true}
	for _, c := range recordVectors {
		have[c.id[:3]] = true
	}
	for _, c := range setVectors {
		have[c.id[:3]] = true
	}
	for i := range 96 {
		if id := fmt.Sprintf("B%02d", i+1); !have[id] {
			t.Errorf("%s is missing", id)
		}
	}
}
