package kubernetes

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// application is what kubectl makes of the page's command, where there is no kubectl.
const application = `apiVersion: apps/v1
kind: Deployment
metadata:
  labels: {app: kamailio}
  name: kamailio
spec:
  replicas: 1
  selector:
    matchLabels: {app: kamailio}
  template:
    metadata:
      labels: {app: kamailio}
    spec:
      containers:
      - image: registry.k8s.io/pause:3.10
        name: pause
`

// TestNewcomer begins with an empty folder and has the five minutes of docs/kubernetes.md: the files as they stand,
// the component out of a repository, the command that asks. Instead of a cluster there is the pod that would run.
func TestNewcomer(t *testing.T) {
	startCluster(t)
	page, err := os.ReadFile("../../docs/kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n## Five minutes: the sidecar\n")
	text, _, _ = strings.Cut(text, "\n##")
	blocks := make(map[string][]string)
	for _, m := range regexp.MustCompile(`(?ms)^~~~ (\w+)\n(.*?)^~~~$`).FindAllStringSubmatch(text, -1) {
		blocks[m[1]] = append(blocks[m[1]], m[2])
	}
	if len(blocks["yaml"]) != 1 || len(blocks["txt"]) != 2 || len(blocks["sh"]) != 2 {
		t.Fatalf("the page has the blocks %q", blocks)
	}
	folder, home := t.TempDir(), t.TempDir()
	create := regexp.MustCompile(`(?m)^kubectl create deployment .*$`).FindString(blocks["sh"][0])
	if _, err := exec.LookPath("kubectl"); err == nil {
		shell(t, folder, create)
	} else if err := os.WriteFile(filepath.Join(folder, "kamailio.yaml"), []byte(application), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"numbers.txt": blocks["txt"][0], "kustomization.yaml": blocks["yaml"][0]} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// The last commit, as what is released, in the place of the repository.
	version := remote.FindStringSubmatch(blocks["yaml"][0])[2]
	origin := filepath.Join(home, "origin", "enumim.git")
	shell(t, "../..", "git clone -q --bare . "+origin+"; git -C "+origin+" tag -f v"+version)
	config := fmt.Sprintf("[url %q]\n\tinsteadOf = https://github.com/enumim/enumim\n", strings.TrimSuffix(origin, ".git"))
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	shell(t, "../..", "CGO_ENABLED=0 go build -o "+filepath.Join(home, "enumim")+" ./cmd/enumim")
	t.Setenv("HOME", home)
	p := start(t, render(t, folder), nil)
	p.started(t)

	program, arguments, found := strings.Cut(blocks["sh"][1], "-c enumim -- ")
	if !found || !strings.Contains(program, "kubectl apply --server-side -k .\n") {
		t.Fatalf("the page runs\n%s", blocks["sh"][1])
	}
	copyFile(t, filepath.Join(home, "enumim"), filepath.Join(p.root, "enumim"))
	words := strings.Fields(arguments)
	user := &syscall.Credential{Uid: 65532, Gid: 65532}
	got := ""
	within(t, 5*time.Second, "the number is answered", func() bool {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Chroot: p.root, Credential: user}
		out, err := cmd.CombinedOutput()
		got = string(out)
		return err == nil
	})
	if got != blocks["txt"][1] {
		t.Errorf("$ %s\n%s\nthe page shows\n%s", arguments, got, blocks["txt"][1])
	}
}

// shell runs a line that is not to fail.
func shell(t testing.TB, folder, line string) {
	t.Helper()
	cmd := exec.Command("sh", "-euc", line)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("$ %s\n%s%v", line, out, err)
	}
}
