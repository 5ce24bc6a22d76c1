package test

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sizingRows are the rows of the table of docs/sizing.md whose first row of cells begins with these words, without that row.
func sizingRows(t *testing.T, page, head string) (rows [][]string) {
	t.Helper()
	_, rest, ok := strings.Cut(page, "\n| "+head)
	if !ok {
		t.Fatalf("no table %q", head)
	}
	for i, line := range strings.Split(rest, "\n") {
		switch {
		case i < 2:
		case !strings.HasPrefix(line, "| "):
			return rows
		default:
			cells := strings.Split(strings.Trim(line, "| "), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

// figure reads a number with commas between thousands.
func figure(t *testing.T, text string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sizingNeed is the formula of the page, in MB: of the index, and of all.
func sizingNeed(numbers, octets, blocks float64) (index, need float64) {
	index = (numbers*octets + blocks*3300) / 1e6
	return index, 45 + 3*index + 30
}

// sizes are results of the benchmarks, in MB: at rest, and at most while all is there twice.
func sizes(t *testing.T, path string) map[string][2]float64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string][2]float64{}
	result := regexp.MustCompile(`^Benchmark\w+/(\w+/\d+)-\d+\s.*\s([\d.]+) MB\s.*\s([\d.]+) reloaded-MB`)
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if m := result.FindStringSubmatch(lines.Text()); m != nil {
			all[m[1]] = [2]float64{figure(t, m[2]), figure(t, m[3])}
		}
	}
	return all
}

// TestSizingPage holds docs/sizing.md to what was measured, its examples to its formula, and the formula to be more than what
// was measured; the command that measures people's own numbers does so.
func TestSizingPage(t *testing.T) {
	text, err := os.ReadFile("../docs/sizing.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	measured := 0
	for _, table := range []struct {
		head, results string
		kinds         []string
		octets        []float64
	}{
		{"numbers, or blocks |", "memory_files", []string{"derived", "distinct", "zone", "blocks"}, []float64{6, 26, 26, 3300}},
		{"numbers | bolt |", "memory_stores", []string{"bolt", "postgres", "redis", "etcd"}, []float64{0, 26, 66, 66}},
	} {
		all := sizes(t, "../bench/results/"+table.results+".txt")
		for _, row := range sizingRows(t, page, table.head) {
			n := figure(t, row[0])
			for i, kind := range table.kinds {
				is, ok := all[fmt.Sprintf("%s/%.0f", kind, n)]
				if want := fmt.Sprintf("%.0f, %.0f", is[0], is[1]); !ok || row[i+1] != want {
					t.Errorf("%s of %.0f: the page says %s, the results %s", kind, n, row[i+1], want)
				}
				if _, need := sizingNeed(n, table.octets[i], 0); need < is[1] {
					t.Errorf("%s of %.0f: the formula says %.0f MB, %.0f were measured", kind, n, need, is[1])
				}
				measured++
			}
		}
	}
	if measured != 24 {
		t.Errorf("%d figures on the page", measured)
	}
	short := sizingRows(t, page, "what | memory")
	for i, row := range sizingRows(t, page, "example | numbers") {
		index, need := sizingNeed(figure(t, row[1]), figure(t, row[2]), figure(t, row[3]))
		limit := need / 0.9 * 1e6 / (1 << 20)
		if is := fmt.Sprintf("%.0f %.0f %.0f", index, need, math.Ceil(limit)); is != strings.Join(row[4:], " ") {
			t.Errorf("%s: the page says %v, its formula %s", row[0], row[4:], is)
		}
		var most float64
		if _, err := fmt.Sscanf(short[i][2], "%f MiB", &most); err != nil || most < limit || short[i][1] != fmt.Sprintf("%.0f MB", need) {
			t.Errorf("in short %v, by the formula %.0f MB and %.0f MiB", short[i], need, limit)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^go test -run '\^\$' -bench (\w+) .*\./bench/memory$`).FindAllStringSubmatch(page, -1) {
		out, err := exec.Command("go", "test", "-list", "^Benchmark"+m[1]+"$", "../bench/memory").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "Benchmark") {
			t.Errorf("%s: %v: %s", m[0], err, out)
		}
	}
	measures(t, page)
}

// measures does the command of the page with the numbers of the examples.
func measures(t *testing.T, page string) {
	command := regexp.MustCompile(`(?m)^go run \./bench/memory -backend '.*'$`).FindString(page)
	if command == "" {
		t.Fatal("no command that measures")
	}
	cmd := exec.Command("sh", "-c", strings.Replace(command, "numbers.txt", "examples/numbers.txt", 1))
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	for _, kind := range []string{"one number", "file"} {
		m := regexp.MustCompile(`(?m)^ *` + kind + ` +[\d.]+ +[\d.]+ +(\d+) +(\d+) +(\d+) +(\d+)$`).FindStringSubmatch(string(out))
		if m == nil {
			t.Fatalf("%s says nothing of %q:\n%s", command, kind, out)
		}
		if rest, again := figure(t, m[1]), figure(t, m[3]); rest < 10 || rest > 75 || again < rest {
			t.Errorf("%s: a server with few numbers takes %.0f MB, and %.0f while it is reloaded", command, rest, again)
		}
	}
}
