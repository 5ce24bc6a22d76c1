// Command sbom tells what programs made with Go are made of: a software bill of materials (CycloneDX 1.6), and the
// licenses which all who pass the programs on must pass on, too.
//
//	sbom -name enumim -time 1700000000 -json enumim.cdx.json -licenses LICENSES PROGRAM...
//
// It reads what Go itself noted in the programs, so that nothing is told of but what is in them, and runs where the
// modules are at hand that they were built from. The same programs give the same files.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("sbom", flag.ContinueOnError)
	name := flags.String("name", "", "what the programs are together")
	at := flags.Int64("time", 0, "when they were made, in seconds since 1970: the time of the commit")
	bill := flags.String("json", "", "the `file` for the bill of materials")
	texts := flags.String("licenses", "", "the `file` for the licenses")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 || *name == "" || *bill == "" || *texts == "" {
		return errors.New("programs, -name, -json and -licenses are needed")
	}
	c, err := contentsOf(flags.Args())
	if err != nil {
		return err
	}
	text, err := c.licenses()
	if err != nil {
		return err
	}
	b, err := c.bill(*name, time.Unix(*at, 0).UTC())
	if err != nil {
		return err
	}
	// Both are for everybody who gets the programs.
	return errors.Join(os.WriteFile(*texts, text, 0o644), os.WriteFile(*bill, b, 0o644)) //nolint:gosec // see above
}
