package deploy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestPrograms holds the programs to what an image without any library, and who asks for a version, rely on.
func TestPrograms(t *testing.T) {
	root := filepath.Join(dist(t), "image", runtime.GOARCH)
	for _, name := range []string{"coredns", "enumim"} {
		path := filepath.Join(root, name)
		f, err := elf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
			t.Errorf("%s is not static", name)
		}
		here, err := filepath.Abs("..")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(read(t, path)), here+"/") {
			t.Errorf("%s tells where it was built", name)
		}
		out, err := run(".", nil, path, "--version")
		if err != nil {
			t.Error(err)
		}
		want := `^enumim version (v[0-9.]+\S*|\(devel\)) ([0-9a-f]{40} )?go1\.\S+\n$`
		if name == "coredns" {
			want = `^CoreDNS-1\.\d+\.\d+\+enumim-(devel|[0-9]+\.[0-9.]+\S*)\nlinux/\w+, go1\.\S+, ([0-9a-f]{40}(\+dirty)?)?\n$`
		}
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s: version %q", name, out)
		}
	}
}

// TestArchive unpacks the archive and checks the sums, as who downloads both does.
func TestArchive(t *testing.T) {
	folder := dist(t)
	if out, err := run(folder, nil, "sha256sum", "-c", "--strict", "SHA256SUMS"); err != nil || strings.Count(out, ": OK") < 2 {
		t.Errorf("%v\n%s", err, out)
	}
	f, err := os.Open(one(t, folder+"/*.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	top := strings.TrimSuffix(filepath.Base(f.Name()), ".tar.gz") + "/"
	files := make(map[string]bool)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name, below := strings.CutPrefix(h.Name, top)
		files[name] = true
		program := name == "coredns" || name == "enumim"
		if mode := fs.FileMode(h.Mode).Perm(); !below || h.Uid != 0 || h.Gid != 0 || h.Typeflag == tar.TypeReg && (mode == 0o755) != program || mode&0o22 != 0 {
			t.Errorf("%s of %d:%d with mode %o", h.Name, h.Uid, h.Gid, mode)
		}
	}
	for _, name := range []string{"coredns", "enumim", "README.md", "LICENSE", "licenses.txt", "docs/packages.md", "man/enumim-lint.1", "examples/numbers.txt", "systemd/enumim.service", "systemd/reload"} {
		if !files[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestBillOfMaterials compares the bill with what Go noted in the programs.
func TestBillOfMaterials(t *testing.T) {
	folder := dist(t)
	var bill struct {
		SpecVersion  string
		SerialNumber string
		Components   []struct {
			Type, Name, Version, Purl string
			Hashes                    []struct{ Content string }
			Licenses                  []struct{ License struct{ ID string } }
		}
	}
	if err := json.Unmarshal(read(t, one(t, folder+"/*.cdx.json")), &bill); err != nil {
		t.Fatal(err)
	}
	// The form that the schema of CycloneDX asks for.
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(bill.SerialNumber) || bill.SpecVersion != "1.6" {
		t.Errorf("serial number %q, version %q", bill.SerialNumber, bill.SpecVersion)
	}
	told, hashes := make(map[string]bool), 0
	for _, c := range bill.Components {
		told[c.Name+" "+c.Version] = true
		if c.Type == "file" {
			hashes += len(c.Hashes)
		} else if len(c.Licenses) != 1 || c.Licenses[0].License.ID == "" || !strings.HasPrefix(c.Purl, "pkg:golang/"+c.Name+"@") {
			t.Errorf("%s: licenses %v, package URL %q", c.Name, c.Licenses, c.Purl)
		}
	}
	texts := string(read(t, filepath.Join(folder, "image", runtime.GOARCH, "licenses.txt")))
	for _, name := range []string{"coredns", "enumim"} {
		info, err := buildinfo.ReadFile(filepath.Join(folder, "image", runtime.GOARCH, name))
		if err != nil {
			t.Fatal(err)
		}
		if std := "std " + strings.TrimPrefix(info.GoVersion, "go"); !told[std] {
			t.Errorf("%s is not told", std)
		}
		for _, dep := range info.Deps {
			if !told[dep.Path+" "+dep.Version] || !strings.Contains(texts, "\n"+dep.Path+" "+dep.Version+"\n") {
				t.Errorf("%s has %s %s, which is not told, or without its license", name, dep.Path, dep.Version)
			}
		}
	}
	if hashes != 2 {
		t.Errorf("%d of 2 programs have a hash", hashes)
	}
}

// TestReproducible builds again, in another folder, time zone and mask of modes, and compares all files. What the
// compiler makes of a package comes from Go's cache the second time; make reproduce does without.
func TestReproducible(t *testing.T) {
	folder := dist(t)
	t.Parallel()
	other := filepath.Join(temporary, "an", "other folder")
	if out, err := run("..", nil, "sh", "-euc", `mkdir -p "$1"; git ls-files -z -co --exclude-standard | tar -cf - --ignore-failed-read --null -T - .git | tar -C "$1" -xf -`, "sh", other); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	again := filepath.Join(other, "dist")
	if out, err := run(other, []string{"TZ=Asia/Tokyo", "LC_ALL=C.UTF-8"}, "sh", "-euc", "umask 077; deploy/dist.sh "+runtime.GOARCH); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files := 0
	for _, of := range []string{folder, again} {
		err := filepath.WalkDir(of, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			name, err := filepath.Rel(of, path)
			if err != nil {
				return err
			}
			first, err := os.ReadFile(filepath.Join(folder, name))
			second, other := os.ReadFile(filepath.Join(again, name))
			if err != nil || other != nil || !bytes.Equal(first, second) {
				t.Errorf("%s differs: %v, %v", name, err, other)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 12 {
		t.Errorf("%d files were compared", files)
	}
}
