package kubernetes

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/enumim/enumim/backend"
)

// accountDir is where a pod finds its service account.
const accountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// account is the service account of the pod that the server runs in. Its files are read again for each connection, and the
// token more often: Kubernetes exchanges them.
type account struct{ dir string }

func (a account) ca() string { return filepath.Join(a.dir, "ca.crt") }

// host returns where the API server of the cluster is.
func (a account) host() (string, error) {
	host, port := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return "", fmt.Errorf("%w: the server does not run in a pod, and no API server is given: write backend kubernetes HOST:PORT", backend.ErrUnavailable)
	}
	return net.JoinHostPort(host, port), nil
}

// namespace returns that of the pod. Outside of one it is the API server that has to be given first.
func (a account) namespace() (string, error) {
	if _, err := a.host(); err != nil {
		return "", err
	}
	text, err := a.read("namespace")
	if err == nil && !label.MatchString(text) {
		err = fmt.Errorf("%w: the file namespace of the service account holds no name: use the option namespace", backend.ErrUnavailable)
	}
	return text, err
}

func (a account) token() (string, error) { return a.read("token") }

func (a account) read(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(a.dir, name))
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	if err != nil {
		return "", fmt.Errorf("%w: the file %s of the service account: %w: is automountServiceAccountToken off?", backend.ErrUnavailable, name, err)
	}
	return strings.TrimSpace(string(text)), nil
}
