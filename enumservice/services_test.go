package enumservice

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseServices(t *testing.T) {
	long := strings.Repeat("a", 33)
	for _, c := range []struct {
		id, field string
		want      []Service
		err       error
	}{
		{"B01", "E2U+im", []Service{{"im", ""}}, nil},
		{"B03", "e2u+IM", []Service{{"IM", ""}}, nil},
		{"B07", "im+E2U", []Service{{"im", ""}}, ErrObsoleteOrder},
		{"B07 compound", "voice:tel+im+e2u", []Service{{"voice", "tel"}, {"im", ""}}, ErrObsoleteOrder},
		{"B08", "E2U+im:sip", []Service{{"im", "sip"}}, nil},
		{"B10", "E2U", nil, ErrNoService},
		{"B11 a", "E2U+", nil, ErrEmptyElement},
		{"B11 b", "E2U+im+", nil, ErrEmptyElement},
		{"B11 c", "E2U++im", nil, ErrEmptyElement},
		{"B11 subtype", "E2U+im:", nil, ErrEmptyElement},
		{"B11 type", "E2U+:tel", nil, ErrEmptyElement},
		{"B12 a", "E2U im", nil, ErrBlank},
		{"B12 b", " E2U+im", nil, ErrBlank},
		{"B12 c", "E2U+im ", nil, ErrBlank},
		{"B13 a", "im", nil, ErrNoE2U},
		{"B13 b", "+im", nil, ErrNoE2U},
		{"B13 c", "+E2U", nil, ErrNoE2U},
		{"B14", "E2U:im", nil, ErrNoE2U},
		{"B15", "", nil, ErrNoE2U},
		{"B16", "E2U+im+sip", []Service{{"im", ""}, {"sip", ""}}, nil},
		{"B19", "E2U+im+im", []Service{{"im", ""}, {"im", ""}}, nil},
		{"B22 a", "E2U+" + long[1:], []Service{{long[1:], ""}}, nil},
		{"B22 b", "E2U+" + long, nil, ErrLongToken},
		{"B22 subtype", "E2U+a:" + long, nil, ErrLongToken},
		{"B23", "E2U+im_x", nil, ErrServiceOctet},
		{"B24", "SIP+D2U", nil, ErrNoE2U},
		{"Q18", "E2U+im+E2U", nil, ErrSecondE2U},
		{"Q18 with subtype", "E2U+E2U:im", nil, ErrSecondE2U},
		{"RFC 6116 3.4.3.2", "E2U+voice:tel+sms:tel", []Service{{"voice", "tel"}, {"sms", "tel"}}, nil},
		{"two subtypes", "E2U+foo:bar:sbar", []Service{{"foo", "bar:sbar"}}, nil},
		{"digits and hyphens", "E2U+a-1:2-b", []Service{{"a-1", "2-b"}}, nil},
		{"non-ASCII", "E2U+\xc3\xa9", nil, ErrServiceOctet},
		{"NUL", "E2U+im\x00", nil, ErrServiceOctet},
		{"tab", "E2U+im\t", nil, ErrBlank},
		{"RFC 4238's stray blank", " E2U+VPIM:LDAP", nil, ErrBlank},
	} {
		t.Run(c.id, func(t *testing.T) {
			got, err := ParseServices(nil, c.field)
			if !errors.Is(err, c.err) || !slices.Equal(got, c.want) {
				t.Errorf("ParseServices(%q) = %v, %v; want %v, %v", c.field, got, err, c.want, c.err)
			}
			first := []Service{{"before", ""}}
			if got, _ := ParseServices(first, c.field); !slices.Equal(got, append(first, c.want...)) {
				t.Errorf("appended to one: %v", got)
			}
		})
	}
}

func TestService(t *testing.T) {
	if s := (Service{"PSTN", "Tel"}); s.String() != "pstn:tel" || !s.Is("pstn", "TEL") || s.Is("pstn", "") {
		t.Errorf("%v", s)
	}
	if s := (Service{Type: "IM"}); s.String() != "im" || s.Trial() || s.Private() {
		t.Errorf("%v", s)
	}
	if !(Service{Type: "X-a"}).Trial() || !(Service{Type: "p-a"}).Private() || (Service{Type: "x"}).Trial() || (Service{Type: "xa-"}).Trial() {
		t.Error("X- and P- types")
	}
}

// reference reads a field by the letter of the grammar, from its tokens up.
func reference(field string) ([]Service, bool) {
	parts := strings.Split(field, "+")
	if !strings.EqualFold(parts[0], "E2U") || len(parts) < 2 {
		return nil, false
	}
	var services []Service
	for _, p := range parts[1:] {
		tokens := strings.Split(p, ":")
		for i, token := range tokens {
			if len(token) < 1 || len(token) > 32 || i == 0 && strings.EqualFold(token, "E2U") {
				return nil, false
			}
			if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") != "" {
				return nil, false
			}
			for _, r := range token {
				if r >= 0x80 || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-", r) {
					return nil, false
				}
			}
		}
		services = append(services, Service{tokens[0], strings.Join(tokens[1:], ":")})
	}
	return services, true
}

func FuzzServices(f *testing.F) {
	for _, s := range []string{"E2U+im", "im+E2U", "E2U+voice:tel+sms:tel", "E2U", "E2U+", "e2u+A:b:c", "E2U+im ", "SIP+D2U", "E2U+E2U+E2U"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		got, err := ParseServices(nil, field)
		want, ok := reference(field)
		if (err == nil) != ok || ok && !slices.Equal(got, want) {
			t.Fatalf("ParseServices(%q) = %v, %v; by the grammar %v, %v", field, got, err, want, ok)
		}
		if err == ErrObsoleteOrder {
			turned, ok := reference(field[len(field)-3:] + "+" + field[:len(field)-4])
			if !ok || !slices.Equal(got, turned) {
				t.Fatalf("%q in the obsolete order gave %v, turned %v", field, got, turned)
			}
		} else if err != nil && got != nil {
			t.Fatalf("%q gave %v beside %v", field, got, err)
		}
	})
}
