"""A frozen set of advisories in the shapes that PyPI's and Debian's databases really have.

Each component gets one advisory of every shape, made from the release that it has: what is before,
at and after it is known, and so is what has to be found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from packaging.version import Version

Events = list[dict[str, str]]
# What a shape makes of a release: events by the releases before, at and after it.
PYPI_SHAPES: dict[str, tuple[Events, bool]] = {
    "from the beginning": ([{"introduced": "0"}, {"fixed": "NEXT"}], True),
    "fixed in it": ([{"introduced": "0"}, {"fixed": "IT"}], False),
    "fixed by a candidate of it": ([{"introduced": "0"}, {"fixed": "ITrc1"}], False),
    "fixed after it by a post-release": ([{"introduced": "LAST"}, {"fixed": "IT.post1"}], True),
    "last affected": ([{"introduced": "LAST"}, {"last_affected": "IT"}], True),
    "last affected before": ([{"introduced": "0"}, {"last_affected": "LAST"}], False),
    "introduced again, out of order": (
        [{"fixed": "NEXT"}, {"introduced": "IT"}, {"fixed": "LAST"}, {"introduced": "0"}], True,
    ),
    "introduced later": ([{"introduced": "NEXT"}], False),
    "never fixed": ([{"introduced": "0"}], True),
    "limited before": ([{"introduced": "0"}, {"limit": "IT"}], False),
    "without limit": ([{"introduced": "0"}, {"limit": "*"}], True),
}  # fmt: skip
DEBIAN_SHAPES: dict[str, tuple[Events, bool]] = {
    "from the beginning": ([{"introduced": "0"}, {"fixed": "IT+deb99u1"}], True),
    "fixed in it": ([{"introduced": "0"}, {"fixed": "IT"}], False),
    "fixed by what a tilde puts before it": ([{"introduced": "0"}, {"fixed": "IT~1"}], False),
    "fixed in another epoch": ([{"introduced": "0"}, {"fixed": "99:0"}], True),
    "never fixed": ([{"introduced": "0"}], True),
    "not affected": ([{"introduced": "0"}, {"fixed": "0"}], False),
}


def advisories(
    pypi: dict[str, str], debian: dict[str, str], release: str
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Give documents, and whether each affects the release that is installed."""
    number = 0
    for name, version in sorted(pypi.items()):
        for shape, (events, hit) in PYPI_SHAPES.items():
            number += 1
            ranges = [{"type": "ECOSYSTEM", "events": _told(events, version)}]
            document = _document(f"PYSEC-0000-{number}", "PyPI", name, ranges=ranges)
            yield {**document, "details": shape}, hit
        yield from _others(name, version)
    for name, version in sorted(debian.items()):
        for shape, (events, hit) in DEBIAN_SHAPES.items():
            number += 1
            told = [
                {key: one.replace("IT", version) for key, one in each.items()} for each in events
            ]
            identifier = f"DEBIAN-CVE-0000-{number}"
            ranges = [{"type": "ECOSYSTEM", "events": told}]
            document = _document(identifier, f"Debian:{release}", name, ranges=ranges)
            yield {**document, "details": shape}, hit
        elsewhere = _document(f"DSA-{name}", "Debian:99", name, ranges=_always())
        yield elsewhere, False


def _others(name: str, version: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """Give shapes that are not about the events of one range."""
    long = f"{version}.0" if Version(version) == Version(f"{version}.0") else version
    yield _document(f"GHSA-listed-{name}", "PyPI", name, versions=["0.0.1", long]), True
    yield _document(f"GHSA-others-{name}", "PyPI", name, versions=["0.0.1"]), False
    yield _document(f"GHSA-spelled-{name}", "PyPI", name.replace("-", "_").title(),
                    ranges=_always(), aliases=[f"CVE-1-{name}"]), True  # fmt: skip
    yield _document(f"PYSEC-again-{name}", "PyPI", name, ranges=_always(),
                    aliases=[f"CVE-1-{name}"]), True  # fmt: skip
    yield _document(f"GHSA-npm-{name}", "npm", name, ranges=_always()), False
    git = [{"type": "GIT", "repo": "https://example.org/it", "events": [{"introduced": "0"}]}]
    yield _document(f"PYSEC-git-{name}", "PyPI", name, ranges=git), False
    withdrawn = _document(f"GHSA-withdrawn-{name}", "PyPI", name, ranges=_always())
    yield {**withdrawn, "withdrawn": "2024-01-01T00:00:00Z"}, False


def _always() -> list[dict[str, Any]]:
    return [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]


def _told(events: Events, version: str) -> Events:
    """Write the releases around a version in the places of their names."""
    release = Version(version).release
    after = ".".join(map(str, (*release[:-1], release[-1] + 1)))
    last = ".".join(map(str, (*release[:-1], release[-1] - 1))) if release[-1] else "0.0.1"
    words = {"NEXT": after, "LAST": last, "IT": version}
    return [_written(each, words) for each in events]


def _written(event: dict[str, str], words: dict[str, str]) -> dict[str, str]:
    found = dict(event)
    for word, value in words.items():
        found = {key: text.replace(word, value) for key, text in found.items()}
    return found


def _document(identifier: str, ecosystem: str, name: str, **affected: Any) -> dict[str, Any]:
    aliases = affected.pop("aliases", [])
    return {
        "schema_version": "1.6.0",
        "id": identifier,
        "published": "2024-01-02T03:04:05Z",
        "modified": "2024-10-10T00:00:00Z",
        "aliases": aliases,
        "summary": f"A weakness of {name}",
        "references": [{"type": "WEB", "url": "https://example.org"}],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "database_specific": {"severity": "HIGH"},
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name, "purl": f"pkg:generic/{name}"},
                "ecosystem_specific": {"urgency": "not yet assigned"},
                **affected,
            }
        ],
    }
