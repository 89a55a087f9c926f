"""The platform that an image is made for, and the wheel tags and markers that follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Literal

from msgspec import Struct
from packaging.markers import Environment, Marker
from packaging.tags import compatible_tags, cpython_tags

_NEWEST_PATCH = 99
# PEP 600: the older names are aliases of a glibc version.
_OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
# The oldest glibc for which wheels of an architecture exist.
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}


class Target(Struct, frozen=True, kw_only=True):
    """A CPython on Linux.

    ``python`` is ``major.minor`` or ``major.minor.patch``; without a patch the newest is meant, as
    the tags of official images mean it. ``libc_version`` is glibc's (``2.41``) or musl's (``1.2``).
    """

    python: str
    architecture: str = "x86_64"
    libc: Literal["glibc", "musl"] = "glibc"
    libc_version: str = "2.36"

    @property
    def python_minor(self) -> str:
        """``major.minor`` of the Python version."""
        return ".".join(self.python.split(".")[:2])

    @property
    def python_full(self) -> str:
        """The Python version with a patch; an unknown one is later than all there are."""
        return self.python if self.python.count(".") > 1 else f"{self.python}.{_NEWEST_PATCH}"

    @property
    def tags(self) -> tuple[str, ...]:
        """Wheel tags that can be installed, the best fitting first."""
        return _tags(self)

    @property
    def markers(self) -> Environment:
        """Values of the environment markers (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": self.python_full,
            "os_name": "posix",
            "platform_machine": self.architecture,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": self.python_full,
            "python_version": self.python_minor,
            "sys_platform": "linux",
        }

    def fulfils(self, marker: Marker | None, extras: tuple[str, ...] = ()) -> bool:
        """Whether a requirement with this marker applies when these extras are asked for."""
        if marker is None:
            return True
        return any(_holds(self, marker, extra) for extra in ("", *extras))


@lru_cache(maxsize=65536)
def _holds(target: Target, marker: Marker, extra: str) -> bool:
    """Evaluate a marker once: a graph is walked again whenever something is learned for it."""
    values = {name: str(value) for name, value in target.markers.items()}
    return marker.evaluate(values | {"extra": extra})


@cache
def _tags(target: Target) -> tuple[str, ...]:
    major, minor = (int(part) for part in target.python.split(".")[:2])
    interpreter = f"cp{major}{minor}"
    platforms = list(_platforms(target))
    found = [
        *cpython_tags((major, minor), platforms=platforms),
        *compatible_tags((major, minor), interpreter, platforms),
    ]
    return tuple(dict.fromkeys(str(tag) for tag in found))


def _platforms(target: Target) -> Iterator[str]:
    major, minor = (int(part) for part in target.libc_version.split(".")[:2])
    if target.libc == "musl":
        yield from (f"musllinux_{major}_{n}_{target.architecture}" for n in range(minor, -1, -1))
    else:
        oldest = _OLDEST_GLIBC.get(target.architecture, 17)
        for number in range(minor, oldest - 1, -1):
            yield f"manylinux_{major}_{number}_{target.architecture}"
            if number in _OLD_NAMES:
                yield f"{_OLD_NAMES[number]}_{target.architecture}"
    yield f"linux_{target.architecture}"
