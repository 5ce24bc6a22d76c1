package deploy

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

var whole = flag.Bool("whole", false, "build all of CoreDNS, too, which takes minutes and fetches what it is made of")

// origin is a repository that has the last commit here as the release.
var origin = sync.OnceValues(func() (string, error) {
	bare := filepath.Join(temporary, "origin", "enumim.git")
	if out, err := run("..", nil, "git", "clone", "-q", "--bare", ".", bare); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	if out, err := run(bare, nil, "git", "tag", "-f", "v"+release); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return bare, nil
})

var releaseOnce = sync.OnceValues(func() (string, error) {
	bare, err := origin()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(temporary, "release")
	if out, err := run(temporary, nil, "sh", "-euc", `git clone -q "$1" release; DIST=dist release/deploy/dist.sh "$2"`, "sh", bare, runtime.GOARCH); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return filepath.Join(folder, "dist"), nil
})

// released is the folder with the files of the release.
func released(t *testing.T) string {
	t.Helper()
	folder, err := releaseOnce()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// newcomer is an empty folder, and the environment of who has Go and nothing else of the project. Repositories of
// GitHub come from this machine; what Go has fetched and compiled is there.
func newcomer(t *testing.T) (folder string, env []string) {
	t.Helper()
	folder, home := t.TempDir(), t.TempDir()
	bare, err := origin()
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("[url \"%s\"]\n\tinsteadOf = https://github.com/enumim/enumim\n[url \"%s\"]\n\tinsteadOf = https://github.com/coredns/coredns\n[advice]\n\tdetachedHead = false\n",
		bare, filepath.Join(home, "coredns"))
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	env = []string{"HOME=" + home}
	for name, value := range settings(t) {
		env = append(env, name+"="+value)
	}
	return folder, env
}

// settings are those of Go on this machine.
func settings(t *testing.T) (values map[string]string) {
	t.Helper()
	out, err := run(".", nil, "go", "env", "-json", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN")
	if err == nil {
		err = json.Unmarshal([]byte(out), &values)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return values
}

// alone runs a script in a network and a tree of processes of its own.
func alone(folder string, env []string, script string) (string, error) {
	return run(folder, env, "unshare", "-n", "-m", "-p", "-f", "--mount-proc", "--kill-child", "sh", "-euc", "ip link set lo up\n"+script)
}

func TestNewcomer(t *testing.T) {
	need(t, "git", "make", "unshare", "ip", "dig")
	needNamespaces(t)
	t.Run("from a clone", func(t *testing.T) {
		folder, env := newcomer(t)
		out, err := alone(folder, env, fromClone.script(t))
		fromClone.printed(t, out, err)
	})
	t.Run("the programs", func(t *testing.T) {
		folder, env := newcomer(t)
		out, err := alone(folder, env, "git clone -q https://github.com/enumim/enumim && cd enumim\n"+compilation.script(t))
		compilation.printed(t, out, err)
	})
	t.Run("a CoreDNS of one's own", func(t *testing.T) {
		if !*whole {
			t.Skip("only with -whole, as make newcomer has it; TestRecipe in cmd/coredns runs its generator")
		}
		folder, env := newcomer(t)
		// A release under a name that the real one will have must not stay among the modules of this machine.
		cache := settings(t)
		env = append(env, "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw", "GOPRIVATE=github.com/enumim/enumim",
			"GOPROXY=file://"+cache["GOMODCACHE"]+"/cache/download,"+cache["GOPROXY"])
		if out, err := run("..", env[:1], "sh", "-euc", `cp -r "$(GOMODCACHE="$1" go list -m -f '{{.Dir}}' github.com/coredns/coredns)" "$HOME/coredns"
			cd "$HOME/coredns"; chmod -R u+w .; git init -q; git add -f .
			git -c user.name=test -c user.email=test@example.com commit -qm release; git tag v1.15.0`, "sh", cache["GOMODCACHE"]); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		out, err := run(folder, env, "sh", "-euc", customBuild.script(t))
		customBuild.printed(t, out, err)
		traces(t, filepath.Join(folder, "coredns", "coredns"))
	})
}

func TestNewcomerImage(t *testing.T) {
	need(t, "podman", "unshare", "ip", "dig")
	needContainers(t)
	t.Cleanup(func() { tryContained(t, `$podman rm -af; $podman rmi -af`) })
	// Podman is Docker. The container has the network of the script, where nothing has to be passed on from a port.
	build := strings.NewReplacer("$ARCH", runtime.GOARCH, "IMAGE=enumim", "IMAGE=ghcr.io/enumim/enumim:"+release).Replace(makeImage)
	out, err := tryContained(t, "DIST="+released(t)+"; "+build+`
		cat >$TEMPORARY/docker <<-X
			#!/bin/sh
			if [ "\$1" = run ]; then shift; set -- run $limits --network=host "\$@"; fi
			exec $podman "\$@"
		X
		chmod 755 $TEMPORARY/docker; cd $TEMPORARY; export PATH=$TEMPORARY:$PATH
		unshare -n sh -eu <<-'X'
			ip link set lo up
			`+strings.ReplaceAll(image.script(t), "\n", "\n\t\t\t")+`
			kill $!; wait $! || :
		X`)
	image.printed(t, out, err)
}

func TestNewcomerPackages(t *testing.T) {
	need(t, "dpkg-deb", "systemd-analyze", "unshare", "nsenter", "dig")
	files := released(t)
	for name, s := range map[string]section{"Debian": debian, "archive": archive} {
		t.Run(name, func(t *testing.T) {
			m := boot(t, files, bootScript)
			out, err := m.try(`command -v sudo >/dev/null || cat >/usr/bin/sudo <<-'X'
					#!/bin/sh
					[ "$1" != -u ] || { user=$2; shift 2; exec runuser -u "$user" -- "$@"; }
					exec "$@"
				X
				chmod 755 /usr/bin/sudo; mkdir /var/tmp/newcomer; cd /var/tmp/newcomer; cp /mnt/enumim_* /mnt/SHA256SUMS .
				` + s.script(t))
			s.printed(t, out, err)
		})
	}
}
