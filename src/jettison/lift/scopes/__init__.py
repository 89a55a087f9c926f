"""What each requirement is for, decided by evidence: the verdict and its signals as values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from msgspec import Struct, field

from jettison.index import DistributionFacts
from jettison.index.graph import RequirementGraph
from jettison.source import Commands
from jettison.source.reach import Link, Reach
from jettison.source.vocabulary import SourceIndex
from jettison.values import Evidence, Origin, Size


class Scope(StrEnum):
    """What a requirement is for."""

    RUNTIME = "runtime"
    DEVELOPMENT = "development"
    UNUSED = "unused"
    UNKNOWN = "unknown"


class Weight(IntEnum):
    """How much a signal says. Between equals production wins, because keeping breaks nothing.

    FAINT: a use that nothing is seen to reach. FAIR: a use that cannot be followed to its end.
    STRONG: a use that was followed, or a name that means one thing. DECISIVE: a person wrote it.
    """

    FAINT = 1
    FAIR = 2
    STRONG = 3
    DECISIVE = 4


class Signal(Struct, frozen=True, kw_only=True):
    """A piece of evidence about one requirement, by its normalized name."""

    name: str
    weight: Weight
    evidence: Evidence


class DeclaredRequirement(Struct, frozen=True, kw_only=True):
    """A requirement as the project declares it.

    ``name`` is normalized. ``group`` is the group or extra that holds it, empty for the main list;
    ``for_development`` says that the format itself keeps the group out of production, ``asked``
    that what makes the image names the group. ``remarks``
    are the comments that stand with it, each with its place: its section's heading, the line above
    it, the end of its line. ``via`` are the requirers that a lock tool noted beside it.
    """

    name: str
    origin: Origin
    group: str = ""
    for_development: bool = False
    asked: bool = False
    remarks: tuple[tuple[str, Origin], ...] = ()
    via: tuple[str, ...] = ()


class ScopeInputs(Struct, frozen=True, kw_only=True, dict=True):
    """Everything the decision looks at.

    ``distributions`` has the facts of declared and of brought distributions by normalized name;
    what is missing is unknown. ``graph`` is the requirement graph from the declared ones; None
    when it was not made. ``pickles`` are the files of saved objects of which it is known what they
    name, ``programs`` the files with what the project's own programs start, ``absent`` the parts of
    the source that are not here.
    """

    declared: tuple[DeclaredRequirement, ...]
    index: SourceIndex
    reach: Reach
    commands: Commands
    distributions: Mapping[str, DistributionFacts] = field(default_factory=dict)
    graph: RequirementGraph | None = None
    pickles: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()
    absent: tuple[Evidence, ...] = ()


class RequirementScope(Struct, frozen=True, kw_only=True):
    """The verdict on one declared requirement.

    ``evidence`` has the reasons for the verdict first, then the others. ``chain`` leads from an
    entry point to an import of it, empty when there is none. ``misplaced`` says that it is
    declared for development and needed in production.
    """

    name: str
    scope: Scope
    evidence: tuple[Evidence, ...]
    chain: tuple[Link, ...] = ()
    misplaced: bool = False


class PackageScope(StrEnum):
    """What a system package is for."""

    BUILD = "build"
    RUNTIME = "runtime"
    UNNEEDED = "unneeded"


class PlannedPackage(Struct, frozen=True, kw_only=True):
    """A system package that the final stage installs, with its scope.

    ``runtime`` names the packages that take its place in the final image when only its library is
    needed there (``libpq-dev`` → ``libpq5``). ``brings`` are the packages that come with it on a
    slim image, and ``size`` counts them.
    """

    name: str
    scope: PackageScope
    evidence: tuple[Evidence, ...] = ()
    origin: Origin | None = None
    runtime: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    size: Size | None = None
