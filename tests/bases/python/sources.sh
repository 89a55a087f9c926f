# shellcheck shell=bash
# Downloads the newest upstream tarball of Debian's source package python$1 that can be had into the working folder.
set -euo pipefail
package=python$1
sources=/etc/apt/sources.list.d
# A version that this release of Debian no longer has comes from the release before.
for suite in trixie bookworm; do
  sed -e 's/^Types: deb$/Types: deb-src/' -e "s/trixie/$suite/g" $sources/debian.sources > $sources/source.sources
  apt-get -qq update
  for version in $(apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' | sort -Vru); do
    apt-get -qq source --download-only --tar-only "$package=$version" || continue
    exit 0
  done
done
echo "no source package $package can be had" >&2
exit 1
