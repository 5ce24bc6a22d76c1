package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/enumim/enumim/anonymous"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/corefile"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
	"github.com/enumim/enumim/explain"
	"github.com/enumim/enumim/im"
)

// aliasTree is a tree of numbers that have aliases.
type aliasTree struct {
	tree   // as numbers of it are written
	name   string
	opener backend.Opener
	apex   e164.Apex
	keys   []anonymous.Key
	period anonymous.Period
	within []e164.Number               // what its numbers with an alias begin with; none for all
	labels map[e164.Number][]e164.Name // names besides its ENUM domain at which a number has records
}

// readKeys reads the keys of aliases.
func readKeys(secret remote.Secret) ([]anonymous.Key, error) {
	text, err := secret.Text()
	if err != nil {
		return nil, err
	}
	keys, err := anonymous.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", secret, err)
	}
	return keys, nil
}

// trees returns what is to be searched, and the arguments that are left.
func (f *aliasFlags) trees(cmd *cobra.Command, args []string) ([]*aliasTree, []string, error) {
	var list []*aliasTree
	var err error
	if f.corefile != "" {
		list, err = f.fromCorefile()
	} else {
		if len(args) == 0 {
			return nil, nil, errors.New("where are the numbers? enumim alias SOURCE [ALIAS...], or -c Corefile")
		}
		list, err = f.fromSource(cmd, args[0])
		args = args[1:]
	}
	if err != nil {
		return nil, nil, err
	}
	if len(f.within) == 0 {
		return list, args, nil
	}
	wrong := errors.New("--numbers: no such number has an alias")
	var narrowed []*aliasTree
	for _, t := range list {
		if err := t.narrow(f.within); err != nil { // it may be one of another tree, a dial plan
			wrong = err
		} else if len(t.within) > 0 {
			narrowed = append(narrowed, t)
		}
	}
	if len(narrowed) == 0 {
		return nil, nil, wrong
	}
	return narrowed, args, nil
}

// fromSource returns the tree of a file or store.
func (f *aliasFlags) fromSource(cmd *cobra.Command, source string) ([]*aliasTree, error) {
	if f.keys == "" {
		return nil, errors.New("where are the keys? --keys file:PATH")
	}
	secret, err := remote.ParseSecret(backend.Config{}, backend.Option{Name: "--keys", Args: []string{f.keys}})
	if err != nil {
		return nil, err
	}
	if f.period < time.Second {
		return nil, fmt.Errorf("--period %v: a second is the least", f.period)
	}
	t := &aliasTree{name: source, period: anonymous.Period(f.period)}
	if t.keys, err = readKeys(secret); err != nil {
		return nil, err
	}
	if isStore(source) {
		driver, rest, _ := cutStore(source)
		t.name = storeName(driver, rest)
		if t.apex, err = f.parse(); err == nil {
			_, t.opener, err = corefile.ParseBackend(source, backend.Config{Apexes: []e164.Apex{t.apex}, DialPlan: f.dialPlan})
		}
		if err != nil {
			return nil, fmt.Errorf("%w%s", err, lineHint(source))
		}
	} else if t.opener, t.apex, err = f.files(cmd, []string{source}); err != nil {
		return nil, err
	}
	t.tree = f.tree
	return []*aliasTree{t}, nil
}

// fromCorefile returns the trees of a Corefile whose mailboxes are hidden.
func (f *aliasFlags) fromCorefile() ([]*aliasTree, error) {
	in, err := os.Open(f.corefile)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	servers, err := corefile.Read(f.corefile, in)
	if err != nil {
		return nil, err
	}
	var list []*aliasTree
	for i := range servers {
		for _, served := range servers[i].Trees() {
			o := served.Options.Anonymize
			if o == nil {
				continue
			}
			t := &aliasTree{
				tree: tree{dialPlan: served.Options.DialPlan}, name: fmt.Sprintf("backend %s of %s", served.Driver, served.Pos),
				opener: served.Opener, apex: served.Apex, period: o.Period, within: o.Numbers,
			}
			if t.keys, err = readKeys(o.Keys); err != nil {
				return nil, served.Errorf("anonymize: %w", err)
			}
			if !slices.ContainsFunc(list, t.same) { // it may be served on several addresses
				list = append(list, t)
			}
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s has no enumim directive with the option anonymize", f.corefile)
	}
	return list, nil
}

// same reports whether both trees give the same numbers the same aliases.
func (t *aliasTree) same(other *aliasTree) bool {
	return t.apex == other.apex && t.dialPlan == other.dialPlan && t.opener.Key() == other.opener.Key() && t.period == other.period &&
		slices.EqualFunc(t.keys, other.keys, anonymous.Key.Equal) && slices.Equal(t.within, other.within)
}

// narrow leaves only numbers of the tree that begin with one of those given; within is empty then where there are none.
func (t *aliasTree) narrow(given []string) error {
	var list []e164.Number
	for _, s := range given {
		p, err := t.number(s)
		if err != nil {
			return fmt.Errorf("--numbers %w", err)
		}
		if len(t.within) == 0 {
			list = append(list, p)
		}
		for _, w := range t.within {
			switch {
			case p.HasPrefix(w):
				list = append(list, p)
			case w.HasPrefix(p):
				list = append(list, w)
			}
		}
	}
	t.within = list
	return nil
}

// search returns what finds the numbers behind aliases that resolve now.
func (t *aliasTree) search(now time.Time) *anonymous.Search {
	return &anonymous.Search{Keys: t.keys, Epochs: t.period.Resolving(now), DialPlan: t.dialPlan}
}

// mailboxes returns the im: URIs of a number, as a server without the option anonymize answers them, with the domain where
// one is given.
func (t *aliasTree) mailboxes(ctx context.Context, store backend.Backend, n e164.Number, domain string) (uris []string, err error) {
	plain := backend.Plain
	checker := enumservice.CheckerFor(t.apex, t.dialPlan)
	for _, name := range append([]e164.Name{{Number: n}}, t.labels[n]...) {
		q := explain.Question{Apex: t.apex, Number: n, Name: name, DialPlan: t.dialPlan, Form: &plain}
		report, err := explain.Answer(ctx, store, q)
		if errors.Is(err, backend.ErrInvalidData) {
			continue // which servers cannot answer either
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		for _, r := range report.Records {
			text, _ := checker.URI(nil, n, r)
			u, err := im.Parse(string(text))
			if err != nil || u.Scheme != "im" || domain != "" && !strings.EqualFold(u.Domain, domain) || slices.Contains(uris, string(text)) {
				continue
			}
			uris = append(uris, string(text))
		}
	}
	return uris, nil
}
