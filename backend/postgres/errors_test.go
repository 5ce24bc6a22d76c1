package postgres

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
)

// An error says what to do: as whom it was tried, which kind of server is expected, which option names what is missing,
// and where it is not the schema of enumim that is missed it does not advise that.
func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	d := start15(t)
	tree := d.tree(t)
	d.exec(t, "CREATE SCHEMA pdns; SET search_path = pdns; "+pdnsTables+"; DELETE FROM domains; RESET search_path; CREATE ROLE poor LOGIN; GRANT USAGE ON SCHEMA pdns TO poor")
	all := filepath.Join(t.TempDir(), "all.sql")
	must(t, os.WriteFile(all, []byte("SELECT number FROM nowhere"), 0o600))
	silent := listen(t, func(net.Conn) { time.Sleep(20 * time.Second) })
	here := d.Addr + "/enumim"
	_, port, _ := strings.Cut(d.Addr, ":")
	socket := d.Sockets() + ":" + port + "/enumim" // where no password is asked for
	for _, c := range []struct{ address, lines, want string }{
		{here, "user nobody", `option user is "nobody"`},
		{d.Addr + "/nowhere", "", `no such data base (SQLSTATE 3D000): "nowhere"`},
		{here, "schema " + tree + "x", "option schema"},
		{socket, "powerdns;schema pdns;user poor", "docs/powerdns.md"},
		{here, "powerdns;schema pdns", "no zone with the name of the apex, dial.example"},
		{here, "all " + all, "look at the statement"},
		{silent + "/enumim", "mode store", "is it PostgreSQL?"},
	} {
		r := &recorder{}
		lines := []string(nil)
		if c.lines != "" {
			lines = strings.Split(c.lines, ";")
		}
		o, err := Driver{}.Parse(config(t, c.address, lines...))
		must(t, err)
		b, err := o.Open(t.Context(), r.observe)
		must(t, err)
		text := ""
		eventually(t, 20*time.Second, c.lines+" tells "+c.want, func() bool {
			if _, err := lookup(t, b, "100"); err != nil {
				text = err.Error()
			}
			for _, e := range r.all() {
				if e.Kind == backend.Unavailable {
					text = e.Err.Error()
				}
			}
			return strings.Contains(text, c.want)
		})
		if strings.Contains(text, "enumim schema") && !strings.HasPrefix(c.lines, "schema") {
			t.Errorf("%s: %s", c.lines, text)
		}
		must(t, b.Close())
	}
}
