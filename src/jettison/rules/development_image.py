"""Give development an image of its own.

Reload, mounted source and test tools are why production images hold what they should not. With
`Dockerfile.dev` and `docker-compose.dev.yml` beside the production files, both get what they need:
`docker compose -f docker-compose.dev.yml up --build` has all requirements, the source mounted and
reload.

Source: docs.docker.com, "Use containers for Python development".

Safe: it only adds files. A project that has a `Dockerfile.dev` keeps its own.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.ecosystems.finding import development_file
from jettison.lift.declared import production_files
from jettison.lift.stages import service_of
from jettison.lift.writes import source_targets
from jettison.lower.compose_files import reloading
from jettison.lower.development import DEVELOPMENT_DOCKERFILE
from jettison.plan import Finding, Plan
from jettison.plan.changes import AddDevelopment
from jettison.rules.rule import Rule
from jettison.values import Evidence


def detect(plan: Plan) -> Iterator[Finding]:
    """Find development requirements, or a mounted source, without a Dockerfile for development."""
    project = plan.project
    path = posixpath.join(posixpath.dirname(project.dockerfile_path), DEVELOPMENT_DOCKERFILE)
    if path in project.texts:
        return
    evidence = [
        Evidence.of("file", f"{name} holds the requirements for development")
        for file in production_files(project)
        if (name := development_file(file.file, project.texts)) in project.texts
        and project.is_whole(name)
    ]
    service = service_of(plan.original)
    targets = source_targets(service, plan.original, plan.stage)
    evidence += [
        Evidence.of("mount", f"the service mounts its source over {mount.target}", mount.origin)
        for mount in (service.volumes if service else ())
        if mount.target in targets
    ]
    if not evidence:
        return
    command = plan.stage.command
    words = reloading(command.words, reload=True) if command and command.words else ()
    hardened = service_of(project)
    check = hardened.healthcheck.test if hardened and hardened.healthcheck else ()
    change = AddDevelopment(
        command=words,
        compose=plan.original.texts.get(plan.original.compose_path or "", ""),
        source_mount=f"./{project.context}:{plan.stage.folder}",
        health_check=check,
    )
    message = "development gets an image of its own, with all requirements and reload"
    yield Finding.of(message, tuple(dict.fromkeys(evidence)), change)


RULE = Rule(name="development-image", level=1, documentation=__doc__, detect=detect)
