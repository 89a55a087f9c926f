"""What an application needs of the system around it, by the plan and by what was observed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import is_build_package
from jettison.contents.environment import RAN
from jettison.contents.reach import Observed
from jettison.contents.system import PROGRAMS, System, Wanted
from jettison.formats.dockerfile import final_environment
from jettison.formats.settings import Ask
from jettison.lift.packages import requested
from jettison.lift.scopes.values import PackageScope
from jettison.lift.stages import services_of
from jettison.plan.minimal_base import pattern
from jettison.plan.plan import Plan
from jettison.plan.system_removal import Used, gone_of_standard

LIBRARY = re.compile(rb"\blib[\w+-]+\.so(?:\.\d+)*")
FOUND = re.compile(rb"""(?:find_library|CDLL|LoadLibrary)\(\s*["']([\w.+-]+)["']""")
WORD = re.compile(r"[\w./+-]+")
INHERITED = "\0"


def wanted_of(plan: Plan, system: System, observed: Observed) -> Wanted:
    """Gather all names by which something of the system is reached, each with the reason."""
    owned, gone = system.owners, gone_of_standard(observed)
    return Wanted(
        packages=dict(_packages(plan, system)),
        programs=dict(_programs(plan, observed)),
        libraries=dict(_libraries(plan, system, observed)),
        paths=list(_touched(observed)),
        loading=[path for path in system.libraries if path not in owned and path not in gone],
        without=table("composed_base")["left_out_packages"].keys(),
        single=table("system_files")["packages"]["single"],
    )


def _touched(observed: Observed) -> Iterator[str]:
    """The files that were touched, but for those that stay without their package."""
    staying = pattern(table("system_files")["packages"]["keep"])
    for path in observed.trace.touched:
        if path.startswith("/") and not staying.fullmatch(path):
            yield path


def used_of(plan: Plan, observed: Observed, wanted: Wanted) -> Used:
    """Gather what keeps files of the catalogue, and the libraries that need none of them."""
    return Used(
        names=frozenset({*wanted.programs, *wanted.packages, *plan.usage.imports}),
        quiet=tuple(_quiet(plan, observed.installed.site)),
    )


def _quiet(plan: Plan, site: str) -> Iterator[str]:
    for entry in table("system_files")["files"]:
        for one in entry.get("quiet", ()):
            edges = plan.closure.graph.edges
            users = {
                name for name in plan.distributions if one["distribution"] in edges.get(name, ())
            }
            imported = plan.usage.imports.keys() & set(one["modules"])
            if users <= set(one["for"]) and not imported:
                yield from (f"{site}/{path}" for path in one["libraries"])


def variables_of(plan: Plan, system: System) -> tuple[tuple[str, str], ...]:
    """The variables of the base image, which the stages of the file do not set themselves."""
    stage, build_arguments = plan.stage, plan.project.build_arguments
    marks = dict.fromkeys(system.environment, INHERITED)
    known = final_environment(stage.dockerfile, stage.stage, build_arguments, marks).env
    found = (
        (name, _inherited(value, known.get(name, INHERITED)))
        for name, value in system.environment.items()
    )
    return tuple((name, value) for name, value in found if value is not None)


def named_words(plan: Plan) -> Iterator[str]:
    """Every word of commands and health checks that start something in the image."""
    check = plan.stage.health_check
    texts = [*((check.exec_form or ()) if check else ()), (check and check.shell_form) or ""]
    for started in (plan.stage.command, plan.stage.entrypoint):
        texts += [started.text] if started else []
    for service in services_of(plan.project):
        for command in (service.command, service.entrypoint):
            texts += command.words or () if command else ()
        texts += service.healthcheck.test if service.healthcheck else ()
    for text in texts:
        yield from WORD.findall(text)


def _inherited(value: str, made: str) -> str | None:
    """What a variable was in the base image; None when the file sets it to something else."""
    if INHERITED not in made:
        return None
    before, _, after = made.partition(INHERITED)
    return value.removeprefix(before).removesuffix(after)


def _packages(plan: Plan, system: System) -> Iterator[tuple[str, str]]:
    known = table("system_files")["packages"]
    yield from ((name, "every application needs it") for name in known["always"])
    yield from _asked_for(plan, system)
    yield from ((name, evidence.message) for name, evidence in plan.linked.items())
    for wish in plan.settings.wishes:
        if wish.ask is Ask.KEEP and wish.text in system.packages:
            yield wish.text, "a line of the settings keeps it"
    if any(use.kind == "script" for uses in plan.usage.programs.values() for use in uses):
        yield from ((name, "scripts may call it") for name in known["scripts"])
    for name in _with_programs(system) if plan.usage.computed else ():
        if not serves_builds(name):
            yield name, plan.usage.computed[0].message
    if plan.usage.computed_libraries:
        for name in system.owned(path for paths in system.named.values() for path in paths):
            yield name, plan.usage.computed_libraries[0].message


def _asked_for(plan: Plan, system: System) -> Iterator[tuple[str, str]]:
    """The packages that the user asked for, but for those that only serve builds or nothing."""
    scopes = {package.name: package.scope for package in plan.packages}
    asked = (each.partition("=")[0].partition(":")[0] for each in requested(plan.stage))
    for name in (*asked, *sorted(system.manual)):
        scope = scopes.get(name)
        if scope is PackageScope.RUNTIME or (scope is None and not serves_builds(name)):
            yield name, "the Dockerfile asks for it"


def serves_builds(name: str) -> bool:
    """Whether a package is for those who build or install, not for what runs."""
    return (
        is_build_package(name) is not None or name in table("system_files")["packages"]["building"]
    )


def _with_programs(system: System) -> frozenset[str]:
    return system.owned(
        path for path in (*system.files, *system.links) if posixpath.dirname(path) in PROGRAMS
    )


def _programs(plan: Plan, observed: Observed) -> Iterator[tuple[str, str]]:
    for wish in plan.settings.wishes:
        if wish.ask is Ask.KEEP:
            yield wish.text, "a line of the settings keeps it"
    for word in named_words(plan):
        yield word, "a start command or a health check names it"
    for name, uses in plan.usage.programs.items():
        yield name, uses[0].message
    for name, module in observed.reach.programs.items():
        yield name, f"{module} runs it"
    for path in observed.trace.touched:
        if path.startswith(RAN):
            for word in WORD.findall(path.removeprefix(RAN)):
                yield word, "the trace saw it run"


def _libraries(plan: Plan, system: System, observed: Observed) -> Iterator[tuple[str, str]]:
    reasons: Mapping[str, str] = {
        **dict(_named(observed)),
        **{name: uses[0].message for name, uses in plan.usage.libraries.items()},
    }
    for name, why in reasons.items():
        start = name if ".so" in name else f"lib{name}.so"
        for known in system.named:
            if known == start or known.startswith(f"{start}."):
                yield known, why


def _named(observed: Observed) -> Iterable[tuple[str, str]]:
    """The libraries that Python files of the environment and the application name."""
    sources = {**observed.installed.sources, **observed.installed.application}
    for path, content in sources.items():
        for found in (*LIBRARY.finditer(content), *FOUND.finditer(content)):
            yield found[found.lastindex or 0].decode("ascii", "ignore"), f"{path} names it"
