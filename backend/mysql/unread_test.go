package mysql

import "testing"

// A row that tells no number, as one with a leading zero does outside of a dial plan, is listed as broken: an export
// must not leave it out without a word.
func TestRowsOfNoNumberAreListed(t *testing.T) {
	d := start11(t)
	tree := d.tree(t)
	d.exec(t, "INSERT INTO "+tree+".record (number, uri) VALUES ('0123', 'sip:a@example.com'), ('100', 'sip:a@example.com'), ('05', 'sip:a@example.com')")
	w := d.writer(t, tree).(*writer)
	defer w.Close()
	public := *w.codec
	public.DialPlan = false
	w.codec = &public
	whole, broken := 0, 0
	for e, err := range w.Walk(t.Context()) {
		must(t, err)
		if e.Broken {
			broken++
		} else {
			whole++
		}
	}
	if whole != 1 || broken != 2 {
		t.Errorf("%d entries and %d broken ones are listed", whole, broken)
	}
}
