"""Write src/jettison/catalogue/debian/<release>-bytes.tsv from the packages themselves.

Run from the root of the repository with the network at hand: ``python tools/package_bytes.py``.
Installed-Size rounds every file up and counts documentation, which slim images leave out, so the
packages that Dockerfiles often install are fetched and their files added up.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from recommended import with_recommended

from jettison.catalogue import table
from jettison.catalogue.base_release import facts_of
from jettison.catalogue.bases import SystemPackages
from jettison.catalogue.packaging import Tools, package_of_library
from jettison.catalogue.systems import NativeLibraries
from jettison.errors import JettisonError
from jettison.images.entry import Kind, read_entries
from jettison.index.debian import Archive, read_deb
from jettison.index.debian.package import Package
from jettison.index.debian.packages import PackageIndex

TARGET = Path(__file__).parent.parent / "src/jettison/catalogue/debian"
RELEASES = ("trixie", "bookworm")
LARGEST = 30_000_000
# dpkg.cfg.d/docker of Debian's slim images.
LEFT_OUT = ("usr/share/doc/*", "usr/share/info/*", "usr/share/linda/*", "usr/share/lintian/*",
            "usr/share/locale/*", "usr/share/man/*", "usr/share/groff/*")  # fmt: skip
OTHERS = (
    *("locales", "locales-all", "tzdata", "tini", "gosu", "dumb-init", "ffmpeg", "fontconfig"),
    *("fonts-dejavu-core", "fonts-liberation", "postgresql-client", "default-mysql-client"),
    *("redis-tools", "poppler-utils", "tesseract-ocr", "libgomp1", "graphviz", "supervisor"),
    *("nginx", "cron", "netcat-openbsd", "shared-mime-info", "libgl1"),
)
KEPT = "usr/share/doc/*/copyright"
COMPILED = ("usr/lib/python3/*.py", "usr/lib/python3.*/*.py")


def main() -> None:
    """Write one file for each release."""
    archive = Archive()
    for release in RELEASES:
        index = archive.index(release)
        packages = wanted(release, index)
        with ThreadPoolExecutor(2) as pool:
            rows = [row for row in pool.map(lambda p: line(archive, p), packages) if row]
        text = "\n".join((*header(release), *sorted(rows), ""))
        TARGET.joinpath(f"{release}-bytes.tsv").write_text(text, encoding="utf-8")


def header(release: str) -> Iterator[str]:
    """Say where the numbers come from."""
    yield f"# Debian {release}, amd64: made by tools/package_bytes.py from the packages, "
    yield f"# read on {datetime.now(UTC).date()}."
    yield "# name, bytes of files and of dpkg's records, bytes without what slim images leave out,"
    yield "# bytes of Python that is compiled while it is installed"


def wanted(release: str, index: PackageIndex) -> list[Package]:
    """Name the packages that Dockerfiles often install, with what they bring."""
    facts = facts_of(release)
    tools, system = table(Tools), table(SystemPackages)
    names = {
        *system.full, *system.build, *tools.programs_only.packages,
        *tools.container_clients.packages,
    }  # fmt: skip
    for need in table(NativeLibraries).need:
        names.update(package_of_library(each, release) or "" for each in need.libraries)
    names.update(OTHERS)
    base = facts.base if facts else frozenset()
    found = {}
    for name in sorted(names):
        if name in index or index.providers(name):
            brought = with_recommended(index, name, base)
            found.update({each.name: each for each in brought if each.size <= LARGEST})
    return [found[name] for name in sorted(found)]


def line(archive: Archive, package: Package) -> str:
    """Add up one package; empty when it cannot be had."""
    try:
        path = archive.deb(package)
    except JettisonError as error:
        sys.stderr.write(f"{package.name}: {error}\n")
        return ""
    with path.open("rb") as file:
        deb = read_deb(file, package.name)
        entries = [read.entry for read in read_entries(deb.data)]
    listed = sum(len(entry.path) + 2 for entry in entries)
    whole = kept = listed + sum(len(content) for content in deb.control_files.values())
    compiled = 0
    for entry in entries:
        if entry.kind is Kind.FILE:
            whole += entry.size
            kept += entry.size if is_kept(entry.path) else 0
            compiled += entry.size if any(fnmatch(entry.path, each) for each in COMPILED) else 0
    return f"{package.name}\t{whole}\t{kept}\t{compiled}"


def is_kept(path: str) -> bool:
    """Tell whether a slim image installs a file."""
    return fnmatch(path, KEPT) or not any(fnmatch(path, pattern) for pattern in LEFT_OUT)


if __name__ == "__main__":
    main()
