"""What a build from source needs, by catalogue."""

from __future__ import annotations

from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import translated
from jettison.distributions.target import Target


def build_packages(name: str, target: Target) -> tuple[str, ...]:
    """Return the packages to build a distribution with: a compiler, and headers where known.

    The names are Debian's for glibc and Alpine's for musl.
    """
    known = table("source_builds")
    headers: list[str] = known["packages"].get(name, [])
    if target.libc != "musl":
        return (*known["compiler"]["debian"], *headers)
    names = (translated(header, ALPINE) for header in headers)
    return (*known["compiler"]["alpine"], *(each for each in names if each))
