#!/bin/bash
# Makes a stand-in for python:3.13-alpine: CPython compiled for musl, on a file system laid out as Alpine's. It has no apk,
# so nothing can be added to it.
. "$(dirname "$0")/lib.sh"

VERSION=3.13
IMAGE=python:$VERSION-alpine
TREE=$CACHE/alpine-$VERSION.tar.gz
# Wheels for musl that bring OpenSSL and liblzma.
WHEELS=("psycopg2-binary==2.9.13" "pillow==13.0.0")
if have_image "$IMAGE"; then say "$IMAGE is there"; exit 0; fi
scratch

compile() {
  cp "$BASES"/alpine/* "$BASES/python/sources.sh" "$SCRATCH/"
  python3 -m venv "$SCRATCH/pip"
  "$SCRATCH/pip/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --platform musllinux_1_2_x86_64 --python-version $VERSION --dest "$SCRATCH/wheels" "${WHEELS[@]}"
  for wheel in "$SCRATCH"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$SCRATCH/wheels" && rm "$wheel"; done
  rm -rf "$SCRATCH/pip"
  say "compiling CPython $VERSION for musl"
  docker build --quiet --target tree --output "type=tar,dest=$SCRATCH/tree.tar" --build-arg "VERSION=$VERSION" \
    "$SCRATCH" >/dev/null
  gzip -6 < "$SCRATCH/tree.tar" > "$TREE.part"
  mv "$TREE.part" "$TREE"
}

[ -s "$TREE" ] || compile
full=$(tar -xOzf "$TREE" --wildcards "*include/python$VERSION/patchlevel.h" | sed -n 's/^#define PY_VERSION *"\(.*\)"/\1/p')
docker import \
  --change 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change "ENV PYTHON_VERSION=$full" \
  --change 'CMD ["python3"]' \
  --change "LABEL $STAND_IN_LABEL=$IMAGE" \
  "$TREE" "$IMAGE" >/dev/null
docker run --rm "$IMAGE" python -c 'import bz2, ctypes, lzma, sqlite3, ssl, zlib; import pip'
say "made $IMAGE ($full), $(image_size "$IMAGE")"
