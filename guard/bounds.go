package guard

import (
	"strings"

	"github.com/enumim/enumim/naptr"
)

// The work on one message is bounded, whoever sent it.
const (
	// maxRecords is how many NAPTR records of a message are checked. What enumservice says of a set
	// reaches no further (finding Z09).
	maxRecords = 100
	// maxSets is how many RRsets of a section are told apart. An answer has one.
	maxSets = 8
	// maxOwner is the longest owner name that is read: 255 octets, none of them escaped, as ENUM domains
	// are.
	maxOwner = 255
	// maxSignatures is how many signatures over NAPTR records are told apart in a section. An RRset has one
	// for each key.
	maxSignatures = 32
	// maxPatterns is how many octets of expressions are parsed.
	maxPatterns = 2048
	// maxServices is how many Enumservices records may name beyond one each.
	maxServices = 128
	// maxURIs is how many URIs a Verdict has.
	maxURIs = 4
)

// budget is what is left of the bounds for a message.
type budget struct{ records, patterns, services int }

// take reports whether there is enough left to check r.
func (b *budget) take(r naptr.Record) bool {
	patterns, services := 0, strings.Count(r.Services, "+")
	if _, ok := naptr.CutLiteral(r.Regexp); !ok {
		patterns = len(r.Regexp)
	}
	services = max(0, services-1)
	if patterns > b.patterns || services > b.services {
		return false
	}
	b.patterns -= patterns
	b.services -= services
	return true
}
