package guard

import (
	"strings"

	"github.com/enumim/enumim/naptr"
	"github.com/enumim/enumim/naptr/rr"
)

// The work on one message is bounded, whoever sent it.
const (
	// maxRecords is how many NAPTR records of a message are checked. What enumservice says of a set
	// reaches no further (finding Z09).
	maxRecords = 100
	// maxSets is how many RRsets of a section are told apart, that of the name asked for among them. An answer
	// has one.
	maxSets = 8
	// maxOwner is the longest owner name that is read: 255 octets, none of them escaped, as ENUM domains
	// are.
	maxOwner = 255
	// maxSignatures is how many signatures over NAPTR records are told apart in a section. An RRset has one
	// for each key.
	maxSignatures = 32
	// maxOptions is how many options an OPT keeps of which Extended DNS Errors go. Servers send a few.
	maxOptions = 64
	// maxURIs is how many URIs a Verdict has.
	maxURIs = 4

	// maxEffort is for the records of a message together, each at what effort estimates from its text alone. To
	// judge, mend and judge again is to allocate no more than some 250 octets for each unit, so that a
	// message takes less than 256 KiB: TestMemoryBound holds that for the worst that is known. The guard has no
	// clock; what this bounds takes up to about a millisecond, which BenchmarkHostile measures. It suffices
	// for 100 records that need no parsing, or 20 with expressions such as people write.
	maxEffort = 800
	// What it is spent on: a record, each Enumservice that it names beyond one, and octets that are escaped.
	recordEffort     = 8
	serviceEffort    = 6
	escapesPerEffort = 16
)

// effort tells what it costs to judge a record.
func effort(r naptr.Record) int {
	services := max(1, strings.Count(r.Services, "+"))
	spent := recordEffort + serviceEffort*(services-1)
	// Each of the records that it becomes has them in text of its own.
	spent += services * (escapes(r.Flags) + escapes(r.Services) + escapes(r.Regexp) + escapes(r.Replacement)) / escapesPerEffort
	if _, ok := naptr.CutLiteral(r.Regexp); ok || r.Regexp == "" {
		return spent
	}
	// It is parsed for each service.
	return spent + services*expressionEffort(r.Regexp)
}

// escapes counts the octets that take more than one where they are written as text.
func escapes(octets string) (n int) {
	if rr.Plain(octets) {
		return 0
	}
	for i := range len(octets) {
		if octets[i] < ' ' || octets[i] > '~' {
			n++
		}
	}
	return n
}

// expressionEffort tells what it costs to parse an expression: each octet of the pattern counts, those with a
// meaning twice, and of the rest the references to its groups.
func expressionEffort(regexp string) int {
	spent, pattern := recordEffort, true
	for i := 1; i < len(regexp); i++ {
		switch c := regexp[i]; {
		case c == regexp[0]:
			pattern = false
		case c == '\\':
			spent += 2
			i++
		case !pattern:
		case c >= 0x80 || strings.IndexByte(".*+?|()[]{}", c) >= 0:
			spent += 2
		default:
			spent++
		}
	}
	return spent + len(regexp)/4
}
