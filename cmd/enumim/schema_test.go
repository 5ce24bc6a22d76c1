package main

import (
	"strings"
	"testing"
)

// The schema is written under the name that is asked for, whatever that is, and nothing is left of the other.
func TestSchema(t *testing.T) {
	own, errs, code := tool(t, "", "schema", "postgres")
	if code != exitOK || errs != "" || !strings.Contains(own, "CREATE SCHEMA enumim;") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if own, errs, code := tool(t, "", "schema", "mysql"); code != exitOK || errs != "" || !strings.Contains(own, "CREATE TABLE record (") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	other, errs, code := tool(t, "", "schema", "postgres", "--schema", `odd "name`)
	if code != exitOK || errs != "" || !strings.Contains(other, `"odd ""name".`) || strings.Contains(other, "enumim.") {
		t.Errorf("exit %d: %s", code, errs)
	}
	for _, name := range []string{"", strings.Repeat("x", 64)} {
		if out, _, code := tool(t, "", "schema", "postgres", "--schema", name); code != exitUsage || out != "" {
			t.Errorf("%q: exit %d", name, code)
		}
	}
}

// A schema that there is none of is a usage error, not a page of help that psql is fed with.
func TestSchemaOfWhat(t *testing.T) {
	for _, args := range [][]string{{"schema"}, {"schema", "mariadb"}, {"schema", "postgresql"}} {
		if out, errs, code := tool(t, "", args...); code != exitUsage || out != "" || !strings.HasSuffix(errs, " enumim schema postgres, or mysql\n") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
	}
}
