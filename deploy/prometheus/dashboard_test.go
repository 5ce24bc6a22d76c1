package prometheus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// source is where a query goes to.
type source struct{ Type, UID string }

// dashboard is as much of Grafana's format as dashboard.json makes use of.
type dashboard struct {
	Title, UID, Description string
	SchemaVersion           int
	Panels                  []panel
	Templating              struct{ List []variable }
}

type variable struct {
	Name, Type string
	Query      json.RawMessage // a text, or an object with one
	Datasource source
}

type panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ X, Y, W, H int }
	Datasource  source
	FieldConfig struct {
		Defaults struct{ Unit string }
	}
	Targets []struct {
		RefID, Expr string
		Datasource  source
	}
}

func grafana(t testing.TB) (d dashboard) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(read(t, "dashboard.json")))
	if err := decoder.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if decoder.More() {
		t.Fatal("dashboard.json has more than one value")
	}
	return d
}

// queries are those of all panels, by where they stand.
func (d dashboard) queries() map[string]string {
	all := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all[fmt.Sprintf("%s, %s %s", p.Title, p.Type, target.RefID)] = target.Expr
		}
	}
	return all
}

// TestDashboard: the dashboard takes any data source, its panels lie beside each other, and what they show has the unit
// that it is measured in.
func TestDashboard(t *testing.T) {
	d := grafana(t)
	if d.Title == "" || d.UID == "" || d.SchemaVersion == 0 {
		t.Errorf("%q, %q, %d", d.Title, d.UID, d.SchemaVersion)
	}
	names := []string{"__rate_interval"}
	for _, v := range d.Templating.List {
		names = append(names, v.Name)
		if v.Type == "query" && v.Datasource.UID != "${datasource}" {
			t.Errorf("the variable %s asks %q", v.Name, v.Datasource.UID)
		}
	}
	if first := d.Templating.List[0]; first.Name != "datasource" || first.Type != "datasource" || string(first.Query) != `"prometheus"` {
		t.Errorf("%+v", first)
	}
	used := regexp.MustCompile(`\$(\w+)`)
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("%q has the number %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies on %s, or outside", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("%s asks %q for %d things", p.Title, p.Datasource.UID, len(p.Targets))
		}
		for _, target := range p.Targets {
			if target.Datasource.UID != "${datasource}" {
				t.Errorf("%s asks %q", p.Title, target.Datasource.UID)
			}
			for _, m := range used.FindAllStringSubmatch(target.Expr, -1) {
				if !slices.Contains(names, m[1]) {
					t.Errorf("%s: nothing sets $%s", p.Title, m[1])
				}
			}
			if want := unit(target.Expr); want != p.FieldConfig.Defaults.Unit {
				t.Errorf("%s shows %s as %q, want %q", p.Title, target.Expr, p.FieldConfig.Defaults.Unit, want)
			}
		}
	}
}

// unit is what an expression is measured in, as Grafana names it.
func unit(expr string) string {
	has := func(part string) bool { return strings.Contains(expr, part) }
	switch {
	case has(" / "):
		return "percentunit"
	case has("guard_findings_total"):
		return "cps"
	case has("cpu_seconds_total"), has("increase("), has("changes("):
		return "short"
	case has("rate(") && has("_total"):
		return "reqps"
	case has("_bytes"):
		return "bytes"
	case has("_seconds"):
		return "s"
	}
	return "short"
}
