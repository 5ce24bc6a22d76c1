package kubernetes

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	core "k8s.io/api/core/v1"
)

// mounts lays out the volumes of a container below root.
func mounts(t testing.TB, root string, b *bundle, w workload, c core.Container, secrets map[string]string) {
	t.Helper()
	if b.account != nil && w.automounted(c) {
		project(t, filepath.Join(root, accountDir), b.files(t, w))
	}
	for _, m := range c.VolumeMounts {
		for _, v := range w.template.Spec.Volumes {
			if v.Name != m.Name {
				continue
			}
			dir := filepath.Join(root, m.MountPath)
			switch {
			case v.ConfigMap != nil:
				project(t, dir, b.config(v.ConfigMap.Name))
			case v.Secret != nil:
				project(t, dir, secrets)
			case v.Projected != nil:
				for _, s := range v.Projected.Sources {
					if s.ServiceAccountToken == nil && s.DownwardAPI == nil && (s.ConfigMap == nil || s.ConfigMap.Name != "kube-root-ca.crt") {
						t.Fatalf("volume %s has another source than an account", v.Name)
					}
				}
				project(t, dir, b.files(t, w))
			case v.EmptyDir != nil:
				project(t, dir, nil)
				chmod(t, dir, 0o777)
			default:
				t.Fatalf("volume %s is of an unknown kind", v.Name)
			}
		}
	}
}

// accountDir is where the API server mounts the account of a pod.
const accountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// automounted tells whether a container gets the files of the service account without a volume of its own.
func (w workload) automounted(c core.Container) bool {
	own := slices.ContainsFunc(c.VolumeMounts, func(m core.VolumeMount) bool { return m.MountPath == accountDir })
	may := w.template.Spec.AutomountServiceAccountToken
	return !own && (may == nil || *may)
}

// files are those of the service account of a workload.
func (b *bundle) files(t testing.TB, w workload) map[string]string {
	t.Helper()
	if b.account == nil {
		t.Fatalf("%s has an account, and there is no API server", w.name)
	}
	return b.account(w.namespace, cmp.Or(w.template.Spec.ServiceAccountName, "default"))
}

// project writes the files of a volume as kubelet does: the names lead through a link that turns to a new folder with
// each change.
func project(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if files == nil {
		return
	}
	data, err := os.MkdirTemp(dir, "..") //nolint:usetesting // beside what it takes the place of
	if err != nil {
		t.Fatal(err)
	}
	chmod(t, data, 0o755)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name))
	}
	old, _ := os.Readlink(filepath.Join(dir, "..data"))
	if err := errors.Join(
		os.Symlink(filepath.Base(data), filepath.Join(dir, "..data_tmp")),
		os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")),
	); err != nil {
		t.Fatal(err)
	}
	if old != "" {
		os.RemoveAll(filepath.Join(dir, old))
	}
}

// change writes new files into the ConfigMap that is mounted at a path.
func (p *pod) change(t testing.TB, path string, files map[string]string) {
	t.Helper()
	project(t, filepath.Join(p.root, path), maps.Clone(files))
}

func (p *pod) write(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(p.root, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func chmod(t testing.TB, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}
