"""Databases, caches and brokers that variables lead to, by their names. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from jettison.catalogue import table
from jettison.catalogue.systems import Services, Store
from jettison.plan import Plan
from jettison.values import replace
from jettison.verify.request import NeededService

# Its addresses name the driver; those of others do not know such a scheme.
_DIALECTS = "sqlalchemy"
# Drivers that an engine of the other kind does not take, and how names tell the kinds apart.
_ASYNCHRONOUS, _ASYNC, _SYNC = ("asyncpg", "aiomysql", "asyncmy", "aiosqlite"), "ASYNC", "SYNC"
_ADDRESS = re.compile(
    r"(URL|URI|DSN|LINK|CONN(_?STR|ECTION(_?STR(ING)?)?)?|(^|_)(BROKER|BACKEND))$"
)
_WHOLE = "address"
_PARTS = (
    ("host", re.compile(r"(HOST|HOSTNAME|SERVER|ADDRESS|ADDR|_IP)$")),
    ("port", re.compile(r"PORT$")),
    ("user", re.compile(r"(USER|USERNAME|LOGIN)$")),
    ("password", re.compile(r"(PASSWORD|PASSWD|PASS|PWD)$")),
    ("database", re.compile(r"(NAME|DB|DATABASE)$")),
)


def required_names(plan: Plan) -> frozenset[str]:
    """Name the distributions of production; where they are not known, the requirements."""
    return frozenset(plan.distributions or {one.name for one in plan.requirements})


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


class Leads:
    """What variables lead to; a service is added when the first of them does.

    ``distributions`` tell the drivers, ``services`` are those that are there already.
    """

    def __init__(self, distributions: Collection[str], services: tuple[NeededService, ...]) -> None:
        self._distributions = distributions
        self.services = list(services)

    def value(self, name: str) -> str | None:
        """Give what stands in a variable that leads to a service; None where it leads to none.

        An address is of what its name says last: CELERY_DATABASE_URL is of a database.
        """
        best, value = -1, None
        for store in table(Services).stores:
            upper = _in_order(name.upper(), store.pattern)
            scheme = self._scheme(store, upper)
            part = next((part for part, pattern in _PARTS if pattern.search(upper)), "")
            is_address = _ADDRESS.search(upper)
            found = [match.end() for match in re.finditer(store.pattern, upper)]
            if not (scheme and found and (is_address or part)):
                continue
            if not is_address:
                return self._parts(store, scheme)[part]
            if found[-1] > best:
                best, value = found[-1], (store, scheme)
        return self._parts(*value)[_WHOLE] if value else None

    def of_scheme(self, schemes: Collection[str]) -> str | None:
        """Give an address that begins with one of the schemes; None where no store has one."""
        for store in table(Services).stores:
            own = self._scheme(store)
            scheme = next((one for one in (own, own.partition("+")[0]) if one in schemes), "")
            if scheme:
                return self._parts(store, scheme)[_WHOLE]
        return None

    def is_of_another(self, name: str) -> bool:
        """Whether a variable leads to a service of another process, whatever its default."""
        return any(
            store.image and self._scheme(store) and re.search(store.pattern, name.upper())
            for store in table(Services).stores
        )

    def _scheme(self, store: Store, name: str = "") -> str:
        """Give the scheme of a store's driver, of several the kind that a name says."""
        found = [
            scheme
            for driver, scheme in store.schemes.items()
            if driver in self._distributions or driver == "*"
        ]
        words = name.split("_")
        if _SYNC in words or _ASYNC in words:
            wanted = _ASYNC in words
            found.sort(key=lambda one: (one.partition("+")[2] in _ASYNCHRONOUS) != wanted)
        scheme = next(iter(found), "")
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
        return {**parts, _WHOLE: store.address.format(scheme=scheme, **parts)}

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
