"""Needs of an application, made from a Dockerfile and a few distributions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.requirements import Requirement

from jettison.index import DistributionFacts, Source, WheelFile
from jettison.index.graph import Closure, requirement_graph
from jettison.index.listing import wheel_tags
from jettison.index.target import Target
from jettison.lift import Project
from jettison.lift.packages import Needs, scoped_packages
from jettison.lift.stage import lifted
from jettison.lift.usage import Usage
from jettison.plan.candidate_needs import BaseNeeds
from jettison.values import Basis, Evidence, Origin, Size

NOTHING: Usage = Usage(searched="nothing")


def distribution(
    name: str,
    *tags: str,
    requires: Iterable[str] = (),
    size: int = 1_000_000,
    has_sdist: bool = True,
    compiles: bool | None = None,
    scripts: Iterable[str] = (),
) -> DistributionFacts:
    """A release 1.0 with one wheel for each tag; without tags it only has an sdist."""
    names = [f"{name.replace('-', '_')}-1.0-{tag}.whl" for tag in tags]
    wheels = tuple(
        WheelFile(filename=each, url=f"https://index.test/{each}", tags=wheel_tags(each))
        for each in names
    )
    return DistributionFacts(
        name=name,
        version="1.0",
        requires=tuple(Requirement(each) for each in requires),
        wheels=wheels,
        sdist_only=not tags,
        has_sdist=has_sdist,
        compiles=compiles,
        console_scripts=tuple(scripts),
        installed_size=Size(bytes=size, basis=Basis.MEASURED, source="test"),
        source=Source.INDEX,
    )


def project_of(dockerfile: str, files: Mapping[str, str] | None = None) -> Project:
    """A project with a Dockerfile and text files at its root."""
    texts = {"Dockerfile": dockerfile, **(files or {})}
    sizes = {path: len(text) for path, text in texts.items()}
    return Project(name="app", texts=texts, context="", dockerfile_path="Dockerfile", files=sizes)


def needs_of(
    dockerfile: str,
    *distributions: DistributionFacts,
    usage: Usage = NOTHING,
    requirements: Iterable[str] | None = None,
    stays: Evidence | None = None,
    not_listed: Evidence | None = None,
    allow_source_builds: bool = False,
) -> BaseNeeds:
    """Needs of a project that declares ``requirements``, by default every distribution."""
    stage = lifted(project_of(dockerfile))
    roots = list(requirements if requirements is not None else [d.name for d in distributions])
    facts = {each.name: each for each in distributions}
    graph = requirement_graph(facts, [Requirement(each) for each in roots], Target(python="3.13"))
    found = Needs(usage=usage, linked={})
    return BaseNeeds(
        stage=stage,
        usage=usage,
        closure=Closure(facts=facts, graph=graph),
        production=frozenset(graph.edges),
        declared={
            name: Origin(file="requirements.txt", line=number)
            for number, name in enumerate(roots, 1)
        },
        packages=scoped_packages(stage, found),
        application=10_000,
        stays=stays,
        not_listed=not_listed,
        allow_source_builds=allow_source_builds,
    )
