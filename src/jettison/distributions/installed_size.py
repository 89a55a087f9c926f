"""What installed distributions take, byte code included."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.catalogue.reader import table
from jettison.distributions.facts import DistributionFacts

# The share of Python source in wheels whose file list is not at hand: the median of 142 pure
# wheels, and the whole of 28 wheels with compiled parts.
WINDOWS = (".dll", ".pyd")
PURE_SHARE = 0.88
COMPILED_SHARE = 0.07


def environment_size(distributions: Iterable[DistributionFacts], *, byte_code: bool = True) -> int:
    """Add up what an installer writes: the files of the wheels, and byte code of their sources."""
    return sum(distribution_size(each, byte_code=byte_code) for each in distributions)


def distribution_size(facts: DistributionFacts, *, byte_code: bool = True) -> int:
    """The bytes of one distribution; 0 when its size is not known."""
    installed = _installed(facts)
    return installed + (byte_code_of(source_bytes(facts)) if byte_code else 0)


def _installed(facts: DistributionFacts) -> int:
    """The bytes of the files; of a wheel for Windows those that a build on Linux has too."""
    if facts.files is not None and any(file.path.endswith(WINDOWS) for file in facts.files):
        return sum(file.size for file in facts.files if not file.path.endswith(WINDOWS))
    return facts.installed_size.bytes if facts.installed_size else 0


def byte_code_of(sources: int) -> int:
    """The bytes of byte code that come from so many bytes of Python source."""
    factor: float = table("base_images")["python"]["byte_code"]
    return round(sources * factor)


def source_bytes(facts: DistributionFacts) -> int:
    """The bytes of a distribution's Python files, from its file list or by the usual share."""
    if facts.files is not None:
        return sum(file.size for file in facts.files if file.path.endswith(".py"))
    if facts.installed_size is None:
        return 0
    pure = any(tag.endswith("-none-any") for wheel in facts.wheels for tag in wheel.tags)
    share = PURE_SHARE if pure or facts.compiles is False else COMPILED_SHARE
    return round(facts.installed_size.bytes * share)
