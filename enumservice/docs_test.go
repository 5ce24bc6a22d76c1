package enumservice

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
)

const docsHead = `# The rules of enumim lint

Written by ` + "`go test ./enumservice -run TestDocs -update`" + ` from the table of rules and the test cases. Do not edit.

Every finding has a code that never changes. Numbers are never given to another rule.

**Severity.** *error*: it breaks a requirement, or no client can use the record. *warning*: it breaks a
recommendation, or some clients fail. *info*: allowed, and worth knowing.

**Hurts.** The clients that cannot use the record, use it otherwise than it is meant, or lose the rest of the answer.
What each client does is told in [clients.md](clients.md). *bind* stands for BIND as the resolver in front of any client,
and is named where it refuses the whole answer.

**Repair.** What ` + "`enumim lint --fix`" + ` does. None of it changes what a client that follows RFC 6116 dials.
It mends only what it is told to show: findings at least as severe as ` + "`--severity`" + ` says (without it, no infos) that hurt one of
` + "`--client`" + `. All else in the file stays, octet by octet, comments of records that go included; a further word may state an owner, a TTL
or a rank that a record had of one that went. Before the file is replaced, both texts are read and must say the same.

It does not write a signed zone (one with RRSIG, NSEC, NSEC3 or DNSKEY): mend what it was signed from. It does not raise the serial
of a zone, nor write files that are included, are read-only, have hard links, or changed meanwhile. An entry is left as it is, and
counted, where a record that is to go cannot: what stands behind it has its owner or TTL beyond a directive.

| repair | what happens |
|---|---|
| rewrite | the record is spelled in the usual way; a field that would become longer than 255 octets stays |
| expand | for a number of a numbers file, the expression gives way to the URI that it yields; it stays in a block, in a zone file, where an alias or a non-terminal may lead to it from another number, and where it matches nothing or the URI is too long |
| split | one record for each Enumservice |
| renumber | other orders and preferences, the same sequence |
| drop | the record goes, unless it is the only one |
| policy | it can be mended, but the owner of the data must say how: clients would dial something else than now |
| none | what is meant cannot be told |

**Examples.** They are for +441632960083, fields as they are on the wire: in a zone file each backslash is written twice.
` + "`<07>`" + ` is an octet in hexadecimal, ` + "`<240 a>`" + ` a run of one character, ` + "`6 x`" + ` so many records with rising preferences.
A third number, in front of order and preference, is the TTL. Behind ` + "`-`" + ` stands what has the fault, behind ` + "`+`" + ` the same
with the smallest change that mends it.

`

var families = []struct{ letter, title string }{
	{"W", "The record on the wire"},
	{"F", "Flags and shape"},
	{"S", "Services"},
	{"R", "Substitution expressions"},
	{"U", "URIs"},
	{"I", "im: and pres: URIs"},
	{"O", "Order and preference"},
	{"Z", "Size"},
	{"N", "The number"},
	{"T", "Time to live"},
	{"A", "The answer"},
	{"D", "The data as a whole"},
	{"L", "Files"},
}

// toldAs are faults that one might look for under a code of their own.
var toldAs = []struct{ fault, codes string }{
	{"back-reference while the pattern has no group (R10)", "R08, R07"},
	{"pattern in a national form, or without `+`", "R19, R18"},
	{"expression in a block that matches no number of it", "D04; for some of them R33"},
	{"`im:` URI without a user, or without a domain", "I12, I11"},
	{"`im:` domain without SRV records (RFC 3861)", "asked for by `enumim explain`, not by lint"},
	{"several orders", "O03 where one Enumservice is under two of them, else O07"},
	{"answers over 512, 1232, 2048 and 4096 octets", "Z01, Z02, Z06, Z07"},
	{"too many records, too many octets of URIs", "Z03, Z08"},
	{"number that begins with 0, or with a country code that nobody has", "N04, N05"},
	{"unescaped `+` in the pattern of a zone file with single backslashes", "R13"},
}

// dataExamples stand in for cases of the rules that see more than one number.
var dataExamples = map[string]string{
	"D01": "A delegation names ns1.example.net and gives its address, and the tree is below e164.arpa: nobody may serve that address here.",
	"D02": "+441632 is delegated to other name servers, and +441632960083 has records here.",
	"D03": "The block +441632 has four digits more, and the ten blocks +4416320 to +4416329 stand beside it.",
	"D04": `The block +441632 has the expression ` + "`!^\\+442079(.*)$!sip:\\1@example.com!`.",
	"D05": "+441632960083 has E2U+voice:tel with tel:+441632960083: whoever looks it up finds the number to be looked up. With ;npdi, ;rn= or ;enumdi the reader knows that the look-up is done.",
	"D06": "A non-terminal leads to a name whose non-terminal leads back.",
	"D07": "`*.6.1.4.4.e164.arpa` stands below a delegation, or names exist for every digit under it.",
	"D08": "A non-terminal leads to a name of the tree that has no records.",
	"D09": "One number has two lines that say the same.",
	"D11": "`*.6.1.4.4.e164.arpa` has records, and so has +441632960083: RFC 4592 lets the wildcard answer for no number below +44163, though nothing stands there. Blocks of enumim have no such gaps.",
	"D12": "+441632 is delegated to a name below itself, and no address of that name is given.",
	"D13": "A zone file has SOA, and no NS of its own.",
	"L01": "A line that is neither comment, directive nor record.",
	"D10": "+441632960083 has the records that the block +441632 gives it anyhow.",
}

// short writes runs of one character, and sets of alike records, in short.
func short(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		run := 1
		for i+run < len(text) && text[i+run] == text[i] {
			run++
		}
		if run > 12 {
			fmt.Fprintf(&b, "<%d %c>", run, text[i])
		} else {
			b.WriteString(text[i : i+run])
		}
		i += run
	}
	s := b.String()
	if strings.HasPrefix(s, "*") {
		s = strings.Replace(s[1:], " ", " x ", 1)
	}
	return s
}

func clientList(set Clients) string {
	if set == 0 {
		return "none that is known"
	}
	var names []string
	for c := range set.All() {
		names = append(names, c.String())
	}
	switch set {
	case everyone:
		return "every client"
	case everyone | bind:
		return "every client, and bind"
	}
	return strings.Join(names, ", ")
}

// Document writes docs/lint.md. It needs an example of each rule.
func Document(t *testing.T, rules iter.Seq[Finding]) string {
	first := map[string]ruleCase{}
	for _, c := range slices.Backward(ruleCases(t)) {
		first[c.code] = c
	}
	var b strings.Builder
	b.WriteString(docsHead)
	for _, family := range families {
		fmt.Fprintf(&b, "## %s: %s\n\n", family.letter, family.title)
		for f := range rules {
			if !strings.HasPrefix(f.Code, family.letter) {
				continue
			}
			fmt.Fprintf(&b, "### %s %s\n\n", f.Code, markdown.Replace(f.Text))
			fmt.Fprintf(&b, "%s · %s · hurts %s · repair: %s\n\n", f.Severity, f.Rule, clientList(f.Clients), f.Repair)
			if text, ok := dataExamples[f.Code]; ok {
				fmt.Fprintf(&b, "%s\n\n", text)
				continue
			}
			c, ok := first[f.Code]
			if !ok {
				t.Errorf("no example of %s", f.Code)
			}
			b.WriteString("```diff\n")
			example(&b, "-", c.bad)
			example(&b, "+", c.good)
			b.WriteString("```\n\n")
		}
	}
	b.WriteString("## Faults under another code\n\n| fault | told as |\n|---|---|\n")
	for _, m := range toldAs {
		fmt.Fprintf(&b, "| %s | %s |\n", m.fault, m.codes)
	}
	return b.String()
}

// markdown keeps signs from being read as markup.
var markdown = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`)

func example(b *strings.Builder, sign string, s side) {
	for _, line := range s.text {
		fmt.Fprintf(b, "%s %s%s\n", sign, short(line), circumstances(s.words))
	}
}

// circumstances explains the options of a case.
func circumstances(words string) string {
	var b strings.Builder
	for w := range strings.FieldsSeq(words) {
		b.WriteString("   # ")
		switch name, value, _ := strings.Cut(w, "="); name {
		case "sample":
			b.WriteString("in a block")
		case "private":
			b.WriteString("in a private tree")
		case "dialplan":
			b.WriteString("in a dial plan")
		case "apex":
			b.WriteString("below an apex of " + value + " characters")
		case "number":
			b.WriteString("for " + value)
		}
	}
	return b.String()
}
