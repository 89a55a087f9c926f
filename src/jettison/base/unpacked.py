"""The files of a .deb, kept as a plain tar in the cache so that nothing is unpacked twice."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jettison.debian.control import Paragraph
from jettison.debian.deb import Deb, read_deb
from jettison.errors import IntegrityError
from jettison.oci.stream import CHUNK, chunks_of
from jettison.oci.tar_reader import entry_of
from jettison.oci.tar_writer import Member
from jettison.stores.files import whole_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A package's files as members, in the order of its tar, and its control part."""

    control: Paragraph
    control_files: dict[str, bytes]
    members: tuple[Member, ...]


def unpacked(deb: Path, folder: Path) -> Unpacked:
    """Read a .deb whose hash was verified; its data.tar is kept in ``folder`` under its name.

    Contents are read from there when they are asked for. Raises IntegrityError when the package
    is damaged all the same.
    """
    plain = folder / f"{deb.name}.tar"
    with deb.open("rb") as file:
        package = read_deb(file, deb.name)
        if not plain.exists():
            _keep(package, plain)
    try:
        with tarfile.open(plain, mode="r:") as tar:
            members = tuple(_members(tar, plain))
    except tarfile.TarError as error:
        raise IntegrityError(f"{deb.name} has a damaged tar", why=str(error)) from error
    return Unpacked(control=package.control, control_files=package.control_files, members=members)


def _keep(package: Deb, plain: Path) -> None:
    with whole_file(plain) as file:
        for chunk in chunks_of(package.data):
            file.write(chunk)


def _members(tar: tarfile.TarFile, plain: Path) -> Iterator[Member]:
    for found in tar:
        entry = entry_of(found)
        yield Member(entry=entry, content=_slice(plain, found.offset_data, entry.size))


def _slice(path: Path, offset: int, size: int) -> Callable[[], Iterator[bytes]]:
    def chunks() -> Iterator[bytes]:
        left = size
        with path.open("rb") as file:
            file.seek(offset)
            while left and (chunk := file.read(min(left, CHUNK))):
                left -= len(chunk)
                yield chunk

    return chunks
