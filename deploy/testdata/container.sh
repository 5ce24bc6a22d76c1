# For use in namespaces of its own (mount, PID): podman with a store of its own in $STORE, and nothing that it leaves
# behind on the machine.
if [ -d /sys/fs/cgroup/unified ]; then # crun refuses a mixture of both versions of cgroups
	umount -R /sys/fs/cgroup
	mount -t cgroup2 none /sys/fs/cgroup
fi
mount -t tmpfs tmpfs /run
podman="podman --root $STORE/root --runroot /run/enumim"

# Limits that the machine itself may not exceed.
limits="--cgroups=disabled --ulimit nofile=$(ulimit -Hn):$(ulimit -Hn) --ulimit nproc=1024:1024"
# What docs/image.md tells to take away.
hardened="--read-only --read-only-tmpfs=false --cap-drop=ALL --security-opt=no-new-privileges --network=none"

# ask PORT: asks the container until it answers.
ask() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		nsenter -t "$pid" -n dig +short +tries=1 +time=2 -p "$1" @127.0.0.1 NAPTR 0.0.1.0.5.5.5.2.0.2.1.e164.arpa && return
		sleep 1
	done
	$podman logs server
	return 1
}

# serve OPTION...: starts the server, whose process is $pid.
serve() {
	$podman run -d --name server $limits $hardened "$@" >/dev/null
	pid=$($podman inspect -f '{{.State.Pid}}' server)
}
