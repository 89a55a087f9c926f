set -eu
mkdir @root@ && cd @root@
test "$(dpkg --print-architecture)" = @architecture@ \
    || { echo "these packages are for @architecture@" >&2; exit 1; }
for name in @folders@; do mkdir -p "usr/$name"; ln -s "usr/$name" "$name"; done
unpack() { dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink; }
@unpacked_apart@
for package in @packages@/*.deb; do
@passed_over@
    unpack "$package"
done
# The bundle of certificate authorities.
mkdir -p etc/ssl/certs usr/lib/ssl
find usr/share/ca-certificates -type f -print0 | LC_ALL=C sort -z \
    | xargs -0 sed -s '$a\' > etc/ssl/certs/ca-certificates.crt
ln -sfn /etc/ssl/certs usr/lib/ssl/certs
ln -sfn /etc/ssl/certs/ca-certificates.crt usr/lib/ssl/cert.pem
find . -type d -empty > /tmp/empty
# What stays of the folders below.
{
@kept@
    find usr/share/doc -mindepth 1 -maxdepth 1 -type l
@kept_libraries@
} | tar --create --file /tmp/kept.tar --files-from -
@removed@
tar --extract --file /tmp/kept.tar
find . -type d -empty | grep -vxFf /tmp/empty \
    | xargs -r rmdir --parents --ignore-fail-on-non-empty
mkdir -p run tmp var/tmp usr/bin usr/sbin usr/local/bin
chmod 755 run && chmod 1777 tmp var/tmp
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' 'services: files' \
    'protocols: files' > etc/nsswitch.conf
ln -s @python@ usr/bin/python3 && ln -s @python@ usr/bin/python
for name in python python3 @python@; do ln -s /usr/bin/@python@ "usr/local/bin/$name"; done
rm -rf var/run var/lock && ln -s /run var/run && ln -s /run/lock var/lock
@links@
@accounts@
# The cache of the loader.
ldconfig -X -r . && rm -f var/cache/ldconfig/*
# The packages and their files, where scanners look.
mkdir -p var/lib/dpkg/status.d
for package in @packages@/*.deb; do
    entry=var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)
    dpkg-deb --field "$package" | sed "1a Status: install ok installed" > "$entry"
    dpkg-deb --ctrl-tarfile "$package" \
        | tar --extract --to-stdout --wildcards "*md5sums" \
        | sed -E 's,^([0-9a-f]+)  (bin|lib|lib64|sbin)/,\1  usr/\2/,' \
        | while read -r sum path; do
            if test -f "$path"; then echo "$sum  $path"; fi
        done > "$entry.md5sums"
    test -s "$entry.md5sums" || rm "$entry.md5sums"
done
# What lists the cache, for ctypes.util.find_library.
cat > usr/sbin/ldconfig <<'END'
@listing_program@
END
chmod 755 usr/sbin/ldconfig
# A shell for the steps of the last stage and for debugging; it is no part of the root.
mkdir -p @shell@/usr/bin && cd @shell@/usr/bin
dpkg-deb --fsys-tarfile @packages@@shell@/*.deb \
    | tar --extract --to-stdout --wildcards '*/bin/busybox' > busybox
chmod 755 busybox
@applets@
do ln -s busybox "$name"; done
