package main

import (
	"context"
	"io"
)

// run runs the command line args and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	cmd := root()
	cmd.SetArgs(args)
	cmd.SetIn(in)
	cmd.SetOut(out)
	cmd.SetErr(errs)
	return finish(cmd, cmd.ExecuteContext(ctx))
}
