"""Where tools with lock files put the environment of a project."""

from __future__ import annotations

import posixpath

from jettison.lift.stage import FinalStage
from jettison.project.commands import ProjectInstall

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")
SYSTEM = "/usr/local"
VIRTUAL = "/opt/venv"


def locked_place(fact: ProjectInstall, stage: FinalStage) -> str:
    """The folder of the environment that a tool makes or takes."""
    folder = stage.folder.rstrip("/")
    if fact.tool == "uv":
        return _uv(fact, stage)
    if stage.environment.get("VIRTUAL_ENV"):
        return stage.environment["VIRTUAL_ENV"]
    if fact.tool == "poetry":
        return _poetry(stage, folder)
    return _pipenv(fact, stage, folder) if fact.tool == "pipenv" else f"{folder}/.venv"


def environment_place(fact: ProjectInstall, stage: FinalStage) -> str:
    """Where a build stage makes the environment: where it was when that can be named."""
    place = locked_place(fact, stage)
    return place if place.endswith("/.venv") or fact.tool == "uv" else VIRTUAL


def _uv(fact: ProjectInstall, stage: FinalStage) -> str:
    if fact.options.has("--system") or stage.environment.get("UV_SYSTEM_PYTHON"):
        return SYSTEM
    return posixpath.join(stage.folder, stage.environment.get("UV_PROJECT_ENVIRONMENT", ".venv"))


def _pipenv(fact: ProjectInstall, stage: FinalStage, folder: str) -> str:
    if fact.options.has("--system"):
        return SYSTEM
    inside = stage.environment.get("PIPENV_VENV_IN_PROJECT", "").lower() in TRUE
    return f"{folder}/.venv" if inside else "/root/.local/share/virtualenvs"


def _poetry(stage: FinalStage, folder: str) -> str:
    settings = " ".join(run.script.text for run in stage.runs)
    create = stage.environment.get("POETRY_VIRTUALENVS_CREATE", "").lower()
    if create in FALSE or "virtualenvs.create false" in settings:
        return SYSTEM
    inside = stage.environment.get("POETRY_VIRTUALENVS_IN_PROJECT", "").lower() in TRUE
    if inside or "virtualenvs.in-project true" in settings:
        return f"{folder}/.venv"
    return "/root/.cache/pypoetry"
