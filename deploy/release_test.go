package deploy

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// workflow is all that the workflow of a release may say: another key is a slip, which GitHub might pass over.
type workflow struct {
	Name string
	On   struct { // YAML 1.1 reads the key as a truth value
		Push struct{ Tags []string }
	} `json:"true"`
	Permissions *permissions
	Jobs        map[string]job
}

type permissions map[string]string

type job struct {
	Needs          []string
	RunsOn         string `json:"runs-on"`
	TimeoutMinutes int    `json:"timeout-minutes"`
	Permissions    permissions
	Container      struct{ Image, Options string }
	Steps          []struct {
		ID, Name, Uses, Run string
		With                map[string]any
		Env                 map[string]string
	}
}

// writes says whether a job may publish anything.
func (j job) writes() bool {
	return slices.Contains(slices.Collect(maps.Values(j.Permissions)), "write")
}

// does says whether a step of the job runs a text, with these settings in its environment.
func (j job) does(text string, settings ...string) bool {
	for _, s := range j.Steps {
		if strings.Contains(s.Run, text) && !slices.ContainsFunc(settings, func(setting string) bool {
			name, value, _ := strings.Cut(setting, "=")
			return s.Env[name] != value
		}) {
			return true
		}
	}
	return false
}

func readWorkflow(t *testing.T) (w workflow) {
	t.Helper()
	text, err := os.ReadFile("../.github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// What publishes a release runs as it was read: actions and images are named by what is in them, and not by a tag that
// somebody may move.
func TestReleaseIsPinned(t *testing.T) {
	actions := 0
	for name, j := range readWorkflow(t).Jobs {
		if image := j.Container.Image; image != "" && !pinned.MatchString(image) {
			t.Errorf("%s: the image %s is not named by its digest", name, image)
		}
		for _, s := range j.Steps {
			switch {
			case (s.Uses == "") == (s.Run == ""):
				t.Errorf("%s: a step does nothing, or two things", name)
			case s.Uses != "":
				actions++
				if !regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`).MatchString(s.Uses) {
					t.Errorf("%s: %s is not named by its commit", name, s.Uses)
				}
			case strings.Contains(s.Run, "${{"):
				t.Errorf("%s: what others name may become a part of the script %q", name, s.Run)
			}
		}
	}
	if actions == 0 {
		t.Error("there are no actions")
	}
}

var pinned = regexp.MustCompile(`^\S+:\S+@sha256:[0-9a-f]{64}$`)

// What the image is built with is named by its digest as well.
func TestBuilderIsPinned(t *testing.T) {
	text, err := os.ReadFile("image/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^FROM (?:--\S+ )?(\S+)`).FindAllStringSubmatch(string(text), -1) {
		if m[1] != "scratch" && !pinned.MatchString(m[1]) {
			t.Errorf("%s is not named by its digest", m[1])
		}
	}
}

// Each job may do what it must and nothing else, and nothing is compiled or tested where something may be published.
func TestReleasePermissions(t *testing.T) {
	w := readWorkflow(t)
	if w.Permissions == nil || len(*w.Permissions) > 0 {
		t.Errorf("jobs that say nothing may %v", w.Permissions)
	}
	want := map[string]permissions{
		"test":    {"contents": "read"},
		"build":   {"contents": "read"},
		"image":   {"contents": "read", "packages": "write", "id-token": "write", "attestations": "write"},
		"release": {"contents": "write", "id-token": "write", "attestations": "write"},
	}
	for name, j := range w.Jobs {
		if !maps.Equal(j.Permissions, want[name]) {
			t.Errorf("%s may %v, want %v", name, j.Permissions, want[name])
		}
		if j.writes() && (j.does("make ") || j.does("go ") || j.does(".ci/")) {
			t.Errorf("%s may publish, and compiles or tests", name)
		}
		for _, s := range j.Steps {
			if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
				t.Errorf("%s leaves its credentials in the clone", name)
			}
		}
	}
}

// Nothing is published that was not tested, with no test left out, and built twice, and what is published is attested: the
// files by their checksums, the image by its digest.
func TestReleaseOrder(t *testing.T) {
	w := readWorkflow(t)
	if !w.Jobs["test"].does(".ci/run", "ENUMIM_EVERYTHING=1") || !w.Jobs["build"].does("make reproduce") {
		t.Error("the tests are not run, or some may be left out, or nothing is built twice")
	}
	attested := 0
	for name, j := range w.Jobs {
		if !j.writes() {
			continue
		}
		for _, before := range []string{"test", "build"} {
			if !slices.Contains(j.Needs, before) {
				t.Errorf("%s does not wait for %s", name, before)
			}
		}
		for i, s := range j.Steps {
			if !strings.HasPrefix(s.Uses, "actions/attest-build-provenance@") {
				continue
			}
			attested++
			switch digest, _ := s.With["subject-digest"].(string); {
			case s.With["subject-checksums"] == "dist/SHA256SUMS":
			case i > 0 && j.Steps[i-1].ID == "push" && digest == "${{ steps.push.outputs.digest }}" && strings.Contains(j.Steps[i-1].Run, "digest="):
			default:
				t.Errorf("%s attests %v", name, s.With)
			}
		}
	}
	if attested != 2 {
		t.Errorf("%d of the files and the image are attested", attested)
	}
}
