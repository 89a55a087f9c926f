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
from jettison.catalogue.systems import Samples, Services, Store
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
from jettison.verify.variables import Variable, named_in, sample_of, variables_of

_MOST_FILES = 400
_WITH_SAMPLES = "with sample values"
# Its addresses name the driver; those of others do not know such a scheme.
_DIALECTS = "sqlalchemy"
_ADDRESS = re.compile(
    r"(URL|URI|DSN|LINK|CONN(_?STR|ECTION(_?STR(ING)?)?)?|(^|_)(BROKER|BACKEND))$"
)
_PARTS = (
    ("host", re.compile(r"(HOST|HOSTNAME|SERVER|ADDRESS|ADDR|_IP)$")),
    ("port", re.compile(r"PORT$")),
    ("user", re.compile(r"(USER|USERNAME|LOGIN)$")),
    ("password", re.compile(r"(PASSWORD|PASSWD|PASS|PWD)$")),
    ("database", re.compile(r"(NAME|DB|DATABASE)$")),
)


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
    names = plan.distributions.keys() or {one.name for one in plan.requirements}
    beside = posixpath.join(project.context or "", ".env")
    texts = {path: read(path) or "" for path in plan.loaded} if "django" in names else {}
    settings = django_settings(texts, project.files)
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
    """Set what errors ask for and nothing sets: variables and files that libraries read."""
    wanted = [one for one in table(Samples).credentials if any(one.error in e for e in errors)]
    values = {name: sample_of(Variable(name=name)) for name in named_in(errors)}
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
    leading = _Services(distributions, services)
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


def _in_order(name: str, pattern: str) -> str:
    """Write a name as most do, which say first what it is of: HOST_REDIS is REDIS_HOST."""
    words = name.split("_")
    if len(words) < 2 or not re.search(pattern, words[-1]):  # noqa: PLR2004 — two change places
        return name
    part = any(one.fullmatch(words[-2]) for _, one in _PARTS)
    return "_".join((*words[:-2], words[-1], words[-2])) if part else name


def _unset(service: NeededService, variables: Mapping[str, str]) -> Mapping[str, str]:
    """The variables to start a service with of which none is known; it needs a password to start.

    Its user comes from where its password does.
    """
    known = service.environment
    if not variables or any(word in name for name in known for word in ("PASSWORD", "AUTH")):
        return {}
    return {name: value for name, value in variables.items() if not known.get(name)}


class _Services:
    """What variables lead to; a service is added when the first of them does."""

    def __init__(self, distributions: Collection[str], services: tuple[NeededService, ...]) -> None:
        self._distributions = distributions
        self.services = list(services)

    def value(self, name: str) -> str | None:
        """Give what stands in a variable that leads to a service; None where it leads to none."""
        for store in table(Services).stores:
            scheme, upper = self._scheme(store), _in_order(name.upper(), store.pattern)
            part = next((part for part, pattern in _PARTS if pattern.search(upper)), "")
            wanted = "address" if _ADDRESS.search(upper) else part
            if scheme and wanted and re.search(store.pattern, upper):
                return self._parts(store, scheme)[wanted]
        return None

    def is_of_another(self, name: str) -> bool:
        """Whether a variable leads to a service of another process, whatever its default."""
        return any(
            store.image and self._scheme(store) and re.search(store.pattern, name.upper())
            for store in table(Services).stores
        )

    def _scheme(self, store: Store) -> str:
        found = (
            scheme
            for driver, scheme in store.schemes.items()
            if driver in self._distributions or driver == "*"
        )
        scheme = next(found, "")
        return scheme if _DIALECTS in self._distributions else scheme.partition("+")[0]

    def _parts(self, store: Store, scheme: str) -> Mapping[str, str]:
        """Give the parts of an address, and all of it, as the service is started."""
        started = self._started(store)
        own = dict(store.environment)
        if started:
            usual = store.image_defaults
            own = {name: started.environment.get(name) or usual.get(name, "") for name in own}

        def told(*endings: str, otherwise: str) -> str:
            values = (value for name, value in own.items() if name.endswith(endings) and value)
            return next(values, otherwise)

        parts = {
            "host": started.name if started else "",
            "port": str(started.port) if started else "",
            "user": told("_USER", otherwise=store.user),
            "password": told("_PASSWORD", otherwise=store.password),
            "database": told("_DB", "_DATABASE", otherwise=store.database),
        }
        return {**parts, "address": store.address.format(scheme=scheme, **parts)}

    def _started(self, store: Store) -> NeededService | None:
        """Give the service with the store's port, a new one where there is none."""
        if not store.image:
            return None
        port = table(Services).ports[store.image]
        found = next((one for one in self.services if one.port == port), None)
        if found is None:
            found = NeededService(
                name=store.host, image=store.image, environment=store.environment, port=port
            )
            self.services.append(found)
        elif filled := _unset(found, store.environment):
            self.services.remove(found)
            found = replace(found, environment={**found.environment, **filled})
            self.services.append(found)
        return found
