// Command outcome reads what `make check TEST='go test -json'` writes and passes on what go test writes without -json. At
// the end it says which tests were left out, and why.
//
//	outcome [-everything] FILE
//
// The file has reasons that are none of the machine, a regular expression a line: tests that are left out for these do
// not apply, or run elsewhere. With -everything any other reason is a failure.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

func main() {
	everything := flag.Bool("everything", false, "fail where tests are left out for a reason that is not in the file")
	flag.Parse()
	failed, err := tell(os.Stdin, os.Stdout, flag.Arg(0), *everything)
	if err != nil {
		fmt.Fprintln(os.Stderr, "outcome:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

// tell reads events and writes what people read. It returns whether tests were left out that must not be.
func tell(in io.Reader, out io.Writer, file string, everything bool) (failed bool, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	var apart []*regexp.Regexp
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		reason, err := regexp.Compile(line)
		if err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
		apart = append(apart, reason)
	}
	w := bufio.NewWriter(out)
	defer func() {
		if flushed := w.Flush(); err == nil {
			err = flushed
		}
	}()
	o := outcome{out: w, written: make(map[test][]string), left: make(map[string][]string)}
	lines := bufio.NewReader(in)
	for {
		line, end := lines.ReadString('\n')
		o.line(line)
		if lines.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return false, err
			}
		}
		if end == io.EOF {
			break
		}
		if end != nil {
			return false, end
		}
	}
	return o.summary(apart, everything), nil
}
