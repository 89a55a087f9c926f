"""Install programs that the application runs by name.

A program can be there because another package brings it along: `ssh` comes with `git`, as a
recommended package. It works until that package is removed, or until apt no longer installs
recommended packages. A program that no package brings is missing: the call fails, or its code never
runs.

Source: Debian Policy 7.2 (Recommends); docs.docker.com, "Building best practices".

Safe: it only adds what is in the image today and would be lost. A program that is not there today
is reported and not added.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.base_release import facts_of
from jettison.catalogue.packaging import Tools, package_of_program
from jettison.ecosystems.commands import PipInstall
from jettison.ecosystems.pip import DECLARING
from jettison.formats.dockerfile import MAKING
from jettison.lift.action import actions_in
from jettison.lift.build_context import feeding_stages
from jettison.lift.scopes.decide import console_scripts
from jettison.lift.usage import BUILDING, SCRIPT
from jettison.plan import Finding, Plan
from jettison.plan.candidate_needs import brought_packages, inherited_packages, named_packages
from jettison.plan.changes import AddPackages
from jettison.rules.rule import Rule
from jettison.source import is_dockerfile
from jettison.values import Evidence

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
PLACED = re.compile(r"/s?bin/([\w.+-]+)(?![\w./+-])")
# What the Python of every image brings.
PYTHON = ("python", "pip")
# How the packages are called that one which is named brings.
PARTS = ("-common", "-core", "-bin", "-base")


def detect(plan: Plan) -> Iterator[Finding]:
    """Find programs that are run and that no package the Dockerfile names ships."""
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


RULE = Rule(name="missing-programs", level=1, documentation=__doc__, detect=detect)
