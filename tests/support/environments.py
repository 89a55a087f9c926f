"""Installed environments, made of a few sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jettison.contents import EntryPoint, Installed, Modules, Trace

SITE = "/opt/venv/lib/python3.13/site-packages"
LIBRARY = "/usr/local/lib/python3.13"


def installed(
    sources: Mapping[str, str],
    *,
    application: Mapping[str, str] | None = None,
    others: Mapping[str, int] | None = None,
    words: Mapping[str, Iterable[str]] | None = None,
    points: Iterable[tuple[str, str]] = (),
) -> Installed:
    """Give an environment; a file belongs to the distribution named as its first folder."""
    files = {path: len(text) for path, text in sources.items()}
    files |= dict(others or {}) | dict.fromkeys(words or {}, 1000)
    return Installed(
        site=SITE,
        library=LIBRARY,
        files=files,
        owners={path: path.partition("/")[0].partition("-")[0] for path in files},
        entry_points=tuple(
            EntryPoint(distribution="x", group=group, name="x", value=value)
            for group, value in points
        ),
        sources={path: text.encode() for path, text in sources.items()},
        words={path: frozenset(found) for path, found in (words or {}).items()},
        application={f"/app/{path}": t.encode() for path, t in (application or {}).items()},
    )


def touched(*paths: str) -> Trace:
    """Give a trace that touched files below site-packages, or by their absolute paths."""
    return Trace(
        served=frozenset(path if path.startswith("/") else f"{SITE}/{path}" for path in paths)
    )


def modules(*paths: str) -> Modules:
    """Give the modules that files are."""
    return Modules.of(dict.fromkeys(paths, 1))
