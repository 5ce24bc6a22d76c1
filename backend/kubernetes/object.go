package kubernetes

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/notation"
	"github.com/enumim/enumim/e164"
)

// resource is one kind of custom resource.
type resource struct {
	name string // as paths have it
	kind string // as objects have it
	word string // as package notation has it
	is   backend.EntryKind
}

var resources = [...]resource{
	{"numbers", "Number", "number", backend.Number},
	{"numberblocks", "NumberBlock", "block", backend.Block},
	{"delegations", "Delegation", "delegation", backend.Delegation},
}

// scope is the objects of one kind in one namespace.
type scope struct {
	*resource
	namespace string // "" for all
}

func (s scope) path() string {
	if s.namespace == "" {
		return "/apis/" + apiVersion + "/" + s.name
	}
	return "/apis/" + apiVersion + "/namespaces/" + s.namespace + "/" + s.name
}

// object is what is read of one.
type object struct {
	Kind     string          `json:"kind"`
	Metadata metadata        `json:"metadata"`
	Spec     json.RawMessage `json:"spec"`
	// Status is read apart: many may write there, and one time of which the API server thinks otherwise than Go, such as
	// 2026-01-01t00:00:00z, is not to make a list of all numbers unreadable.
	Status json.RawMessage `json:"status"`
}

type metadata struct {
	Name              string    `json:"name"`
	Namespace         string    `json:"namespace"`
	UID               string    `json:"uid"`
	ResourceVersion   string    `json:"resourceVersion"`
	Generation        int64     `json:"generation"`
	CreationTimestamp time.Time `json:"creationTimestamp"`
}

// revision reads a resource version. Those of the API server's own kinds and of custom resources are whole numbers that can
// be compared (Kubernetes 1.35, KEP-5504; with etcd below they always were).
func revision(text string) (uint64, error) {
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v == 0 {
		return 0, errOdd
	}
	return v, nil
}

// identity is the UID of an object: another one of the same name has another.
type identity [16]byte

// held is what the feed has to know of an object that its sink holds.
type held struct {
	number     e164.Number
	kind       backend.EntryKind
	min, max   int8
	shown      bool   // it is what is served; else an older one says something else
	scope      uint8  // which of the scopes it is in
	generation uint32 // of the spec
	created    uint32 // in seconds, until 2106
	revision   uint64
}

// record is an object with what it says.
type record struct {
	id identity
	held
	resource *resource
	place    string // for a log
	spec     []byte
	address  *address // where its status is, when that is to be written
}

// record reads an object. known is false for one that says nothing of the trees: it is of another plan, or of numbers outside of
// them. Where not even that can be told, err says why.
func (s scope) record(c *notation.Codec, o *object) (r record, known bool, err error) {
	id, wrong := hex.DecodeString(strings.ReplaceAll(o.Metadata.UID, "-", ""))
	if wrong != nil || len(id) != len(r.id) || s.namespace != "" && o.Metadata.Namespace != s.namespace || o.Kind != "" && o.Kind != s.kind {
		return r, false, errOdd
	}
	if r.revision, err = revision(o.Metadata.ResourceVersion); err != nil {
		return r, false, err
	}
	r.id, r.resource, r.spec = identity(id), s.resource, bytes.Clone(o.Spec) // of its page
	r.generation, r.created, r.place = uint32(o.Metadata.Generation), uint32(o.Metadata.CreationTimestamp.Unix()), placeOf(s.kind, &o.Metadata)
	e, in, fault := s.entry(c, r.spec)
	if !in {
		return r, false, fault
	}
	r.number, r.kind, r.min, r.max = e.Name.Number, e.Kind, int8(e.Min), int8(e.Max)
	return r, within(c.Apexes, e.Name.Number), nil
}

// within reports whether a number lies in one of the trees. What does not is of other servers.
func within(apexes []e164.Apex, n e164.Number) bool {
	return len(apexes) == 0 || slices.ContainsFunc(apexes, func(a e164.Apex) bool { return n.HasPrefix(a.Prefix()) })
}

// errUnread: an object says nothing that could be left out.
var errUnread = errors.New("its number cannot be read")

// entry reads a spec: the object of package notation without its kind, and with the word dialPlan where the number is one
// of those. What cannot be read comes as a Broken entry. in is false where the number is of another plan, and with
// errUnread where it cannot be read.
func (r *resource) entry(c *notation.Codec, spec []byte) (e backend.Entry, in bool, err error) {
	dialPlan := false
	if bytes.Contains(spec, []byte(`"dialPlan"`)) {
		if spec, dialPlan = withoutPlan(spec); spec == nil {
			return e, false, errUnread
		}
	}
	if dialPlan != c.DialPlan {
		return e, false, nil
	}
	body, ok := bytes.CutPrefix(bytes.TrimSpace(spec), []byte{'{'})
	if !ok {
		return e, false, errUnread
	}
	text := append(make([]byte, 0, len(spec)+32), `{"kind":"`+r.word+`"`...)
	if body = bytes.TrimLeft(body, " \t\r\n"); len(body) > 0 && body[0] != '}' {
		text = append(text, ',')
	}
	e, known, err := c.ParseJSON(append(text, body...))
	if !known || e.Kind != r.is {
		return e, false, errUnread
	}
	return e, true, err
}

// withoutPlan takes dialPlan out of a spec.
func withoutPlan(spec []byte) (rest []byte, dialPlan bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(spec, &members) != nil {
		return nil, false
	}
	if text, ok := members["dialPlan"]; ok && json.Unmarshal(text, &dialPlan) != nil {
		return nil, false
	}
	delete(members, "dialPlan")
	rest, err := json.Marshal(members)
	if err != nil {
		return nil, false
	}
	return rest, dialPlan
}

// placeOf names an object for a log. Names that may hold a telephone number give way to the UID.
func placeOf(kind string, m *metadata) string {
	digits := 0
	for _, c := range m.Name {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	if digits >= mostDigits {
		return kind + " " + m.Namespace + "/uid:" + m.UID
	}
	return kind + " " + m.Namespace + "/" + m.Name
}

// mostDigits is how many digits a name may have that is told.
const mostDigits = 5
