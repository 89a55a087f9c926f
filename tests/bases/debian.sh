#!/bin/bash
# Makes a stand-in for debian:trixie-slim from Debian's packages: the minimal package set, without documentation and
# translations, with the package manager settings that container images of Debian have.
. "$(dirname "$0")/lib.sh"

IMAGE=debian:$SUITE-slim
if have_image "$IMAGE"; then say "$IMAGE is there"; exit 0; fi
need mmdebstrap mmdebstrap
scratch

# What is laid over the file system: dpkg and apt settings, and the machine's own certificate authorities.
OVERLAY=$SCRATCH/overlay
mkdir -p "$OVERLAY/etc/apt/apt.conf.d" "$OVERLAY/etc/dpkg/dpkg.cfg.d" "$OVERLAY/usr/sbin" "$OVERLAY$AUTHORITIES"
cp "$AUTHORITIES"/*.crt "$OVERLAY$AUTHORITIES/" 2>/dev/null || true
# A machine behind a frozen mirror says so to apt; its images need the same word.
grep -lE 'Check-(Valid-Until|Date)' /etc/apt/apt.conf.d/* 2>/dev/null | xargs -rI{} cp {} "$OVERLAY/etc/apt/apt.conf.d/"

printf '#!/bin/sh\nexit 101\n' > "$OVERLAY/usr/sbin/policy-rc.d"   # no services start while an image is built
chmod 755 "$OVERLAY/usr/sbin/policy-rc.d"
echo force-unsafe-io > "$OVERLAY/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
cat > "$OVERLAY/etc/apt/apt.conf.d/docker" <<'CONF'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::GzipIndexes "true";
Acquire::Languages "none";
Apt::AutoRemove::SuggestsImportant "false";
CONF
cat > "$OVERLAY/etc/dpkg/dpkg.cfg.d/docker" <<'CONF'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/groff/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/linda/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
CONF

options=()
while read -r option; do options+=("--dpkgopt=$option"); done < "$OVERLAY/etc/dpkg/dpkg.cfg.d/docker"

cat > "$SCRATCH/finish" <<'HOOK'
#!/bin/bash
set -eu
cd "$1"
mv etc/apt/sources.list.d/*debian.sources etc/apt/sources.list.d/debian.sources
find usr/share/{doc,info,locale,man} -mindepth 1 -type d -empty -delete 2>/dev/null || true
rm -rf var/lib/apt/lists/* var/cache/* var/log/* etc/resolv.conf etc/hostname
: > etc/machine-id
HOOK
chmod +x "$SCRATCH/finish"

mmdebstrap --quiet --variant=minbase --format=tar "${options[@]}" \
  --customize-hook="sync-in $OVERLAY /" --customize-hook="$SCRATCH/finish" \
  "$SUITE" "$SCRATCH/root.tar" /etc/apt/sources.list.d/debian.sources

docker import \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change 'CMD ["bash"]' \
  --change "LABEL $STAND_IN_LABEL=$IMAGE" \
  "$SCRATCH/root.tar" "$IMAGE" >/dev/null
say "made $IMAGE, $(image_size "$IMAGE")"
