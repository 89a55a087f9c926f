"""The stages that fetch Debian's packages and compose a root from them, as text."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase, LeftOut
from jettison.formats.elf import listing_program
from jettison.lower import WIDTH, comment
from jettison.plan.minimal_base import ROOT, ArchiveFile, Composition

# Where the packages are seen while the root is composed; the shell's package lies apart.
PLACE = "/packages"
SHELL = "/shell"
NAMES = ("'passwd: files'", "'group: files'", "'hosts: files dns'", "'services: files'",
         "'protocols: files'")  # fmt: skip
PASSWD = "'%s:x:%s:%s:%s:%s:/usr/sbin/nologin\\n'"  # noqa: S105  a format of printf
GROUP = "'%s:x:%s:\\n'"
FETCHED = (
    "Debian's packages, each held to its hash. A snapshot keeps these versions for good; a mirror"
    " that has them is faster: --build-arg DEBIAN=https://deb.debian.org/debian."
)
COMPOSED = (
    "The root of the image: these packages, unpacked, without what no server needs. Nothing of them"
    " is run; what their scripts would have made is written here."
)


def package_stage(name: str, made_of: Composition) -> str:
    """The stage that fetches the packages."""
    security = any(each.security for each in made_of.packages)
    lines = [comment(FETCHED), f"FROM scratch AS {name}\n", f"ARG DEBIAN={made_of.archive}\n"]
    if security:
        lines.append(f"ARG DEBIAN_SECURITY={made_of.security_archive}\n")
    lines += [_added(each, "/") for each in made_of.packages]
    lines.append(_added(made_of.shell, f"{SHELL}/"))
    return "".join(lines)


def _added(file: ArchiveFile, place: str) -> str:
    archive = "$DEBIAN_SECURITY" if file.security else "$DEBIAN"
    return f"ADD --checksum=sha256:{file.sha256} \\\n    {archive}/{file.path} {place}\n"


def root_stage(name: str, packages: str, made_of: Composition, users: Iterable[str]) -> str:
    """The stage that composes the root; ``users`` are commands that make users and groups."""
    return (
        f"{comment(COMPOSED)}"
        f"FROM {made_of.image} AS {name}\n"
        f"RUN --mount=type=bind,from={packages},target={PLACE} <<'COMPOSE'\n"
        f"{root_script(made_of, users)}"
        "COMPOSE\n"
    )


def root_script(made_of: Composition, users: Iterable[str]) -> str:
    """What the stage runs, for the shell of the image that it stands on."""
    lines = (
        "set -eu",
        f"mkdir {ROOT} && cd {ROOT}",
        *_unpacking(made_of),
        *_certificates(),
        *_without_dead_weight(made_of),
        *_written(made_of),
        *_accounts(users),
        *_lists(made_of),
        *_shell(),
    )
    return "".join(f"{line}\n" for line in lines)


def _groups(made_of: Composition) -> list[LeftOut]:
    """The groups of files that are omitted: none that is kept or of a package asked for."""
    found = table(ComposedBase).leave_out
    kept = {*made_of.asked, *made_of.groups_kept}
    return [each for each in found if not {each.name, each.of_package} & kept]


def _unpacking(made_of: Composition) -> Iterator[str]:
    names = "bin lib lib64 sbin" if made_of.architecture == "amd64" else "bin lib sbin"
    yield f'test "$(dpkg --print-architecture)" = {made_of.architecture} \\'
    yield f'    || {{ echo "these packages are for {made_of.architecture}" >&2; exit 1; }}'
    yield f'for name in {names}; do mkdir -p "usr/$name"; ln -s "usr/$name" "$name"; done'
    yield 'unpack() { dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink; }'
    for group in _groups(made_of):
        if group.of_package:
            yield f"# {group.name}: {group.reason}"
            yield f"unpack {PLACE}/{group.of_package}_*.deb"
            yield from _removed(group.paths)
    apart = [each.of_package for each in _groups(made_of) if _is_apart(each)]
    yield f"for package in {PLACE}/*.deb; do"
    if apart:
        pattern = "|".join(f"*/{name}_*" for name in apart)
        yield f"    case $package in {pattern}) continue ;; esac"
    yield '    unpack "$package"'
    yield "done"


def _is_apart(group: LeftOut) -> bool:
    return bool(group.of_package)


def _certificates() -> Iterator[str]:
    yield "# The bundle of certificate authorities."
    yield "mkdir -p etc/ssl/certs usr/lib/ssl"
    yield "find usr/share/ca-certificates -type f -print0 | LC_ALL=C sort -z \\"
    yield "    | xargs -0 sed -s '$a\\' > etc/ssl/certs/ca-certificates.crt"
    yield "ln -sfn /etc/ssl/certs usr/lib/ssl/certs"
    yield "ln -sfn /etc/ssl/certs/ca-certificates.crt usr/lib/ssl/cert.pem"


def _without_dead_weight(made_of: Composition) -> Iterator[str]:
    """Remove the groups, bring back what stays of them, drop folders that became empty."""
    groups = [each for each in _groups(made_of) if not _is_apart(each)]
    yield "find . -type d -empty > /tmp/empty"
    yield "# What stays of the folders below."
    yield "{"
    for group in groups:
        for kept in group.keep:
            yield f"    {_found(kept)}"
    yield "    find usr/share/doc -mindepth 1 -maxdepth 1 -type l"
    for path in made_of.kept:
        yield f"    echo {shlex.quote(path)}"
    yield "} | tar --create --file /tmp/kept.tar --files-from -"
    for group in groups:
        yield f"# {group.name}: {group.reason}"
        yield from _removed(group.paths)
    yield "tar --extract --file /tmp/kept.tar"
    yield "find . -type d -empty | grep -vxFf /tmp/empty \\"
    yield "    | xargs -r rmdir --parents --ignore-fail-on-non-empty"


def _found(pattern: str) -> str:
    """A command that lists what a pattern matches, without following links."""
    head = pattern.partition("*")[0].rpartition("/")[0]
    depth = pattern.count("/") - head.count("/")
    return f"find {head} -mindepth {depth} -maxdepth {depth} -path '{pattern}'"


def _removed(patterns: Iterable[str]) -> Iterator[str]:
    """Commands that remove what the patterns of the catalogue match."""
    plain = []
    for pattern in patterns:
        head, deep, tail = pattern.partition("**/")
        if deep:
            name = tail.removesuffix("/**")
            yield f"find {head.rstrip('/')} -depth -name '{name}' -exec rm -rf {{}} +"
        else:
            plain.append(pattern.removesuffix("/**"))
    yield from _wrapped("rm -rf", plain)


def _wrapped(command: str, words: Iterable[str], end: str = "") -> Iterator[str]:
    """A command with its words on as many lines as they need."""
    line = command
    for word in (*words, *([end] if end else [])):
        if len(line) + len(word) + 3 > WIDTH:
            yield f"{line} \\"
            line = f"    {word}"
        else:
            line = f"{line} {word}"
    if line != command:
        yield line


def _written(made_of: Composition) -> Iterator[str]:
    """What maintainer scripts and the installer of Debian would have made."""
    python = f"python{made_of.python}"
    yield "mkdir -p run tmp var/tmp usr/bin usr/sbin usr/local/bin"
    yield "chmod 755 run && chmod 1777 tmp var/tmp"
    yield from _wrapped("printf '%s\\n'", NAMES, "> etc/nsswitch.conf")
    yield f"ln -s {python} usr/bin/python3 && ln -s {python} usr/bin/python"
    names = f"python python3 {python}"
    yield f'for name in {names}; do ln -s /usr/bin/{python} "usr/local/bin/$name"; done'
    yield "rm -rf var/run var/lock && ln -s /run var/run && ln -s /run/lock var/lock"
    if made_of.time_zones:
        yield "ln -s /usr/share/zoneinfo/Etc/UTC etc/localtime"
    for path, target in made_of.links:
        yield f"ln -sfn {target} {path}"


def _accounts(users: Iterable[str]) -> Iterator[str]:
    facts = table(ComposedBase).accounts
    rows = [f"{name} {uid} {gid} {name} {home}" for name, uid, gid, home in facts.users]
    yield from _wrapped(f"printf {PASSWD}", rows, "> etc/passwd")
    rows = [f"{name} {gid}" for name, gid in facts.groups]
    yield from _wrapped(f"printf {GROUP}", rows, "> etc/group")
    made = list(users)
    if made:
        yield "# Users are made as the official image makes them: with its settings."
        yield "cp --parents /etc/login.defs /etc/default/useradd ."
        yield from made
        yield "rm -f etc/login.defs etc/default/useradd etc/passwd- etc/group- etc/.pwd.lock"


def _lists(made_of: Composition) -> Iterator[str]:
    """What the loader and scanners read; written last, when everything is there."""
    yield "# The cache of the loader."
    yield "ldconfig -X -r . && rm -f var/cache/ldconfig/*"
    yield "# The packages and their files, where scanners look."
    yield "mkdir -p var/lib/dpkg/status.d"
    yield f"for package in {PLACE}/*.deb; do"
    yield '    entry=var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)'
    yield '    dpkg-deb --field "$package" | sed "1a Status: install ok installed" > "$entry"'
    yield '    dpkg-deb --ctrl-tarfile "$package" \\'
    yield '        | tar --extract --to-stdout --wildcards "*md5sums" \\'
    yield "        | sed -E 's,^([0-9a-f]+)  (bin|lib|lib64|sbin)/,\\1  usr/\\2/,' \\"
    yield "        | while read -r sum path; do"
    yield '            if test -f "$path"; then echo "$sum  $path"; fi'
    yield '        done > "$entry.md5sums"'
    yield '    test -s "$entry.md5sums" || rm "$entry.md5sums"'
    yield "done"
    yield "# What lists the cache, for ctypes.util.find_library."
    yield "cat > usr/sbin/ldconfig <<'END'"
    program = listing_program(f"/usr/bin/python{made_of.python}", made_of.architecture)
    yield program.decode().rstrip("\n")
    yield "END"
    yield "chmod 755 usr/sbin/ldconfig"


def _shell() -> Iterator[str]:
    applets = table(ComposedBase).shell.applets
    yield "# A shell for the steps of the last stage and for debugging; it is no part of the root."
    yield f"mkdir -p {SHELL}/usr/bin && cd {SHELL}/usr/bin"
    yield f"dpkg-deb --fsys-tarfile {PLACE}{SHELL}/*.deb \\"
    yield "    | tar --extract --to-stdout --wildcards '*/bin/busybox' > busybox"
    yield "chmod 755 busybox"
    yield from _wrapped("for name in", applets)
    yield 'do ln -s busybox "$name"; done'


def shell_mount(root: str) -> str:
    """The mount by which a step sees the shell."""
    return f"--mount=type=bind,from={root},source={SHELL}/usr/bin,target=/mnt"
