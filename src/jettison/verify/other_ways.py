"""Other ways to run an image that does not become ready as its project says.

As it is, as a neighbour of it runs, and with values for variables that its source reads and nothing
sets.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from jettison.catalogue import table
from jettison.catalogue.applications import Calls
from jettison.catalogue.systems import Samples, Services, Store
from jettison.lift.stages import service_of
from jettison.plan.plan import Plan
from jettison.verify.compose_services import (
    companions_of,
    environment,
    listening_ports,
    neighbours,
)
from jettison.verify.request import Companion, Surroundings

_MOST_FILES, _LONGEST = 400, 1 << 20
# Variables that a sentence names.
_NAMED = 5
_NAME = re.compile(r"[A-Za-z_]\w{0,80}")
_SETTINGS = "Settings"
_NUMBERS, _TRUTH = ("int", "float", "decimal"), "bool"
_ADDRESS = re.compile(r"(URL|URI|DSN)$|^\w*(BROKER|BACKEND)$")
_PARTS = (
    ("host", re.compile(r"(HOST|HOSTNAME|SERVER|ADDRESS|ADDR)$")),
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
    variables and another command.
    """
    project, stage, service = plan.original, plan.original_stage, service_of(plan.original)
    if service and (service.environment or service.env_file or service.command):
        ports = listening_ports(project, stage, None, {}, sources)
        how = f"without the variables and the command of the service {service.name}"
        companions = companions_of(project)
        yield Surroundings(how=how, ports=ports, companions=companions)
    if not serves:
        how = "without a port, as none is declared"
        yield Surroundings(how=how, ports=(), environment=variables)
    for other in neighbours(project) if service is None else ():
        beside = replace(project, compose_path=other.path, service=other.service.name)
        own = environment(other.service)
        yield Surroundings(
            how=f"with the variables and services of {other.service.name}",
            ports=listening_ports(project, stage, None, own, sources),
            environment=own,
            companions=companions_of(beside),
        )
    yield from _with_values(plan, variables, sources, read, serves=serves)


def _with_values(
    plan: Plan,
    variables: Mapping[str, str],
    sources: tuple[str, ...],
    read: Callable[[str], str | None],
    *,
    serves: bool,
) -> Iterator[Surroundings]:
    """With values for what the source needs, and the services that they lead to."""
    project, stage, service = plan.original, plan.original_stage, service_of(plan.original)
    known = {name for name, value in {**stage.environment, **variables}.items() if value}
    names = plan.distributions.keys() or {one.name for one in plan.requirements}
    found = given(plan.loaded, read, known, names, companions_of(project))
    told = list(found.variables)
    if told:
        more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
        everything = {**variables, **found.variables}
        ports = listening_ports(project, stage, service, everything, sources) if serves else ()
        yield Surroundings(
            how=f"with sample values for {', '.join(told[:_NAMED])}{more}",
            ports=ports,
            environment=everything,
            entrypoint=service.entrypoint.words if service and service.entrypoint else (),
            command=service.command.words if service and service.command else (),
            companions=found.companions,
        )


class Needed(Struct, frozen=True, kw_only=True):
    """A variable that a source reads without a default; ``kind`` is the type that it expects."""

    name: str
    kind: str = ""


class Given(Struct, frozen=True, kw_only=True):
    """Values for variables, and the services that some of them lead to."""

    variables: Mapping[str, str]
    companions: tuple[Companion, ...]


def given(
    paths: Iterable[str],
    read: Callable[[str], str | None],
    known: Collection[str],
    distributions: Collection[str],
    companions: tuple[Companion, ...],
) -> Given:
    """Give values for what some sources need and ``known`` does not have.

    ``read`` gives the text of a file. What leads to a database, cache or broker gets the address
    of one of the ``companions`` with its port, or of a new one, by the driver that is among the
    ``distributions``.
    """
    needed: dict[str, Needed] = {}
    for path in sorted(path for path in paths if path.endswith(".py"))[:_MOST_FILES]:
        for one in needs_of(read(path) or ""):
            if one.name not in known:
                needed.setdefault(one.name, one)
    services = _Services(distributions, companions)
    led = {name: services.value(name) for name in sorted(needed)}
    found = {name: _sample(needed[name]) if value is None else value for name, value in led.items()}
    return Given(variables=found, companions=tuple(services.companions))


def needs_of(text: str) -> tuple[Needed, ...]:
    """Find the variables that a source reads without a default. Pure."""
    if len(text) > _LONGEST:
        return ()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(
        one for node in ast.walk(tree) for one in _needs(node) if _NAME.fullmatch(one.name)
    )


def _needs(node: ast.AST) -> Iterator[Needed]:
    match node:
        case ast.Call(func=ast.Name(id=kind), args=[inner]) if kind in (*_NUMBERS, _TRUTH):
            yield from (Needed(name=one.name, kind=kind) for one in _needs(inner))
        case ast.Subscript(value=value, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            if _last(value) == "environ":
                yield Needed(name=name)
        case ast.Call(func=called, args=[ast.Constant(value=str(name))], keywords=keywords):
            options = {one.arg: one.value for one in keywords}
            if _reads(called) and "default" not in options:
                kind = _last(options["cast"]) if "cast" in options else _last(called)
                yield Needed(name=name, kind=kind.lower())
        case ast.ClassDef(bases=bases) if any(_last(base).endswith(_SETTINGS) for base in bases):
            yield from _of_settings(node)


def _reads(called: ast.expr) -> bool:
    """Whether a function gives the value of the variable that its argument names."""
    known = table(Calls).environment
    match called:
        case ast.Name(id=name):
            return name in {"getenv", *known.methods}
        case ast.Attribute(attr="getenv"):
            return True
        case ast.Attribute(attr="get", value=value):
            return _last(value) == "environ"
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            return name in known.methods and name != "environ" and attr != "get"
        case _:
            return False


def _of_settings(node: ast.ClassDef) -> Iterator[Needed]:
    """The fields of a class of settings without a default.

    Source: docs.pydantic.dev, "Settings management": the name of a field with ``env_prefix``, or
    its alias, in any case of letters.
    """
    texts = {
        one.arg: one.value.value
        for one in ast.walk(node)
        if isinstance(one, ast.keyword) and isinstance(one.value, ast.Constant)
    }
    for inner in ast.walk(node):
        match inner:
            case ast.Assign(targets=[ast.Name(id=str(name))], value=ast.Constant(value=value)):
                texts[name] = value
    prefix = str(texts.get("env_prefix") or "")
    for field in node.body:
        match field:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=None):
                yield Needed(name=(prefix + name).upper(), kind=ast.unparse(kind).lower())
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=kind,
                value=ast.Call(args=args, keywords=given_),
            ) if _is_required(args, given_):
                alias = _alias(given_) or prefix + name
                yield Needed(name=alias.upper(), kind=ast.unparse(kind).lower())


def _is_required(args: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    names = {one.arg for one in keywords}
    dots = args and isinstance(args[0], ast.Constant) and args[0].value is ...
    return bool(dots or not args) and not names & {"default", "default_factory"}


def _alias(keywords: list[ast.keyword]) -> str:
    names = ("validation_alias", "alias", "env")
    found = {one.arg: one.value for one in keywords if one.arg in names}
    values = (found.get(name) for name in names)
    return next((str(v.value) for v in values if isinstance(v, ast.Constant)), "")


def _last(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last(value)
        case _:
            return ""


def _sample(needed: Needed) -> str:
    """Give an ordinary value of the kind that a name speaks of, which fits the type."""
    upper = needed.name.upper()
    value = next(one.value for one in table(Samples).variables if re.search(one.pattern, upper))
    kind = needed.kind
    if kind.startswith(_TRUTH):
        return "false"
    if kind.startswith(_NUMBERS):
        return value if value.isdecimal() else "1"
    if re.match(r"(list|tuple|set|frozenset)\[", kind):
        inner = f'"{value}"' if "str" in kind or "url" in kind else ""
        return f"[{inner}]"
    return "{}" if kind.startswith("dict") else value


class _Services:
    """What variables lead to; a service is added when the first of them does."""

    def __init__(self, distributions: Collection[str], companions: tuple[Companion, ...]) -> None:
        self._distributions = distributions
        self.companions = list(companions)

    def value(self, name: str) -> str | None:
        """Give what stands in a variable that leads to a service; None where it leads to none."""
        upper = name.upper()
        for store in table(Services).stores:
            scheme = self._scheme(store)
            part = next((part for part, pattern in _PARTS if pattern.search(upper)), "")
            wanted = "address" if _ADDRESS.search(upper) else part
            if scheme and wanted and re.search(store.pattern, upper):
                return self._parts(store, scheme)[wanted]
        return None

    def _scheme(self, store: Store) -> str:
        found = (
            scheme
            for driver, scheme in store.schemes.items()
            if driver in self._distributions or driver == "*"
        )
        return next(found, "")

    def _parts(self, store: Store, scheme: str) -> Mapping[str, str]:
        """Give the parts of an address, and all of it, as the service is started."""
        started = self._started(store)
        own = dict(store.environment)
        if started:
            own = {name: started.environment.get(name, "") for name in own}

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

    def _started(self, store: Store) -> Companion | None:
        """Give the service with the store's port, a new one where there is none."""
        if not store.image:
            return None
        port = table(Services).ports[store.image]
        found = next((one for one in self.companions if one.port == port), None)
        if found is None:
            found = Companion(
                name=store.host, image=store.image, environment=store.environment, port=port
            )
            self.companions.append(found)
        return found
