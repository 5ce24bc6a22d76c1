package redis

import (
	"strings"
	"testing"
)

// What a Corefile says is taken or refused with its place and what to do; a password is never repeated.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, addr string
		lines      []string
		want       string // of the error, or of Key
	}{
		{"alone", "localhost", nil, `["localhost:6379"] prefix="enum:" database=0`},
		{"port", "[::1]:6380", nil, `["[::1]:6380"]`},
		{"socket", "/run/redis.sock", nil, `["/run/redis.sock"]`},
		{"cluster", "b:1,A:2", []string{"cluster"}, `["a:2" "b:1"] prefix="{enum}:"`},
		{"sentinels", "a b", []string{"sentinel mymaster"}, `["a:26379" "b:26379"]`},
		{"no address", "", nil, "no address given"},
		{"a URL", "redis://localhost/secret", nil, "a URL is no address"},
		{"a password in the address", "user:secret@localhost", nil, "holds no user or password"},
		{"a password behind the address", "localhost?password=secret", nil, "holds no user or password"},
		{"a password behind a socket", "/run/redis.sock;secret", nil, "holds no user or password"},
		{"a password as address", "password=secret", nil, "holds no user or password"},
		{"a password as port", "localhost:secret", nil, "is no address"},
		{"a path behind the address", "localhost/secret", nil, "is no address"},
		{"a password in the Corefile", "localhost", []string{"password secret"}, "a Corefile holds no secrets"},
		{"two servers", "a b", nil, "several addresses"},
		{"twice", "a,a:6379", []string{"cluster"}, "a:6379 is given twice"},
		{"both", "a", []string{"cluster", "sentinel m"}, "two ways to run Redis"},
		{"a database of a cluster", "a", []string{"cluster", "database 1"}, "a Cluster has database 0 only"},
		{"a cluster without tag", "a", []string{"cluster", "prefix enum:"}, "give the prefix a hash tag"},
		{"a cluster with an empty tag", "a", []string{"cluster", "prefix {}enum:"}, "give the prefix a hash tag"},
		{"a prefix with a digit", "a", []string{"prefix enum1"}, "ends in a digit"},
		{"a long prefix", "a", []string{"prefix " + strings.Repeat("x", 201)}, "at most 200"},
		{"a user without password", "a", []string{"username u"}, "give its password"},
		{"a user of no sentinel", "a", []string{"sentinel_username u"}, "there are no sentinels"},
		{"a password of no sentinel", "a", []string{"sentinel_password env:X"}, "there are no sentinels"},
		{"refresh in mode store", "a", []string{"mode store", "refresh 1h"}, "only mode feed"},
		{"refresh too often", "a", []string{"refresh 1s"}, "from 1m0s to 24h0m0s"},
		{"refresh off", "a", []string{"refresh off"}, "refresh=0s"},
		{"unknown", "a", []string{"nonsense"}, "unknown option \"nonsense\"; known: cluster, connections, database"},
		{"given twice", "a", []string{"database 1", "database 1"}, "given twice"},
		{"no port", "a:b", nil, "is no address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := parseLines(t, c.addr, c.lines...)
			var got string
			if err == nil {
				got = o.Key()
			} else {
				got = err.Error()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s in it", got, c.want)
			}
			if strings.Contains(got, "secret") && !strings.Contains(got, "no secrets") {
				t.Errorf("a secret is told: %s", got)
			}
		})
	}
}

// The source of events has no blanks, which part the names of several files, and no secrets.
func TestSource(t *testing.T) {
	o := opened(t, "a b", "sentinel m", "database 3")
	if got := o.source(); got != "a:26379,b:26379/m/3/enum:" {
		t.Error(got)
	}
}

// A snapshot of another tree is refused, and a tree is the same whichever address is asked first.
func TestData(t *testing.T) {
	seen := map[string][]string{}
	for _, lines := range [][]string{{"sentinel a"}, {"sentinel b"}, {"sentinel a", "database 1"}, {"sentinel a", "prefix x:"}} {
		o, other := opened(t, "x y", lines...), opened(t, "y x", append(lines, "stale 2h")...)
		if o.data() != other.data() {
			t.Errorf("%s is not %s", o.data(), other.data())
		}
		if twice := seen[o.data()]; twice != nil {
			t.Errorf("%q and %q have the same data", lines, twice)
		}
		seen[o.data()] = lines
	}
}

// The form in which the marker notes lengths can be read.
func TestLengths(t *testing.T) {
	for _, text := range []string{"", "1", "2,4,15"} {
		if got := parseLengths(text).String(); got != text {
			t.Errorf("%q is read as %q", text, got)
		}
	}
	if got := parseLengths("0,16,x,-1,3").String(); got != "3" {
		t.Error(got)
	}
}
