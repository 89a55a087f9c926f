"""Select files of packages for a minimal base, and write the system's own."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct, field

from jettison.builder.minimal_packages import Unpacked, merged, merged_path
from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase
from jettison.formats.debian_control import render
from jettison.formats.elf import ElfFacts, library_names
from jettison.images.entry import Kind
from jettison.images.tar_writer import Member
from jettison.plan.minimal_base import BaseChoice, Group, group_of
from jettison.values import Skipped, by_key, folders_above, replace

_ORIGIN = ("$ORIGIN", "${ORIGIN}")


def search_directories(triplet: str) -> tuple[str, ...]:
    """Return where the loader looks, in its order, as Debian configures it."""
    return ("usr/local/lib", f"usr/local/lib/{triplet}", f"usr/lib/{triplet}", "usr/lib")


class Missing(Struct, frozen=True, kw_only=True):
    """A library that a file needs and the tree does not have.

    ``required`` is False for a plugin: a library outside the loader's directories, which something
    may load or not.
    """

    file: str
    library: str
    required: bool


def needed_names(facts: Iterable[ElfFacts]) -> frozenset[str]:
    """Return the names of all libraries that the files need."""
    return frozenset(name for each in facts for name in each.needed)


def missing_libraries(
    facts: Mapping[str, ElfFacts], paths: Collection[str], triplet: str
) -> Iterator[Missing]:
    """Yield what the loader would not find, in order of the files.

    ``facts`` are the ELF files by path, ``paths`` all files and links of the tree.
    """
    usual = search_directories(triplet)
    for path, each in sorted(facts.items()):
        own = tuple(_directory(text, path) for text in (*each.rpath, *each.runpath))
        for name in each.needed:
            places = (*own, *usual)
            if not any(f"{place}/{name}" in paths for place in places if place):
                required = posixpath.dirname(path) in {*usual, "usr/bin", "usr/sbin"}
                yield Missing(file=path, library=name, required=required)


def _directory(text: str, path: str) -> str:
    """Return the directory of a search path without a leading ``/``."""
    for origin in _ORIGIN:
        text = text.replace(origin, f"/{posixpath.dirname(path)}")
    return posixpath.normpath(text).lstrip("/")


class Piece(Struct, frozen=True, kw_only=True):
    """A member, the package that brings it, and what it says when it is an ELF file."""

    member: Member
    package: str = ""
    facts: ElfFacts | None = None


class Selection(Struct):
    """Members by path, whose package each is, and what was omitted.

    ``elves`` are the ELF files among the members. ``put_aside`` are pieces that were omitted, by
    path, with the name of the group that did so.
    """

    members: dict[str, Member] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    elves: dict[str, ElfFacts] = field(default_factory=dict)
    put_aside: dict[str, tuple[Piece, str]] = field(default_factory=dict)

    def place(self, piece: Piece) -> None:
        """Add a piece; of two files with one path the first stays."""
        path = piece.member.entry.path
        known = self.members.get(path)
        if known is None or known.entry.kind is Kind.DIRECTORY:
            self.members[path] = piece.member
            self.owners[path] = piece.package
            if piece.facts is not None:
                self.elves[path] = piece.facts

    def of_package(self, name: str) -> frozenset[str]:
        """Return the paths that a package brought."""
        return frozenset(path for path, owner in self.owners.items() if owner == name)


def select(
    pieces: Iterable[Piece], leave_out: tuple[Group, ...], libraries: Collection[str] = ()
) -> Selection:
    """Lay the files of packages over one another.

    A shared library among what is omitted comes back when a file of the tree needs it, or when
    ``libraries`` names it. Directories that hold only left-out files are dropped.
    """
    selection = Selection()
    for piece in pieces:
        _sort_in(selection, piece, leave_out)
    _bring_back(selection, libraries)
    _drop_empty(selection)
    return selection


def pieces(packages: Mapping[str, Unpacked]) -> Iterator[Piece]:
    """Give all members of packages, which are named."""
    for name, package in packages.items():
        for member in package.members:
            facts = package.elves.get(member.entry.path)
            yield Piece(member=member, package=name, facts=facts)


def listed_libraries(selection: Selection, triplet: str) -> dict[str, str]:
    """Return what the loader's cache lists of a selection: name -> path."""
    directories = search_directories(triplet)
    named = (
        (path, selection.elves[path].soname if path in selection.elves else "")
        for path, member in selection.members.items()
        if posixpath.dirname(path) in directories
        and posixpath.basename(path).startswith(("lib", "ld-"))
        and ".so" in path
        and member.entry.kind in {Kind.FILE, Kind.SYMLINK}
    )
    return library_names(named, directories)


def _sort_in(selection: Selection, piece: Piece, leave_out: tuple[Group, ...]) -> None:
    entry = merged(piece.member.entry)
    if entry is None or not entry.path:
        return
    moved = replace(piece, member=replace(piece.member, entry=replace(entry, mtime=0)))
    group = group_of(entry.path, piece.package, leave_out)
    if group and not _is_document_link(moved.member):
        selection.put_aside.setdefault(entry.path, (moved, group))
    else:
        selection.place(moved)


def _is_document_link(member: Member) -> bool:
    """Tell links such as usr/share/doc/libstdc++6 -> gcc-14-base, by which copyrights are found."""
    entry = member.entry
    return entry.kind is Kind.SYMLINK and entry.parent == "usr/share/doc" and "/" not in entry.link


def _bring_back(selection: Selection, libraries: Collection[str]) -> None:
    wanted = set(libraries) | needed_names(selection.elves.values())
    by_name = by_key(
        (posixpath.basename(path), path) for path in selection.put_aside if ".so" in path
    )
    while found := [path for name in wanted & by_name.keys() for path in by_name.pop(name)]:
        for path in found:
            piece, _ = selection.put_aside.pop(path)
            selection.place(piece)
            if piece.member.entry.kind is Kind.SYMLINK:
                wanted.add(posixpath.basename(piece.member.entry.link))
        wanted |= needed_names(selection.elves.values())


def _drop_empty(selection: Selection) -> None:
    """Drop directories whose files were all omitted, and those that were omitted themselves."""
    kept = {path for path, member in selection.members.items()
            if member.entry.kind is not Kind.DIRECTORY}  # fmt: skip
    needed = folders_above(kept)
    emptied = folders_above(selection.put_aside)
    for path, member in list(selection.members.items()):
        gone = path in emptied and path not in needed
        if member.entry.kind is Kind.DIRECTORY and gone:
            del selection.members[path]
            del selection.owners[path]


_NO_SHELL = "/usr/sbin/nologin"


def account_members() -> Iterator[Member]:
    """Yield /etc/passwd and /etc/group.

    Every account is without a password and without a shell, so there is no /etc/shadow.
    """
    facts = table(ComposedBase).accounts
    passwd = "".join(f"{n}:x:{u}:{g}:{n}:{h}:{_NO_SHELL}\n" for n, u, g, h in facts.users)
    group = "".join(f"{name}:x:{number}:\n" for name, number in facts.groups)
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


def status_of(name: str, package: Unpacked) -> str:
    """Return what dpkg's status says of a package that is installed."""
    return render({"Package": name, "Status": "install ok installed", **package.control})


def database_members(name: str, package: Unpacked, kept: Collection[str]) -> Iterator[Member]:
    """Yield the entries of one package below ``/var/lib/dpkg/status.d``.

    Distroless images have the same layout, so scanners know it. ``kept`` are the paths that the
    base has of the package: the list of checksums names no others.
    """
    yield Member.file(f"{DIRECTORY}/{name}", status_of(name, package).encode())
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
