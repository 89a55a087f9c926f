"""Judge a candidate base: its size, and the programs that it would lack."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from jettison.catalogue import table
from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.bases import SystemPackages
from jettison.catalogue.packaging import (
    Tools,
    cost_of,
    is_build_package,
    package_of_program,
    recommended_with,
    translated,
)
from jettison.catalogue.systems import SystemFiles
from jettison.ecosystems.commands import PackageInstall
from jettison.formats.shell import SHELLS
from jettison.index import environment_size
from jettison.lift.action import ActionKind, actions_in
from jettison.lift.usage import BUILDING, SCRIPT, UNCALLED
from jettison.plan.base import DEBIAN_NAMES, BaseCandidate, ImageFacts, Variant, Works, packages_of
from jettison.plan.candidate_libraries import library_remarks, script_remarks
from jettison.plan.candidate_needs import (
    BaseNeeds,
    Remark,
    source_builds,
    unknown_wheels,
    wheel_remarks,
)
from jettison.plan.candidate_surroundings import surrounding_remarks
from jettison.plan.minimal_base import BaseRequest
from jettison.plan.minimal_base import predicted_size as composed_size
from jettison.values import Basis, Evidence, Origin, Size

PYTHON = ("python", "pip")
# What calls a compiler in a step (documentation of setuptools, Cython and NumPy).
COMPILING = frozenset({"build_ext", "cythonize", "f2py"})
# Those of a package of their own, which not every Debian image has.
USER_PROGRAMS = frozenset({"adduser", "addgroup", "deluser", "delgroup"})
# Steps whose programs every candidate brings in its own dialect, or that move to a build stage.
TRANSLATED = frozenset(
    {ActionKind.INDEX, ActionKind.PACKAGES, ActionKind.CLEANUP, ActionKind.REPOSITORY,
     ActionKind.UPGRADE, ActionKind.USER, ActionKind.PYTHON, ActionKind.LOCKED,
     ActionKind.ENVIRONMENT, ActionKind.SETTING}
)  # fmt: skip


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
        yield Remark.of(Works.UNKNOWN, "program", message, first.origin)


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
        if (action.kind not in TRANSLATED or name in USER_PROGRAMS) and _is_known(name):
            evidence = Evidence.of("step", f"a step of the Dockerfile runs {name}", action.origin)
            found.setdefault(name, (evidence,))
        if COMPILING & {name, *action.command.words}:
            message = f"a step of the Dockerfile compiles: {action.short}"
            evidence = Evidence.of("step", message, action.origin)
            found.setdefault("gcc", (evidence,))
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
        yield name, (Evidence.of("command", f"the {what} is one for a shell", origin),)


def _is_known(program: str) -> bool:
    return package_of_program(program, "trixie") is not None


def _is_provided(needs: BaseNeeds, program: str) -> bool:
    builtin = program in table(SystemPackages).builtins
    own = program in needs.provided or program in needs.scripts
    others = (table(Tools).alternatives.get(name, ()) for name in needs.installed)
    return builtin or own or program.startswith(PYTHON) or any(program in each for each in others)


def _remark(needs: BaseNeeds, image: ImageFacts, program: str, use: Evidence) -> Iterator[Remark]:
    release = image.release
    package = package_of_program(program, release) if release else None
    whole = table(SystemFiles).packages.whole.get(program)
    if whole and whole in packages_of(needs.current) and use.kind != "step":
        package = whole
    if package is None:
        yield from _unknown(needs, image, program, use)
    elif package == "" or package in packages_of(image):
        if use.kind == "step":
            return
        other = "busybox" if release == ALPINE else "every Debian image"
        where = f"part of {package or other}"
        yield _said(Works.YES, f"{program} is there, {where}: {use.message}", use)
    elif package in _installed(needs, image):
        yield _said(Works.YES, f"{program} comes with {package}, which is installed", use)
    elif use.kind == "step" and is_build_package(package):
        message = f"a step builds something with {program}, which is not there"
        yield _said(Works.UNKNOWN, message, use)
    elif use.kind == "step" or not _is_lacked(needs, program):
        message = f"{program} is not there unless {package} is installed: {use.message}"
        yield _said(Works.YES, message, use, adds=package)
        for name in _recommended(needs, image, package):
            yield _said(
                Works.YES, f"{package} recommends {name}, which the base has", use, adds=name
            )


def _recommended(needs: BaseNeeds, image: ImageFacts, package: str) -> Iterator[str]:
    """What a program may use that the present base has beside its package."""
    lost = packages_of(needs.current) - packages_of(image)
    yield from sorted(recommended_with(package, image.release or "") & lost)


def _is_lacked(needs: BaseNeeds, program: str) -> bool:
    """Whether the base in use does not have the program either: another one takes nothing away."""
    current = needs.current
    today = packages_of(current)
    package = package_of_program(program, current.release) if current.release else None
    return bool(today and package) and package not in today


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
    return Remark.of(works, "program", message, use.origin, adds)


FORMULA = "base, packages by Installed-Size, distributions by their files with byte code, own files"


def predicted_size(needs: BaseNeeds, image: ImageFacts, adds: Collection[str]) -> Size | None:
    """Add up base, packages, distributions and the project's own files; None without a base."""
    if image.size is None:
        return None
    if image.variant is Variant.COMPOSED:
        base = _composed(image, {*needs.installed, *adds})
    else:
        base = image.size.bytes + _packages(needs, image, adds)
    parts = base + needs.application
    facts = (needs.closure.facts[name] for name in needs.names if name in needs.closure.facts)
    return Size(bytes=parts + environment_size(facts), basis=Basis.ESTIMATED, source=FORMULA)


def _composed(image: ImageFacts, names: Collection[str]) -> int:
    """The bytes of a composed base with packages; what only installs packages is omitted."""
    release = image.release or ""
    known = {other for name in names if (other := translated(name, release))}
    architecture = image.target.architecture if image.target else "x86_64"
    request = BaseRequest(
        python=image.python or "",
        architecture=DEBIAN_NAMES[architecture],
        packages=tuple(sorted(known - packages_of(image))),
    )
    size = composed_size(request)
    return size.bytes if size else 0


def _packages(needs: BaseNeeds, image: ImageFacts, adds: Collection[str]) -> int:
    """Installed-Size of what is added to a base; Alpine's packages count as Debian's."""
    if image.release == ALPINE:
        release = needs.current.release or "trixie"
        names = {name for name in needs.installed if translated(name, ALPINE)}
        names |= {name for each in adds if (name := translated(each, release))}
        found = cost_of(names, release)
    else:
        names = set(needs.installed) | set(adds)
        found = cost_of(names, image.release or "", packages_of(image))
    return found.bytes if found else 0


_ORDER = (Works.NO, Works.UNKNOWN, Works.YES)


def judged(needs: BaseNeeds, image: ImageFacts) -> BaseCandidate:
    """Check wheels, programs, libraries, surroundings and where the environment is made.

    The image in use works as it does today: what cannot be read of it does not count against it.
    """
    remarks = list(_remarks(needs, image))
    adds = frozenset(name for remark in remarks for name in remark.adds)
    remarks += script_remarks(image, adds)
    remarks.sort(key=lambda remark: _ORDER.index(remark.works))
    works = remarks[0].works if remarks else Works.YES
    if image.reference == needs.stage.base and works is Works.UNKNOWN:
        works = Works.YES
    return BaseCandidate(
        facts=image,
        works=works,
        evidence=tuple(remark.evidence for remark in remarks),
        adds=tuple(sorted(adds)),
        source_builds=source_builds(needs, image.target),
        predicted=predicted_size(needs, image, adds),
    )


def _remarks(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    if image.variant is Variant.OTHER and image.reference != needs.stage.base:
        message = "what the image holds is not known"
        yield Remark.of(Works.UNKNOWN, "image", message)
    yield from wheel_remarks(needs, image)
    yield from _compilers(needs, image)
    yield from library_remarks(needs, image)
    yield from program_remarks(needs, image)
    yield from surrounding_remarks(needs, image)
    yield from _without_lists(needs, image)


def _without_lists(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """A package that apt installs before it has lists of packages: the present base has it."""
    if image.reference == needs.stage.base or image.variant is Variant.COMPOSED:
        return
    for action in actions_in(needs.stage.inherited):
        if action.kind is ActionKind.INDEX:
            return
        if isinstance(action.fact, PackageInstall) and action.fact.manager == "apt":
            names = (one.name for one in action.fact.packages)
            lacking = next((one for one in names if one not in packages_of(image)), None)
            if lacking:
                message = f"{lacking} is installed without lists of packages, and the base lacks it"
                yield Remark.of(Works.UNKNOWN, "step", message, action.origin)


def _compilers(needs: BaseNeeds, image: ImageFacts) -> Iterator[Remark]:
    """The final stage that makes its own environment may need what only the present base has."""
    if needs.stays is None or image.variant is Variant.FULL or image.reference == needs.stage.base:
        return
    if needs.not_listed:
        yield Remark(works=Works.UNKNOWN, evidence=needs.not_listed)
    built, unknown = source_builds(needs, image.target), unknown_wheels(needs)
    if unknown:
        message = f"whether {unknown[0]} has to be compiled is not known: {needs.stays.message}"
        yield Remark.of(Works.UNKNOWN, "installation", message, needs.stays.origin)
    if built:
        message = (
            f"{built[0]} is built in the final stage, without a compiler: {needs.stays.message}"
        )
        yield Remark.of(Works.NO, "installation", message, needs.stays.origin)
