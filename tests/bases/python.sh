#!/bin/bash
# Makes a stand-in for python:VERSION-slim: CPython in /usr/local on the stand-in of Debian.
#
#   python.sh 3.13
#
# The interpreter is one that pyenv built on this machine, moved to /usr/local; or else compiled from the sources that
# Debian distributes, in a container.
. "$(dirname "$0")/lib.sh"

VERSION=${1:?the version, as in 3.13}
IMAGE=python:$VERSION-slim
TREE=$CACHE/cpython-$VERSION.tar.gz
if have_image "$IMAGE"; then say "$IMAGE is there"; exit 0; fi
scratch

# the newest one of pyenv's, or nothing
installed() { compgen -G "${PYENV_ROOT:-$HOME/.pyenv}/versions/$VERSION.*" | sort -V | tail -1 || true; }

is_shared() { [ -n "$1" ] && compgen -G "$1/lib/libpython$VERSION.so.*" >/dev/null; }

compile() {
  say "compiling CPython $VERSION"
  docker build --quiet --target tree --output "type=tar,dest=$SCRATCH/tree.tar" \
    --build-arg "VERSION=$VERSION" "$BASES/python" >/dev/null
  gzip -6 < "$SCRATCH/tree.tar" > "$TREE.part"
}

if ! [ -s "$TREE" ]; then
  found=$(installed)
  if is_shared "$found"; then
    "$BASES/relocate.sh" "$found" "$VERSION" "$TREE.part"
  else
    compile
  fi
  mv "$TREE.part" "$TREE"
fi

cp "$TREE" "$SCRATCH/tree.tar.gz"
cp "$BASES/python/image.Dockerfile" "$SCRATCH/Dockerfile"
full=$(tar -xOzf "$TREE" --wildcards "*include/python$VERSION/patchlevel.h" | sed -n 's/^#define PY_VERSION *"\(.*\)"/\1/p')
docker build --quiet --build-arg "FULL_VERSION=$full" --label "$STAND_IN_LABEL=$IMAGE" \
  --tag "$IMAGE" --tag "$IMAGE-$SUITE" "$SCRATCH" >/dev/null
docker run --rm "$IMAGE" python -c 'import bz2, ctypes, curses, lzma, readline, sqlite3, ssl, uuid, zlib; import pip'
say "made $IMAGE ($full), $(image_size "$IMAGE")"
