"""Whether the programs that the application runs are on a candidate."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.bases import SystemPackages
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import is_build_package, package_of_program, translated
from jettison.lift.action import ActionKind
from jettison.lift.usage import BUILDING, SCRIPT, UNCALLED
from jettison.plan.base import ImageFacts, Variant, Works
from jettison.plan.candidates.image import packages_of
from jettison.plan.candidates.needs import BaseNeeds, Remark
from jettison.values import Evidence, Origin

PYTHON = ("python", "pip")
SHELLS = frozenset({"sh", "dash", "bash", "ash", "ksh", "zsh"})
# Steps whose programs every candidate brings in its own dialect, or that move to a build stage.
TRANSLATED = frozenset(
    {
        ActionKind.INDEX,
        ActionKind.PACKAGES,
        ActionKind.CLEANUP,
        ActionKind.REPOSITORY,
        ActionKind.UPGRADE,
        ActionKind.USER,
        ActionKind.PYTHON,
        ActionKind.LOCKED,
        ActionKind.ENVIRONMENT,
        ActionKind.SETTING,
    }
)


def program_remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """Look for each program that is run by the source, scripts, start commands and steps.

    What an image of which nothing is known has today is not looked for in it.
    """
    if image.variant is Variant.OTHER:
        return
    for program, uses in _programs(needs).items():
        # Nothing runs while a base is composed and laid under an application.
        stepped = image.variant is Variant.COMPOSED and uses[0].kind == "step"
        if not stepped and not _is_provided(needs, program):
            yield from _remark(needs, image, program, uses[0])
    if needs.usage.computed and not _alike(needs, image):
        first = needs.usage.computed[0]
        message = f"{first.message}: it may be one that only {needs.stage.base} has"
        yield Remark(
            works=Works.UNKNOWN,
            evidence=Evidence(kind="program", message=message, origin=first.origin),
        )


def _alike(needs: BaseNeeds, image: ImageFacts) -> bool:
    """Whether a candidate has every program that the base has today."""
    current = needs.current
    if image.reference == current.reference:
        return True
    return image.release == current.release and packages_of(image) >= packages_of(current) != set()


def _programs(needs: BaseNeeds) -> dict[str, tuple[Evidence, ...]]:
    found = {}
    for program, uses in needs.usage.programs.items():
        sure = tuple(use for use in uses if use.kind != "command")
        named = tuple(use for use in uses if use.kind == "command" and _is_known(program))
        if sure or named:
            found[program] = sure or named
    for action in needs.stage.actions:
        name = action.command.name.rpartition("/")[2]
        if action.kind not in TRANSLATED and _is_known(name):
            message = f"a step of the Dockerfile runs {name}"
            evidence = Evidence(kind="step", message=message, origin=action.origin)
            found.setdefault(name, (evidence,))
    for name, why in _shells(needs):
        found.setdefault(name, why)
    return found


def _shells(needs: BaseNeeds) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """Give the shells that start the application or check its health, by their names."""
    stage = needs.stage
    for each in (stage.command, stage.entrypoint):
        if each is not None:
            yield from _shell("start command", each.words, each.origin)
    check = stage.health_check
    if check is not None and not check.none:
        yield from _shell("health check", check.exec_form, check.origin)


def _shell(
    what: str, words: tuple[str, ...] | None, origin: Origin
) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """Give the shell that words begin with, or that runs a text which is no words."""
    name = "sh" if words is None else "".join(words[:1]).rpartition("/")[2]
    if name in SHELLS:
        message = f"the {what} is one for a shell"
        yield name, (Evidence(kind="command", message=message, origin=origin),)


def _is_known(program: str) -> bool:
    return package_of_program(program, "trixie") is not None


def _is_provided(needs: BaseNeeds, program: str) -> bool:
    builtin = program in table(SystemPackages).builtins
    own = program in needs.provided or program in needs.scripts
    return builtin or own or program.startswith(PYTHON)


def _remark(needs: BaseNeeds, image: ImageFacts, program: str, use: Evidence) -> Iterator[Remark]:
    release = image.release
    package = package_of_program(program, release) if release else None
    if package is None:
        yield from _unknown(needs, image, program, use)
    elif package == "" or package in packages_of(image):
        if use.kind == "step":
            return
        where = f"part of {package}" if package else "part of busybox"
        yield _said(Works.YES, f"{program} is there, {where}: {use.message}", use)
    elif package in _installed(needs, image):
        yield _said(Works.YES, f"{program} comes with {package}, which is installed", use)
    elif use.kind == "step" and is_build_package(package):
        message = f"a step builds something with {program}, which is not there"
        yield _said(Works.UNKNOWN, message, use)
    else:
        message = f"{program} is not there unless {package} is installed: {use.message}"
        yield _said(Works.YES, message, use, adds=package)


def _installed(needs: BaseNeeds, image: ImageFacts) -> frozenset[str]:
    """The packages that the Dockerfile installs, by the candidate's names."""
    if image.release != ALPINE:
        return needs.installed
    return frozenset(name for each in needs.installed if (name := translated(each, ALPINE)))


def _unknown(needs: BaseNeeds, image: ImageFacts, program: str, use: Evidence) -> Iterator[Remark]:
    """Nothing says which package a program comes from."""
    if _alike(needs, image):
        return
    if use.kind in (SCRIPT, BUILDING, UNCALLED) and image.variant is not Variant.ALPINE:
        # A function of the script, or one of the programs that every Debian image has.
        return
    yield _said(Works.UNKNOWN, f"where {program} comes from is not known: {use.message}", use)


def _said(works: Works, message: str, use: Evidence, *, adds: str = "") -> Remark:
    evidence = Evidence(kind="program", message=message, origin=use.origin)
    return Remark(works=works, evidence=evidence, adds=(adds,) if adds else ())
