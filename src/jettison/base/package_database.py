"""What package scanners read: one control paragraph and one list of files for each package."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from jettison.base.unpacked import Unpacked
from jettison.base.usr_merge import merged_path
from jettison.debian.control import render
from jettison.oci.tar_writer import Member

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
