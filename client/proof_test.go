package client

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// The files testdata/<client>.jsonl hold what the programs themselves, or their own code, made of the
// sets that generate yields: the first line tells which version was run, how and when. In them each
// rune is an octet. These tests hold the emulators to it.

type recordedSet struct {
	Number  string
	Records []struct {
		Order, Pref                          uint16
		Flags, Services, Regexp, Replacement string
	}
	Want []string
}

// octets turns runes back to octets.
func octets(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

func recorded(t *testing.T, name string) (sets []set, want [][]string) {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	lines.Scan() // which version, how and when
	for lines.Scan() {
		var l recordedSet
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		s := set{Number: e164.MustParse(l.Number)}
		for _, r := range l.Records {
			s.Records = append(s.Records, naptr.Record{
				Order: r.Order, Preference: r.Pref, Flags: octets(r.Flags), Services: octets(r.Services),
				Regexp: octets(r.Regexp), Replacement: octets(r.Replacement),
			})
		}
		for i := range l.Want {
			l.Want[i] = octets(l.Want[i])
		}
		sets, want = append(sets, s), append(want, l.Want)
	}
	if len(sets) < 200 {
		t.Fatalf("%d sets recorded", len(sets))
	}
	return sets, want
}

// unsure reports whether the emulator says of a record that it cannot tell.
func unsure(o Outcome) bool {
	return slices.ContainsFunc(o.Verdicts, func(v Verdict) bool { return strings.HasPrefix(v.Why, "cannot be told") })
}

// replay compares the emulator's outcomes, as show writes them, with what was recorded. At most a
// tenth of the sets may hold what it cannot tell.
func replay(t *testing.T, p *Profile, show func(s set, o Outcome) []string) {
	sets, want := recorded(t, p.ID.String())
	differ, untold, dialled := 0, 0, 0
	for i, s := range sets {
		o := p.Dial(Query{Number: s.Number, Records: s.Records})
		if unsure(o) {
			untold++
			continue
		}
		got := show(s, o)
		dialled += len(got)
		if !slices.Equal(got, want[i]) {
			if differ++; differ < 5 {
				t.Errorf("set %d: %+v\ngot  %q\nwant %q\n%+v", i, s.Records, got, want[i], o)
			}
		}
	}
	if differ > 0 || untold > len(sets)/10 || dialled < len(sets)/4 {
		t.Errorf("%d of %d sets differ, %d cannot be told, %d results", differ, len(sets), untold, dialled)
	}
}

func TestFreeSWITCHProof(t *testing.T) {
	replay(t, freeSWITCH, func(_ set, o Outcome) []string {
		if o.Failed != "" {
			return []string{"long"}
		}
		var list strings.Builder
		for i, target := range o.Targets {
			address := strings.TrimPrefix(target.URI, "sip:")
			switch {
			case i > 0 && target.Parallel:
				list.WriteString(",")
			case i > 0:
				list.WriteString("|")
			}
			fmt.Fprintf(&list, "sofia/external-ipv6/%s;transport=udp|sofia/external/%s;transport=udp", address, address)
		}
		if list.Len() == 0 {
			return nil
		}
		return []string{list.String()}
	})
}

func TestSproutProof(t *testing.T) {
	replay(t, sprout, func(s set, o Outcome) []string {
		if len(o.Targets) > 0 {
			return []string{o.Targets[0].URI}
		}
		for i, v := range o.Verdicts {
			if v.Why == "leads to another name" {
				// The next key is the output of the expression, which a profile does not show.
				rule, _ := compileBoost(splitAtOctet(s.Records[i].Regexp)[0])
				key, _ := rule.replace(s.Number.String(), splitAtOctet(s.Records[i].Regexp)[1])
				return []string{"key:" + key}
			}
		}
		return nil
	})
}

func TestReSIProcateProof(t *testing.T) {
	replay(t, reSIProcate, func(s set, o Outcome) []string {
		if strings.HasPrefix(o.Failed, "the best record") {
			return []string{"refused"}
		}
		if len(o.Targets) == 0 {
			return nil
		}
		r := s.Records[o.Targets[0].Record]
		return []string{fmt.Sprintf("%d %d %s", r.Order, r.Preference, o.Targets[0].URI)}
	})
}

// Of the addresses that are found Linphone dials the first, and the emulator shows that one alone.
func TestLinphoneProof(t *testing.T) {
	replay(t, linphone, func(s set, o Outcome) []string {
		if o.Failed != "" {
			return nil
		}
		text, _ := hostOutput(Query{Number: s.Number, Records: s.Records})
		uris, _ := linphoneAddresses(text)
		if len(uris) == 0 || uris[0] != o.Targets[0].URI {
			return []string{"another address is dialled"}
		}
		return uris
	})
}
