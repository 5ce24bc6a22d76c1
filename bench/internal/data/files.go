package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Files are the files of a set.
type Files struct {
	Zone    string // RFC 1035 zone file of e164.arpa
	Numbers string // numbers file
	Queries string // packed queries, see package blast: nine of ten for numbers of the set
	Changed string // ENUM domain of the number that Change changes
}

// Make writes the files of a set to dir, if they are not there yet.
func (s Spec) Make(dir string) (Files, error) {
	base := filepath.Join(dir, s.name())
	f := Files{Zone: base + ".zone", Numbers: base + ".numbers", Queries: base + ".queries"}
	changed := base + ".changed"
	if name, err := os.ReadFile(changed); err == nil { // it is written last
		f.Changed = string(name)
		return f, nil
	}
	in, out := s.numbers()
	f.Changed = string(appendReversed(nil, in[0])) + "e164.arpa."
	return f, errors.Join(
		write(f.Zone, func(w *bufio.Writer) { s.writeZone(w, in) }),
		write(f.Numbers, func(w *bufio.Writer) { s.writeNumbers(w, in) }),
		write(f.Queries, func(w *bufio.Writer) { writeQueries(w, s.random(), in, out) }),
		os.WriteFile(changed, []byte(f.Changed), 0o600),
	)
}

func write(path string, fill func(*bufio.Writer)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fill(w)
	return errors.Join(w.Flush(), f.Close())
}

const (
	serialBefore = "1000000001"
	serialAfter  = "1000000002"
)

func (s Spec) writeZone(w *bufio.Writer, in []uint64) {
	fmt.Fprintf(w, "$TTL 3600\n$ORIGIN e164.arpa.\n@ SOA ns1.example.net. hostmaster.example.net. %s 3600 900 604800 300\n"+
		"@ NS ns1.example.net.\n@ NS ns2.example.net.\n", serialBefore)
	var line, user []byte
	for _, n := range in {
		user = s.appendUser(user[:0], n)
		for i, r := range s.recordsOf(n) {
			line = appendReversed(line[:0], n)
			line = append(line[:len(line)-1], " NAPTR 100 "...)
			line = strconv.AppendInt(line, int64(10*(i+1)), 10)
			line = append(append(append(line, ` "u" "`...), r.service...), `" "!^.*$!`...)
			line = append(append(append(append(line, r.scheme...), user...), r.host...), "!\" .\n"...)
			w.Write(line)
		}
	}
}

func (s Spec) writeNumbers(w *bufio.Writer, in []uint64) {
	var line, user []byte
	for _, n := range in {
		user = s.appendUser(user[:0], n)
		line = strconv.AppendUint(append(line[:0], '+'), n, 10)
		for _, r := range s.recordsOf(n) {
			line = append(append(append(append(line, ' '), r.scheme...), user...), r.host...)
		}
		w.Write(append(line, '\n'))
	}
}

// appendReversed appends the digits as labels, the last first.
func appendReversed(b []byte, n uint64) []byte {
	for ; n > 0; n /= 10 {
		b = append(b, '0'+byte(n%10), '.')
	}
	return b
}

// ChangedText is what the answer for the changed number has after Change and did not have before.
const ChangedText = "@example.org"

// Change writes to path a copy of a Zone or Numbers file in which the first number has another URI,
// and the serial is greater.
func Change(file, path string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	// The header of the zone has other domains, so the first URI is that of the first number.
	const before = "@example.com"
	at := bytes.Index(data, []byte(before))
	if at < 0 {
		return fmt.Errorf("%s: %w", file, fs.ErrInvalid)
	}
	copy(data[at:], ChangedText)
	if at = bytes.Index(data[:at], []byte(serialBefore)); at >= 0 {
		copy(data[at:], serialAfter)
	}
	return os.WriteFile(path, data, 0o600)
}
