from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from jettison.index import DistributionFacts, Source, WheelFile
from jettison.index.listing import IndexFile, releases, wheel_tags
from jettison.index.target import Target, best_wheel, compatible, newest, representative_wheel

DEBIAN = Target(python="3.12", libc="glibc", libc_version="2.36")
ALPINE = Target(python="3.12", libc="musl", libc_version="1.2")


def _facts(*filenames: str) -> DistributionFacts:
    wheels = tuple(WheelFile(filename=one, url="", tags=wheel_tags(one)) for one in filenames)
    return DistributionFacts(name="x", version="1.0", wheels=wheels, source=Source.INDEX)


@pytest.mark.parametrize(
    ("filename", "target", "tag"),
    [
        ("x-1.0-py3-none-any.whl", ALPINE, "py3-none-any"),
        ("x-1.0-py2.py3-none-any.whl", DEBIAN, "py3-none-any"),
        (
            "x-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            DEBIAN,
            "cp312-cp312-manylinux_2_17_x86_64",
        ),
        ("x-1.0-cp39-abi3-manylinux2014_x86_64.whl", DEBIAN, "cp39-abi3-manylinux2014_x86_64"),
        ("x-1.0-cp312-cp312-musllinux_1_1_x86_64.whl", ALPINE, "cp312-cp312-musllinux_1_1_x86_64"),
        (
            "x-1.0-cp312-cp312-manylinux_2_28_aarch64.whl",
            Target(python="3.12", architecture="aarch64"),
            "cp312-cp312-manylinux_2_28_aarch64",
        ),
    ],
)
def test_a_wheel_fits_and_its_tag_is_named(filename: str, target: Target, tag: str):
    verdict = compatible(_facts(filename), target)
    assert verdict.compatible
    assert tag in verdict.reason


@pytest.mark.parametrize(
    ("filename", "target", "reason"),
    [
        ("x-1.0-cp312-cp312-manylinux_2_28_x86_64.whl", ALPINE, "no musllinux wheel"),
        ("x-1.0-cp312-cp312-manylinux_2_40_x86_64.whl", DEBIAN, "manylinux 2.36"),
        ("x-1.0-cp313-cp313-manylinux_2_28_x86_64.whl", DEBIAN, "Python 3.12"),
        ("x-1.0-cp312-cp312-musllinux_1_2_aarch64.whl", ALPINE, "for x86_64"),
        ("x-1.0-cp312-cp312-win_amd64.whl", DEBIAN, "no wheel for Linux"),
    ],
)
def test_a_wheel_that_does_not_fit_says_why(filename: str, target: Target, reason: str):
    verdict = compatible(_facts(filename), target)
    assert not verdict.compatible
    assert reason in verdict.reason


def test_a_release_of_source_only_is_told_apart_from_an_unknown_one() -> None:
    sdist = DistributionFacts(name="x", version="1", sdist_only=True, source=Source.SDIST_GUESS)
    unknown = DistributionFacts(name="x", version="1", source=Source.CATALOGUE)
    assert "only a source distribution" in compatible(sdist, DEBIAN).reason
    assert "not known" in compatible(unknown, DEBIAN).reason


def test_the_best_fitting_of_several_wheels_is_taken() -> None:
    facts = _facts("x-1.0-py3-none-any.whl", "x-1.0-cp312-cp312-manylinux_2_17_x86_64.whl")
    for target, wheel in ((DEBIAN, facts.wheels[1]), (ALPINE, facts.wheels[0])):
        best = best_wheel(facts.wheels, target)
        assert best is not None
        assert best[0] is wheel


def test_facts_are_read_from_a_linux_wheel_when_none_fits() -> None:
    facts = _facts("x-1.0-cp312-cp312-win_amd64.whl", "x-1.0-cp313-cp313-manylinux_2_17_x86_64.whl")
    assert representative_wheel(facts.wheels, ALPINE) is facts.wheels[1]


def _newest(specifier: str, *files: IndexFile) -> Version | None:
    release = newest(releases(files), SpecifierSet(specifier), DEBIAN)
    return None if release is None else release.version


def _file(version: str, **fields: object) -> IndexFile:
    return IndexFile(filename=f"x-{version}-py3-none-any.whl", url="", **fields)


def test_a_yanked_release_is_taken_for_an_exact_pin_only() -> None:
    files = (_file("1.0"), _file("2.0", yanked=True))
    assert _newest("", *files) == Version("1.0")
    assert _newest("==2.0", *files) == Version("2.0")


def test_a_release_for_newer_pythons_is_passed_over() -> None:
    files = (_file("1.0", requires_python=">=3.8"), _file("2.0", requires_python=">=3.13"))
    assert _newest("", *files) == Version("1.0")


def test_a_patch_version_in_requires_python_does_not_exclude_its_minor() -> None:
    assert _newest("", _file("1.0", requires_python=">=3.12.4")) == Version("1.0")


def test_pre_releases_are_for_those_who_ask() -> None:
    files = (_file("1.0"), _file("2.0rc1"))
    assert _newest("", *files) == Version("1.0")
    assert _newest(">=2.0rc1", *files) == Version("2.0rc1")
    assert _newest("", files[1]) == Version("2.0rc1")


def test_nothing_fits() -> None:
    assert _newest(">=9", _file("1.0")) is None
