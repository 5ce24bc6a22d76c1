#!/bin/sh
# Makes the Debian package of one architecture out of an unpacked archive; deploy/dist.sh calls it.
#
#   build.sh ARCHIVE BILL VERSION ARCH FOLDER
#
# dpkg-deb alone does it: there is nothing to compile for debhelper, and every line that runs on installation can be
# read in this folder.
set -eu
archive=$1 bill=$2 arch=$4 out=$5
here=$(cd "$(dirname "$0")" && pwd)
# What comes before a release sorts before it: 1.0.0-rc.1 becomes 1.0.0~rc.1.
version=$(printf %s "$3" | sed 's/-/~/g; s/^\([^0-9]\)/0~\1/')
umask 022
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

install -D -m 755 "$archive/enumim" "$root/usr/bin/enumim"
# Not in the search path, nor under a name, where a package of CoreDNS itself would have its program.
install -D -m 755 "$archive/coredns" "$root/usr/lib/enumim/coredns"
install -m 755 "$archive/systemd/reload" "$root/usr/lib/enumim/"
install -D -m 644 "$archive/systemd/enumim.service" "$root/usr/lib/systemd/system/enumim.service"
install -D -m 644 "$archive/systemd/enumim.sysusers" "$root/usr/lib/sysusers.d/enumim.conf"
install -d -m 750 "$root/etc/enumim"
install -m 640 "$archive/systemd/Corefile" "$archive/examples/numbers.txt" "$root/etc/enumim/"
install -D -m 644 "$here/lintian-overrides" "$root/usr/share/lintian/overrides/enumim"
doc=$root/usr/share/doc/enumim
install -D -m 644 "$here/copyright" "$doc/copyright"
for page in "$archive"/man/*.1; do
	install -D -m 644 "$page" "$root/usr/share/man/man1/${page##*/}"
done
install -m 644 "$archive/licenses.txt" "$archive/README.md" "$bill" "$doc/"
install -d "$doc/docs" "$doc/examples"
install -m 644 "$archive"/docs/* "$doc/docs/"
install -m 644 "$archive"/examples/* "$doc/examples/"
printf 'enumim (%s) stable; urgency=medium\n\n  * See https://github.com/enumim/enumim/releases.\n\n -- enumim maintainers <enumim@users.noreply.github.com>  %s\n' \
	"$version" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$doc/changelog"
chmod 644 "$doc/changelog"
gzip -9n "$root"/usr/share/man/man1/* "$doc/changelog" "$doc/licenses.txt" "$doc/enumim.cdx.json"

install -d -m 755 "$root/DEBIAN"
# Counted as Debian does: what folders take is another number on each file system.
size=$(find "$root" -path "$root/DEBIAN" -prune -o -printf '%y %s\n' | awk '{ n += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print n }')
sed "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$size/" \
	"$here/control.in" >"$root/DEBIAN/control"
chmod 644 "$root/DEBIAN/control"
install -m 644 "$here/conffiles" "$root/DEBIAN/"
install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$root/DEBIAN/"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
chmod 644 "$root/DEBIAN/md5sums"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# xz with several threads makes other octets than with one.
dpkg-deb --root-owner-group --threads-max=1 -Zxz -z1 --build "$root" "$out/enumim_${version}_$arch.deb" >/dev/null
