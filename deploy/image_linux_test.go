package deploy

import (
	"debug/elf"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// contained runs a script behind testdata/container.sh.
func contained(t *testing.T, script string) string {
	t.Helper()
	out, err := tryContained(t, script)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return out
}

func tryContained(t *testing.T, script string) (string, error) {
	t.Helper()
	test, _, _ := strings.Cut(t.Name(), "/")
	env := []string{"STORE=" + filepath.Join(temporary, test), "DIST=" + dist(t), "TEMPORARY=" + t.TempDir()}
	return run(".", env, "unshare", "-m", "-p", "-f", "--mount-proc", "--kill-child", "bash", "-euc", string(read(t, "testdata/container.sh"))+script)
}

const makeImage = `DOCKER="$podman" IMAGE=enumim image/build.sh --no-cache -q --platform linux/$ARCH; `

func TestImage(t *testing.T) {
	need(t, "podman", "unshare", "nsenter", "dig", "curl")
	needContainers(t)
	dist(t)
	t.Parallel()
	build := strings.ReplaceAll(makeImage, "$ARCH", runtime.GOARCH)
	first := contained(t, build+`$podman inspect -f 'ID {{.Id}}' enumim`)
	t.Cleanup(func() { contained(t, `$podman rmi -af`) })

	t.Run("twice the same", func(t *testing.T) {
		_, id, _ := strings.Cut(first, "ID ")
		if again := contained(t, build+`$podman inspect -f 'ID {{.Id}}' enumim`); id == "" || !strings.HasSuffix(again, "ID "+id) {
			t.Errorf("%q, then %q", first, again)
		}
	})
	t.Run("content", func(t *testing.T) {
		got := contained(t, `cd "$($podman image mount enumim)"; find . -mindepth 1 -printf '%P %m %U:%G\n' | sort`)
		want := `LICENSE 644 0:0
coredns 755 0:0
enumim 755 0:0
etc 755 0:0
etc/coredns 755 0:0
etc/enumim 755 0:0
licenses.txt 644 0:0
tmp 1777 0:0
var 755 0:0
var/lib 755 0:0
var/lib/enumim 700 65532:65532
`
		if got != want {
			t.Errorf("the image has\n%s", got)
		}
	})
	t.Run("labels", func(t *testing.T) {
		wants(t, contained(t, `$podman inspect -f '{{.Config.User}} {{.Config.Labels}}' enumim`),
			"65532:65532 ", "image.title:enumim", "image.licenses:Apache-2.0", "image.version:"+strings.TrimSpace(string(read(t, filepath.Join(dist(t), "version")))), "image.revision:", "image.created:20", "image.source:https://")
	})
	t.Run("without privileges on port 1053", func(t *testing.T) {
		got := contained(t, `serve enumim; ask 1053; grep -E '^(Uid|Cap|NoNewPrivs)' /proc/$pid/status
			$podman stop -t 20 server; $podman inspect -f 'exit {{.State.ExitCode}}' server; $podman rm server`)
		wants(t, got, record, "Uid:\t65532\t65532\t65532\t65532", "CapPrm:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "exit 0")
	})
	t.Run("a Corefile, a volume and port 53", func(t *testing.T) {
		// A new volume belongs to the user of the image, so that the tool can write to it.
		got := contained(t, `mkdir -m 755 $TEMPORARY/etc; cp ../examples/numbers.txt $TEMPORARY/etc/
			printf 'e164.arpa:53 {\n enumim {\n backend bolt /var/lib/enumim/numbers.bolt\n ns ns1.example.net\n }\n errors\n}\n' >$TEMPORARY/etc/Corefile
			mounts="-v numbers:/var/lib/enumim -v $TEMPORARY/etc:/etc/coredns:ro"
			$podman run --rm $limits $hardened $mounts --entrypoint /enumim enumim import numbers.txt 'bolt /var/lib/enumim/numbers.bolt'
			serve --sysctl net.ipv4.ip_unprivileged_port_start=0 $mounts enumim -conf /etc/coredns/Corefile; ask 53
			$podman rm -f -t 20 server; $podman volume rm numbers`)
		wants(t, got, "Written to bolt", record)
	})
	t.Run("a new Corefile, health and an orderly end", func(t *testing.T) {
		// A folder that is mounted shows a file that is replaced; both ways of noticing a Corefile, and lameduck at the end.
		got := contained(t, `mkdir -m 755 $TEMPORARY/etc; cp ../examples/numbers.txt $TEMPORARY/etc/
			corefile() { printf 'e164.arpa:%s {\n enumim {\n backend file numbers.txt\n ns ns1.example.net\n }\n health {\n lameduck 3s\n }\n ready\n errors\n %s\n}\n' "$@" >$TEMPORARY/etc/new; mv $TEMPORARY/etc/new $TEMPORARY/etc/Corefile; }
			corefile 1053 ""; serve -v $TEMPORARY/etc:/etc/coredns:ro enumim -conf /etc/coredns/Corefile; ask 1053
			for place in 8080/health 8181/ready; do nsenter -t $pid -n curl -sS -w ' %{http_code}\n' http://127.0.0.1:$place; done
			corefile 1054 "reload 2s"; $podman kill -s USR1 server >/dev/null; ask 1054
			corefile 1055 "reload 2s"; ask 1055
			start=$(date +%s); $podman stop -t 20 server; test $(($(date +%s) - start)) -ge 3
			$podman inspect -f 'exit {{.State.ExitCode}}' server; $podman rm server`)
		wants(t, got, "OK 200\n", "exit 0")
		if n := strings.Count(got, record); n != 3 {
			t.Errorf("%d of 3 Corefiles were served\n%s", n, got)
		}
	})
	t.Run("the tool", func(t *testing.T) {
		got := contained(t, `mkdir -m 755 $TEMPORARY/etc; echo '+12025550100 im:user@example.com' >$TEMPORARY/etc/numbers.txt
			lint() { $podman run --rm $limits $hardened -v $TEMPORARY/etc:/etc/coredns:ro --entrypoint /enumim enumim lint numbers.txt && echo clean || echo "status $?"; }
			lint; echo '+1202555 nonsense' >>$TEMPORARY/etc/numbers.txt; lint`)
		wants(t, got, "clean\n", "numbers.txt:2:", "error L01", "status 1\n")
	})
	t.Run("no Corefile where one is named", func(t *testing.T) {
		got, err := tryContained(t, `$podman run --rm $limits $hardened enumim -conf /etc/coredns/Corefile`)
		if err == nil || !strings.Contains(got, "/etc/coredns/Corefile: no such file or directory") {
			t.Errorf("%v\n%s", err, got)
		}
	})
	t.Run("port 53 needs the setting", func(t *testing.T) {
		got, err := tryContained(t, `$podman run --rm $limits $hardened enumim -conf /dev/null -p 53`)
		if err == nil || !strings.Contains(got, "bind: permission denied") {
			t.Errorf("%v\n%s", err, got)
		}
	})
}

// TestOtherArchitecture makes the image of an architecture that this machine is not of.
func TestOtherArchitecture(t *testing.T) {
	need(t, "podman", "unshare")
	needContainers(t)
	dist(t)
	t.Parallel()
	other, machine := "arm64", elf.EM_AARCH64
	if runtime.GOARCH == other {
		other, machine = "amd64", elf.EM_X86_64
	}
	folder := filepath.Join(temporary, "other")
	if out, err := run(".", []string{"DIST=" + folder}, "./dist.sh", "image", other); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out := contained(t, `DIST=`+folder+`; `+strings.ReplaceAll(makeImage, "$ARCH", other)+
		`$podman inspect -f 'for {{.Architecture}}' enumim; $podman rmi -af`)
	wants(t, out, "for "+other)
	path := filepath.Join(folder, "image", other, "coredns")
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Machine != machine {
		t.Errorf("a program for %v", f.Machine)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Error(err)
	}
}
