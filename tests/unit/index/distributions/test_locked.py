from __future__ import annotations

from jettison.ecosystems.tool import Lock, LockedDistribution, LockedFile, SourceKind
from jettison.index.resolving import locked_releases
from jettison.index.target import Target
from jettison.values import Origin

TARGET = Target(python="3.12")
WHEEL = "six-1.0-py3-none-any.whl"


def _one(name: str, version: str, **fields: object) -> LockedDistribution:
    return LockedDistribution(name=name, version=version, origin=Origin(file="uv.lock"), **fields)


def _releases(*distributions: LockedDistribution) -> dict[str, tuple[str, int]]:
    lock = Lock(distributions=distributions)
    found = locked_releases(lock, TARGET)
    return {name: (release.version, len(release.wheels)) for name, release in found.items()}


def test_wheels_with_an_address_are_taken_over() -> None:
    file = LockedFile(filename=WHEEL, url=f"https://x/{WHEEL}", size=3, hashes=("sha256:ab",))
    lock = Lock(distributions=(_one("six", "1.0", wheels=(file,)),))
    (wheel,) = locked_releases(lock, TARGET)["six"].wheels
    assert (wheel.url, wheel.size, wheel.sha256) == (f"https://x/{WHEEL}", 3, "ab")
    assert wheel.tags == {"py3-none-any"}


def test_wheels_without_an_address_leave_the_version() -> None:
    assert _releases(_one("six", "1.0", wheels=(LockedFile(filename=WHEEL),))) == {
        "six": ("1.0", 0)
    }


def test_what_does_not_come_from_an_index_is_left_out() -> None:
    assert _releases(_one("mine", "1.0", source=SourceKind.EDITABLE), _one("other", "")) == {}


def test_the_marker_decides_between_two_versions() -> None:
    found = _releases(
        _one("six", "1.0", marker="python_version < '3.10'"),
        _one("six", "2.0", marker="python_version >= '3.10'"),
    )
    assert found["six"][0] == "2.0"
