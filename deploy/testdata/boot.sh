# For use in namespaces of its own (mount, PID, network, UTS, IPC, cgroup): starts systemd on a copy of this machine's
# root, of which $WORK keeps what is changed, with nothing of this machine running in it. The folder $DIST is /mnt.
set -e
root=$WORK/root
mount -t tmpfs tmpfs "$WORK"
mkdir "$root" "$WORK/upper" "$WORK/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$WORK/upper,workdir=$WORK/work" "$root"
mount --make-rshared "$root" # by which credentials of a service get to it
mount --bind "$DIST" "$root/mnt"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
: >"$root/etc/fstab"
rm -rf "$root/usr/sbin/policy-rc.d" "$root"/etc/systemd/system/*
# What would look at devices, the kernel or the network.
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-logind.service systemd-sysctl.service \
	systemd-modules-load.service systemd-remount-fs.service systemd-random-seed.service systemd-binfmt.service \
	systemd-networkd.service systemd-resolved.service systemd-timesyncd.service systemd-journald-audit.socket \
	dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
	sys-fs-fuse-connections.mount kmod-static-nodes.service networking.service ifupdown-pre.service; do
	ln -s /dev/null "$root/etc/systemd/system/$unit"
done
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\n' >"$root/etc/systemd/system/test.target"
ip link set lo up
exec chroot "$root" env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --unit=test.target --show-status=no
