"""Files that installers of Debian packages write: accounts, certificates, the package database."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping

from jettison.builder.minimal_base.selection import Missing, Selection
from jettison.builder.minimal_base.unpacked import Unpacked, merged_path
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.reader import table
from jettison.formats.debian_control import render
from jettison.images.entry import Kind
from jettison.images.tar_writer import Member
from jettison.plan.minimal_base import Account, BaseChoice
from jettison.values import Skipped

_NO_SHELL = "/usr/sbin/nologin"


def account_members(user: Account | None) -> Iterator[Member]:
    """Yield /etc/passwd, /etc/group, and the home directory of ``user``.

    Every account is without a password and without a shell, so there is no /etc/shadow.
    """
    facts = table(ComposedBase).accounts
    users = [(name, number, group, home) for name, number, group, home in facts.users]
    groups = [(name, number) for name, number in facts.groups]
    if user and user.name not in {name for name, *_ in users}:
        users.append((user.name, user.number, user.number, user.home))
        groups.append((user.name, user.number))
        yield Member.directory(user.home.strip("/"), mode=0o700).owned(user.number, user.number)
    passwd = "".join(f"{n}:x:{u}:{g}:{n}:{h}:{_NO_SHELL}\n" for n, u, g, h in users)
    group = "".join(f"{name}:x:{number}:\n" for name, number in groups)
    yield Member.file("etc/passwd", passwd.encode())
    yield Member.file("etc/group", group.encode())


BUNDLE = "etc/ssl/certs/ca-certificates.crt"
SOURCES = "usr/share/ca-certificates/"
# Where OpenSSL as Debian compiles it looks; the package "openssl" has these links.
_OPENSSL = "usr/lib/ssl"


def certificate_members(certificates: Mapping[str, bytes]) -> Iterator[Member]:
    """Yield the bundle and the links by which OpenSSL finds it.

    ``certificates`` are PEM files by path, such as the package ca-certificates has; the bundle
    holds them in order of their paths, each ended by a newline.
    """
    ordered = (certificates[path] for path in sorted(certificates))
    bundle = b"".join(pem if pem.endswith(b"\n") else pem + b"\n" for pem in ordered)
    yield Member.directory("etc/ssl")
    yield Member.directory("etc/ssl/certs")
    yield Member.file(BUNDLE, bundle)
    yield Member.directory(_OPENSSL)
    yield Member.symlink(f"{_OPENSSL}/certs", "/etc/ssl/certs")
    yield Member.symlink(f"{_OPENSSL}/cert.pem", f"/{BUNDLE}")


DIRECTORY = "var/lib/dpkg/status.d"


def database_members(name: str, package: Unpacked, kept: Collection[str]) -> Iterator[Member]:
    """Yield the entries of one package below ``/var/lib/dpkg/status.d``.

    Distroless images have the same layout, so scanners know it. ``kept`` are the paths that the
    base has of the package: the list of checksums names no others.
    """
    fields = {"Package": name, "Status": "install ok installed", **package.control}
    yield Member.file(f"{DIRECTORY}/{name}", render(fields).encode())
    sums = package.control_files.get("md5sums", b"").decode("utf-8", "replace")
    lines = [line for line in map(_merged, sums.splitlines()) if line.partition("  ")[2] in kept]
    if lines:
        yield Member.file(f"{DIRECTORY}/{name}.md5sums", ("\n".join(lines) + "\n").encode())


def _merged(line: str) -> str:
    checksum, _, path = line.partition("  ")
    return f"{checksum}  {merged_path(path)}"


_LONGEST_SHEBANG = 256


def notes_of(
    choice: BaseChoice,
    packages: dict[str, Unpacked],
    selection: Selection,
    missing: Iterable[Missing],
) -> Iterator[Skipped]:
    """Yield libraries without a package, packages whose scripts matter, scripts without a shell.

    ``missing`` are libraries that plugins need and the tree does not have.
    """
    for name in choice.unknown:
        yield Skipped(what=f"the library {name}", reason="no package is known for it")
    for name, reason in table(ComposedBase).needs_scripts.items():
        if name in packages:
            yield Skipped(what=f"the installation scripts of {name}", reason=reason)
    for each in missing:
        yield Skipped(what=f"the plugin /{each.file}", reason=f"the base has no {each.library}")
    for path, member in sorted(selection.members.items()):
        interpreter = _interpreter(path, member)
        if interpreter and not _is_there(interpreter, selection):
            reason = f"the base has no /{interpreter}"
            yield Skipped(what=f"the script /{path}", reason=reason)


def _interpreter(path: str, member: Member) -> str:
    """Return the program that a script in a directory of programs names, or nothing."""
    directory = posixpath.dirname(path)
    if member.entry.kind is not Kind.FILE or directory not in {"usr/bin", "usr/sbin"}:
        return ""
    head = next(iter(member.content()), b"")[:_LONGEST_SHEBANG]
    words = head.partition(b"\n")[0][2:].split()
    return words[0].decode("utf-8", "replace").lstrip("/") if head[:2] == b"#!" and words else ""


def _is_there(path: str, selection: Selection) -> bool:
    return path in selection.members or f"usr/{path}" in selection.members
