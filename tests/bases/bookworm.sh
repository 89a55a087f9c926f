#!/bin/bash
# Makes a stand-in for python:3.11-slim-bookworm from Debian's packages alone: bookworm ships that Python itself, so
# nothing is compiled. Its interpreter lies in /usr/bin; /usr/local/bin has links to it, as the official image has it there.
. "$(dirname "$0")/lib.sh"

IMAGE=python:3.11-slim-bookworm
MIRROR=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
if have_image "$IMAGE"; then say "$IMAGE is there"; exit 0; fi
need mmdebstrap mmdebstrap
scratch

mkdir -p "$SCRATCH/overlay$AUTHORITIES" "$SCRATCH/overlay/etc/apt/apt.conf.d" "$SCRATCH/overlay/etc/uv"
if cp "$AUTHORITIES"/*.crt "$SCRATCH/overlay$AUTHORITIES/" 2>/dev/null; then
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > "$SCRATCH/overlay/etc/pip.conf"
  printf 'native-tls = true\n' > "$SCRATCH/overlay/etc/uv/uv.toml"
fi
# A machine behind a frozen mirror says so to apt; its images need the same word.
grep -lE 'Check-(Valid-Until|Date)' /etc/apt/apt.conf.d/* 2>/dev/null \
  | xargs -rI{} cp {} "$SCRATCH/overlay/etc/apt/apt.conf.d/"

cat > "$SCRATCH/finish" <<'HOOK'
#!/bin/bash
set -eu
cd "$1"
chroot . update-ca-certificates >/dev/null
rm -f usr/lib/python3.11/EXTERNALLY-MANAGED
for name in python python3 python3.11; do ln -s /usr/bin/python3.11 "usr/local/bin/$name"; done
ln -s /usr/bin/pip3 usr/local/bin/pip
rm -rf usr/share/{doc,info,locale,man}/* var/lib/apt/lists/* var/cache/* var/log/* etc/resolv.conf etc/hostname
: > etc/machine-id
HOOK
chmod +x "$SCRATCH/finish"

mmdebstrap --quiet --variant=minbase --format=tar \
  --include=ca-certificates,netbase,tzdata,python3.11,python3.11-venv,python3-pip \
  --customize-hook="sync-in $SCRATCH/overlay /" --customize-hook="$SCRATCH/finish" \
  bookworm "$SCRATCH/root.tar" "deb $MIRROR bookworm main"

docker import \
  --change 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change 'CMD ["python3"]' \
  --change "LABEL $STAND_IN_LABEL=$IMAGE" \
  "$SCRATCH/root.tar" "$IMAGE" >/dev/null
say "made $IMAGE, $(image_size "$IMAGE")"
