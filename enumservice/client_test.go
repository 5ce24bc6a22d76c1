package enumservice

import (
	"slices"
	"testing"
)

// The names of clients are what users write.
func TestClients(t *testing.T) {
	seen := map[string]bool{}
	for c := range clients {
		name := c.String()
		if got, ok := ParseClient(name); !ok || got != c || name == "" || seen[name] {
			t.Errorf("client %d is %q, which is client %d", c, name, got)
		}
		seen[name] = true
	}
	if clients.String() != "" {
		t.Error("a name for no client")
	}
	if _, ok := ParseClient("Kamailio"); ok {
		t.Error("names are in lower case")
	}
	set := ClientsOf(Yate, Kamailio, Yate)
	if got := slices.Collect(set.All()); !slices.Equal(got, []Client{Kamailio, Yate}) {
		t.Errorf("the set holds %v", got)
	}
	if !set.Has(Yate) || set.Has(Asterisk) || set&^AllClients != 0 {
		t.Errorf("set %b", set)
	}
	for range AllClients.All() {
		break
	}
	if n := len(slices.Collect(AllClients.All())); n != int(clients) {
		t.Errorf("%d clients in the set of all", n)
	}
}
