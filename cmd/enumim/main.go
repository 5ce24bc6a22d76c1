// Command enumim checks, explains, asks and converts ENUM data, and brings it to stores.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	// For stores behind TLS where the system has no certificates of authorities, as in the container image.
	_ "golang.org/x/crypto/x509roots/fallback"
)

// Exit codes, the same for all subcommands.
const (
	exitOK       = 0
	exitFindings = 1 // the command did its work, and what it looked at has faults or is not there
	exitUsage    = 2 // the command was called the wrong way, or could not read or reach what it was given
)

// errFindings ends a command with exitFindings, without a message of its own.
var errFindings = errors.New("findings")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends what does not listen, such as waiting for who writes to a pipe
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// root returns the command tree.
func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enumim",
		Short: "Check, explain, ask, convert and store ENUM data",
		Long: `Check, explain, ask, convert and store ENUM data: telephone numbers and the URIs
behind them (RFC 6116).

Exit codes: 0, all is well; 1, the command did its work and found faults, or
found nothing; 2, it was called the wrong way, or could not read or reach what
it was given.`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(newAlias())
	cmd.AddCommand(newConvert())
	cmd.AddCommand(newExplain())
	cmd.AddCommand(newExport())
	cmd.AddCommand(newImport())
	cmd.AddCommand(newLint())
	cmd.AddCommand(newMan())
	cmd.AddCommand(newName())
	cmd.AddCommand(newNumber())
	cmd.AddCommand(newQuery())
	cmd.AddCommand(newSchema())
	cmd.AddCommand(newSync())
	return cmd
}

// version returns what the program was built from: its version, the commit where Go noted it, and Go's version.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	words := []string{info.Main.Version}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			words = append(words, s.Value)
		}
	}
	return strings.Join(append(words, info.GoVersion), " ")
}

// finish maps the error of a command to its exit code and tells it.
func finish(cmd *cobra.Command, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, context.Canceled) && cmd.Context() != nil && cmd.Context().Err() != nil:
		err = errors.New("stopped")
	}
	// File names and data in errors may hold what a terminal would obey.
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	for i, line := range lines {
		lines[i] = printable(strings.ReplaceAll(line, "\t", "  "))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "enumim: %s\n", strings.Join(lines, "\n"))
	return exitUsage
}
