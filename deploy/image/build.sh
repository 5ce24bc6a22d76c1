#!/bin/sh
# Makes the container image of what `deploy/dist.sh` made; arguments go to the builder.
#
#   DIST=dist DOCKER=podman IMAGE=enumim deploy/image/build.sh --platform linux/arm64
set -eu
cd "$(dirname "$0")/../.."
DIST=${DIST:-dist} DOCKER=${DOCKER:-docker}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH # BuildKit takes it from here
case $DOCKER in
*podman* | *buildah*) set -- --timestamp "$SOURCE_DATE_EPOCH" "$@" ;;
esac
# All that the last stage copies is of the context named build; the other one must be there. The builder may be
# several words.
$DOCKER build -f deploy/image/Dockerfile -t "${IMAGE:-enumim}" --build-context "build=$DIST" \
	--label "org.opencontainers.image.version=$(cat "$DIST/version")" \
	--label "org.opencontainers.image.revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
	--label "org.opencontainers.image.created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" \
	"$@" "$DIST/image/state"
