package ldap

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/remote"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/enumservice"
)

// own are the options that only this driver has.
var own = map[string]func(o *options, opt backend.Option) error{
	"base": func(o *options, opt backend.Option) error {
		base, err := opt.One()
		if err == nil && o.base != "" {
			err = opt.Errorf("the base stands behind the hosts already")
		}
		if err == nil {
			if o.base, err = checkBase(base); err != nil {
				err = opt.Errorf("%w", err)
			}
		}
		return err
	},
	"filter": func(o *options, opt backend.Option) error {
		filter, err := opt.One()
		if err != nil {
			return err
		}
		if !strings.HasPrefix(filter, "(") {
			filter = "(" + filter + ")"
		}
		if _, err := ldap.CompileFilter(filter); err != nil {
			return opt.Errorf("expected a filter such as (objectClass=inetOrgPerson) (RFC 4515), in quotes where it has blanks")
		}
		o.filter = filter
		return nil
	},
	"user": func(o *options, opt backend.Option) (err error) {
		o.user, err = opt.One()
		return err
	},
	"number": func(o *options, opt backend.Option) error {
		for _, name := range opt.Args {
			if !isAttribute(name) {
				return opt.Errorf("expected the names of attributes, such as telephoneNumber, got %q", name)
			}
			o.numbers = append(o.numbers, name)
		}
		if len(o.numbers) == 0 {
			return opt.Errorf("expected the names of attributes, got none")
		}
		return nil
	},
	"uri": func(o *options, opt backend.Option) error {
		services, uri := "", opt.Args
		if len(uri) == 2 {
			services, uri = uri[0], uri[1:]
			if _, err := enumservice.ParseServices(nil, services); err != nil {
				return opt.Errorf("%w", err)
			}
		}
		if len(uri) != 1 {
			return opt.Errorf("expected a URI, or services and a URI, got %d arguments", len(opt.Args))
		}
		if err := o.uri(services, uri[0]); err != nil {
			return opt.Errorf("%w", err)
		}
		return nil
	},
	"country": func(o *options, opt backend.Option) error {
		code, err := opt.One()
		if err != nil {
			return err
		}
		n, err := e164.ParseDigits(strings.TrimPrefix(code, "+"))
		if err != nil || n.CountryCode() != n || n.Digit(0) == '0' {
			return opt.Errorf("expected the calling code of a country, such as 44, got %q", code)
		}
		o.dial.country = n
		return nil
	},
	"trunk": func(o *options, opt backend.Option) (err error) {
		if o.dial.trunk, err = opt.One(); o.dial.trunk == "none" {
			o.dial.trunk = ""
		} else if err == nil && !isDigits(o.dial.trunk) {
			err = opt.Errorf("expected up to 4 digits, or none, got %q", o.dial.trunk)
		}
		return err
	},
	"international": func(o *options, opt backend.Option) error {
		if len(opt.Args) == 0 || !slices.ContainsFunc(opt.Args, isDigits) || slices.ContainsFunc(opt.Args, func(s string) bool { return !isDigits(s) }) {
			return opt.Errorf("expected what is dialled before a country code, such as 00 or 011")
		}
		o.dial.international = opt.Args
		return nil
	},
	"national": func(o *options, opt backend.Option) error {
		arg, err := opt.One()
		if err != nil {
			return err
		}
		from, to, ranged := strings.Cut(arg, "-")
		if !ranged {
			to = from
		}
		least, err1 := strconv.Atoi(from)
		most, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || least < 4 || most < least || most > 14 {
			return opt.Errorf("expected how many digits a number has without country code, such as 9 or 6-11, got %q", arg)
		}
		o.dial.least, o.dial.most = least, most
		return nil
	},
	"shared": func(o *options, opt backend.Option) error {
		arg, err := opt.One()
		if err == nil && arg != "skip" && arg != "union" {
			err = opt.Errorf("expected skip or union, got %q", arg)
		}
		o.union = arg == "union"
		return err
	},
	"refresh": func(o *options, opt backend.Option) (err error) {
		o.refresh, err = opt.Duration(leastRefresh, mostRefresh)
		return err
	},
	"starttls": func(o *options, opt backend.Option) error {
		if o.startTLS = true; len(opt.Args) > 0 {
			return opt.Errorf("expected no argument, got %d", len(opt.Args))
		}
		return nil
	},
}

func isDigits(s string) bool {
	return s != "" && len(s) <= 4 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func (o *options) set(c backend.Config, opt backend.Option) error {
	if set := own[opt.Name]; set != nil {
		return set(o, opt)
	}
	known, err := o.Set(c, opt)
	if err == nil && !known {
		names := make([]string, 0, len(own))
		for name := range own {
			names = append(names, name)
		}
		err = c.UnknownOption(opt, remote.Names(names...)...)
	}
	return err
}

func (o *options) uri(services, text string) error {
	t, err := parseTemplate(services, text)
	if err != nil {
		return err
	}
	o.templates = append(o.templates, t)
	o.uris = append(o.uris, services+" "+text)
	return nil
}
