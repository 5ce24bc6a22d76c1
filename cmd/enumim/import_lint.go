package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/convert"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/lint"
)

// judge refuses data in which lint finds something so severe. Numbers and zone files are judged as they stand,
// so that findings tell their lines; tables and what comes by a pipe as the numbers file that they would be.
func (c *importing) judge(cmd *cobra.Command, t *convert.Tree, files []string, threshold enumservice.Severity) error {
	o := lint.Options{
		Checker: enumservice.Checker{DialPlan: c.dialPlan, Private: c.dialPlan},
		Apexes:  c.apexes(), Include: true, Generate: true, Most: 20, Least: threshold,
	}
	if c.tree != (e164.Apex{}) {
		o.Checker, o.Origin = enumservice.CheckerFor(c.tree, c.dialPlan), c.tree.String()
	}
	b := counting(cmd, "checking", int64(t.Len()))
	defer b.Close()
	l := lint.New(o)
	texts := true
	for _, file := range files {
		format := convert.FormatOf(file)
		if c.from != "" {
			format, _ = convert.ParseFormat(c.from)
		}
		// What is no regular file, such as a pipe, can be read once.
		info, err := os.Stat(file)
		texts = texts && file != "-" && err == nil && info.Mode().IsRegular() && format != convert.CSV && format != convert.JSONLines
	}
	var sources []lint.Source
	if texts {
		for _, file := range files {
			sources = append(sources, lint.FileSource(file))
		}
	} else {
		sources = append(sources, lint.Source{Name: "the numbers", Open: func() (io.ReadCloser, error) {
			r, w := io.Pipe()
			go func() {
				// Ends with the reader, which Close of the other end tells.
				_, err := t.Write(cmd.Context(), w, convert.Numbers)
				_ = w.CloseWithError(err) // never fails
			}()
			return r, nil
		}})
	}
	for _, s := range sources {
		if err := l.Read(cmd.Context(), s); err != nil {
			return fmt.Errorf("%s: %w", printable(s.Name), err)
		}
	}
	report := l.Finish()
	b.Close()
	if report.Worst() < threshold {
		return nil
	}
	found := lintFlags{threshold: threshold}
	if err := found.print(cmd.ErrOrStderr(), report); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "refused: mend what was found (enumim lint --fix may), or import it all the same with --lint off")
	return errFindings
}
