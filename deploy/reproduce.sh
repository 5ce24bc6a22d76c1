#!/bin/sh
# Makes all that is released from the last commit twice, in two folders, each compiled from nothing, and compares.
#
#   deploy/reproduce.sh amd64 arm64
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As different as two machines may be: another folder, time zone, language and mask of modes.
git clone -q . "$work/one"
(cd "$work/one" && GOCACHE=$work/cache-one deploy/dist.sh "$@")
git clone -q "$work/one" "$work/other/folder"
(umask 077 && cd "$work/other/folder" && TZ=Asia/Tokyo LC_ALL=C.UTF-8 GOCACHE=$work/cache-other deploy/dist.sh "$@")
(cd "$work/one/dist" && find . -type f -exec sha256sum {} + | sort -k2) >"$work/sums"
(cd "$work/other/folder/dist" && sha256sum --quiet -c "$work/sums")
(cd "$work/other/folder/dist" && [ "$(find . -type f | wc -l)" = "$(wc -l <"$work/sums")" ])
cat "$work/one/dist/SHA256SUMS"
echo "reproduce: both are the same to the bit"
