#!/bin/bash
# Packs an installed CPython so that it runs from /usr/local, with its own pip and no other distribution.
#
#   relocate.sh PREFIX VERSION TARGET.tar.gz
. "$(dirname "$0")/lib.sh"

PREFIX=$1 VERSION=$2 TARGET=$3
need patchelf patchelf
need strip binutils
scratch
ROOT=$SCRATCH/root
PYTHON=$ROOT/bin/python$VERSION
LIBRARY=$ROOT/lib/python$VERSION
say "moving $(basename "$PREFIX") to /usr/local"

mkdir -p "$ROOT/bin" "$ROOT/lib" "$ROOT/include"
cp -a "$PREFIX/include/python$VERSION" "$ROOT/include/"
cp -a "$PREFIX"/lib/libpython3*so* "$PREFIX/lib/pkgconfig" "$ROOT/lib/"
tar -C "$PREFIX/lib" -cf - --exclude='site-packages/*' --exclude=__pycache__ --exclude=test --exclude=tests \
  --exclude=idle_test --exclude='libpython*.a' "python$VERSION" | tar -C "$ROOT/lib" -xf -
for name in "python$VERSION" "python$VERSION-config" "pydoc$VERSION" "idle$VERSION"; do
  cp -a "$PREFIX/bin/$name" "$ROOT/bin/"
done

# Every text that names the old prefix: first lines of scripts, build settings, .pc files.
grep -rlIF "$PREFIX" "$ROOT" | xargs -r sed -i "s#$PREFIX#/usr/local#g"
# shellcheck disable=SC2016  # the loader's word, not the shell's
patchelf --set-rpath '$ORIGIN/../lib' "$PYTHON"
find "$ROOT" -type f \( -name '*.so' -o -name '*.so.*' -o -path "$PYTHON" \) \
  -exec chmod u+w {} + -exec strip --strip-all {} +

# The tree's own pip, from the wheel that CPython carries.
for wheel in "$LIBRARY"/ensurepip/_bundled/*.whl; do
  python3 -m zipfile -e "$wheel" "$LIBRARY/site-packages"
done
cat > "$ROOT/bin/pip$VERSION" <<PIP
#!/usr/local/bin/python$VERSION
import sys
from pip._internal.cli.main import main
sys.exit(main())
PIP
chmod 755 "$ROOT/bin/pip$VERSION"

for name in python pip pydoc idle; do
  ln -s "$name$VERSION" "$ROOT/bin/${name}3"
  ln -s "${name}3" "$ROOT/bin/$name"
done
ln -s "python$VERSION-config" "$ROOT/bin/python3-config"
ln -s python3-config "$ROOT/bin/python-config"
find "$ROOT" -name __pycache__ -prune -exec rm -rf {} +

if grep -rIlF "$PREFIX" "$ROOT"; then die "these files still name $PREFIX"; fi
tar --sort=name --owner=0 --group=0 --numeric-owner -C "$ROOT" -czf "$TARGET" .
