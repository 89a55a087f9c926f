"""Whether every distribution of production can be installed on a candidate."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import translated
from jettison.catalogue.systems import SourceBuilds
from jettison.index.choice import compatible
from jettison.index.facts import DistributionFacts
from jettison.index.target import Target
from jettison.plan.base import ImageFacts, Works
from jettison.plan.candidates.image import packages_of
from jettison.plan.candidates.needs import BaseNeeds, Remark
from jettison.values import Evidence


def build_packages(name: str, target: Target) -> tuple[str, ...]:
    """Return the packages to build a distribution with: a compiler, and headers where known.

    The names are Debian's for glibc and Alpine's for musl.
    """
    known = table(SourceBuilds)
    headers = known.packages.get(name, ())
    if target.libc != "musl":
        return (*known.compiler.debian, *headers)
    names = (translated(header, ALPINE) for header in headers)
    return (*known.compiler.alpine, *(each for each in names if each))


SHOWN = 3


def wheel_remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Hold the wheel tags of every distribution against a candidate's libc, version and machine."""
    target = image.target
    if target is None:
        yield Remark(works=Works.UNKNOWN, evidence=_evidence("which wheels fit it is not known"))
        return
    current = needs.current.target
    if needs.not_listed and not (current and current.libc == target.libc):
        yield Remark(works=Works.UNKNOWN, evidence=needs.not_listed)
    fitting = 0
    unknown = unknown_wheels(needs)
    # What was linked on the present base finds its libraries where all of its packages are.
    alike = target == current and packages_of(image) >= packages_of(needs.current)
    if unknown and alike:
        message = f"{_few(unknown)} {'is' if len(unknown) == 1 else 'are'} installed as today"
        yield Remark(works=Works.YES, evidence=_evidence(message))
    for name in needs.names:
        facts = needs.closure.facts.get(name)
        if name in unknown or facts is None:
            if not alike:
                message = f"the wheels of {name}{needs.through(name)} are not known"
                yield _decided(needs, name, Works.UNKNOWN, message)
        elif compatible(facts, target).compatible:
            fitting += 1
        else:
            yield _without_wheel(needs, facts, target)
    if fitting:
        count = f"{fitting} of {len(needs.production)}"
        message = f"{count} distributions have a wheel for {_named(target)}"
        yield Remark(works=Works.YES, evidence=_evidence(message))


def unknown_wheels(needs: BaseNeeds) -> tuple[str, ...]:
    """The distributions of which no wheel and no source is known, ordered by name."""
    known = needs.closure.facts
    return tuple(
        name
        for name in needs.names
        if name not in known or not (known[name].wheels or known[name].sdist_only)
    )


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= SHOWN else f"{', '.join(names[:SHOWN])} and others"


def source_builds(needs: BaseNeeds, target: Target | None) -> tuple[str, ...]:
    """The distributions that are compiled from source on a target, ordered by name.

    One that is Python alone is built too, but needs no compiler and is not among them.
    """
    if target is None:
        return ()
    known = (needs.closure.facts.get(name) for name in needs.names)
    return tuple(facts.name for facts in known if facts and _is_compiled(facts, target))


def _is_compiled(facts: DistributionFacts, target: Target) -> bool:
    known = bool(facts.wheels) or facts.sdist_only
    return known and facts.compiles is not False and not compatible(facts, target).compatible


def _without_wheel(needs: BaseNeeds, facts: DistributionFacts, target: Target) -> Remark:
    name = facts.name
    label = f"{name} {facts.version}"
    reason = compatible(facts, target).reason.removeprefix(label).strip()
    message = f"{name}{needs.through(name)} {reason}"
    current = needs.current.target
    if facts.compiles is False:
        return _decided(needs, name, Works.YES, f"{message}, which is Python alone")
    if (
        current is not None
        and current.libc == target.libc
        and name in source_builds(needs, current)
    ):
        return _decided(needs, name, Works.YES, f"{message}: built from source today as well")
    if facts.has_sdist is False:
        return _decided(needs, name, Works.NO, f"{message}, nor a source distribution")
    tools = build_packages(name, target)
    if needs.allow_source_builds:
        message = f"{message}: it is built from source, with {', '.join(tools)}"
        return _decided(needs, name, Works.YES, message)
    return _decided(
        needs, name, Works.NO, f"{message}; a build from source needs {', '.join(tools)}"
    )


def _decided(needs: BaseNeeds, name: str, works: Works, message: str) -> Remark:
    evidence = Evidence(kind="wheel", message=message, origin=needs.origin(name))
    return Remark(works=works, evidence=evidence)


def _evidence(message: str) -> Evidence:
    return Evidence(kind="wheel", message=message)


def _named(target: Target) -> str:
    system = f"{target.libc} {target.libc_version}, {target.architecture}"
    return f"Python {target.python_minor} on {system}"
