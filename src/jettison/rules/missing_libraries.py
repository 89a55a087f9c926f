"""Libraries and programs that the image needs, and that no package which is named brings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.base_release import facts_of
from jettison.catalogue.packaging import Tools, package_of_program, slim_packages
from jettison.ecosystems.commands import PipInstall
from jettison.ecosystems.pip import DECLARING
from jettison.formats.dockerfile import MAKING
from jettison.lift.action import ActionKind, actions_in
from jettison.lift.build_context import feeding_stages
from jettison.lift.packages import DEFAULT_RELEASE, requested
from jettison.lift.scopes.decide import console_scripts
from jettison.lift.stage import FinalStage
from jettison.lift.usage import BUILDING, SCRIPT, TYPES_READ
from jettison.plan import Finding, Plan
from jettison.plan.candidate_judging import PYTHON
from jettison.plan.candidate_needs import brought_packages, inherited_packages, named_packages
from jettison.plan.changes import AddPackages
from jettison.rules.rule import Rule
from jettison.source import is_dockerfile
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


_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
PLACED = re.compile(r"/s?bin/([\w.+-]+)(?![\w./+-])")
# How the packages are called that one which is named brings.
PARTS = ("-common", "-core", "-bin", "-base")


def missing_programs(plan: Plan) -> Iterator[Finding]:
    """Install programs that the application runs by name.

    A program can be there because another package brings it along: `ssh` comes with `git`, as a
    recommended package. It works until that package is removed, or until apt no longer installs
    recommended packages. A program that no package brings is missing: the call fails, or its code
    never runs.

    Source: Debian Policy 7.2 (Recommends); docs.docker.com, "Building best practices".

    Safe: it only adds what is in the image today and would be lost. A program that is not there
    today is reported and not added.
    """
    stage = plan.stage
    known = stage.release is not None and facts_of(stage.release) is not None
    if stage.tag is None or stage.release is None or not known:
        return
    today = brought_packages(plan.original_stage)
    found: dict[str, tuple[str, str, Evidence]] = {}
    for each in _missing(plan, stage.release):
        found.setdefault(each[1], each)
    yield from (_finding(each, today) for each in found.values())


def _missing(plan: Plan, release: str) -> Iterator[tuple[str, str, Evidence]]:
    """Program, package and use of each that neither the base nor a named package has."""
    named = named_packages(plan.stage) | inherited_packages(plan.stage)
    others = table(Tools).alternatives
    provided = {*plan.scripts, *_installed(plan), *_own(plan), *_placed(plan)}
    provided.update(name for package in named for name in others.get(package, ()))
    for program, uses in plan.usage.programs.items():
        certain = [use for use in uses if _is_certain(use, plan)]
        package = package_of_program(program, release)
        # A package of one version, or one that brings the whole: libreoffice, libreoffice-common.
        whole = any(f"{name}{part}" == package for name in named for part in PARTS)
        versioned = any(name.startswith(f"{package}-") for name in named)
        present = (
            package in named or versioned or whole or not provided.isdisjoint((program, package))
        )
        if program.startswith(PYTHON):
            continue
        if certain and package and not present:
            yield program, package, certain[0]


def _own(plan: Plan) -> Iterator[str]:
    """The programs that the project itself installs."""
    texts = plan.original.texts
    for folder in {posixpath.dirname(path) for path in texts if path.endswith(DECLARING)}:
        yield from console_scripts({n: texts.get(posixpath.join(folder, n)) for n in DECLARING}.get)


def _installed(plan: Plan) -> Iterator[str]:
    """What commands of the build install by name with pip: a program may be called like it."""
    for stage in feeding_stages(plan.original_stage):
        for action in actions_in(stage.instructions):
            if isinstance(action.fact, PipInstall):
                words = (_NAME.match(word.text) for word in action.fact.requirements)
                yield from (found[0].lower() for found in words if found)


def _placed(plan: Plan) -> Iterator[str]:
    """The programs that the Dockerfile itself puts into a folder of programs: copied, fetched."""
    for stage in plan.original_stage.chain:
        for item in stage.instructions:
            if item.keyword in MAKING:
                yield from PLACED.findall(item.text)


def _is_certain(use: Evidence, plan: Plan) -> bool:
    """Whether production makes a call: in a file that it loads or a script that it runs."""
    if use.kind in (SCRIPT, BUILDING):
        return use.origin is None or not _is_of_another_image(use.origin.file, plan)
    return use.kind == "subprocess" and use.origin is not None and use.origin.file in plan.loaded


def _is_of_another_image(file: str, plan: Plan) -> bool:
    """Whether a script lies beside a Dockerfile that is not the image's."""
    folder, own = posixpath.dirname(file), plan.original.dockerfile_path
    if folder == posixpath.dirname(own):
        return False
    beside = (path for path in plan.original.texts if posixpath.dirname(path) == folder)
    return any(is_dockerfile(path) and path != own for path in beside)


def _finding(missing: tuple[str, str, Evidence], today: Mapping[str, str]) -> Finding:
    program, package, use = missing
    if package in today:
        reason = f"{program} is called"
        message = f"{package} is installed by name: {program} came along with {today[package]}"
        return Finding.of(message, (use,), AddPackages(names=(package,), reason=reason))
    message = f"{program} is called and not there: {package} has it, and nothing installs it"
    return Finding.advice(message, use)


MISSING_PROGRAMS = Rule.of("missing-programs", missing_programs, level=1)
