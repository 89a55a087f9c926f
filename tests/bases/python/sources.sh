# shellcheck shell=bash
# Downloads the newest upstream tarball that can be had of each named source package of Debian into the working folder.
set -euo pipefail
sources=/etc/apt/sources.list.d

download() {
  local version
  for version in $(apt-cache showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -Vru); do
    apt-get -qq source --download-only --tar-only "$1=$version" && return
  done
  return 1
}

# A version that this release of Debian no longer has comes from the release before.
for suite in trixie bookworm; do
  sed -e 's/^Types: deb$/Types: deb-src/' -e "s/trixie/$suite/g" $sources/debian.sources > $sources/source.sources
  apt-get -qq update
  missing=()
  for package in "$@"; do download "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || exit 0
  set -- "${missing[@]}"
done
echo "no source package can be had of: $*" >&2
exit 1
