"""The exact distributions of an image, resolved by uv from the project's own requirements."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from packaging.markers import InvalidMarker, Marker

from jettison.builder import ENGINE, Environment, Installation, Pin, not_understood
from jettison.builder.fetch import SOURCES, resolution_failure
from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.ecosystems.pip import parse as parse_pylock
from jettison.ecosystems.tool import LockedDistribution, LockedFile, SourceKind
from jettison.errors import InputSyntaxError, UnsupportedError
from jettison.formats.requirements import IncludeLine, OptionLine, RequirementLine, parse
from jettison.formats.requirements.lines import ALIASES, Option
from jettison.images.stores import answers
from jettison.images.stores.unpack import working_folder
from jettison.index import WheelFile
from jettison.index.index_settings import index_settings
from jettison.index.listing import wheel_tags
from jettison.index.resolving import compiled, platform
from jettison.index.target import Target, best_wheel
from jettison.lift import Project
from jettison.records import Records
from jettison.values import Origin, replace

_ADDRESSED = frozenset({"--index-url", "--extra-index-url", "--find-links"})
_FLAGS = frozenset({"--no-index", "--require-hashes", "--no-deps"})
# Without sources there is nothing that these could change, and uv does not take them from a file.
_WITHOUT_EFFECT = frozenset({"--pre", "--prefer-binary", "--trusted-host", "--use-feature"})
_ABOUTSOURCES = frozenset({"--no-binary", "--only-binary", "--no-build-isolation"})
_ADDRESS = re.compile(r"https?://[^\s$\\]+")
_NAMES = re.compile(r":all:|:none:|[A-Za-z0-9][A-Za-z0-9._-]*(,[A-Za-z0-9][A-Za-z0-9._-]*)*")
_INCLUDED = re.compile(r"[\w@+][\w@+ .-]*", re.ASCII)
_ALLOW = f"Let pure Python sources be built here: --allow-source-builds. {ENGINE}"


def checked_text(text: str, file: str, target: Target, *, sources: bool) -> str:
    """Return a requirements file with the lines that decide something, and no others.

    UnsupportedError, with the place, for a line that could run code, reach another file, or is not
    known. With ``sources`` distributions may be built.
    """
    written: list[str] = []
    for line in parse(text, file=file).lines:
        if isinstance(line, RequirementLine):
            written.extend(_required(line, target))
        elif isinstance(line, IncludeLine):
            written.append(_included(line))
        elif isinstance(line, OptionLine):
            written.extend(checked_options(line.options, line.text, line.origin, sources=sources))
    return "".join(f"{line}\n" for line in written)


def checked_words(installation: Installation, target: Target) -> Iterator[str]:
    """Yield the requirements that a command names as lines; raises as ``checked_text`` does."""
    origin = installation.origin
    for word in installation.requirements:
        try:
            found = parse(word, file=origin.file).lines
        except InputSyntaxError as error:
            raise not_understood(word, error.why, origin) from error
        for line in found:
            if not isinstance(line, RequirementLine):
                raise not_understood(word, "it is not a requirement", origin)
            yield from _required(replace(line, origin=origin), target)


def checked_options(
    options: Sequence[Option], text: str, origin: Origin | None, *, sources: bool
) -> Iterator[str]:
    """Yield options as single words; UnsupportedError for those that ``checked_text`` refuses."""
    for option in options:
        name, value = option.name, option.value
        if name in _ADDRESSED and _ADDRESS.fullmatch(value):
            yield f"{name}={value}"
        elif name in _FLAGS:
            yield name
        elif name in _ABOUTSOURCES:
            yield from _about_sources(option, text, origin, sources=sources)
        elif name not in _WITHOUT_EFFECT:
            why = f"{name} does not name an address" if name in _ADDRESSED else f"{name} is unknown"
            raise not_understood(text, why, origin)


def option_pairs(words: Sequence[str], valued: Sequence[str]) -> Iterator[Option]:
    """Read the options of a command from their words; ``valued`` are those that take a value."""
    rest = iter(words)
    for word in rest:
        yield Option(name=ALIASES.get(word, word), value=next(rest, "") if word in valued else "")


def _about_sources(
    option: Option, text: str, origin: Origin | None, *, sources: bool
) -> Iterator[str]:
    if sources and not option.value:
        yield option.name
    elif sources and _NAMES.fullmatch(option.value):
        yield f"{option.name}={option.value}"
    elif option.name == "--no-binary" and option.value != ":none:":
        raise UnsupportedError(
            f"`{' '.join(text.split())}` asks for a source to be built",
            why="building runs code of the distribution on this machine",
            hint=_ALLOW,
            origin=origin,
        )


def _required(line: RequirementLine, target: Target) -> Iterator[str]:
    if not _applies(line, target):
        return
    if line.editable or line.path or line.url or line.requirement is None:
        why = "it is not taken from an index" if "$" not in line.text else "it names a variable"
        raise not_understood(line.text, why, line.origin)
    if line.options:
        raise not_understood(line.text, f"{line.options[0].name} is unknown", line.origin)
    yield " ".join((str(line.requirement), *(f"--hash={one}" for one in line.hashes)))


def _applies(line: RequirementLine, target: Target) -> bool:
    try:
        return not line.marker or target.fulfils(Marker(line.marker))
    except InvalidMarker:
        return True


def _included(line: IncludeLine) -> str:
    parts = line.target.split("/")
    if not all(part in {"", ".", ".."} or _INCLUDED.fullmatch(part) for part in parts):
        raise not_understood(line.text, "it does not name a file of the project", line.origin)
    return f"--{line.kind.value.removesuffix('s')} {line.target}"


_SECONDS = 300


def pins(
    environment: Environment,
    project: Project,
    target: Target,
    *,
    records: Records,
    offline: bool = False,
    sources: bool = False,
) -> tuple[Pin, ...]:
    """Resolve what the installations of an environment ask for, sorted by name.

    With ``sources`` a distribution without a fitting wheel is taken as source.
    An answer is kept for the day on which it was given, and longer without a network. Raises
    UnsupportedError for a distribution without a fitting wheel, ProjectError when requirements
    contradict each other, NetworkError when the index does not answer.
    """
    texts = requirement_texts(environment, project)
    settings = index_settings(os.environ, home=Path.home())
    index, others = settings.url, (*settings.extra, *settings.links)
    words = ("pins", index, *others, str(sources), _asked(environment, texts, target))
    today = datetime.now(tz=UTC).date().isoformat()
    kept = answers(records, offline=offline)
    day, known = kept.get(tuple[str, tuple[Pin, ...]], *words) or ("", ())
    if day and (offline or day == today):
        return known
    found = tuple(_resolved(environment, texts, target, index, offline=offline, sources=sources))
    records.put((today, found), *words)
    return found


def requirement_texts(environment: Environment, project: Project) -> dict[str, str]:
    """Return the texts of all requirements and constraints files, by their context paths."""
    return {
        each.file.removeprefix(project.prefix): project.texts[each.file]
        for installation in environment.installations
        for path in (*installation.files, *installation.constraints)
        for each in project.requirements_file(path)
    }


def requirements_digest(environment: Environment, project: Project, target: Target) -> str:
    """Return a digest of all that the resolution depends on."""
    return f"sha256:{_asked(environment, requirement_texts(environment, project), target)}"


def _asked(environment: Environment, texts: Mapping[str, str], target: Target) -> str:
    asked = [(i.files, i.constraints, i.requirements, i.options) for i in environment.installations]
    parts = (repr(asked), repr(sorted(texts.items())), repr(target))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _resolved(
    environment: Environment,
    texts: Mapping[str, str],
    target: Target,
    index: str,
    *,
    offline: bool,
    sources: bool,
) -> Iterator[Pin]:
    with working_folder() as room:
        folder = room / "context"
        folder.mkdir()
        for path, text in texts.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            checked = checked_text(text, path, target, sources=sources)
            place.write_text(checked, encoding="utf-8")
        document = _compiled(environment, target, index, folder, offline=offline, sources=sources)
    for each in parse_pylock(document, file="pylock.toml").distributions:
        yield _pin(each, target, sources=sources)


def _compiled(
    environment: Environment,
    target: Target,
    index: str,
    folder: Path,
    *,
    offline: bool,
    sources: bool,
) -> str:
    words = [w for each in environment.installations for w in checked_words(each, target)]
    files = [path for each in environment.installations for path in each.files]
    bounds = [path for each in environment.installations for path in each.constraints]
    options = dict.fromkeys(_options(environment, sources=sources))
    done = compiled(
        (
            *(["-"] if words else []), *map(_path, files), "--format", "pylock.toml",
            *(word for bound in bounds for word in ("--constraints", _path(bound))), *options,
        ),
        target, index, folder, stdin="\n".join(words).encode(), timeout=_SECONDS,
        settings=folder.parent, sources=sources, offline=offline,
    )  # fmt: skip
    if done.status or not done.text:
        raise resolution_failure(done.error_text)
    return done.text


def _options(environment: Environment, *, sources: bool) -> Iterator[str]:
    valued = table(Tools).pip.valued
    for each in environment.installations:
        found = tuple(option_pairs(each.options, valued))
        yield from checked_options(found, " ".join(each.options), each.origin, sources=sources)


def _path(file: str) -> str:
    """Give a file below the working directory as a word that is no option."""
    return f"./{file}"


def _pin(found: LockedDistribution, target: Target, *, sources: bool) -> Pin:
    files = {wheel.filename: wheel for wheel in found.wheels}
    offered = [
        WheelFile(filename=name, url=file.url, tags=wheel_tags(name))
        for name, file in files.items()
    ]
    best = best_wheel(offered, target)
    remote = found.source is SourceKind.REGISTRY
    if best is None and remote and sources and found.sdist:
        return _file_pin(found, found.sdist)
    if best is None or found.source is not SourceKind.REGISTRY:
        what = "is not taken from an index" if files or found.location else "has no fitting wheel"
        raise UnsupportedError(
            f"{found.name} {found.version} {what}".replace("  ", " "),
            why=found.location or f"for Python {target.python_minor}, {platform(target)}",
            hint=SOURCES if found.sdist and not sources else ENGINE,
        )
    return _file_pin(found, files[best[0].filename])


def _file_pin(found: LockedDistribution, file: LockedFile) -> Pin:
    return Pin(
        name=found.name,
        version=found.version,
        filename=file.filename,
        url=file.url,
        sha256=_sha256(file),
        size=file.size,
    )


def _sha256(file: LockedFile) -> str:
    found = [one.removeprefix("sha256:") for one in file.hashes if one.startswith("sha256:")]
    if not found:
        raise UnsupportedError(
            f"the index gives no SHA-256 of {file.filename}",
            why="what is downloaded could not be verified",
            hint="Use an index that lists hashes, as the simple API asks.",
        )
    return found[0]
