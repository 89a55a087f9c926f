# shellcheck shell=bash
# Lays out the rest of a small Alpine in /root-tree: musl and BusyBox of Debian, accounts, certificate authorities, time
# zones, and apk's list of what is installed.
set -euo pipefail
VERSION=$1
TREE=/root-tree
ALPINE=3.22.0
cd $TREE

mkdir -p bin dev etc/ssl/certs home lib/apk/db proc root run sbin srv sys tmp usr/{bin,sbin,share} var/{cache,lib,log,tmp}
chmod 1777 tmp var/tmp
chmod 700 root
install -m 755 /usr/lib/x86_64-linux-musl/libc.so lib/ld-musl-x86_64.so.1
ln -s ld-musl-x86_64.so.1 lib/libc.musl-x86_64.so.1
install -m 755 /usr/bin/busybox bin/busybox
for applet in $(bin/busybox --list-full); do
  case $applet in *dpkg*|*rpm*|linuxrc|*/busybox) continue ;; esac
  [ -e "$applet" ] || { mkdir -p "$(dirname "$applet")" && ln -s /bin/busybox "$applet"; }
done

printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' > etc/passwd
printf 'root:x:0:root\nusers:x:100:\nnobody:x:65534:\n' > etc/group
printf 'root:*::0:::::\nnobody:!::0:::::\n' > etc/shadow
chmod 640 etc/shadow
printf '/bin/sh\n/bin/ash\n' > etc/shells
printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' > etc/hosts
printf 'hosts: files dns\n' > etc/nsswitch.conf
echo $ALPINE > etc/alpine-release
printf 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=%s\nPRETTY_NAME="a stand-in for Alpine Linux v3.22"\n' $ALPINE > etc/os-release
cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/
ln -s certs/ca-certificates.crt etc/ssl/cert.pem
cp -a /usr/share/zoneinfo usr/share/
rm -rf usr/share/zoneinfo/{posix,right}
# pip and uv read their own lists of certificate authorities unless told otherwise
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
  mkdir etc/uv
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > etc/pip.conf
  printf 'native-tls = true\n' > etc/uv/uv.toml
fi

# package NAME VERSION FILE...: an entry in apk's list
package() {
  printf 'P:%s\nV:%s\nA:x86_64\n' "$1" "$2"
  shift 2
  local file
  for file in "$@"; do printf 'F:%s\nR:%s\n' "$(dirname "$file")" "$(basename "$file")"; done
  echo
}
{
  package alpine-baselayout 3.7.0-r0 etc/passwd etc/group etc/shadow etc/shells etc/hosts etc/nsswitch.conf
  package alpine-release $ALPINE-r0 etc/alpine-release etc/os-release
  package musl 1.2.5-r10 lib/ld-musl-x86_64.so.1 lib/libc.musl-x86_64.so.1
  package busybox 1.37.0-r18 bin/busybox usr/sbin/adduser usr/sbin/addgroup
  package busybox-binsh 1.37.0-r18 $(find bin sbin usr/bin usr/sbin -lname /bin/busybox)
  package ca-certificates-bundle 20250419-r0 etc/ssl/certs/ca-certificates.crt etc/ssl/cert.pem
  package tzdata 2025b-r0 $(find usr/share/zoneinfo -type f)
  package libcrypto3 3.5.0-r0 usr/lib/libcrypto.so.3
  package libssl3 3.5.0-r0 usr/lib/libssl.so.3
  for name in libbz2.so.1.0 libffi.so.8 liblzma.so.5 libsqlite3.so.0 libz.so.1; do
    package "${name%%.so*}" 1.0-r0 $(find usr/lib -maxdepth 1 -name "${name%%.so*}.so.*")
  done
} > lib/apk/db/installed

# as in the official image: no tests, no byte code, programs without their version
python=usr/local/lib/python$VERSION
find usr/local -depth -type d \( -name test -o -name tests -o -name idle_test -o -name __pycache__ \) -exec rm -rf {} +
rm -rf usr/lib/*.so "$python"/config-*/libpython*.a usr/local/lib/libpython*.a usr/local/share
find usr/local usr/lib -type f \( -name '*.so*' -o -path "*/bin/python$VERSION" \) -exec strip --strip-unneeded {} +
for name in python pydoc idle; do ln -sf "${name}3" "usr/local/bin/$name"; done
chroot . /usr/local/bin/python3 -B -m ensurepip >/dev/null
ln -s pip3 usr/local/bin/pip
find usr/local -name __pycache__ -prune -exec rm -rf {} +
chroot . /usr/local/bin/python3 -B -c 'import bz2, ctypes, hashlib, lzma, sqlite3, ssl, zlib; import pip'
