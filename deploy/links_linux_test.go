package deploy

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode"
)

var (
	fences  = regexp.MustCompile("(?ms)^~~~.*?^~~~$|^```.*?^```$")
	quotes  = regexp.MustCompile("`[^`\n]*`")
	linked  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	// A place of the repository, as it was when the pages were packed.
	committed = regexp.MustCompile(`^https://github\.com/enumim/enumim/blob/(?:[0-9a-f]{40}|main)/(.*)$`)
)

// anchors are the names under which GitHub has the headings of a page.
func anchors(text string) map[string]bool {
	names := make(map[string]bool)
	for _, m := range heading.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
		names[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	return names
}

// leads says of a link on a page in the folder root where it leads, if not to something that is there: in the folder, or in
// the repository.
func leads(t *testing.T, root, page, to string) string {
	t.Helper()
	to, anchor, _ := strings.Cut(to, "#")
	place := filepath.Join(root, page)
	if m := committed.FindStringSubmatch(to); m != nil {
		place = filepath.Join("..", m[1])
	} else if strings.Contains(to, ":") {
		return ""
	} else if to != "" {
		name := path.Join(path.Dir(page), to)
		if !filepath.IsLocal(name) {
			return "out of the package"
		}
		place = filepath.Join(root, name)
	}
	switch {
	case !exists(place):
		return "nowhere"
	case anchor != "" && !anchors(string(read(t, place)))[anchor]:
		return "to no heading"
	}
	return ""
}

// TestLinks says that who reads the pages of an archive or of the Debian package gets to what they link to: all pages are
// packed, and what is not is in the repository.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, unpack := range map[string]string{
		"archive": `tar -xf "$1"/enumim_*_linux_"$2".tar.gz --strip-components=1`,
		"Debian":  `dpkg-deb -x "$1"/enumim_*_"$2".deb root; mv root/usr/share/doc/enumim/* .; rm -r root`,
	} {
		t.Run(name, func(t *testing.T) {
			if name == "Debian" {
				need(t, "dpkg-deb")
			}
			root := t.TempDir()
			if out, err := run(root, nil, "sh", "-euc", unpack, "sh", dist(t), runtime.GOARCH); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			packed := []string{"README.md"}
			for _, p := range pages {
				packed = append(packed, "docs/"+filepath.Base(p))
			}
			within, outside := 0, 0
			for _, page := range packed {
				text, err := os.ReadFile(filepath.Join(root, page))
				if err != nil {
					t.Error(err)
				}
				text = quotes.ReplaceAll(fences.ReplaceAll(text, nil), nil)
				for _, m := range linked.FindAllStringSubmatch(string(text), -1) {
					if strings.Contains(m[1], ":") {
						outside++
					} else {
						within++
					}
					if where := leads(t, root, page, m[1]); where != "" {
						t.Errorf("%s: %s leads %s", page, m[1], where)
					}
				}
			}
			if within < len(pages) || outside == 0 {
				t.Errorf("%d links within, %d to others", within, outside)
			}
		})
	}
}
