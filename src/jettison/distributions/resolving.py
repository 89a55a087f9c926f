"""Exact versions for a list of requirements, by uv."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import uv
from msgspec import Struct
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from jettison.distributions.target import Target
from jettison.errors import ProgramError
from jettison.process import run
from jettison.records import Records
from jettison.values import Skipped

_WHAT = "the exact versions"
_LINE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?:.*#\s*via\s+(?P<via>.*))?$")
# uv knows these glibc versions by name; others are rounded down to one of them.
_GLIBC = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
_SECONDS = 120.0


class Locked(Struct, frozen=True, kw_only=True):
    """One distribution of a resolution; ``via`` are the distributions that require it."""

    name: str
    version: str
    via: tuple[str, ...] = ()


def resolve(
    requirements: Sequence[str],
    target: Target,
    *,
    cache: Records,
    index_url: str,
    offline: bool = False,
    constraints: Sequence[str] = (),
) -> tuple[Locked, ...] | Skipped:
    """Resolve with ``uv pip compile``, wheels only, so that nothing of a distribution is run.

    ``constraints`` bound versions without asking for anything. An answer is kept for the day on
    which it was made; offline, the newest kept answer is given, else uv's own cache is asked.
    Requirements that name an address are not resolved. A failure is a Skipped, never an error.
    """
    texts = _checked(requirements)
    if isinstance(texts, Skipped):
        return texts
    bounds = _checked(constraints)
    if isinstance(bounds, Skipped):
        return bounds
    key = _key(texts, bounds, target, index_url)
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    day, known = cache.get(tuple[str, tuple[Locked, ...]], "resolutions", key) or ("", ())
    if day and (offline or day == today):
        return known
    found = _compiled(texts, bounds, target, index_url=index_url, offline=offline)
    if not isinstance(found, Skipped) and not offline:
        cache.put((today, found), "resolutions", key)
    return found


def parse_compiled(text: str) -> tuple[Locked, ...]:
    """Read the output of ``uv pip compile --annotation-style line``."""
    matches = (_LINE.match(line.strip()) for line in text.splitlines())
    return tuple(
        Locked(
            name=canonicalize_name(match["name"]),
            version=match["version"],
            via=tuple(_parents(match["via"] or "")),
        )
        for match in matches
        if match
    )


def platform(target: Target) -> str:
    """Name uv's platform for a target; a newer glibc counts as the newest that uv names."""
    if target.libc == "musl":
        return f"{target.architecture}-unknown-linux-musl"
    minor = int(target.libc_version.split(".")[1])
    fitting = [known for known in _GLIBC if known <= minor]
    return f"{target.architecture}-manylinux_2_{max(fitting, default=_GLIBC[0])}"


def _parents(via: str) -> Iterable[str]:
    for word in (word.strip() for word in via.split(",")):
        if word and not word.startswith(("-", "(")):
            yield canonicalize_name(word)


def _checked(texts: Sequence[str]) -> tuple[str, ...] | Skipped:
    """Only requirements reach uv's input: an option line there could do anything."""
    kept: list[str] = []
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return Skipped(what=_WHAT, reason=f"{text!r} is not a requirement")
        if requirement.url is None:
            kept.append(str(requirement))
    return tuple(kept)


def _key(texts: Sequence[str], bounds: Sequence[str], target: Target, index_url: str) -> str:
    parts = [*sorted(texts), "", *sorted(bounds), "", repr(target), index_url]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _compiled(
    texts: Sequence[str], bounds: Sequence[str], target: Target, *, index_url: str, offline: bool
) -> tuple[Locked, ...] | Skipped:
    try:
        program = uv.find_uv_bin()
    except FileNotFoundError as error:
        return Skipped(what=_WHAT, reason=str(error))
    command = [
        program, "pip", "compile", "-", "--quiet", "--no-config", "--no-header",
        "--annotation-style", "line", "--color", "never", "--only-binary", ":all:",
        "--python", sys.executable, "--python-version", target.python_full,
        "--python-platform", platform(target), *(["--offline"] if offline else []),
    ]  # fmt: skip
    # The address goes by the environment: it may hold a password, and others can list processes.
    environment = {"UV_DEFAULT_INDEX": index_url, "UV_PYTHON_DOWNLOADS": "never"}
    if bounds:
        return _with_constraints(command, environment, texts, bounds)
    return _run(command, environment, texts)


def _with_constraints(
    command: Sequence[str],
    environment: dict[str, str],
    texts: Sequence[str],
    bounds: Sequence[str],
) -> tuple[Locked, ...] | Skipped:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "constraints.txt"
        file.write_text("\n".join(bounds), encoding="utf-8")
        return _run([*command, "--constraints", str(file)], environment, texts)


def _run(
    command: Sequence[str], environment: dict[str, str], texts: Sequence[str]
) -> tuple[Locked, ...] | Skipped:
    try:
        completed = run(
            command, stdin="\n".join(texts).encode(), timeout=_SECONDS, environment=environment
        )
    except ProgramError as error:
        return Skipped(what=_WHAT, reason=error.what)
    if completed.status:
        return Skipped(what=_WHAT, reason=_complaint(completed.error_text))
    return parse_compiled(completed.text)


def _complaint(text: str) -> str:
    """Shorten uv's explanation to its last conclusion: the whole can be hundreds of lines."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    hints = [line for line in lines if line.startswith("hint:")]
    conclusion = next((line for line in reversed(lines) if line.startswith("And because")), "")
    first = lines[0] if lines else "uv failed without a word"
    return " ".join(part for part in (first, conclusion, *hints[:1]) if part)
