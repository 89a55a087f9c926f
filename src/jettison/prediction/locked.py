"""What tools with lock files write into the environment of a project."""

from __future__ import annotations

from jettison.facts import Project
from jettison.lift.declared import installed_declarations
from jettison.lift.stage import FinalStage
from jettison.project.commands import ProjectInstall, compile_bytecode


def locked_roots(project: Project) -> frozenset[str]:
    """The requirements that a project ships, by the commands of its Dockerfile."""
    return frozenset(one.declaration.name for one in installed_declarations(project) if one.shipped)


def locked_byte_code(fact: ProjectInstall, stage: FinalStage) -> bool:
    """Whether byte code is made: by pipenv always, by the others when they are asked."""
    asked = fact.options.has("--compile-bytecode", "--compile")
    compiled = any(compile_bytecode(action.command) for action in stage.actions)
    uv = fact.tool == "uv" and bool(stage.environment.get("UV_COMPILE_BYTECODE"))
    return asked or fact.tool == "pipenv" or uv or compiled
