"""Exact versions of what requirements bring: uv resolves them, for the plan and for the build."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct, field
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from jettison.ecosystems.tool import Lock, LockedDistribution, LockedFile, SourceKind
from jettison.errors import ProgramError
from jettison.images.stores.unpack import working_folder
from jettison.index import WheelFile
from jettison.index.index_settings import index_url, uv_variables
from jettison.index.listing import wheel_tags
from jettison.index.target import Target
from jettison.processes import Completed, run
from jettison.progress import told_while_waiting
from jettison.records import Records

# uv knows these glibc versions by name; others are rounded down to one of them.
_GLIBC = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
_WITHOUT_WHEEL = re.compile(r"^hint: Wheels are required for `([^`]+)`", re.MULTILINE)
_NO_ANSWER = ("Failed to fetch", "error sending request")
_SILENT = "the package index did not answer"
_PLAN_SECONDS = 60.0
# Twenty times what it takes: what an index sends may unpack to any size.
_MEMORY = 2 << 30
# A plan has an approximate answer to go on with, so it waits for an index once and not for long.
_IMPATIENT = {"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "10"}
_MOST_WITHOUT_WHEEL = 20
# As long as pypi.org lets clients keep its pages. Mirrors say nothing, or that each must be asked
# for again, which takes longer than all else that an installer does when it knows every package.
_SETTINGS = """[[index]]
url = {url}
default = true
cache-control = {{ api = "max-age=600", files = "max-age=600" }}
"""


class Resolution(Struct, frozen=True, kw_only=True):
    """Versions by normalized name, or the ``reason`` why there are none.

    ``without_wheel`` are distributions that offer no wheel: they and what they alone require were
    omitted, since their metadata takes running their own code.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    without_wheel: tuple[str, ...] = ()
    reason: str = ""

    def why_approximate(self, name: str) -> str:
        """Why the version of a distribution is not known exactly; empty when it is."""
        if name in self.versions or not (self.reason or self.without_wheel):
            return ""
        if name in self.without_wheel or self.reason:
            why = self.reason or "it has no wheel"
        else:
            why = f"it is required by what has no wheel ({', '.join(self.without_wheel)})"
        return f"{why}; the newest release that fits is assumed"


def resolved(
    requirements: Iterable[Requirement],
    bounds: Mapping[str, SpecifierSet],
    target: Target,
    *,
    cache: Records,
    index: str,
    offline: bool,
) -> Resolution:
    """Resolve requirements that name no address; ``bounds`` hold for names that something asks for.

    No code of a distribution is run. An answer is kept for the day on which it was given, and
    longer without a network, where nothing is resolved again.
    """
    texts = sorted(str(one) for one in requirements if one.url is None)
    lines = sorted(f"{name}{specifiers}" for name, specifiers in bounds.items())
    if not texts:
        return Resolution()
    parts = "\n".join((*texts, "", *lines, "", repr(target), index))
    words = ("resolutions", hashlib.sha256(parts.encode()).hexdigest()[:32])
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    day, known = cache.get(tuple[str, Resolution], *words) or ("", Resolution())
    if day and (offline or day == today):
        return known
    if offline:
        return Resolution(reason="the package index was not queried (offline)")
    try:
        found = _resolved(texts, lines, target, index)
    except ProgramError as error:
        return Resolution(reason=error.what)
    if found.reason != _SILENT:
        cache.put((today, found), *words)
    return found


def _resolved(
    texts: Sequence[str], bounds: Sequence[str], target: Target, index: str
) -> Resolution:
    """Resolve what has wheels: each round omits what had none in the round before."""
    without: list[str] = []
    with working_folder() as folder:
        (folder / "bounds.txt").write_text("\n".join(bounds), encoding="utf-8")
        words = ("-", "--no-annotate", "--constraints", "bounds.txt", "--excludes", "without.txt")
        while True:
            (folder / "without.txt").write_text("\n".join(without), encoding="utf-8")
            done = compiled(
                words, target, index, folder,
                stdin="\n".join(texts).encode(), timeout=_PLAN_SECONDS, patient=False,
            )  # fmt: skip
            if not done.status:
                found = _PIN.findall(done.text)
                pins: dict[str, str] = {canonicalize_name(name): version for name, version in found}
                return Resolution(versions=pins, without_wheel=tuple(without))
            if is_silent(done.error_text):
                return Resolution(reason=_SILENT)
            more = map(canonicalize_name, _WITHOUT_WHEEL.findall(done.error_text))
            fresh = sorted({*more} - {*without})
            if not fresh or len(without) > _MOST_WITHOUT_WHEEL:
                return Resolution(reason=_complaint(done.error_text))
            without += fresh


def compiled(
    words: Sequence[str],
    target: Target,
    index: str,
    folder: Path,
    *,
    stdin: bytes = b"",
    timeout: float,
    settings: Path | None = None,
    sources: bool = False,
    offline: bool = False,
    patient: bool = True,
) -> Completed:
    """Run ``uv pip compile`` for a target in a folder, without building unless with ``sources``.

    ``settings`` is a folder for uv's own settings, which hostile files must not lie in.
    """
    command = [
        uv_program(), "pip", "compile", "--quiet", "--no-header", "--color", "never",
        *(() if sources else ("--only-binary", ":all:")), "--python", sys.executable,
        "--python-version", target.python_full, "--python-platform", platform(target),
        *words, *(["--offline"] if offline else []),
    ]  # fmt: skip
    # A release that is younger than what is kept of the index may be what is requested.
    certificates = uv_variables(os.environ)
    fresh_pages = ("--no-config",), {"UV_DEFAULT_INDEX": index}
    for arguments, variables in (*kept_pages(index, settings or folder), fresh_pages):
        with told_while_waiting("uv, which resolves the requirements"):
            done = run(
                (*command, *arguments),
                stdin=stdin,
                timeout=timeout,
                directory=folder,
                # The address goes by the environment: it may hold a password, and others can list
                # processes.
                environment={**certificates, **variables, **({} if patient else _IMPATIENT)},
                memory=_MEMORY,
            )
        if not done.status or (not patient and is_silent(done.error_text)):
            break
    return done


def is_silent(text: str) -> bool:
    """Whether uv complains that the index did not answer."""
    return any(sign in text for sign in _NO_ANSWER)


def uv_program() -> str:
    """Return the path of uv, which comes with Jettison; ProgramError when it is missing."""
    import uv  # noqa: PLC0415  # few commands need it

    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise ProgramError(
            "uv is missing", why=str(error), hint="Install Jettison again, with its dependencies."
        ) from error


def platform(target: Target) -> str:
    """Name uv's platform for a target; a newer glibc counts as the newest that uv names."""
    if target.libc == "musl":
        return f"{target.architecture}-unknown-linux-musl"
    minor = int(target.libc_version.split(".")[1])
    fitting = [known for known in _GLIBC if known <= minor]
    return f"{target.architecture}-manylinux_2_{max(fitting, default=_GLIBC[0])}"


def kept_pages(index: str, folder: Path) -> Iterator[tuple[tuple[str, ...], Mapping[str, str]]]:
    """Tell uv, by a file in ``folder``, to keep pages of the index for ten minutes.

    Yields nothing for an address with a password, which belongs into no file, and nothing where
    uv's own variables name an index: they come before any file.
    """
    parts = urlsplit(index)
    named = any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"))
    if parts.scheme in {"http", "https"} and parts.username is None and not named:
        settings = folder / "uv.toml"
        settings.write_text(_SETTINGS.format(url=json.dumps(index)), encoding="utf-8")
        yield ("--config-file", str(settings)), {}


def _complaint(text: str) -> str:
    """Shorten uv's explanation to its first cause: the whole can be hundreds of lines."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = (line.removeprefix("cause: ") for line in lines if line.startswith("cause: "))
    return next(causes, (lines or ["uv failed without a word"])[0]).rstrip(".")


class LockedRelease(Struct, frozen=True, kw_only=True):
    """A version and its wheels as a lock file states them; without wheels the index is asked."""

    version: str
    wheels: tuple[WheelFile, ...] = ()


def locked_releases(lock: Lock, target: Target) -> dict[str, LockedRelease]:
    """Give the release of every distribution that the lock takes from an index, by name.

    Of a name that is locked more than once, the one whose marker holds for the target counts.
    Wheels without an address are omitted, so that the index is queried for them.
    """
    usable = [one for one in lock.distributions if _usable(one, target)]
    return {
        one.name: LockedRelease(version=one.version, wheels=tuple(_wheels(one.wheels)))
        for one in reversed(usable)
    }


def locked_needs(lock: Lock) -> dict[str, tuple[Requirement, ...]]:
    """Give what the lock says that distributions from outside of an index need, by name."""
    return {
        one.name: tuple(_requirements(one.requires))
        for one in lock.distributions
        if one.source in (SourceKind.GIT, SourceKind.URL)
    }


def _requirements(texts: Iterable[str]) -> Iterator[Requirement]:
    for text in texts:
        try:
            yield Requirement(text)
        except InvalidRequirement:
            continue


def _usable(one: LockedDistribution, target: Target) -> bool:
    if one.source is not SourceKind.REGISTRY or not one.version:
        return False
    try:
        return target.fulfils(Marker(one.marker) if one.marker else None)
    except InvalidMarker:
        return True


def _wheels(files: Iterable[LockedFile]) -> Iterable[WheelFile]:
    for file in files:
        tags = wheel_tags(file.filename)
        if tags and file.url.startswith(("https://", "http://")):
            yield WheelFile(
                filename=file.filename,
                url=file.url,
                tags=tags,
                size=file.size,
                sha256=_sha256(file.hashes),
            )


def _sha256(hashes: Iterable[str]) -> str:
    prefix = "sha256:"
    return next((one.removeprefix(prefix) for one in hashes if one.startswith(prefix)), "")


INSTALL_SECONDS = 600.0


def run_uv(*words: str, offline: bool = False) -> Completed:
    """Run uv without its files of settings, on the index of pip or uv, for minutes."""
    environment: Mapping[str, str] = {
        **uv_variables(os.environ),
        # By the environment: it may hold a password, and others can list processes.
        "UV_DEFAULT_INDEX": index_url(os.environ, home=Path.home()),
        "UV_LINK_MODE": "hardlink",
        "VIRTUAL_ENV": "",
    }
    command = (uv_program(), "--no-config", "--color", "never", *words)
    network = ("--offline",) if offline else ()
    return run([*command, *network], timeout=INSTALL_SECONDS, environment=environment)
