#!/bin/sh
# Makes what is released, in the folder DIST: for each architecture an archive, a Debian package and a bill of
# materials, and the checksums of all. With the word image only what the container image consists of.
#
#   DIST=dist deploy/dist.sh [image] amd64 arm64
#
# The same commit and the same Go give the same files to the bit, whatever the folder, the user or the day: times are
# those of the commit, modes are set here, and settings of Go that change programs are not taken from outside.
set -eu
cd "$(dirname "$0")/.."
DIST=${DIST:-dist}
mkdir -p "$DIST"
DIST=$(cd "$DIST" && pwd)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH
export CGO_ENABLED=0 GOFLAGS= GOEXPERIMENT= GOAMD64=v1 GOARM64=v8.0 GOWORK=off LC_ALL=C TZ=UTC
umask 022
# Without a repository, or with one that is not this user's, the programs call their version devel.
vcs=true
commit=$(git rev-parse HEAD 2>/dev/null) || vcs=false commit=main

only=
if [ "$1" = image ]; then
	only=image
	shift
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go -C deploy build -o "$work/sbom" ./sbom
if [ -z "$only" ]; then
	rm -f "$DIST"/enumim_* "$DIST/SHA256SUMS"
	go run -trimpath ./cmd/enumim man "$work/man"
fi
rm -rf "$DIST/image"
install -d "$DIST/image/state"
install -d -m 700 "$DIST/image/state/enumim"

for arch in "$@"; do
	root=$DIST/image/$arch
	GOARCH=$arch go build -buildvcs=$vcs -trimpath -ldflags '-s -w' -o "$root/" ./cmd/coredns ./cmd/enumim
	"$work/sbom" -name enumim -time "$SOURCE_DATE_EPOCH" -json "$work/enumim.cdx.json" -licenses "$work/licenses.txt" "$root/coredns" "$root/enumim"
	# The version is what Go says of the clone: that of its tag, or one made of time and commit.
	version=$(go version -m "$root/enumim" | awk '$1 == "mod" { gsub(/[()]/, "", $3); sub(/^v/, "", $3); print $3 }')
	echo "$version" >"$DIST/version"
	chmod 755 "$root/coredns" "$root/enumim"
	install -m 644 LICENSE "$work/licenses.txt" "$root/"
	install -d "$root/etc/coredns" "$root/etc/enumim" "$root/var/lib"
	install -d -m 1777 "$root/tmp" # for enumim lint of a zone that it fetches
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	[ -z "$only" ] || continue

	name=enumim_${version}_linux_$arch
	install -m 644 "$work/enumim.cdx.json" "$DIST/$name.cdx.json"

	tree=$work/$name
	install -d "$tree/docs" "$tree/man" "$tree/examples" "$tree/systemd"
	install -m 755 "$root/coredns" "$root/enumim" "$tree/"
	install -m 644 README.md LICENSE "$work/licenses.txt" "$tree/"
	install -m 644 docs/*.md "$tree/docs/"
	# Links to what is not packed lead to the repository.
	repository=https://github.com/enumim/enumim/blob/$commit
	sed -i -E "s%\]\(\.\./%]($repository/%g; s%\]\($repository/(README\.md|examples/numbers\.txt)%](../\1%g" "$tree"/docs/*.md
	sed -i -E "s%\]\(([[:alnum:]_.-]+[/#)])%]($repository/\1%g; s%\]\($repository/docs/%](docs/%g" "$tree/README.md"
	install -m 644 "$work"/man/*.1 "$tree/man/"
	install -m 644 examples/numbers.txt "$tree/examples/"
	install -m 644 deploy/systemd/* "$tree/systemd/"
	tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -cf - "$name" |
		gzip -n >"$DIST/$name.tar.gz"

	if command -v dpkg-deb >/dev/null; then
		deploy/debian/build.sh "$tree" "$work/enumim.cdx.json" "$version" "$arch" "$DIST"
	else
		echo "dist: no Debian package: dpkg-deb is not installed" >&2
	fi
done
[ -n "$only" ] || (cd "$DIST" && sha256sum enumim_* >SHA256SUMS)
