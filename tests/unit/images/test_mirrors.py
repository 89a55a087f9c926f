"""Where images are asked for, as Docker and Podman are set up."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.images import registry
from jettison.images.reference import Reference

CONFIGURATION = """
unqualified-search-registries = ["docker.io"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.example/hub"
[[registry]]
prefix = "docker.io/library"
location = "inner.example/official"
[[registry]]
location = "quay.io"
"""


def asked(text: str, settings: Path) -> list[str]:
    found = registry.places(Reference.parse(text), {"CONTAINERS_REGISTRIES_CONF": str(settings)})
    return [str(one) for one in found]


def test_the_longest_prefix_decides_and_the_registry_itself_comes_last(tmp_path: Path) -> None:
    settings = tmp_path / "registries.conf"
    settings.write_text(CONFIGURATION)
    official = ["inner.example/official/python:3.13", "docker.io/library/python:3.13"]
    assert asked("python:3.13", settings) == official
    own = ["mirror.example/hub/me/app:1", "docker.io/me/app:1"]
    assert asked("me/app:1", settings) == own
    assert asked("quay.io/a/b:1", settings) == ["quay.io/a/b:1"]
    assert asked("ghcr.io/a/b:1", settings) == ["ghcr.io/a/b:1"]


def test_mirrors_of_docker_hub_are_those_of_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = tmp_path / "daemon.json"
    daemon.write_text('{"registry-mirrors": ["https://mirror.example/", "https://Bad Host"]}')
    monkeypatch.setattr(registry, "_DAEMON", (str(daemon),))
    nothing = tmp_path / "none"
    digest = f"sha256:{'0' * 64}"
    found = asked(f"python@{digest}", nothing)
    assert found == [
        f"mirror.example/library/python@{digest}",
        f"docker.io/library/python@{digest}",
    ]
    assert asked("quay.io/a/b:1", nothing) == ["quay.io/a/b:1"]


@pytest.mark.parametrize("text", ["[[registry]\n", "registry = 3\n", "[[registry]]\nmirror = 1\n"])
def test_settings_that_cannot_be_read_count_as_none(tmp_path: Path, text: str) -> None:
    settings = tmp_path / "registries.conf"
    settings.write_text(text)
    assert asked("python:3.13", settings) == ["docker.io/library/python:3.13"]
