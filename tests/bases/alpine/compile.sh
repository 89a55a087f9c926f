# shellcheck shell=bash
# Compiles for musl, into /root-tree: CPython with the libraries that its modules need, and BusyBox's programs for
# accounts. OpenSSL and liblzma are not compiled: they come from a wheel for musl, which takes a third of the time.
#
#   compile.sh VERSION      the sources lie in the working folder, the wheels in /wheels
set -euo pipefail
VERSION=$1
SOURCES=$PWD
TREE=/root-tree
HEADERS=/headers
KERNEL=/kernel-headers
JOBS=-j$(nproc)
export CC=musl-gcc CFLAGS='-O1 -fPIC' CPPFLAGS="-isystem $HEADERS -idirafter $KERNEL"
export LDFLAGS="-L$TREE/usr/lib -Wl,-rpath-link,$TREE/usr/lib"
mkdir -p $TREE/usr/{lib,local} $HEADERS $KERNEL /openssl
# where musl's loader finds what is made here when CPython tries its modules
echo "/lib:/usr/lib/$(uname -m)-linux-musl:$TREE/usr/lib" > "/etc/ld-musl-$(uname -m).path"

unpack() {
  mkdir -p "/src/$1"
  tar -xf "$SOURCES/$1"_*.orig.tar.[bgx]z* -C "/src/$1" --strip-components=1
  cd "/src/$1"
}

# musl-gcc leaves /usr/include out, and with it the kernel's headers
kernel_headers() {
  ln -s /usr/include/{linux,asm-generic,mtd} "/usr/include/$(uname -m)-linux-gnu/asm" $KERNEL/
}

# from_wheel PACKAGE LIBRARY NAME: a library that a wheel brings, under the name that it has on Alpine
from_wheel() {
  local found
  found=$(compgen -G "/wheels/$1.libs/$2-*.so.*")
  install -m 755 "$found" "$TREE/usr/lib/$3"
  patchelf --set-soname "$3" "$TREE/usr/lib/$3"
  ln -s "$3" "$TREE/usr/lib/$2.so"
}

openssl() {
  from_wheel psycopg2_binary libcrypto libcrypto.so.3
  from_wheel psycopg2_binary libssl libssl.so.3
  patchelf --replace-needed "$(patchelf --print-needed $TREE/usr/lib/libssl.so.3 | grep crypto)" libcrypto.so.3 \
    $TREE/usr/lib/libssl.so.3
  cp -a /usr/include/openssl $HEADERS/
  cp "/usr/include/$(uname -m)-linux-gnu/openssl/"* $HEADERS/openssl/
  echo '#define OPENSSL_NO_COMP' >> $HEADERS/openssl/configuration.h   # as Alpine builds it
  ln -s $HEADERS /openssl/include
  ln -s $TREE/usr/lib /openssl/lib
}

lzma() {
  from_wheel pillow liblzma liblzma.so.5
  cp -a /usr/include/lzma /usr/include/lzma.h $HEADERS/
}

zlib() {
  unpack zlib
  ./configure --prefix=/usr --libdir=$TREE/usr/lib --includedir=$HEADERS
  make "$JOBS" shared && cp -a libz.so* $TREE/usr/lib/ && cp zlib.h zconf.h $HEADERS/
}

bzip2() {
  unpack bzip2
  make "$JOBS" -f Makefile-libbz2_so CC="$CC" CFLAGS="$CFLAGS -D_FILE_OFFSET_BITS=64"
  cp libbz2.so.1.0.8 $TREE/usr/lib/libbz2.so.1.0 && ln -s libbz2.so.1.0 $TREE/usr/lib/libbz2.so && cp bzlib.h $HEADERS/
}

libffi() {
  unpack libffi
  env -u CC -u CFLAGS -u CPPFLAGS -u LDFLAGS autoreconf -fi   # the tarball is of the repository
  ./configure --host="$(uname -m)-linux-musl" --build="$(uname -m)-linux-gnu" --prefix=/usr --disable-static \
    --disable-multi-os-directory --disable-docs --disable-builddir
  make "$JOBS" && make install DESTDIR=/src/installed
  cp -a /src/installed/usr/lib/libffi.so* $TREE/usr/lib/ && cp /src/installed/usr/include/ffi*.h $HEADERS/
}

sqlite() {
  unpack sqlite3
  env -u CFLAGS -u CPPFLAGS -u LDFLAGS CC=gcc ./configure --disable-readline
  make sqlite3.c sqlite3.h CC=gcc
  $CC $CPPFLAGS $CFLAGS -shared -o $TREE/usr/lib/libsqlite3.so.0 sqlite3.c -Wl,-soname,libsqlite3.so.0 $LDFLAGS -lm \
    -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_FTS4 -DSQLITE_ENABLE_MATH_FUNCTIONS
  ln -s libsqlite3.so.0 $TREE/usr/lib/libsqlite3.so && cp sqlite3.h $HEADERS/
}

# The programs of BusyBox that Debian's build of it leaves out.
accounts() {
  unpack busybox
  make allnoconfig HOSTCC=gcc >/dev/null
  local option
  for option in LONG_OPTS ADDUSER ADDGROUP FEATURE_ADDUSER_TO_GROUP FEATURE_SHADOWPASSWDS USE_BB_PWD_GRP; do
    sed -i "s/^# CONFIG_$option is not set/CONFIG_$option=y/" .config
  done
  sed -i '/_ID=0$/d' .config
  printf '%s\n' CONFIG_LAST_ID=256000 CONFIG_FIRST_SYSTEM_ID=100 CONFIG_LAST_SYSTEM_ID=999 >> .config
  yes '' | make oldconfig HOSTCC=gcc >/dev/null || true   # `yes` is ended by the pipe that closes
  env -u CFLAGS -u CPPFLAGS -u LDFLAGS make "$JOBS" HOSTCC=gcc CC="$CC" CONFIG_EXTRA_CFLAGS="-idirafter $KERNEL"
  install -D -m 755 busybox $TREE/usr/sbin/adduser
  ln -s adduser $TREE/usr/sbin/addgroup
}

# Named gcc, so that sysconfig records what it records on Alpine, and naming no multiarch folder, as Alpine's does.
musl_as_gcc() {
  mkdir -p /compiler
  cat > /compiler/gcc <<'GCC'
#!/bin/sh
case " $* " in *" --print-multiarch "*|*" -print-multiarch "*) exit 0 ;; esac
REALGCC=/usr/bin/gcc exec musl-gcc "$@"
GCC
  chmod 755 /compiler/gcc
}

python() {
  unpack "python$VERSION"
  musl_as_gcc
  # without the modules that find no library here: readline, curses, dbm.gnu, tkinter
  PATH=/compiler:$PATH CC=gcc CPP='gcc -E' PKG_CONFIG=false OPT='-DNDEBUG -g0' \
    ZLIB_LIBS=-lz ZLIB_CFLAGS=-I$HEADERS BZIP2_LIBS=-lbz2 BZIP2_CFLAGS=-I$HEADERS \
    LIBLZMA_LIBS=-llzma LIBLZMA_CFLAGS=-I$HEADERS LIBFFI_LIBS=-lffi LIBFFI_CFLAGS=-I$HEADERS \
    LIBSQLITE3_LIBS=-lsqlite3 LIBSQLITE3_CFLAGS=-I$HEADERS \
    ./configure --build="$(uname -m)-linux-musl" --enable-shared --enable-loadable-sqlite-extensions --disable-test-modules \
      --without-ensurepip --with-openssl=/openssl LDFLAGS="$LDFLAGS -Wl,-rpath='\$\$ORIGIN/../lib'"
  PATH=/compiler:$PATH make -s "$JOBS" EXTRA_CFLAGS='-DTHREAD_STACK_SIZE=0x100000'
  PATH=/compiler:$PATH make -s install DESTDIR=$TREE
}

quietly() {
  local log=/tmp/$1.log begun=$SECONDS status
  set +e   # before an "or" a shell would not end at a failing command
  ( set -e; "$1" ) >"$log" 2>&1
  status=$?
  set -e
  [ $status = 0 ] || { tail -n 30 "$log"; echo "cannot make $1"; exit 1; }
  echo "$1: $((SECONDS - begun)) s"
}

kernel_headers
for part in openssl lzma zlib bzip2; do quietly $part; done
running=()
for part in libffi sqlite accounts; do quietly $part & running+=($!); done
for one in "${running[@]}"; do wait "$one"; done
quietly python
