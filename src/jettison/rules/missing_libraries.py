"""Libraries of the system that the image needs: loaded by name, or brought by their headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jettison.catalogue.packaging import slim_packages
from jettison.lift.action import ActionKind, actions_in
from jettison.lift.packages import DEFAULT_RELEASE, requested
from jettison.lift.stage import FinalStage
from jettison.lift.usage import TYPES_READ
from jettison.plan import Finding, Plan
from jettison.plan.candidate_needs import brought_packages, inherited_packages, named_packages
from jettison.plan.changes import AddPackages
from jettison.rules.rule import Rule
from jettison.values import Evidence

FROM_SOURCE = "built from source"
OPTIONAL = "where it is there"
_SYSTEM = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/local/lib/")


def missing_libraries(plan: Plan) -> Iterator[Finding]:
    """Install shared libraries that a distribution loads by name.

    Some distributions load a library of the system that no wheel brings along: python-magic loads
    libmagic, psycopg2 is linked to libpq. Where the Dockerfile does not install it, the application
    works by accident, because some other package depends on it, or not at all. What is built from
    source is linked to whatever was there then: `jettison optimize` reads what was built, and
    installs the packages of the baseline that bring the libraries it lacks.

    Source: the installation pages of the distributions, each named in the catalogue.

    Safe: it only adds what the import of the application shows to be needed.
    """
    if plan.stage.release is None:
        return
    present = named_packages(plan.stage) | inherited_packages(plan.stage)
    brought = brought_packages(plan.original_stage)
    # The headers bring the library, and the library takes their place when they leave.
    headed = {library for item in plan.packages for library in item.runtime}
    yield from (
        Finding.of(
            f"{name} is installed by name: {_where_from(name, brought)}",
            (why,),
            AddPackages(names=(name,), reason=why.message),
        )
        for name, why in plan.linked.items()
        if name not in present
        and name not in headed
        and not (FROM_SOURCE in why.message and _is_made_here(plan.stage))
        and (name in brought or not (_takes_libraries(plan.stage) or _is_optional(why)))
    )


def _is_optional(why: Evidence) -> bool:
    """Whether what needs a package does without it too, in another way."""
    return why.kind == TYPES_READ or OPTIONAL in why.message


def _takes_libraries(stage: FinalStage) -> bool:
    """Whether folders of the system come from another stage or image, libraries with them."""
    copied = ((item, found) for item, found in stage.all_copies if found.stage is not None)
    places = (f"{stage.absolute(found.destination, item)}/" for item, found in copied)
    return any(
        place in ("//", "/usr/") or (place.startswith(_SYSTEM) and "/python" not in place)
        for place in places
    )


def _is_made_here(stage: FinalStage) -> bool:
    """Whether the image itself makes the environment, with all that it is linked to."""
    made = (ActionKind.PYTHON, ActionKind.LOCKED)
    return any(action.kind in made for action in actions_in(stage.inherited))


def _where_from(name: str, brought: Mapping[str, str]) -> str:
    if name in brought:
        return f"it came along with {brought[name]}, by accident"
    return "nothing installs it, so that what loads it does not work"


MISSING_LIBRARIES = Rule.of("missing-libraries", missing_libraries, level=1)


def runtime_libraries(plan: Plan) -> Iterator[Finding]:
    """Install libraries instead of their headers.

    A -dev package brings a library's headers for compilers, and the library itself. Compiled
    requirements need the library when they run: libpq5 is kept when libpq-dev is removed.

    Source: Debian Policy 8.4 (development files) and 8.1 (run-time libraries); psycopg2#1254,
    wger#1409 for images that missed it.

    Safe: the library is kept whenever a requirement is built from source or may be.
    """
    present = requested(plan.stage)
    base = slim_packages(plan.stage.release or DEFAULT_RELEASE)
    wanted = {
        library: item
        for item in plan.packages
        if item.name not in present
        for library in item.runtime
        if library not in present and library not in base
    }
    if not wanted:
        return
    names = tuple(sorted(wanted))
    sources = ", ".join(sorted({item.name for item in wanted.values()}))
    message = f"{', '.join(names)} instead of {sources}"
    yield Finding.of(
        message,
        tuple(item.evidence[-2] for item in wanted.values()),
        AddPackages(names=names, reason=f"the libraries of {sources}"),
    )


RUNTIME_LIBRARIES = Rule.of("runtime-libraries", runtime_libraries, level=1)
