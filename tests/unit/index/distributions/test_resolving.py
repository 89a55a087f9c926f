from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from jettison.index.distribution_map import DistributionMap
from jettison.index.resolving import Resolution, platform, resolved
from jettison.index.target import Target
from jettison.records import Records

from .conftest import TARGET, LocalIndex, make_wheel

Resolve = Callable[..., Resolution]


@pytest.fixture
def project(local_index: LocalIndex) -> LocalIndex:
    for name, metadata in [("web", "Requires-Dist: core<2\n"), ("core", "")]:
        for version in ("1.0", "2.0"):
            body = make_wheel(
                {f"{name}/__init__.py": ""}, name=name, version=version, metadata=metadata
            )
            local_index.add(f"{name}-{version}-py3-none-any.whl", body)
    return local_index


@pytest.fixture
def resolve(local_index: LocalIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resolve:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))

    def resolve(*texts: str, offline: bool = False, **bounds: str) -> Resolution:
        return resolved(
            [Requirement(text) for text in texts],
            {name: SpecifierSet(text) for name, text in bounds.items()},
            TARGET,
            cache=Records(tmp_path / "cache"),
            index=local_index.url,
            offline=offline,
        )

    return resolve


def test_versions_are_exact_and_kept(project: LocalIndex, resolve: Resolve) -> None:
    found = resolve("web")
    assert found == Resolution(versions={"core": "1.0", "web": "2.0"})
    asked = len(project.seen)
    assert resolve("web", offline=True) == resolve("web") == found
    assert len(project.seen) == asked


@pytest.mark.usefixtures("project")
def test_constraints_bound_versions(resolve: Resolve) -> None:
    assert resolve("web", web="<2", unused="==1").versions == {"core": "1.0", "web": "1.0"}


@pytest.mark.usefixtures("project")
def test_requirements_that_contradict_have_no_exact_versions(resolve: Resolve) -> None:
    found = resolve("web", "core>=2")
    assert found.versions == {}
    assert "core" in found.why_approximate("web")


def test_nothing_is_asked_without_a_network(local_index: LocalIndex, resolve: Resolve) -> None:
    assert "offline" in resolve("web", offline=True).why_approximate("web")
    assert resolve("web @ https://example.org/web.zip") == Resolution()
    assert local_index.seen == []


def test_a_source_is_not_run_and_what_has_wheels_stays_exact(
    project: LocalIndex, resolve: Resolve
) -> None:
    project.add("native-1.0.tar.gz", sdist("native"))
    found = resolve("web", "native")
    assert found.versions == {"core": "1.0", "web": "2.0"}
    assert "no wheel" in found.why_approximate("native")
    assert "native" in found.why_approximate("brought")
    assert found.why_approximate("web") == ""


def test_an_index_that_does_not_answer_is_asked_again_the_next_time(
    project: LocalIndex, resolve: Resolve
) -> None:
    project.failures["/simple/web/"] = [503]
    assert "did not answer" in resolve("web").why_approximate("web")
    assert resolve("web").versions == {"core": "1.0", "web": "2.0"}


@pytest.mark.usefixtures("project")
def test_the_exact_version_is_taken_where_something_else_bounds_it(
    open_local: Callable[..., DistributionMap],
) -> None:
    found = open_local(resolution=Resolution(versions={"core": "1.0"}))
    core, web = found.distribution("core"), found.distribution("web")
    assert core is not None
    assert web is not None
    assert (core.version, web.version) == ("1.0", "2.0")


def test_a_newer_source_is_taken_as_an_installer_takes_it(
    project: LocalIndex, open_local: Callable[..., DistributionMap]
) -> None:
    project.add("core-3.0.tar.gz", sdist("core", "3.0"))
    found = open_local(resolution=Resolution(versions={"core": "2.0"})).distribution("core")
    assert found is not None
    assert found.version == "3.0"


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


def sdist(name: str, version: str = "1.0") -> bytes:
    """A source distribution whose metadata nobody learns without running it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in [
            ("PKG-INFO", f"Metadata-Version: 1.0\nName: {name}\nVersion: {version}\n"),
            ("setup.py", "raise SystemExit('run')\n"),
        ]:
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()
