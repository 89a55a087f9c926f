"""Checks of what an image holds: distributions, packages, certificates, zones, written files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name

from jettison.values import replace
from jettison.verify import CheckResult, Outcome
from jettison.verify.checks.check import homes_of, inside, judged, keeps_command, skipped
from jettison.verify.checks.files import is_among
from jettison.verify.inside.commands import INSTALLERS
from jettison.verify.inside.volumes import OF_A_MOMENT
from jettison.verify.observation import Interior, Inventory, Observation
from jettison.verify.request import VerificationRequest

DISTRIBUTIONS = "distributions"
# What a result says of each distribution that has another version.
RESOLVED = "resolved differently"
# Installed so many seconds apart, in one run of an engine: one of them came from its cache.
_APART = 3600.0
_CACHED = "one of both was cached"


def resolved_differently(check: CheckResult) -> bool:
    """Whether a result says that one of the images has other versions than the other."""
    return check.name == DISTRIBUTIONS and any(RESOLVED in line for line in check.details)


def resolved_at_another_time(check: CheckResult) -> bool:
    """Whether versions differ because an engine's cache had those of another time in one image."""
    return check.name == DISTRIBUTIONS and any(_CACHED in line for line in check.details)


def compare_distributions(
    one: Interior, other: Interior, request: VerificationRequest
) -> CheckResult:
    """Compare the distributions of both."""
    had, has = one.distributions, other.distributions
    expected = {canonicalize_name(name) for name in request.removed_distributions} | INSTALLERS
    if request.installed_distributions is not None:
        own = {canonicalize_name(name) for name in request.installed_distributions}
        expected |= had.keys() - has.keys() - own
    lost = sorted(had.keys() - has.keys() - expected - _brought(one.required))
    changed = sorted(
        name
        for name in had.keys() & has.keys()
        if had[name] != has[name] and name not in INSTALLERS
    )
    details = [f"{name} {had[name]}: no metadata is found any more" for name in lost]
    details += [
        f"{name}: {RESOLVED}, {had[name]} became {has[name]}{_if_cached(name, one, other)}"
        for name in changed
    ]
    kept = sorted(expected & has.keys() - INSTALLERS)
    notes = [f"{name}: was expected to be removed and is there" for name in kept]
    parts = [f"no metadata of {', '.join(lost)}"] if lost else []
    parts += [f"other versions of {', '.join(changed)}"] if changed else []
    message = "; ".join(parts) or f"{len(had.keys() & has.keys())} have the same version"
    return judged(details, message, (len(had), len(has)), notes)


def _if_cached(name: str, one: Interior, other: Interior) -> str:
    since, then = one.installed.get(name), other.installed.get(name)
    if since is None or then is None or abs(then - since) < _APART:
        return ""
    hours = f"{abs(then - since) / 3600:.0f} h"
    return f", and {_CACHED}: that was installed {hours} {'later' if then > since else 'earlier'}"


def _brought(required: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Give the distributions that installers require and nothing else does."""
    brought: set[str] = set()
    following = list(INSTALLERS)
    while following:
        new = {*required.get(following.pop(), ())} - brought - INSTALLERS
        brought |= new
        following += new
    while kept := {
        name
        for user, names in required.items()
        if user not in brought | INSTALLERS
        for name in brought.intersection(names)
    }:
        brought -= kept
    return brought


# What Jettison itself puts in, to tell who imports a removed module what became of it.
_OWN = "jettison_removed.py"


def compare_sbom(one: Interior, other: Interior, _request: VerificationRequest) -> CheckResult:
    """Compare what lists of software know of both."""
    had, has = one.inventory, other.inventory
    if had is None:
        return skipped("the baseline does not list its installed software")
    if has is None:
        message = "the candidate no longer lists its installed software"
        return CheckResult(outcome=Outcome.DIFFERENT, message=message)
    details = tuple(_differences(had, has))
    gone = sorted(had.packages.keys() - has.packages.keys())
    notes = (
        (f"packages of the system that are not there any more: {', '.join(gone)}",) if gone else ()
    )
    whole = f"every file has an owner among {len(has.packages)} packages and the distributions"
    counts = len(had.packages), len(has.packages)
    shown = f"{counts[0]} packages of the system", f"{counts[1]} packages of the system"
    return judged(details, "; ".join(details[:3]) or whole, shown, notes)


def _differences(had: Inventory, has: Inventory) -> Iterator[str]:
    known = set(had.unclaimed)
    for path in has.unclaimed:
        if path not in known and not path.endswith(f"/{_OWN}"):
            yield f"{path}: owned by no package and no distribution"
    for name, said in has.missing.items():
        if name not in had.missing:
            yield f"{name}: its RECORD lists missing files: {said}"


def compare_python_version(
    one: Interior, other: Interior, _request: VerificationRequest
) -> CheckResult:
    """Compare the Python of both."""
    had, has = one.python, other.python
    same = had.split(".")[:2] == has.split(".")[:2]
    return CheckResult(
        outcome=Outcome.SAME if same else Outcome.DIFFERENT,
        message=f"Python {has}" if had == has else f"Python {had} became {has}",
        before=had,
        after=has,
    )


def compare_certificates(
    one: Interior, other: Interior, _request: VerificationRequest
) -> CheckResult:
    """Compare whom both trust."""
    had, has = one.certificates, other.certificates
    if had <= 0:
        return skipped("the baseline trusts no certificate authority")
    if has < 0:
        outcome, message = Outcome.DIFFERENT, "TLS cannot be used any more: no module ssl"
    elif has == 0:
        outcome, message = Outcome.DIFFERENT, "the bundle of certificate authorities is gone"
    elif one.secure.works and not other.secure.works:
        outcome = Outcome.DIFFERENT
        message = f"a server on the loopback cannot be reached over TLS: {other.secure.said}"
    else:
        outcome, message = Outcome.SAME, f"{has} certificate authorities are trusted"
        if other.secure.works:
            message += f", and {other.secure.said} works against a server on the loopback"
    return CheckResult(outcome=outcome, message=message, before=str(had), after=str(has))


def compare_time_zones(
    one: Interior, other: Interior, _request: VerificationRequest
) -> CheckResult:
    """Compare what both know of time."""
    had, has = one.time_zones, other.time_zones
    details = tuple(
        f"{zone or 'local time'}: {said} became {has.get(zone)}"
        for zone, said in had.items()
        if said != has.get(zone)
    )
    same = f"local time and {len(had) - 1} named zones are the same"
    shown = had.get("", ""), has.get("", "")
    return judged(details, details[0] if details else same, shown)


# what is there or not as a run is looked at
_OF_A_MOMENT = (*OF_A_MOMENT, ".swp", "~")
_RUNS = 2
# as ``inside/volumes.py`` names a part of a database, whose statement stands for the mode
_OF_DATABASES = re.compile(r", (table|index|view|trigger) ")
# as it names what a small file or a column holds, which every run of the baseline has to hold
_HELD = re.compile(r", content [a-p]+(?: of (?P<column>.+))?$")
_INNER = re.compile(f"{_OF_DATABASES.pattern}|{_HELD.pattern}")
# a word with a digit in it: a time, an id, or a part of one
_NUMBERED = re.compile(r"[^\W_]*\d[^\W_]*")


def compare_written(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the files that both write."""
    both = inside(before, after)
    if isinstance(both, CheckResult):
        return both
    homes = homes_of(before, after)
    left = map(_with_left, (before, after))
    ended = [_below_home(*one) for one in zip(left, both, homes, strict=True)]
    before, after = (_below_home(*one) for one in zip((before, after), both, homes, strict=True))
    had, has = _modes(before), _modes(after)
    if not had and not any(ended[0].wrote):
        return skipped("no file was written")
    details = [
        f"{path}: {' or '.join(sorted(had[path]))} became {' or '.join(sorted(has[path]))}"
        for path in sorted(had.keys() & has.keys())
        if not had[path] & has[path]
    ]
    lost = _always(before) - frozenset().union(*map(_forms, after.wrote))
    lost = lost if len(after.wrote) >= _RUNS else frozenset()
    gone = sorted(one for one in had.keys() - has.keys() if not _HELD.search(one))
    texts = frozenset(path for path in lost if _HELD.search(path))
    lost -= texts
    details += [f"{path} is not written any more" for path in sorted(lost)]
    details += [f"{one} has another content" for one in sorted(_named(texts, lost, before))]
    notes = [f"{path} is not written any more" for path in gone if path not in lost]
    if keeps_command(request, before.facts, after.facts):
        new = _always(after) - frozenset().union(*map(_forms, before.wrote))
        new = new if len(before.wrote) >= _RUNS else frozenset()
        own = request.kept_out
        new = frozenset(one for one in new if not (_HELD.search(one) or is_among(one, own)))
        details += [f"{path} is written now" for path in sorted(new)]
    known = {one.partition(" ")[0] for one in details}
    details += [one for one in _changed_at_end(*ended) if one.partition(" ")[0] not in known]
    kept = [path for path in had if path in has and not _INNER.search(path)]
    same = f"{len(kept)} have the same mode and owner"
    same += f"; {len(gone)} are not written any more" if gone else ""
    counts = (sum(not _INNER.search(path) for path in each) for each in (had, has))
    shown = tuple(f"{count} files" for count in counts)
    return judged(details, "; ".join(details[:3]) or same, (shown[0], shown[1]), notes)


def _with_left(seen: Observation) -> Observation:
    """Take what each start had written until it had ended for what runs wrote."""
    return replace(seen, wrote=tuple(each.left for each in seen.starts if each.left is not None))


def _changed_at_end(before: Observation, after: Observation) -> Iterator[str]:
    """Name what each start of the baseline leaves, or holds in it, and none of the candidate."""
    if min(len(before.wrote), len(after.wrote)) < _RUNS:
        return
    lost = _always(before) - frozenset().union(*map(_forms, after.wrote))
    texts = frozenset(path for path in lost if _HELD.search(path))
    for path in sorted(lost - texts):
        yield f"{path} is not written any more when it ends"
    for one in sorted(_named(texts, lost - texts, before)):
        yield f"{one} has another content when it has ended"


def leaves_else(before: Observation, after: Observation) -> bool:
    """Tell whether so few starts have left other files that more have to tell."""
    first, second = (
        frozenset().union(*map(_forms, _with_left(seen).wrote)) for seen in (before, after)
    )
    return bool(first - second) and len(after.starts) <= _RUNS


def _below_home(seen: Observation, inner: Interior, home: str) -> Observation:
    """Name files below the home of the user alike, whoever it is; all as they are without one."""
    if not home:
        return seen

    def placed(path: str) -> str:
        return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path

    written = {placed(path): mode for path, mode in inner.written.items()}
    wrote = tuple(frozenset(map(placed, each)) for each in seen.wrote)
    return replace(seen, wrote=wrote, interior=replace(inner, written=written))


def _always(seen: Observation) -> frozenset[str]:
    """Give the forms of paths that every run wrote, and that are not there for a moment alone."""
    if len(seen.wrote) < _RUNS:
        return frozenset()
    common = frozenset.intersection(*map(_forms, seen.wrote))
    return frozenset(path for path in common if not path.lower().endswith(_OF_A_MOMENT))


def _named(texts: frozenset[str], lost: frozenset[str], seen: Observation) -> Iterator[str]:
    """Name the files, or columns of databases, that held some texts, but none that are lost."""
    for path in frozenset().union(*seen.wrote):
        found = _HELD.search(path)
        file = path[: found.start()] if found else ""
        if found and _NUMBERED.sub("#", path) in texts and _NUMBERED.sub("#", file) not in lost:
            column = f"{found['column']} in " if found["column"] else ""
            yield f"{column}{file}"


def _forms(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(_NUMBERED.sub("#", path) for path in paths)


def _modes(seen: Observation) -> dict[str, set[str]]:
    """Give the modes of files by their paths, those told apart by ids or times alone as one."""
    found: dict[str, set[str]] = {}
    for path, mode in seen.interior.written.items() if seen.interior else ():
        part = path[named.end() :] if (named := _OF_DATABASES.search(path)) else ""
        # a statement has the number of what it makes in it, too
        own = _NUMBERED.sub("#", mode) if _NUMBERED.search(part) else mode
        found.setdefault(_NUMBERED.sub("#", path), set()).add(own)
    return found
