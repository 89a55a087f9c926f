from __future__ import annotations

from pathlib import Path

import pytest

from jettison.distributions.resolving import Locked, parse_compiled, platform, resolve
from jettison.distributions.target import Target
from jettison.records import Records
from jettison.values import Skipped

from .conftest import TARGET, LocalIndex, make_wheel


@pytest.fixture
def project(local_index: LocalIndex) -> LocalIndex:
    for name, metadata in [("web", "Requires-Dist: core<2\n"), ("core", "")]:
        for version in ("1.0", "2.0"):
            body = make_wheel(
                {f"{name}/__init__.py": ""}, name=name, version=version, metadata=metadata
            )
            local_index.add(f"{name}-{version}-py3-none-any.whl", body)
    return local_index


def test_versions_are_exact_and_their_reasons_named(
    project: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    cache = Records(tmp_path / "cache")
    found = resolve(["web"], TARGET, cache=cache, index_url=project.url)
    assert found == (
        Locked(name="core", version="1.0", via=("web",)),
        Locked(name="web", version="2.0"),
    )
    asked = len(project.seen)
    assert resolve(["web"], TARGET, cache=cache, index_url=project.url, offline=True) == found
    assert len(project.seen) == asked


def test_constraints_bound_versions(
    project: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    found = resolve(
        ["web"],
        TARGET,
        cache=Records(tmp_path / "cache"),
        index_url=project.url,
        constraints=["web<2", "unused==1"],
    )
    assert not isinstance(found, Skipped)
    assert {one.name: one.version for one in found} == {"core": "1.0", "web": "1.0"}


def test_requirements_that_contradict_are_skipped_with_a_reason(
    project: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    cache = Records(tmp_path / "cache")
    found = resolve(["web", "core>=2"], TARGET, cache=cache, index_url=project.url)
    assert isinstance(found, Skipped)
    assert "core" in found.reason


@pytest.mark.parametrize("text", ["-r other.txt", "--index-url https://x", "a b c", ""])
def test_only_requirements_reach_the_resolver(
    text: str, local_index: LocalIndex, tmp_path: Path
) -> None:
    found = resolve([text], TARGET, cache=Records(tmp_path), index_url=local_index.url)
    assert isinstance(found, Skipped)
    assert local_index.seen == []


def test_annotations_of_files_are_not_parents() -> None:
    text = "a-b==1.0 ; sys_platform == 'linux'  # via -r req.in, C_d, (pyproject.toml)\nnoise\n"
    assert parse_compiled(text) == (Locked(name="a-b", version="1.0", via=("c-d",)),)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target(python="3.12", libc_version="2.41"), "x86_64-manylinux_2_40"),
        (Target(python="3.12", libc_version="2.30"), "x86_64-manylinux_2_28"),
        (
            Target(python="3.12", architecture="aarch64", libc="musl", libc_version="1.2"),
            "aarch64-unknown-linux-musl",
        ),
    ],
)
def test_the_platform_is_rounded_down_to_one_that_uv_names(target: Target, expected: str) -> None:
    assert platform(target) == expected
