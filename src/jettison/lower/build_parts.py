"""Parts of a build stage that every way of installing has in common."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from jettison.facts import Project
from jettison.lift.stage import FinalStage
from jettison.lower.text import ended, line_of
from jettison.project.commands import PackageInstall
from jettison.project.dockerfile import raw_pairs

NAMES = ("build", "environment", "python-build", "python-environment")
# uv does not read pip's variables; these say the same.
INDEXES = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX"}
PROXIES = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}
)
CERTIFICATES = frozenset({"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"})


def free_name(project: Project) -> str:
    """A name for the build stage that no stage of the Dockerfile has."""
    return next(one for one in NAMES if project.dockerfile.stage_named(one) is None)


def base_text(stage: FinalStage) -> str:
    """The base of the stage as its FROM names it, with its platform."""
    platform = f"--platform={stage.stage.platform} " if stage.stage.platform else ""
    return f"{platform}{stage.stage.base}"


def copies_of(files: Iterable[str]) -> list[str]:
    """Copy files so that each keeps its folder, which ``-r`` lines in them rely on."""
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault(posixpath.dirname(file), []).append(file)
    return [
        f"COPY {' '.join(names)} ./{f'{folder}/' if folder else ''}\n"
        for folder, names in folders.items()
    ]


def installer_variables(stage: FinalStage, named: str, own: tuple[str, ...] = ()) -> list[str]:
    """ARG and ENV that steer installers, or that ``named`` uses, for the build stage.

    ``own`` are the beginnings of further names.
    """
    texts: list[str] = []
    for item in stage.instructions:
        if item.keyword in ("ARG", "ENV"):
            for name, value in raw_pairs(item):
                plain = name in INDEXES or name in PROXIES or name in CERTIFICATES
                known = plain or name.startswith(("UV_", *own))
                if known or f"${name}" in named or f"${{{name}}}" in named:
                    texts.append(f"{item.keyword} {name}{'' if value is None else f'={value}'}\n")
                if name in INDEXES:
                    texts.append(f"ENV {INDEXES[name]}=${name}\n")
    return texts


def package_comments(stage: FinalStage, packages: Iterable[str]) -> str:
    """The comments above install commands that move whole."""
    wanted = set(packages)
    moved = {
        line_of(run.instruction): run.instruction.comments
        for run in stage.runs
        for action in run.actions
        if isinstance(action.fact, PackageInstall)
        and {request.name for request in action.fact.packages} <= wanted
    }
    return "".join(ended(found.text) for comments in moved.values() for found in comments)
