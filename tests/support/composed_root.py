"""Runs the script of the stage that composes a root, in a folder of this machine."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from jettison.builder.minimal_base import choose
from jettison.formats.debian_control import parse_relations
from jettison.images.entry import Kind
from jettison.images.tar_writer import Member
from jettison.index.debian import Archive
from jettison.index.debian.package import Package
from jettison.lower.composed_root import root_script
from jettison.plan.minimal_base import BaseRequest, BaseTree
from jettison.tasks.loading.base import SHELL, composition_of

PROGRAMS = ("dpkg-deb", "ldconfig", "tar", "useradd")
PLACES = re.compile(r"(?<![\w.*/\"])/(root-of-image|packages|tmp/|shell\b)")
IS_KIND = {
    Kind.FILE: stat.S_ISREG,
    Kind.HARD_LINK: stat.S_ISREG,
    Kind.DIRECTORY: stat.S_ISDIR,
    Kind.SYMLINK: stat.S_ISLNK,
}


def missing_for_script() -> str:
    """Why the script cannot be run here, empty when it can."""
    away = [name for name in PROGRAMS if shutil.which(name) is None]
    if away:
        return f"{', '.join(away)} is not installed"
    return "" if os.geteuid() == 0 else "only root makes files of other users"


def scripted_root(
    request: BaseRequest, archive: Archive, folder: Path, users: Iterable[str] = ()
) -> Path:
    """Run what the Dockerfile runs, with its places below ``folder``; the root that it makes."""
    made_of = composition_of(request, archive, image="python:slim")
    packages = folder / "packages"
    (packages / "shell").mkdir(parents=True)
    (folder / "tmp").mkdir()
    index = archive.index(request.release)
    for package in choose(request, index).packages:
        _laid(archive, package, packages)
    _laid(archive, index.candidates(parse_relations(SHELL)[0][0])[0], packages / "shell")
    script = PLACES.sub(lambda place: f"{folder}/{place[1]}", root_script(made_of, users))
    subprocess.run(["sh", "-c", script], check=True, capture_output=True)
    return folder / "root-of-image"


def _laid(archive: Archive, package: Package, folder: Path) -> None:
    shutil.copy(archive.deb(package), folder / Path(package.filename).name)


def differences(root: Path, tree: BaseTree) -> Iterator[str]:
    """Say what a folder and a composed base do not have in common."""
    there = {
        str((Path(folder) / name).relative_to(root))
        for folder, folders, files in os.walk(root)
        for name in (*folders, *files)
    }
    wanted = {member.entry.path: member for member in tree.members}
    yield from (f"missing {path}" for path in sorted(wanted.keys() - there))
    yield from (f"more {path}" for path in sorted(there - wanted.keys()))
    for path in sorted(wanted.keys() & there):
        yield from _compared(root / path, wanted[path])


def _compared(place: Path, member: Member) -> Iterator[str]:
    entry, found = member.entry, place.lstat()
    if not IS_KIND[entry.kind](found.st_mode):
        yield f"kind of {entry.path}"
    elif entry.kind is Kind.SYMLINK:
        if place.readlink() != Path(entry.link):
            yield f"link {entry.path}"
    elif stat.S_IMODE(found.st_mode) != entry.mode:
        yield f"mode of {entry.path}"
    elif entry.kind is Kind.FILE and _lines(place.read_bytes()) != _lines(
        b"".join(member.content())
    ):
        yield f"content of {entry.path}"
    if (found.st_uid, found.st_gid) != (entry.uid, entry.gid):
        yield f"owner of {entry.path}"


def _lines(content: bytes) -> list[bytes]:
    """The lines without spaces at their ends, which control files may have."""
    return [line.rstrip(b" ") for line in content.split(b"\n")]
