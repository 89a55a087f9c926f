"""The environment is made in a stage of its own.

What installs requirements (pip, uv, compilers, headers, caches) is not needed to run the
application, and what has been in one layer of an image cannot leave it in a later one. A build
stage makes the virtual environment; the final stage copies it as one layer, and the source as
another. The requirements are copied before the source, so that a change of code installs nothing
again. uv installs with a cache mount and compiles byte code.

Source: docs.docker.com, "Multi-stage builds"; hynek.me, "Production-ready Python Docker
containers with uv"; docling-serve#56 for the size of the installers.

Safe: the same requirements are installed by the same Python of the same image, to a path that is
the same in both stages. It stays as it is when the project itself is installed, when pip is given
options that uv does not know, and when the path of the old environment is written in a file.
"""

from __future__ import annotations

from jettison.catalogue.reader import table
from jettison.changes import RemovePackages, SplitBuildStage
from jettison.lift.action import ActionKind
from jettison.lift.installation import Installation, NotMovable, installation_of
from jettison.lift.obstacles import fixed_path
from jettison.lift.packages import removable, requested, saved_without
from jettison.plan.finding import Finding, Safety
from jettison.plan.parts import PackageScope
from jettison.plan.plan import Plan
from jettison.rules.rule import Rule
from jettison.values import Evidence, counted

NAME = "build-stage"
ENVIRONMENT = "/opt/venv"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find requirements that are installed in the final stage."""
    found = installation_of(plan.project, plan.stage)
    if isinstance(found, NotMovable):
        return _stays(found.evidence) if found.evidence else ()
    fixed = fixed_path(plan.project, plan.stage)
    if fixed:
        return _stays(fixed)
    build = build_packages(plan, found)
    evidence = Evidence(
        kind="installation",
        message="requirements are installed in the final stage",
        origin=found.origin,
    )
    change = SplitBuildStage(
        build_packages=build, environment=ENVIRONMENT, uv=table("tools")["uv"]["version"]
    )
    message = "a build stage makes the environment with uv; the final stage copies it"
    if build:
        message += f"; {counted(len(build), 'build package stays', 'build packages stay')} there"
    present = removable(plan.stage)
    gone = tuple(name for name in build if name in present and not _needed_in_final(plan, name))
    changes = (change, RemovePackages(names=gone)) if gone else (change,)
    return (
        Finding(
            rule=NAME,
            message=message,
            evidence=(evidence, *_why_build(plan, found, build)),
            saving=saved_without(plan.stage, gone),
            changes=changes,
        ),
    )


def build_packages(plan: Plan, found: Installation) -> tuple[str, ...]:
    """The packages that the installation may need: compilers, headers, and git for its URLs."""
    present = requested(plan.stage)
    scopes = {item.name: item.scope for item in plan.packages}
    names = [name for name in present if scopes.get(name) is PackageScope.BUILD]
    names += [name for name in ("git",) if name in present and found.version_control]
    return tuple(names)


def _needed_in_final(plan: Plan, name: str) -> bool:
    """Whether a step that stays in the final stage may call for a build package."""
    steps = plan.stage.of_kind(ActionKind.OTHER, ActionKind.APPLICATION)
    unknown = [action for action in steps if action.kind is ActionKind.OTHER]
    if name == "git":
        return (
            next(item.scope for item in plan.packages if item.name == name) is PackageScope.RUNTIME
        )
    return bool(unknown)


def _why_build(plan: Plan, found: Installation, names: tuple[str, ...]) -> tuple[Evidence, ...]:
    message = "git: a requirement comes from version control"
    git = Evidence(kind="requirement", message=message, origin=found.version_control)
    return tuple(
        git if item.name == "git" else item.evidence[0]
        for item in plan.packages
        if item.name in names and item.evidence
    )


def _stays(evidence: Evidence) -> tuple[Finding, ...]:
    message = "the environment stays in the final stage"
    return (
        Finding(
            rule=NAME,
            message=f"{message}: {evidence.message}",
            evidence=(evidence,),
            safety=Safety.REVIEW,
        ),
    )


RULE = Rule(name=NAME, level=1, documentation=__doc__, detect=detect)
