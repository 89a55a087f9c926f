"""Other ways to run an image that does not become ready as its project says.

As it is, as a neighbour of it runs, and with values for variables that its source reads, or its
errors name, and nothing sets.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct

from jettison.catalogue import path_of, table
from jettison.catalogue.systems import Samples
from jettison.formats import dotenv
from jettison.lift.stages import service_of
from jettison.lift.writes import given_mounts
from jettison.plan import Plan
from jettison.source.entries import django_settings
from jettison.values import by_key, replace
from jettison.verify.application import listening_ports
from jettison.verify.compose_services import (
    environment,
    needed_services,
    neighbours,
    started_by,
)
from jettison.verify.request import NeededService, Surroundings, VerificationRequest
from jettison.verify.stores import Leads, required_names
from jettison.verify.variables import Variable, named_in, variables_of

_MOST_FILES = 400
_WITH_SAMPLES = "with sample values"


def other_ways(
    plan: Plan,
    variables: Mapping[str, str],
    sources: tuple[str, ...],
    read: Callable[[str], str | None],
    *,
    serves: bool,
) -> Iterator[Surroundings]:
    """Give other ways to run the image, in the order in which they are to be tried.

    ``variables`` are those of its service, ``sources`` the texts that start it and ``read`` gives
    the text of a file of the project. Compose files often describe development: with other
    variables and another command. What they mount stays mounted.
    """
    project, stage, service = plan.original, plan.original_stage, service_of(plan.original)
    mounted = given_mounts(service, project, stage)
    if mounted:
        entrypoint, command, directory = started_by(service)
        yield Surroundings(
            how="with the files that the compose file mounts",
            ports=listening_ports(project, stage, service, variables, sources) if serves else (),
            environment=variables,
            entrypoint=entrypoint,
            command=command,
            directory=directory,
            services=needed_services(project),
            mounted=mounted,
        )
    for way in _with_values(plan, variables, sources, read, serves=serves):
        yield replace(way, mounted=mounted)
    alone = service and (service.environment or service.env_file or service.command)
    if service and alone and (stage.command or stage.entrypoint or not service.command):
        ports = listening_ports(project, stage, None, {}, sources)
        how = f"without the variables and the command of the service {service.name}"
        services = needed_services(project)
        yield Surroundings(how=how, ports=ports, services=services, mounted=mounted)
        for way in _with_values(plan, {}, sources, read, serves=serves, alone=True):
            yield replace(way, how=f"{how}, {way.how}", mounted=mounted)
    if not serves:
        how = "without a port, as none is declared"
        yield Surroundings(how=how, ports=(), environment=variables, mounted=mounted)
    for other in neighbours(project) if service is None else ():
        beside = replace(project, compose_path=other.path, service=other.service.name)
        own = environment(other.service)
        yield Surroundings(
            how=f"with the variables and services of {other.service.name}",
            ports=listening_ports(project, stage, None, own, sources),
            environment=own,
            services=needed_services(beside),
            mounted=mounted,
        )


def _with_values(
    plan: Plan,
    variables: Mapping[str, str],
    sources: tuple[str, ...],
    read: Callable[[str], str | None],
    *,
    serves: bool,
    alone: bool = False,
) -> Iterator[Surroundings]:
    """With values for what the source needs, and the services that they lead to.

    ``alone``: not as the service of a compose file is started.
    """
    project, stage = plan.original, plan.original_stage
    service = None if alone else service_of(project)
    known = {name for name, value in {**stage.environment, **variables}.items() if value}
    names = required_names(plan)
    beside = posixpath.join(project.context or "", ".env")
    texts = {path: read(path) or "" for path in plan.loaded} if "django" in names else {}
    settings = django_settings(texts, {*map(project.in_context, project.files)})
    shown = {**settings} | {one.name: one.value for one in dotenv.beside(read, beside) if one.value}
    again = texts.get if texts else read
    found = given(plan.loaded, again, known, names, needed_services(project), examples=shown)
    samples = {name: value for name, value in settings.items() if name not in known}
    optional = found.optional | samples.keys() - found.variables.keys()
    samples |= found.variables
    if samples:
        entrypoint, command, directory = started_by(service)
        everything = {**variables, **samples}
        listened = listening_ports(project, stage, service, everything, sources)
        for ports in (listened,) if serves else (listened, ()):
            yield Surroundings(
                how=_WITH_SAMPLES,
                ports=ports,
                environment=everything,
                samples=tuple(samples),
                optional=optional - variables.keys(),
                failing=found.failing - variables.keys(),
                entrypoint=entrypoint,
                command=command,
                directory=directory,
                services=found.services,
            )


def naming(way: VerificationRequest, errors: Collection[str]) -> VerificationRequest:
    """Set what errors ask for and nothing sets: variables and files that libraries read.

    A variable that leads to a service brings it.
    """
    wanted = [one for one in table(Samples).credentials if any(one.error in e for e in errors)]
    leading = Leads(way.distributions, way.services)
    values = {
        name: leading.value(name) or sample_of(Variable(name=name))
        for name in sorted(named_in(errors) - way.environment.keys())
    }
    values |= {name: value for one in wanted for name, value in one.variables.items()}
    more = {name: value for name, value in values.items() if name not in way.environment}
    if not more:
        return way
    how = way.how if way.samples else ", ".join(filter(None, (way.how, _WITH_SAMPLES)))
    files = {one.target: path_of(one.file) for one in wanted if one.file}
    return replace(
        way,
        how=how,
        environment={**way.environment, **more},
        samples=tuple(sorted({*way.samples, *more})),
        services=tuple(leading.services),
        mounted={**way.mounted, **files},
    )


class Given(Struct, frozen=True, kw_only=True):
    """Values for variables, and the services that some of them lead to.

    ``optional`` are those without which a source may do, ``failing`` those of them without which
    it fails unless a file has them.
    """

    variables: Mapping[str, str]
    services: tuple[NeededService, ...]
    optional: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()


def given(
    paths: Iterable[str],
    read: Callable[[str], str | None],
    known: Collection[str],
    distributions: Collection[str],
    services: tuple[NeededService, ...],
    *,
    examples: Mapping[str, str] = MappingProxyType({}),
) -> Given:
    """Give values for what some sources need and ``known`` does not have.

    ``read`` gives the text of a file, ``examples`` are values that the project shows. What leads to
    a database, cache or broker gets the address of one of the ``services`` with its port, or of a
    new one, by the driver that is among the ``distributions``; with a new one, also where there is
    a default, which leads elsewhere.
    """
    seen = by_key(
        (one.name, one)
        for path in sorted(path for path in paths if path.endswith(".py"))[:_MOST_FILES]
        for one in variables_of(read(path) or "")
        if one.name not in known
    )
    leading = Leads(distributions, services)
    found: dict[str, str] = {}
    optional = {name for name, reads in seen.items() if not any(one.certain for one in reads)}
    for name, reads in sorted(seen.items()):
        one = _together(reads)
        value = leading.value(name) if one.required or leading.is_of_another(name) else None
        if value is not None:
            found[name] = value
        elif one.required:
            found[name] = examples.get(name) or sample_of(one)
    optional = {name for name in optional & found.keys() if not leading.value(name)}
    return Given(
        variables=found,
        services=tuple(leading.services),
        optional=frozenset(optional),
        failing=frozenset(name for name in optional if any(one.fails for one in seen[name])),
    )


def _together(reads: list[Variable]) -> Variable:
    """Give what all reads of a variable say: one with a default may be why another has none."""
    return replace(
        reads[0],
        required=any(one.certain for one in reads) or all(one.required for one in reads),
        kind=next((one.kind for one in reads if one.kind), ""),
        choice=next((one.choice for one in reads if one.choice), ""),
    )


def sample_of(variable: Variable) -> str:
    """Give an ordinary value of the kind that a name speaks of, which fits the type."""
    upper = variable.name.upper()
    value = next(one.value for one in table(Samples).variables if re.search(one.pattern, upper))
    otherwise = {
        "bool": "false",
        "int": value if value.isdecimal() else "1",
        "float": value if value.isdecimal() else "1",
        "list": f'["{value}"]',
        "dict": "{}",
        "json": "{}",
    }
    return variable.choice or otherwise.get(variable.kind, value)
