"""Checks of what is installed: distributions, packages, libraries, certificates, time zones."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from jettison.verify.checks.check import Check, compare_uses, inside, skipped
from jettison.verify.observation import Inventory, Observation
from jettison.verify.request import VerificationRequest
from jettison.verify.verdict import CheckResult, Outcome

_DISTRIBUTIONS = "distributions"
_RESOLVED = "resolved differently"
# What installs is no part of an application; one that imports it shows in the check of modules.
_INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv"})


def resolved_differently(check: CheckResult) -> bool:
    """Whether a result says that one of the images has other versions than the other."""
    return check.name == _DISTRIBUTIONS and any(_RESOLVED in line for line in check.details)


def _compare_distributions(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    both = inside(_DISTRIBUTIONS, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.distributions for one in both)
    expected = {canonicalize_name(name) for name in request.removed_distributions} | _INSTALLERS
    if request.installed_distributions is not None:
        own = {canonicalize_name(name) for name in request.installed_distributions}
        expected |= had.keys() - has.keys() - own
    lost = sorted(had.keys() - has.keys() - expected)
    changed = sorted(
        name
        for name in had.keys() & has.keys()
        if had[name] != has[name] and name not in _INSTALLERS
    )
    details = [f"{name} {had[name]}: no metadata is found any more" for name in lost]
    details += [f"{name}: {_RESOLVED}, {had[name]} became {has[name]}" for name in changed]
    kept = sorted(expected & has.keys() - _INSTALLERS)
    notes = [f"{name}: was expected to be removed and is there" for name in kept]
    parts = [f"no metadata of {', '.join(lost)}"] if lost else []
    parts += [f"other versions of {', '.join(changed)}"] if changed else []
    return CheckResult(
        name=_DISTRIBUTIONS,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message="; ".join(parts) or f"{len(had.keys() & has.keys())} have the same version",
        before=str(len(had)),
        after=str(len(has)),
        details=(*details, *notes),
    )


DISTRIBUTIONS_CHECK = Check(name=_DISTRIBUTIONS, compare=_compare_distributions)


_SBOM = "sbom"
# What Jettison itself puts in, to tell who imports a removed module what became of it.
_OWN = "jettison_removed.py"


def _compare_sbom(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_SBOM, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.inventory for one in both)
    if had is None:
        return skipped(_SBOM, "the image before does not tell what it has installed")
    if has is None:
        message = "the image after does not tell any more what it has installed"
        return CheckResult(name=_SBOM, outcome=Outcome.DIFFERENT, message=message)
    details = tuple(_differences(had, has))
    gone = sorted(had.packages.keys() - has.packages.keys())
    notes = (
        (f"packages of the system that are not there any more: {', '.join(gone)}",) if gone else ()
    )
    return CheckResult(
        name=_SBOM,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message="; ".join(details[:3])
        or f"every file has an owner among {len(has.packages)} packages and the distributions",
        before=f"{len(had.packages)} packages of the system",
        after=f"{len(has.packages)} packages of the system",
        details=(*details, *notes),
    )


def _differences(had: Inventory, has: Inventory) -> Iterator[str]:
    known = set(had.unclaimed)
    for path in has.unclaimed:
        if path not in known and not path.endswith(f"/{_OWN}"):
            yield f"{path}: no package and no distribution says that it is its own"
    for name, said in has.missing.items():
        if name not in had.missing:
            yield f"{name}: its RECORD names what is not there: {said}"


SBOM_CHECK = Check(name=_SBOM, compare=_compare_sbom)


_LIBRARIES = "libraries"


def _compare_libraries(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_LIBRARIES, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_LIBRARIES, "libraries", both[0].libraries, both[1].libraries)


LIBRARIES_CHECK = Check(name=_LIBRARIES, compare=_compare_libraries)


_MODULES = "modules"


def _compare_modules(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_MODULES, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_MODULES, "modules", both[0].modules, both[1].modules)


MODULES_CHECK = Check(name=_MODULES, compare=_compare_modules)


_PROGRAMS = "programs"


def _compare_programs(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_PROGRAMS, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_PROGRAMS, "programs", both[0].programs, both[1].programs)


PROGRAMS_CHECK = Check(name=_PROGRAMS, compare=_compare_programs)


_PYTHON_VERSION = "python"


def _compare_python_version(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_PYTHON_VERSION, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.python for one in both)
    same = had.split(".")[:2] == has.split(".")[:2]
    return CheckResult(
        name=_PYTHON_VERSION,
        outcome=Outcome.SAME if same else Outcome.DIFFERENT,
        message=f"Python {has}" if had == has else f"Python {had} became {has}",
        before=had,
        after=has,
    )


PYTHON_VERSION_CHECK = Check(name=_PYTHON_VERSION, compare=_compare_python_version)


_CERTIFICATES = "certificates"


def _compare_certificates(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_CERTIFICATES, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.certificates for one in both)
    if had <= 0:
        return skipped(_CERTIFICATES, "the image before trusts no authority")
    if has < 0:
        outcome, message = Outcome.DIFFERENT, "TLS cannot be used any more: no module ssl"
    elif has == 0:
        outcome, message = Outcome.DIFFERENT, "the bundle of certificate authorities is gone"
    elif both[0].secure.works and not both[1].secure.works:
        outcome = Outcome.DIFFERENT
        message = f"a server on the loopback cannot be reached over TLS: {both[1].secure.said}"
    else:
        outcome, message = Outcome.SAME, f"{has} certificate authorities are trusted"
        if both[1].secure.works:
            message += f", and {both[1].secure.said} works against a server on the loopback"
    return CheckResult(
        name=_CERTIFICATES, outcome=outcome, message=message, before=str(had), after=str(has)
    )


CERTIFICATES_CHECK = Check(name=_CERTIFICATES, compare=_compare_certificates)


_TIME_ZONES = "time-zones"


def _compare_time_zones(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_TIME_ZONES, before, after)
    if isinstance(both, CheckResult):
        return both
    had, has = (one.time_zones for one in both)
    details = tuple(
        f"{zone or 'local time'}: {said} became {has.get(zone)}"
        for zone, said in had.items()
        if said != has.get(zone)
    )
    return CheckResult(
        name=_TIME_ZONES,
        outcome=Outcome.DIFFERENT if details else Outcome.SAME,
        message=details[0]
        if details
        else f"local time and {len(had) - 1} named zones are the same",
        before=had.get("", ""),
        after=has.get("", ""),
        details=details,
    )


TIME_ZONES_CHECK = Check(name=_TIME_ZONES, compare=_compare_time_zones)


_RESOLVER = "resolver"


def _compare_resolver(
    before: Observation, after: Observation, _request: VerificationRequest
) -> CheckResult:
    both = inside(_RESOLVER, before, after)
    if isinstance(both, CheckResult):
        return both
    return compare_uses(_RESOLVER, "names", both[0].names, both[1].names)


RESOLVER_CHECK = Check(name=_RESOLVER, compare=_compare_resolver)
