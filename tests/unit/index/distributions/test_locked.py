from __future__ import annotations

from packaging.requirements import Requirement

from jettison.ecosystems import pdm, poetry, uv
from jettison.ecosystems.tool import Lock, LockedDistribution, LockedFile, SourceKind
from jettison.index.resolving import locked_needs, locked_releases
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


NEEDS = {"utils": (Requirement("flask-redis"), Requirement("cffi; os_name == 'nt'"))}


def test_locks_say_what_distributions_need_that_no_index_has() -> None:
    written = (
        uv.parse(
            '[[package]]\nname = "utils"\nversion = "1"\nsource = { git = "https://x/utils" }\n'
            'dependencies = [\n    { name = "flask-redis" },\n'
            '    { name = "cffi", marker = "os_name == \'nt\'" },\n]\n'
            '[[package]]\nname = "six"\nversion = "1"\nsource = { registry = "https://x" }\n',
            file="uv.lock",
        ),
        poetry.parse(
            '[[package]]\nname = "utils"\nversion = "1"\n[package.dependencies]\n'
            'Flask-Redis = "0.4.0"\nsix = {version = "*", optional = true}\n'
            'cffi = [{version = ">=1", markers = "os_name == \'nt\'"}]\n'
            '[package.source]\ntype = "git"\nurl = "https://x/utils"\n',
            file="poetry.lock",
        ),
        pdm.parse(
            '[[package]]\nname = "utils"\nversion = "1"\ngit = "https://x/utils"\n'
            'dependencies = ["flask-redis", "cffi; os_name == \'nt\'"]\n',
            file="pdm.lock",
        ),
    )
    wanted = [str(one) for one in NEEDS["utils"]]
    for lock in written:
        assert [str(one).lower() for one in locked_needs(lock)["utils"]] == wanted
        assert locked_needs(lock).keys() == NEEDS.keys()
