package deploy

import (
	"os"
	"regexp"
	"testing"

	"sigs.k8s.io/yaml"
)

// What publishes a release runs as it was read: actions are named by commit, and not by a tag that somebody may move.
func TestReleaseWorkflow(t *testing.T) {
	text, err := os.ReadFile("../.github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Uses, Run string }
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatal(err)
	}
	actions := 0
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			switch {
			case step.Uses == "" && step.Run == "":
				t.Errorf("a step does nothing")
			case step.Uses != "":
				actions++
				if !regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`).MatchString(step.Uses) {
					t.Errorf("%s is not named by its commit", step.Uses)
				}
			}
		}
	}
	if actions == 0 {
		t.Error("there are no actions")
	}
}
