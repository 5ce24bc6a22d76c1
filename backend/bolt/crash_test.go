package bolt

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/e164"
)

// group returns numbers that all tell one version: few, which are changed in one transaction, or many, for which a new
// file is written.
func group(few bool, version int) []backend.Entry {
	country, count := "1", oneUpdate+500
	if few {
		country, count = "44", 500
	}
	entries := make([]backend.Entry, count)
	for i := range entries {
		n, _ := e164.ParseDigits(fmt.Sprintf("%s202555%05d", country, i))
		entries[i] = user(n, strconv.Itoa(version))
	}
	return entries
}

// crashing writes version after version, and tells each when it was promised, until it is killed.
func crashing(o *options, from int) {
	w, err := o.OpenWriter(context.Background())
	for version := from; err == nil; version++ {
		few := version%4 != 0
		if err = w.Write(context.Background(), each(sets(group(few, version))), func(int) {}); err == nil {
			fmt.Printf("promised %t %d\n", few, version)
		}
	}
	fmt.Println("failed", err)
}

// versions returns the versions of both groups in a file, and fails where one group has several.
func versions(t *testing.T, o *options) (few, many int) {
	t.Helper()
	w := openWriter(t, o)
	defer w.Close()
	tells := regexp.MustCompile(`sip:(\d+)-(\d+)@`)
	found := map[bool]int{}
	counts := map[bool]int{}
	for e, err := range w.Walk(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		m := tells.FindStringSubmatch(e.Records[0].Regexp)
		if m == nil || m[1] != e.Name.Number.Digits() {
			t.Fatalf("%s has the record %q", e.Name.Number, e.Records[0].Regexp)
		}
		isFew := strings.HasPrefix(m[1], "44")
		version, _ := strconv.Atoi(m[2])
		if counts[isFew] > 0 && found[isFew] != version {
			t.Fatalf("versions %d and %d are in one file", found[isFew], version)
		}
		found[isFew] = version
		counts[isFew]++
	}
	if counts[true] != 500 || counts[false] != oneUpdate+500 {
		t.Fatalf("%d and %d entries are left", counts[true], counts[false])
	}
	return found[true], found[false]
}

// A writer that is killed at any moment leaves what was before or what was to be, and all that it has promised.
func TestKilled(t *testing.T) {
	const mark = "ENUMIM_BOLT_CRASH"
	if from, err := strconv.Atoi(os.Getenv(mark)); err == nil {
		crashing(&options{path: "numbers.db"}, from)
		os.Exit(1)
	}
	o := newOptions(t)
	write(t, o, append(sets(group(false, 0)), sets(group(true, 0))...)...)
	rounds := 25
	if testing.Short() || raceEnabled {
		rounds = 5
	}
	version := 1
	between := 0
	for range rounds {
		cmd := again(t, filepath.Dir(o.path), fmt.Sprintf("%s=%d", mark, version))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		promised := map[bool]int{}
		first := make(chan struct{})
		read := make(chan struct{})
		go func() {
			defer close(read)
			lines := bufio.NewScanner(out)
			for begun := false; lines.Scan(); {
				var few bool
				var version int
				if _, err := fmt.Sscanf(lines.Text(), "promised %t %d", &few, &version); err != nil {
					if strings.HasPrefix(lines.Text(), "failed") {
						t.Error(lines.Text())
					}
					continue
				}
				promised[few] = version
				if !begun {
					begun = true
					close(first)
				}
			}
		}()
		select {
		case <-first:
		case <-read:
		}
		time.Sleep(rand.N(300 * time.Millisecond)) // any moment
		cmd.Process.Kill()
		<-read
		cmd.Wait()
		few, many := versions(t, o)
		if few < promised[true] || many < promised[false] {
			t.Fatalf("versions %d and %d are there, and %v was promised", few, many, promised)
		}
		if few > promised[true] && many > promised[false] {
			t.Fatalf("versions %d and %d are there before they were written: %v", few, many, promised)
		}
		if few > promised[true] || many > promised[false] {
			between++
		}
		version = max(few, many) + 1
	}
	t.Logf("%d versions, %d times killed between change and promise", version, between)
}
