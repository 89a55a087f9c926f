# shellcheck shell=bash disable=SC2034
# Sourced by the scripts beside it.
set -euo pipefail

BASES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/jettison-bases
SUITE=trixie
# Where Debian looks for certificate authorities that an administrator adds.
AUTHORITIES=/usr/local/share/ca-certificates
STAND_IN_LABEL=dev.jettison.stand-in
mkdir -p "$CACHE"

say() { printf 'bases: %s\n' "$*"; }
die() { printf 'bases: error: %s\n' "$*" >&2; exit 1; }

# need PROGRAM PACKAGE: installs Debian's package unless the program is there
need() {
  command -v "$1" >/dev/null && return
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2" >/dev/null
}

have_image() { docker image inspect "$1" >/dev/null 2>&1; }

image_size() { docker image inspect -f '{{.Size}}' "$1" | numfmt --to=si --suffix=B; }

# scratch: a folder that is removed when the script ends, in $SCRATCH
scratch() {
  SCRATCH=$(mktemp -d "$CACHE/work.XXXXXX")
  trap 'rm -rf "$SCRATCH"' EXIT
}
