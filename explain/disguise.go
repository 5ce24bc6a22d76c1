package explain

import (
	"slices"
	"strings"
	"time"

	"github.com/enumim/enumim/anonymous"
	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
	"github.com/enumim/enumim/naptr"
)

// Hides says how a server hides the mailboxes at a name that a question for a number led to; nil where it tells them.
type Hides func(name e164.Name, asked e164.Number) *Disguise

// Disguise is what stands in im: URIs for mailboxes (package anonymous).
type Disguise struct {
	Local string // of the URIs
	TTL   uint32 // of the answer at most, seconds
}

// DisguiseOf returns the Disguise of a number at a time, with the key that aliases are made with.
func DisguiseOf(key anonymous.Key, period anonymous.Period, n e164.Number, dialPlan bool, now time.Time) *Disguise {
	alias := anonymous.NewMinter(key).Mint(Question{DialPlan: dialPlan}.aus(n), period.Epoch(now))
	return &Disguise{Local: alias.String(), TTL: period.TTL(now)}
}

// disguised returns the regexp with which a record is sent where mailboxes are hidden, and notes what it hides. ok is false
// where the record is not sent; of several mailboxes of one domain one is.
func (r *Report) disguised(record naptr.Record, rule *naptr.Rule, form backend.Form, asked, own []byte, text string) (sent []byte, ok bool) {
	sent, _, fate := anonymous.Append(nil, rule, []byte(r.disguise.Local), form == backend.Stored, asked, own, text)
	if fate == anonymous.Kept {
		return sent, true
	}
	plain, _, matches := rule.AppendAliased(nil, asked, own, text)
	if !matches {
		r.Silent = append(r.Silent, record)
		return nil, false
	}
	record.Regexp = string(plain)
	r.Hidden = append(r.Hidden, record)
	if fate == anonymous.Withheld {
		return nil, false
	}
	r.TTL = min(r.TTL, r.disguise.TTL)
	again := slices.ContainsFunc(r.Records, func(other naptr.Record) bool {
		return other.Regexp == string(sent) && strings.EqualFold(other.Services, record.Services)
	})
	return sent, !again
}
