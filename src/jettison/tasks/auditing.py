"""Read or fetch advisories once a day, read images, and match them."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from jettison.assessment.advisories import DEBIAN, PYPI, Advisory, package_key
from jettison.assessment.audit import (
    Advisories,
    Audit,
    Component,
    Exists,
    components_of,
    components_planned,
    findings_of,
)
from jettison.contents.layer_reading import image_of, measured_layers
from jettison.contents.measurement import (
    ImageMeasurement,
    debian_packages,
    debian_release,
    distributions,
    overlay,
)
from jettison.errors import DamagedCacheError, InputSyntaxError, NetworkError, ProjectError
from jettison.images import is_remote
from jettison.images.reference import Reference
from jettison.images.stores import whole_file
from jettison.images.stores.cache import cache_directory
from jettison.index.client import Client
from jettison.index.index_settings import index_settings
from jettison.index.wheels import ARCHIVE_ERRORS
from jettison.plan import Plan
from jettison.processes.git import present
from jettison.progress import Progress, step
from jettison.records import discard
from jettison.report.result_text import Result
from jettison.values import READING_TYPES, Skipped, replace


class Side(Struct, frozen=True, kw_only=True):
    """An image as advisories are matched with it; ``exists`` tells of its files."""

    name: str
    components: tuple[Component, ...]
    exists: Exists
    product: str = ""


def side_of(reference: str, platform: str, progress: Progress) -> Side:
    """Read all layers of an image. Raises ImageError when there is none."""
    image = image_of(reference, platform)
    contents = overlay(tuple(layer.contents for layer in measured_layers(image, progress)))
    return Side(
        name=reference,
        components=components_of(
            distributions(contents), debian_packages(contents), debian_release(contents)
        ),
        exists=lambda path: path in contents.tree.paths,
        product=_product(reference, str(image.manifest.descriptor.digest)),
    )


def _product(reference: str, digest: str) -> str:
    """Give the package URL of an image in a registry; engines do not tell the digest there."""
    if not is_remote(reference):
        return ""
    named = Reference.parse(reference)
    name = named.repository.rpartition("/")[2]
    repository = f"{named.registry}/{named.repository}"
    return f"pkg:oci/{name}@{digest.replace(':', '%3A')}?repository_url={repository}"


def audit_plan(plan: Plan, name: str, known: Advisories) -> Audit:
    """Match the distributions that the committed files install with those that the plan leaves."""
    before, after = (
        Side(
            name=f"{name} as {'planned' if planned else 'committed'}",
            components=components_planned(plan, planned=planned),
            exists=lambda _: True,
        )
        for planned in (False, True)
    )
    reason = "a plan does not know them all; `jettison audit IMAGE` reads them"
    return audited(before, after, known, Skipped(what="system packages", reason=reason))


def with_audit(result: Result, known: Advisories) -> Result:
    """Match both images of an optimization; of their files only sizes are kept."""
    before, after = (
        Side(name=name, components=_measured(image), exists=lambda _: True)
        for name, image in (
            (result.reference or "the baseline", result.before),
            ("the candidate", result.after),
        )
    )
    return replace(result, audit=audited(before, after, known))


def _measured(image: ImageMeasurement) -> tuple[Component, ...]:
    return components_of(image.distributions, image.debian_packages, image.debian_release)


def audited(before: Side | None, after: Side, known: Advisories, *skipped: Skipped) -> Audit:
    """Match an image, and the one before it where there is one."""
    return Audit(
        image=after.name,
        before=before.name if before else "",
        product=after.product,
        advisories=known.count,
        ecosystems=known.ecosystems,
        newest=known.newest,
        fetched=known.fetched,
        components=len(after.components),
        timestamp=present().strftime("%Y-%m-%dT%H:%M:%SZ"),
        findings=findings_of(
            known, before.components if before else None, after.components, after.exists
        ),
        skipped=skipped,
    )


MIRROR = "JETTISON_OSV_MIRROR"
PUBLIC_MIRROR = "https://osv-vulnerabilities.storage.googleapis.com"
_ECOSYSTEMS = (PYPI, DEBIAN)
# Larger than any advisory seen; a bound on memory.
_LARGEST = 16 << 20
_HINT = "Download the data again, or leave the file out."


def fetched_advisories(progress: Progress, *, offline: bool) -> Advisories:
    """Give OSV's own data of PyPI and Debian, of today where the network gives it.

    What was fetched before is used without a network; the result says of which day it is. Raises
    NetworkError when there is none, DamagedCacheError when what was kept is damaged.
    """
    folder = cache_directory() / "advisories"
    days = []
    for ecosystem in _ECOSYSTEMS:
        path = folder / f"{ecosystem}.zip"
        days.append(_kept_day(path, ecosystem, progress, offline=offline))
    try:
        found = read_advisories(folder)
    except InputSyntaxError as error:
        for ecosystem in _ECOSYSTEMS:
            discard(folder / f"{ecosystem}.zip")
        raise DamagedCacheError(error.what, why=error.why) from error
    return replace(found, fetched=min(days).isoformat())


def _kept_day(path: Path, ecosystem: str, progress: Progress, *, offline: bool) -> date:
    """Fetch an archive unless it is of today; give its day."""
    kept = path.is_file()
    today = datetime.now(UTC).date()
    if kept and (offline or _day(path) == today):
        return _day(path)
    try:
        _fetch(path, ecosystem, progress, offline=offline)
    except NetworkError as error:
        if kept:
            return _day(path)
        hint = f"Name a folder with OSV's data (--osv DIR), or a mirror in {MIRROR}."
        raise NetworkError(error.what, why=error.why, hint=hint) from error
    return today


def _day(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()


def _fetch(path: Path, ecosystem: str, progress: Progress, *, offline: bool) -> None:
    if offline:
        raise NetworkError("there are no advisories in the cache")
    mirror = os.environ.get(MIRROR, "").rstrip("/") or PUBLIC_MIRROR
    client = Client(settings=index_settings(os.environ, home=Path.home()))
    with step(progress, f"Fetching advisories of {ecosystem}"), whole_file(path) as file:
        for chunk in client.chunks(f"{mirror}/{ecosystem}/all.zip"):
            file.write(chunk)


def read_advisories(path: Path) -> Advisories:
    """Read a folder of OSV's documents: JSON, one a file, or archives of them as OSV offers them.

    Raises ProjectError when there is none, InputSyntaxError for one that is damaged.
    """
    if not path.exists():
        raise ProjectError(f"there is no {path}", hint="Name a folder with data of OSV.")
    found: dict[tuple[str, str], dict[str, Advisory]] = {}
    ecosystems: set[str] = set()
    seen: set[str] = set()
    newest = ""
    with READING_TYPES:
        decoder = msgspec.json.Decoder(Advisory)
    for name, content in _documents(path):
        try:
            advisory = decoder.decode(content)
        except msgspec.MsgspecError as error:
            raise InputSyntaxError(
                f"{name} is no advisory of OSV", why=str(error), hint=_HINT
            ) from error
        newest = max(newest, advisory.modified)
        seen.add(advisory.id)
        for one in advisory.affected:
            if one.package is not None:
                ecosystems.add(one.package.ecosystem.partition(":")[0])
                key = package_key(one.package.ecosystem, one.package.name)
                found.setdefault(key, {})[advisory.id] = advisory
    if not seen:
        raise ProjectError(
            f"{path} has no advisories", hint="Name a folder with JSON files or archives of OSV."
        )
    return Advisories(
        by_package={key: tuple(each.values()) for key, each in found.items()},
        count=len(seen),
        ecosystems=tuple(sorted(ecosystems)),
        newest=newest[:10],
    )


def _documents(path: Path) -> Iterator[tuple[str, bytes]]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.suffix == ".json" and file.is_file():
            _require_size(str(file), file.stat().st_size)
            yield str(file), file.read_bytes()
        elif file.suffix == ".zip" and file.is_file():
            yield from _archived(file)


def _archived(file: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".json"):
                    name = f"{file}: {entry.filename}"
                    _require_size(name, entry.file_size)
                    yield name, archive.read(entry)
    except ARCHIVE_ERRORS as error:
        raise InputSyntaxError(f"{file} is damaged", why=str(error), hint=_HINT) from error


def _require_size(name: str, size: int) -> None:
    if size > _LARGEST:
        raise InputSyntaxError(f"{name} is no advisory of OSV", why=f"it has {size} bytes")
