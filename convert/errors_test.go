package convert

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/enumim/enumim/backend/file/source"
)

// What is wrong with a line of JSON lines, where, and what was expected.
func TestJSONLinesErrors(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"no object", `[1]`, `in:1:1: "[1]": expected an object in braces, a whole one on each line: jq -c writes them so`},
		{"text behind", `{"kind":"number","number":"+1","none":true} x`, `in:1:45: "x": expected the end of the line: one object a line`},
		{"no end", `{"kind":"number"`, `in:1:17: expected "," or "}"`},
		{"no colon", `{"kind" "number"}`, `in:1:9: "\"number\"}": expected ":"`},
		{"no name", `{kind:1}`, `in:1:2: "kind:1}": expected a string in quotes`},
		{"open string", `{"kind":"num`, `in:1:9: "\"num": the string has no end`},
		{"open string with an escape", `{"kind":"n\u0075m`, `in:1:9: "\"n\u00...m": the string has no end`},
		{"control character", "{\"kind\":\"n\tm\"}", `in:1:11: "\tm\"}": a control character in a string: write \u00XX`},
		{"control character behind an escape", "{\"kind\":\"\\n\tm\"}", `in:1:12: "\tm\"}": a control character in a string: write \u00XX`},
		{"bad escape", `{"kind":"\x41"}`, `in:1:10: "\x41\"}": expected one of the escapes of JSON, such as \\ for a backslash or \u00E9`},
		{"half a surrogate", `{"kind":"\ud83dx"}`, `in:1:10: "\ud83dx\"}": half of a surrogate pair stands for no character`},
		{"unknown name", `{"kind":"number","nummer":"+1"}`, `in:1:18: "\"nummer\":\"+1\"}": unknown name`},
		{"name twice", `{"kind":"number","kind":"number"}`, `in:1:18: "\"kind\":\"number\"}": this name stands twice in the object`},
		{"deep", `{"kind":"number","records":[[[[[[[[`, `in:1:29: "[[[[[[[": expected an object in braces, a whole one on each line: jq -c writes them so`},
		{"no kind", `{"number":"+1"}`, `in:1: "kind" is missing: expected one of "number", "block", "wildcard", "delegation", "rename", "zone" or "end"`},
		{"unknown kind", `{"kind":"range"}`, `in:1:9: "\"range\"}": expected one of "number", "block", "wildcard", "delegation", "rename", "zone" or "end"`},
		{"no number", `{"kind":"number","none":true}`, `in:1: "number" is missing`},
		{"nothing", `{"kind":"number","number":"+1"}`, `in:1: expected "records", "sets", or "none":true for what exists without records`},
		{"none and records", `{"kind":"number","number":"+1","none":true,"records":[{"uri":"im:a@example.com"}]}`, `in:1: expected "records", "sets", or "none":true for what exists without records`},
		{"none is true", `{"kind":"number","number":"+1","none":false}`, `in:1:39: "false}": expected true`},
		{"number without plus", `{"kind":"number","number":"12025550100"}`, `in:1:27: "\"12...\"}": expected "+" and a number; the digits of a private dial plan are read with the option dialplan`},
		{"number with blanks", `{"kind":"number","number":"+1 202"}`, `in:1:27: "\"+1 202\"}": expected digits alone, without blanks or separators`},
		{"country code 0", `{"kind":"number","number":"+0202"}`, `in:1:27: "\"+02...\"}": no country code begins with 0: in place of the 0 or 00`},
		{"16 digits", `{"kind":"number","number":"+1234567890123456"}`, `in:1:27: "\"+12...\"}": more than 15 digits`},
		{"number as a number", `{"kind":"number","number":12025550100}`, `in:1:27: "12...}": expected a string in quotes`},
		{"fraction", `{"kind":"number","number":"+1","ttl":1.5}`, `in:1:38: "1.5}": expected a whole number from 0 to 2147483647`},
		{"TTL", `{"kind":"number","number":"+1","ttl":2147483648}`, `in:1:38: "21...}": expected a whole number from 0 to 2147483647`},
		{"leading zero", `{"kind":"number","number":"+1","ttl":060}`, `in:1:38: "060}": expected a whole number from 0 to 2147483647`},
		{"order", `{"kind":"number","number":"+1","records":[{"order":65536}]}`, `in:1:52: "65...}]}": expected a whole number from 0 to 65535`},
		{"unknown name of a record", `{"kind":"number","number":"+1","records":[{"service":"E2U+im"}]}`, `in:1:44: "\"service\":\"E2U+im\"}]}": unknown name`},
		{"no URI", `{"kind":"number","number":"+1","records":[{"services":"E2U+im"}]}`, `in:1:43: "{\"services\":\"E2U+im\"}]}": expected a URI, a regexp or a replacement`},
		{"URI and regexp", `{"kind":"number","number":"+1","records":[{"uri":"im:a@b.example","regexp":""}]}`, `in:1:43: "{\"uri\":...@b.example\",\"regexp\":\"\"}]}": a record has either a URI or a regexp`},
		{"data and more", `{"kind":"number","number":"+1","records":[{"order":1,"data":"\\# 0"}]}`, `in:1:43: "{\"order\":1,\"data\":\"\\# 0\"}]}": a NAPTR has either its fields or its data as a whole`},
		{"bad data", `{"kind":"number","number":"+1","records":[{"data":"x"}]}`, `in:1:43: "{\"data\":\"x\"}]}": expected the data of a NAPTR in the form \# LENGTH HEX (RFC 3597 section 5): bad record data for NAPTR: bad NAPTR Order`},
		{"service needed", `{"kind":"number","number":"+1","records":[{"uri":"tel:+12025550100"}]}`, `services: `},
		{"no URI at all", `{"kind":"number","number":"+1","records":[{"uri":"user"}]}`, `uri: expected a URI such as sip:user@example.com (RFC 3986)`},
		{"backslash in a URI", `{"kind":"number","number":"+1","records":[{"uri":"im:\\1@example.com"}]}`, `uri: stray backslash in the replacement: percent-encode it as %5C`},
		{"long flags", `{"kind":"number","number":"+1","records":[{"flags":"` + strings.Repeat("x", 256) + `","regexp":""}]}`, `more than 255 octets`},
		{"replacement", `{"kind":"number","number":"+1","records":[{"replacement":"a..b"}]}`, `replacement: expected a domain name such as ns1.example.net.: domain name has an empty label`},
		{"preferences run out", `{"kind":"number","number":"+1","records":[{"preference":65530,"regexp":""},{"regexp":"x"}]}`, `the preference of this record would be more than 65535: give it one`},
		{"name", `{"kind":"number","number":"+1","name":"a..b","none":true}`, `in:1:39: "\"a..b\",\"none\":true}": expected a domain name`},
		{"apex of a zone", `{"kind":"zone","apex":"."}`, `the root cannot be an apex`},
		{"zone without SOA", `{"kind":"zone","apex":"e164.arpa","sets":[{"type":"NS","data":["a."]}]}`, `in:1: a zone has an SOA record`},
		{"zone with two SOA", `{"kind":"zone","apex":"e164.arpa","sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5","a. b. 2 2 3 4 5"]}]}`, `in:1: expected one SOA record`},
		{"zone with records", `{"kind":"zone","apex":"e164.arpa","ttl":1,"sets":[{"type":"SOA","data":["a. b. 1 2 3 4 5"]}]}`, `in:1: a zone has "kind", "apex" and "sets", and nothing else`},
		{"end", `{"kind":"end"}`, `in:1: the end has "kind" and "entries", and nothing else`},
		{"wrong end", `{"kind":"end","entries":2}`, `in:1: the end says that there are 2 entries, but 0 stand before it: was the file cut? If it was changed on purpose, correct this line or take it away`},
		{"entries", `{"kind":"number","number":"+1","none":true,"entries":1}`, `in:1: "entries" is for the end, "apex" for a zone`},
		{"min of a number", `{"kind":"number","number":"+1","none":true,"min":1}`, `in:1: min and max are for blocks`},
		{"lengths of a block", `{"kind":"block","number":"+1202","none":true,"min":3,"max":5}`, `in:1: min and max are the digits that the numbers of the block have in all: expected 4 <= min <= max <= 15`},
		{"block with a name", `{"kind":"block","number":"+1","name":"x","none":true,"min":3,"max":5}`, `in:1: a block has no name beside its digits`},
		{"empty wildcard", `{"kind":"wildcard","number":"+1","none":true}`, `in:1: a wildcard without records is none`},
		{"block with sets", `{"kind":"block","number":"+1","min":3,"max":5,"sets":[{"type":"A","data":["192.0.2.1"]}]}`, `in:1: a block has NAPTR records only`},
		{"delegation without NS", `{"kind":"delegation","number":"+1","sets":[{"type":"A","data":["192.0.2.1"]}]}`, `in:1: a delegation has NS records, perhaps DS, and no NAPTR`},
		{"rename without DNAME", `{"kind":"rename","number":"+1","sets":[{"type":"A","data":["192.0.2.1"]}]}`, `in:1: a rename has a DNAME record`},
		{"DNAME at a number", `{"kind":"number","number":"+1","sets":[{"type":"DNAME","data":["a."]}]}`, `in:1: DNAME records are for entries of kind rename, DS records for delegations`},
		{"hosts of a number", `{"kind":"number","number":"+1","none":true,"hosts":[{"name":"a.","sets":[{"type":"A","data":["192.0.2.1"]}]}]}`, `in:1: hosts with addresses are for delegations`},
		{"NAPTR in a set", `{"kind":"number","number":"+1","sets":[{"type":"NAPTR","data":[]}]}`, `NAPTR records stand in "records"`},
		{"type of a set", `{"kind":"number","number":"+1","sets":[{"type":"NAPTER","data":[]}]}`, `expected the type of a record, such as NS, or TYPE123`},
		{"empty set", `{"kind":"number","number":"+1","sets":[{"type":"A","data":[]}]}`, `expected a set with "type" and "data", and one set of each type`},
		{"data of a set", `{"kind":"number","number":"+1","sets":[{"type":"A","data":["192.0.2"]}]}`, `bad record data for A`},
		{"data twice", `{"kind":"number","number":"+1","sets":[{"type":"A","data":["192.0.2.1","192.0.2.1"]}]}`, `this record stands there twice`},
		{"set twice", `{"kind":"number","number":"+1","sets":[{"type":"A","data":["192.0.2.1"]},{"type":"A","data":["192.0.2.2"]}]}`, `expected a set with "type" and "data", and one set of each type`},
		{"TTLs of a set", `{"kind":"number","number":"+1","sets":[{"type":"A","data":["192.0.2.1"]},{"type":"A","ttl":1,"data":["192.0.2.2"]}]}`, `the records of one type at one name have one TTL`},
		{"host without addresses", `{"kind":"delegation","number":"+1","hosts":[{"name":"a."}]}`, `expected the name of a name server and its addresses`},
		{"host with others", `{"kind":"delegation","number":"+1","hosts":[{"name":"a.","sets":[{"type":"NS","data":["a."]}]}]}`, `a name server has records of type A and AAAA here`},
		{"host", `{"kind":"delegation","number":"+1","hosts":[{"nom":"a."}]}`, `in:1:46: "\"nom\":\"a.\"}]}": unknown name`},
		{"brackets", `{"kind":"number","number":"+1","records":1}`, `in:1:42: "1}": expected an array in brackets`},
		{"comma", `{"kind":"number","number":"+1","records":[{"uri":"im:a@example.com"} 1]}`, `expected "," or "]"`},
		{"not UTF-8", "{\"kind\":\"\xff\"}", `in:1:10: expected UTF-8`},
		{"CR", "{\"kind\":\r\"\"}", `in:1:9: a CR stands inside the line: line ends are LF or CR LF`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := refused(t, c.line+"\n", Options{From: JSONLines, To: CSV})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
		})
	}
}

// What is wrong with a line of CSV.
func TestCSVErrors(t *testing.T) {
	const all = "kind,number,min,max,name,ttl,type,order,preference,flags,services,uri,regexp,replacement,host,data\n"
	for _, c := range []struct{ name, text, want string }{
		{"no header", "+12025550100,im:a@example.com\n", `in:1: expected a header line that names the columns, number among them`},
		{"unknown column", "number,sip\n", `in:1:8: "sip": unknown column; there are kind, number,`},
		{"column twice", "number,uri,uri\n", `in:1:12: "uri": the column stands there twice`},
		{"too many cells", "number,uri\n+1,im:a@example.com,x\n", `in:2:21: the line has more cells than the header, which has 2`},
		{"no end of a quote", "number,uri\n+1,\"im:a@example.com\n", `in:2:4: the closing quote is missing: a cell ends on its line, and a quote in it is written ""`},
		{"text behind a quote", "number,uri\n+1,\"im:a\"@example.com\n", `in:2:10: a quote ends the cell: within one it is written ""`},
		{"quote within", "number,uri\n+1,im:\"a@example.com\n", `in:2:7: a quote within a cell: put all of the cell in quotes and double it`},
		{"rounded", "number,uri\n1.20255E+10,im:a@example.com\n", `in:2:1: "1.2...E+10": number: expected digits: a spreadsheet has rounded the number; import the column as text`},
		{"rounded without point", "number,uri\n12E9,im:a@example.com\n", `in:2:1: "12E9": number: expected digits: a spreadsheet has rounded the number; import the column as text`},
		{"national", "number,uri\n030123456,im:a@example.com\n", `in:2:1: "03...": number: no country code begins with 0: in place of the 0 or 00 that is dialled write "+" and the country code, as in +12025550100`},
		{"as dialled abroad", "uri,number\nim:a@example.com,004930123456\n", `in:2:18: "00...": number: no country code begins with 0: in place of the 0 or 00`},
		{"no number", "number,uri\n,im:a@example.com\n", `in:2:1: number: expected "+" and a number`},
		{"no record", "number,uri\n+1,\n", `in:2: expected a URI, a regexp or a replacement`},
		{"kind", all + "range,+1,,,,,,,,,,,,,,\n", `in:2:1: "range": kind: expected one of "number"`},
		{"min", all + "block,+1,16,,,,,,,,,,,,,\n", `in:2:10: "16": min: expected a whole number from 0 to 15`},
		{"max", all + "block,+1,2,,,,NONE,,,,,,,,,\n", `in:2: min and max are the digits`},
		{"name", all + "number,+1,,,a..b,,,,,,,,,,,\n", `in:2:13: "a..b": name: expected a domain name`},
		{"ttl", all + "number,+1,,,,1h,,,,,,,,,,\n", `in:2:14: "1h": ttl: expected a whole number from 0 to 2147483647`},
		{"two TTLs", all + "number,+1,,,,1,,,,,,im:a@example.com,,,,\nnumber,+1,,,,2,,,,,,im:b@example.com,,,,\n", `in:3:14: "2": ttl: the records of an entry have one TTL`},
		{"type", all + "number,+1,,,,,NAPTER,,,,,,,,,\n", `in:2:15: "NAPTER": type: expected the type of a record, such as NAPTR or NS, or TYPE123, or NONE`},
		{"order", all + "number,+1,,,,,,-1,,,,im:a@example.com,,,,\n", `in:2: order: expected a whole number from 0 to 65535`},
		{"cells of another type", all + "number,+1,,,,,A,,,u,,,,,,192.0.2.1\n", `in:2:19: "u": flags: expected an empty cell in a line of kind number and type A`},
		{"data", all + "number,+1,,,,,A,,,,,,,,,192.0.2\n", `in:2:25: "19...": data: bad record data for A`},
		{"none and more", all + "number,+1,,,,,NONE,,,,,,,,,\nnumber,+1,,,,,,,,,,im:a@example.com,,,,\n", `in:3:15: type: NONE says that there are no records, but this line or one above has one`},
		{"more and none", all + "number,+1,,,,,,,,,,im:a@example.com,,,,\nnumber,+1,,,,,NONE,,,,,,,,,\n", `in:3:15: "NONE": type: NONE says that there are no records`},
		{"zone", all + "zone,,,,.,,SOA,,,,,,,,,a. b. 1 2 3 4 5\n", `in:2:9: ".": name: apex "."`},
		{"NAPTR of a zone", all + "zone,,,,e164.arpa,,NAPTR,,,,,,,,,x\n", `in:2:20: "NAPTR": type: NAPTR records of the apex are an entry of kind number`},
		{"number of a zone", all + "zone,+1,,,e164.arpa,,SOA,,,,,,,,,a. b. 1 2 3 4 5\n", `number: expected an empty cell in a line of kind zone and type SOA`},
		{"end", all + "end,,,,,,,,,,,,,,,x\n", `in:2:19: "x": data: expected a whole number`},
		{"wrong end", all + "end,,,,,,,,,,,,,,,7\n", `in:2: the end says that there are 7 entries, but 0 stand before it`},
		{"behind the end", all + "end,,,,,,,,,,,,,,,0\nnumber,+1,,,,,NONE,,,,,,,,,\n", `in:3: nothing may follow the end: what was sorted or added behind it belongs before it`},
		{"host", all + "delegation,+1,,,,,NS,,,,,,,,ns.example.net,x.\n", `in:2:19: "NS": type: a name server has records of type A and AAAA here`},
		{"name of a host", all + "delegation,+1,,,,,A,,,,,,,,a..b,192.0.2.1\n", `host: expected a domain name`},
		{"numbers apart", "number,uri\n+12025550100,im:a@example.com\n+12025550101,im:a@example.com\n+12025550100,im:b@example.com\n", `in:4: line 2 has an entry for the same number`},
		{"below a delegation", all + "delegation,+12,,,,,NS,,,,,,,,,ns.example.net.\nnumber,+123,,,,,,,,,,im:a@example.com,,,,\n", `in:3: lies below the delegation or DNAME in line 2`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := refused(t, c.text, Options{From: CSV, To: JSONLines})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
		})
	}
}

// What is no text, or no text as people write it.
func TestOddInput(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"NUL", "number,uri\n+1,im:a@example.com\n\x00\n", "in:3: the file is not text, it holds NUL octets"},
		{"UTF-16", "\xff\xfen\x00u\x00", "in:1: the file is UTF-16: save it as UTF-8"},
		{"long line", "number,uri\n+1,im:" + strings.Repeat("a", maxLine) + "\n", "in:2: the line has more than 1048576 octets"},
		{"cut short", "number,uri\n+1,im:a@example.com", "in:2: the file ends without a newline: was it cut short?"},
		{"empty with an end required", "", "the end marker is missing: was the input cut short?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := refused(t, c.text, Options{From: CSV, To: JSONLines, RequireEnd: true})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
		})
	}
	// A long line that is not too long, a byte order mark and CR LF do not matter.
	text := "\xef\xbb\xbfnumber,services,regexp\r\n\r\n+1," + strings.Repeat(" ", 200000) + "E2U+im,!^.*$!im:a@example.com!\r\n"
	if got := turn(t, text, Options{To: JSONLines}); !strings.Contains(got, `"services":"E2U+im","uri":"im:a@example.com"`) {
		t.Errorf("got %s", got)
	}
	// All faults are told at once, up to twenty.
	err := refused(t, "number,uri\n"+strings.Repeat("+1x,\n", 25), Options{To: JSONLines})
	if lines := faultsOf(err); len(lines) != source.MaxErrors+1 || lines[source.MaxErrors] != "and 5 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// What the reader, the writer and the caller do to end a conversion comes back as it is.
func TestInterrupted(t *testing.T) {
	text := list(20000)
	for _, from := range formats {
		o := Options{To: from, Apex: mustApex("e164.arpa"), File: "in"}
		text := turn(t, text, o)
		for _, to := range formats {
			o.From, o.To = from, to
			_, err := Convert(context.Background(), io.Discard, io.MultiReader(strings.NewReader(text[:len(text)/2]), iotest.ErrReader(errTest)), o)
			if !errors.Is(err, errTest) {
				t.Errorf("%s to %s: reading: %v", from, to, err)
			}
			if _, err = Convert(context.Background(), failing{}, strings.NewReader(text), o); !errors.Is(err, errTest) {
				t.Errorf("%s to %s: writing: %v", from, to, err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err = Convert(ctx, io.Discard, strings.NewReader(text), o); !errors.Is(err, context.Canceled) {
				t.Errorf("%s to %s: cancelled: %v", from, to, err)
			}
			ctx, cancel = context.WithCancel(context.Background())
			o.Writing = func(int) func(int) { return func(int) { cancel() } }
			if _, err = Convert(ctx, new(bytes.Buffer), strings.NewReader(text), o); !errors.Is(err, context.Canceled) {
				t.Errorf("%s to %s: cancelled while writing: %v", from, to, err)
			}
			o.Writing = nil
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errTest }

// Nothing is not a complete file without entries: a query of a database that died gives nothing, too.
func TestNothing(t *testing.T) {
	for _, from := range []Format{Numbers, CSV, JSONLines} {
		var out bytes.Buffer
		_, err := Convert(t.Context(), &out, strings.NewReader(""), Options{From: from, To: Numbers, File: "in"})
		if !errors.Is(err, ErrNoEnd) || out.Len() > 0 {
			t.Errorf("%v: %v, %q", from, err, out.String())
		}
	}
	var out bytes.Buffer
	if _, err := Convert(t.Context(), &out, strings.NewReader("$END\n"), Options{From: Numbers, To: CSV, File: "in"}); err != nil {
		t.Errorf("a file that says it is empty: %v", err)
	}
}
