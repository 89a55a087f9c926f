"""Public advisories are matched as those who publish them list them.

``pypa.json`` and ``debian.json`` name their sources.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import osv_oracle
import pytest
from images import packed_layer
from inspected import distribution
from packaging.version import InvalidVersion, Version

from jettison.__main__ import run
from jettison.assessment.advisories import Advisory, affecting
from jettison.images.config import History
from jettison.images.descriptor import Platform
from jettison.images.image import Image
from jettison.images.stores.layout import LayoutStore
from jettison.images.tar_writer import Member

PUBLIC: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "pypa.json").read_text(encoding="utf-8")
)["advisories"]
OF_DEBIAN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "debian.json").read_text(encoding="utf-8")
)["advisories"]
# Releases of one afternoon in 2023, as a lock of that time might have them.
INSTALLED = {
    "aiohttp": "3.8.4", "certifi": "2022.12.7", "cryptography": "40.0.1", "django": "3.2.18",
    "flask": "2.2.4", "jinja2": "3.1.2", "pillow": "9.4.0", "redis": "4.5.3", "requests": "2.30.0",
    "starlette": "0.26.1", "tornado": "6.3.1", "urllib3": "1.26.15", "werkzeug": "2.2.2",
}  # fmt: skip
# Some of what the ranges in the file say of these releases, read by a person.
KNOWN = {
    ("PYSEC-2023-62", "flask"), ("PYSEC-2023-58", "werkzeug"), ("PYSEC-2023-57", "werkzeug"),
    ("PYSEC-2023-74", "requests"), ("PYSEC-2023-135", "certifi"), ("PYSEC-2023-83", "starlette"),
    ("PYSEC-2023-192", "urllib3"), ("PYSEC-2023-212", "urllib3"),
}  # fmt: skip


def releases(document: dict[str, Any]) -> Iterator[str]:
    """Yield releases at, just before and just after every event, and those that are listed."""
    yield from document["listed"]
    for part in document["affected"]:
        for one in part["ranges"]:
            for release in (value for event in one["events"] for value in event.values()):
                yield from (release, f"{release}.dev0", f"{release}.post1", f"{release}.1")


def valid(release: str) -> bool:
    try:
        return bool(Version(release))
    except InvalidVersion:
        return False


@pytest.mark.parametrize("document", PUBLIC, ids=lambda one: one["id"])
def test_an_advisory_affects_what_the_documented_algorithm_says(document: dict[str, Any]) -> None:
    advisory = msgspec.convert(document, Advisory)
    for name in {part["package"]["name"] for part in document["affected"]}:
        for release in filter(valid, releases(document)):
            found = affecting(advisory, "PyPI", name, release) is not None
            assert found == osv_oracle.affected(document, "PyPI", name, release), release
            if release in document["listed"] and "withdrawn" not in document:
                assert found, release


@pytest.mark.parametrize("document", OF_DEBIAN, ids=lambda one: one["id"])
def test_an_advisory_affects_what_the_changelog_has_before_it(document: dict[str, Any]) -> None:
    advisory = msgspec.convert({k: document[k] for k in ("id", "aliases", "affected")}, Advisory)
    (part,) = document["affected"]
    for release in document["earlier"]:
        hit = affecting(advisory, "Debian:13", part["package"]["name"], release)
        assert hit is not None, release
        assert hit.fixed == part["ranges"][0]["events"][1]["fixed"]
    for release in document["later"]:
        assert affecting(advisory, "Debian:13", part["package"]["name"], release) is None, release


def test_findings_of_an_image_are_those_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "osv"
    folder.mkdir()
    for document in PUBLIC:
        (folder / f"{document['id']}.json").write_text(json.dumps(document), encoding="utf-8")
    files: dict[str, bytes] = {}
    for name, release in INSTALLED.items():
        files |= distribution(name, release, {f"{name}/__init__.py": b""})
    layer = packed_layer(*(Member.file(path, text) for path, text in sorted(files.items())))
    empty = Image.empty(Platform(architecture="amd64"))
    LayoutStore(tmp_path / "image").write(empty.append(layer, History(created_by="own")), None)
    words = ["audit", f"oci:{tmp_path}/image", "--osv", str(folder), "--platform", "linux/amd64"]
    assert run([*words, "--format", "json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    told = {(name, one["component"]["name"]) for one in findings for name in one["names"]}
    expected = {
        (document["id"], name)
        for document in PUBLIC
        for name, release in INSTALLED.items()
        if osv_oracle.affected(document, "PyPI", name, release)
    }
    assert {one for one in told if one[0].startswith("PYSEC-")} == expected
    assert expected >= KNOWN
