"""What tools with lock files write: where their environments are, and what they hold."""

from __future__ import annotations

from jettison.facts import Project
from jettison.lift.declared import installed_declarations
from jettison.lift.stage import FinalStage
from jettison.project.commands import ProjectInstall

TRUE = ("1", "true", "yes", "on")


def locked_roots(project: Project) -> frozenset[str]:
    """The requirements that a project ships, by the commands of its Dockerfile."""
    return frozenset(one.declaration.name for one in installed_declarations(project) if one.shipped)


def locked_place(fact: ProjectInstall, stage: FinalStage) -> str:
    """The folder of the environment that a tool makes or takes."""
    environment = stage.environment
    folder = stage.folder.rstrip("/")
    if fact.tool == "uv":
        if fact.options.has("--system") or environment.get("UV_SYSTEM_PYTHON"):
            return "/usr/local"
        return environment.get("UV_PROJECT_ENVIRONMENT") or f"{folder}/.venv"
    if environment.get("VIRTUAL_ENV"):
        return environment["VIRTUAL_ENV"]
    if fact.tool == "poetry":
        return _poetry(stage, folder)
    if fact.tool == "pipenv":
        return "/usr/local" if fact.options.has("--system") else f"{folder}/.venv"
    return f"{folder}/.venv"


def _poetry(stage: FinalStage, folder: str) -> str:
    settings = " ".join(run.script.text for run in stage.runs)
    create = stage.environment.get("POETRY_VIRTUALENVS_CREATE", "").lower()
    if create in ("0", "false") or "virtualenvs.create false" in settings:
        return "/usr/local"
    inside = stage.environment.get("POETRY_VIRTUALENVS_IN_PROJECT", "").lower() in TRUE
    if inside or "virtualenvs.in-project true" in settings:
        return f"{folder}/.venv"
    return "/root/.cache/pypoetry"


def locked_byte_code(fact: ProjectInstall, stage: FinalStage) -> bool:
    """Whether byte code is made: by pipenv always, by the others when they are asked."""
    asked = fact.options.has("--compile-bytecode", "--compile")
    return asked or fact.tool == "pipenv" or bool(stage.environment.get("UV_COMPILE_BYTECODE"))
