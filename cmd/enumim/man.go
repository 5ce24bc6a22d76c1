package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the manual pages",
		Long: `Write the manual pages of all commands to a folder, which is made where it does
not exist.`,
		Example: `  enumim man /usr/local/share/man/man1
  enumim man man && man man/enumim-lint.1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // manual pages are for everybody
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true // pages of one version do not differ
			if err := doc.GenManTree(root, &doc.GenManHeader{Title: "ENUMIM", Section: "1", Source: "enumim", Manual: "enumim"}, args[0]); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			return nil
		},
	}
}
