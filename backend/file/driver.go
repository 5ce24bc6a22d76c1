package file

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

func init() { backend.Register("file", Driver{}) }

// Bounds of the option reload.
const (
	defaultReload = 5 * time.Second
	minReload     = 100 * time.Millisecond
	maxReload     = 24 * time.Hour
)

// defaultShrink is the share of entries, in percent, that a load may lose without being held back.
const defaultShrink = 20

// Driver is the backend driver "file". The zero value is ready for use.
//
//	backend file PATH... {
//	    include             allow $INCLUDE
//	    generate            allow $GENERATE
//	    require_end         a file, and each that it includes, must end in the end marker
//	    reload DURATION     how often files are looked at; 0: never
//	    shrink PERCENT|off  how much a load may lose
//	}
type Driver struct{}

// options is a parsed configuration, ready to be opened.
type options struct {
	paths      []string
	apexes     []e164.Apex
	dialPlan   bool
	ttl        uint32
	include    bool
	generate   bool
	requireEnd bool
	reload     time.Duration // 0: neither look nor watch
	shrink     int           // percent; 0: no guard
}

// Parse implements backend.Driver. The errors it returns begin with the place in the Corefile.
func (Driver) Parse(c backend.Config) (backend.Opener, error) {
	o := &options{apexes: c.Apexes, dialPlan: c.DialPlan, ttl: c.TTL, reload: defaultReload, shrink: defaultShrink}
	if len(c.Args) == 0 {
		return nil, c.Errorf(c.Pos, "no files given: write backend file PATH...")
	}
	for _, arg := range c.Args {
		if arg == "" || strings.IndexByte(arg, 0) >= 0 {
			return nil, c.Errorf(c.Pos, "%q is no path", arg)
		}
		path := c.Path(arg)
		if slices.Contains(o.paths, path) {
			return nil, c.Errorf(c.Pos, "%s is given twice", path)
		}
		o.paths = append(o.paths, path)
	}
	seen := map[string]bool{}
	for _, opt := range c.Options {
		if seen[opt.Name] {
			return nil, opt.Errorf("given twice")
		}
		seen[opt.Name] = true
		if err := o.set(c, opt); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (o *options) set(c backend.Config, opt backend.Option) (err error) {
	switch opt.Name {
	case "include":
		return on(&o.include, opt)
	case "generate":
		return on(&o.generate, opt)
	case "require_end":
		return on(&o.requireEnd, opt)
	case "reload":
		o.reload, err = interval(opt)
	case "shrink":
		o.shrink, err = opt.Percentage()
	default:
		err = c.UnknownOption(opt, "include", "generate", "require_end", "reload", "shrink")
	}
	return err
}

// on sets a flag for an option that stands alone.
func on(flag *bool, opt backend.Option) error {
	if len(opt.Args) != 0 {
		return opt.Errorf("expected no argument, got %d", len(opt.Args))
	}
	*flag = true
	return nil
}

// interval reads a duration; a bare number is seconds, 0 stands for never.
func interval(opt backend.Option) (time.Duration, error) {
	arg, err := opt.One()
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(arg)
	if seconds, bare := strconv.ParseUint(arg, 10, 32); bare == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	if err != nil || d != 0 && (d < minReload || d > maxReload) {
		return 0, opt.Errorf("expected a duration from 100ms to 24h, or 0 to load the files once, got %q", arg)
	}
	return d, nil
}

func (o *options) apexNames() []string {
	names := make([]string, len(o.apexes))
	for i, a := range o.apexes {
		names[i] = a.String()
	}
	return names
}

// Key implements backend.Opener. The order of paths, apexes and options does not matter. Files that are loaded
// once are part of it: a reload of the Corefile is how its user asks for those that have changed.
func (o *options) Key() string {
	paths := slices.Sorted(slices.Values(o.paths))
	apexes := slices.Sorted(slices.Values(o.apexNames()))
	var key strings.Builder
	fmt.Fprintf(&key, "%+q %+q dialplan=%t ttl=%d include=%t generate=%t require_end=%t reload=%s shrink=%d",
		paths, apexes, o.dialPlan, o.ttl, o.include, o.generate, o.requireEnd, o.reload, o.shrink)
	if o.reload == 0 {
		for _, path := range paths {
			fmt.Fprintf(&key, " %+v", look(path))
		}
	}
	return key.String()
}

// Open implements backend.Opener. It waits for the first load, but not for longer than firstWait:
// a server with good files is ready when it begins to listen. It never fails.
func (o *options) Open(ctx context.Context, observe func(backend.Event)) (backend.Backend, error) {
	return open(ctx, o, settleTime, observe), nil
}
