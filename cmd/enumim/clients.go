package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/client"
	"github.com/enumim/enumim/enumservice"
)

// profiles returns the clients of these names, all that are known for none.
func profiles(names []string) ([]*client.Profile, error) {
	var list []*client.Profile
	var known []string
	for p := range client.Profiles() {
		known = append(known, p.ID.String())
		if len(names) == 0 {
			list = append(list, p)
		}
	}
	for _, name := range names {
		id, ok := enumservice.ParseClient(strings.ToLower(name))
		p := client.Lookup(id)
		if !ok || p == nil {
			return nil, fmt.Errorf("--client %s: expected some of %s", name, strings.Join(known, ", "))
		}
		list = append(list, p)
	}
	return list, nil
}

// completeClients lets the shell complete the names of the flag --client.
func completeClients(cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("client", func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		before := ""
		if i := strings.LastIndexByte(begun, ','); i >= 0 {
			before = begun[:i+1]
		}
		var names []string
		for p := range client.Profiles() {
			names = append(names, before+p.ID.String()+"\t"+p.Title)
		}
		return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
	if err != nil {
		panic(err) // the command has no flag --client: a mistake in its constructor
	}
}
