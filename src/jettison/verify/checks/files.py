"""Checks of files: missing or changed ones, and those written to volumes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import chain

from packaging.utils import canonicalize_name

from jettison.catalogue import table
from jettison.catalogue.systems import SystemFiles
from jettison.plan.minimal_base import pattern
from jettison.plan.removal import Matcher
from jettison.values import replace
from jettison.verify import CheckResult, Outcome
from jettison.verify.checks.changed import UNREADABLE, in_short, owner_of, unlike, what_changed
from jettison.verify.checks.check import judged, keeps_command, made_from, same_base, skipped
from jettison.verify.inside.commands import INSTALLERS
from jettison.verify.observation import Observation, Stored
from jettison.verify.request import VerificationRequest

FILES = "files"
# They describe how the image is made, and nothing of them is run.
_OF_THE_BUILD = re.compile(
    r"(^|/)(\S*Dockerfile\S*|\.dockerignore|\S*compose\S*\.ya?ml|\S*requirements?\S*\.(txt|in)|pyproject\.toml"
    r"|\S*\.lock|Pipfile|setup\.(py|cfg)|\.git\S*|\.env\S*|README\S*|LICEN[CS]E\S*|Makefile)$",
    re.I,
)
# What a build of the project leaves beside what it installs (setuptools 80, build and egg_info),
# and archives of it, which hold when they were made; and what an installer printed where a shell
# took the ">" of "flask>=3.0" for a redirection.
_BUILT = re.compile(
    r"(?:^|/)(?:[^/]+\.egg-info/|build/(?:lib|bdist)[^/]*/(?P<copied>.+)$"
    r"|dist/[^/]+\.(?P<archive>egg|whl)$|=\d[\d.]*$)"
)
_TESTS = re.compile(r"(^|/)(tests?|testing)/|(^|/)(conftest|test_\w+|\w+_test)\.py$")
# Libraries are linked again where a distribution is built, and cut where the plan says so; scripts
# name their interpreter, and what finds the modules of a project all folders that lie there.
_WRITTEN = re.compile(
    r"\.so(\.\d+)*$|\.dist-info/(?!entry_points)|^\.\./|(^|/)__editable__\w+_finder\.py$"
)
# What a step of the build may have filled, each time again.
_STATE = re.compile(
    r"\.(sqlite3?|db|log|pid|pickle|pkl|pem|key|crt|egg-info/(SOURCES\.txt|scm_file_list\.json))$",
    re.I,
)
# What may change what an application does by being there, and what the interpreter itself runs.
_RUN = re.compile(r"\.(py|pth|so|sh)$")
_STARTED = re.compile(r"^[^/]+\.pth$|^(sitecustomize|usercustomize)\.py$")
_OWN = re.compile(r"(?:^|/)jettison_removed\.(?:py|pth)$")
# A command that is written in another form starts other programs.
_PROGRAM = re.compile(r"^(/usr(/local)?)?/s?bin/")
# What is found by where it is.
_TELLING = re.compile(rf"{_PROGRAM.pattern}|^/etc/|\.(py|pth|so(\.\d+)*)$")
# What another C library has under another name: extension modules, and copies of libraries.
_OF_THE_PLATFORM = re.compile(r"\.(cpython-\d\w*-[\w-]+|abi3)\.so$|(?<=\.libs/).+$")


def compare_files(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the files of both."""
    had, has = before.stored, after.stored
    if had is None:
        return skipped(before.missing.get("stored", "the files could not be read"))
    if has is None:
        why = after.missing.get("stored", "its Python did not respond")
        message = f"cannot be read in the candidate: {why}"
        return CheckResult(outcome=Outcome.DIFFERENT, message=message)
    opened = before.opened or frozenset()
    whole = made_from(before.facts, after.facts)
    if whole:
        # no plan adds layers to the image before
        request = replace(request, edited=())
    if not same_base(before, after):
        had = _without_renamed(had, has)
    folder = before.facts.working_directory.rstrip("/")
    had, has = (_without_caches(one, folder) for one in (had, has))
    made = frozenset(after.interior.written if after.interior else ())
    missed = frozenset(path for path in opened if path not in made)
    gone = tuple(_gone(had, has, request, missed, folder, whole=whole))
    other = tuple(_other(had, has, request, opened, whole=whole))
    lost = (*_lost_imports(had, has, request), *_scripts(before, after, request))
    new = tuple(_new(had, has, request))
    system = tuple(_of_the_image(had, has) or _of_the_system(before, after))
    # of a distribution at another version, hundreds of files differ
    details = sorted((*gone, *lost, *other, *new, *system), key=owner_of)
    accounted = sum(path not in has.distributions for path in had.distributions) - len(gone)
    known = "" if before.opened is not None else "; which files are opened could not be seen"
    same = f"{len(had.application)} of the application and {len(had.distributions)} of its "
    same += f"distributions are the same, or gone for a reason ({max(0, accounted)}){known}"
    shown = f"{_count(had)} files", f"{_count(has)} files"
    return judged(details, in_short(details) or same, shown)


def _count(stored: Stored) -> int:
    return len(stored.application) + len(stored.distributions)


def _without_caches(stored: Stored, folder: str) -> Stored:
    """Leave out what installers keep for their next run; the application lies in ``folder``."""
    caches = (entry.paths for entry in table(SystemFiles).files if entry.caches)
    known = pattern(tuple(chain.from_iterable(caches)))
    kept = {
        path: told
        for path, told in stored.application.items()
        if not known.fullmatch(f"{folder}/{path}")
    }
    return replace(stored, application=kept)


def _without_renamed(had: Stored, has: Stored) -> Stored:
    """Leave out what wheels of another platform name otherwise, where the candidate has it too."""
    forms = {_OF_THE_PLATFORM.sub("", path) for path in has.distributions}
    kept = {
        path: told
        for path, told in had.distributions.items()
        if path in has.distributions or _OF_THE_PLATFORM.sub("", path) not in forms
    }
    return replace(had, distributions=kept)


def _gone(
    had: Stored,
    has: Stored,
    request: VerificationRequest,
    opened: frozenset[str],
    folder: str,
    *,
    whole: bool,
) -> Iterator[str]:
    """Name what is gone without a reason, or although a run of the image before opened it.

    The application lies in ``folder``; ``opened`` is without what the candidate makes by itself as
    it runs; ``whole`` has also those stay that have no owner, or none any more.
    """
    listed = Matcher.of((path, True) for path in request.removed_files)
    # what a part opens as it is imported is no use of it
    optional = Matcher.of((path, True) for path in request.optional_files)
    for path in had.application.keys() - has.application.keys():
        used = is_among(path, opened)
        if used:
            yield f"{path} of the application is gone, and the baseline opened it"
        elif not (_accounted(path, has, request) or listed.find(f"{folder}/{path}")):
            yield f"{path} of the application is gone"
    owners = frozenset().union(*(_names(owner) for owner, _ in has.distributions.values()))
    for path, (owner, _) in had.distributions.items():
        names = _names(owner)
        known = bool(names & owners) or whole
        if path in has.distributions or not known or names & INSTALLERS:
            continue
        used = is_among(path, opened) and not optional.find(path)
        if used:
            yield f"{path} of {_whose(owner)} is gone, and the baseline opened it"
        elif path not in has.removed and not listed.find(path):
            yield f"{path} of {_whose(owner)} is gone without a known reason"


def _names(owner: str) -> frozenset[str]:
    return frozenset(canonicalize_name(one) for one in owner.split(", ") if one)


def _whose(owner: str) -> str:
    return owner or "no distribution"


def _accounted(path: str, has: Stored, request: VerificationRequest) -> bool:
    """Whether a file serves builds or tests, is kept out, or is a copy of what is installed."""
    built = _BUILT.search(path)
    if built and (not built["copied"] or built["copied"] in has.distributions):
        return True
    if _OF_THE_BUILD.search(path) or (_TESTS.search(path) and not path.endswith(".html")):
        return True
    return is_among(path, request.kept_out)


def is_among(path: str, others: Collection[str]) -> bool:
    """Tell whether one of some paths is the path itself, as another folder names it."""
    known = frozenset(others)
    return path in _endings_of_all(known) or not known.isdisjoint(_endings(path))


def _endings(path: str) -> Iterator[str]:
    """Give a path as it is, and as each folder above it names it."""
    return (path.split("/", above)[-1] for above in range(path.count("/") + 1))


# of what was opened, kept out and edited: each is asked for every file
@lru_cache(maxsize=4)
def _endings_of_all(paths: frozenset[str]) -> frozenset[str]:
    return frozenset(ending for path in paths for ending in _endings(path))


def _other(
    had: Stored,
    has: Stored,
    request: VerificationRequest,
    opened: frozenset[str],
    *,
    whole: bool,
) -> Iterator[str]:
    """Name what has another content; with ``whole``, also what each installation writes again.

    Of a file of several distributions each installer keeps another one: it counts where it is used.
    """
    for path, digest in had.application.items():
        unread = _OF_THE_BUILD.search(path) and not is_among(path, opened)
        own = not (unread or is_among(path, request.edited))
        built = _BUILT.search(path)
        again = _STATE.search(path) or (built and built["archive"])
        own = own and (whole or not again)
        if own and (said := unlike(digest, has.application.get(path, ""))):
            yield f"{path} of the application {said}{what_changed(path, had, has)}"
    for path, (owner, digest) in had.distributions.items():
        _, now = has.distributions.get(path, ("", ""))
        names = _names(owner)
        own = bool(names) and not names & INSTALLERS
        own = whole or (own and (len(names) == 1 or is_among(path, opened)))
        said = unlike(digest, now) if own else ""
        if said and (whole or now == UNREADABLE or not _WRITTEN.search(path)):
            yield f"{path} of {_whose(owner)} {said}{what_changed(path, had, has)}"


def _scripts(
    before: Observation, after: Observation, request: VerificationRequest
) -> Iterator[str]:
    """Name what starts the application and is another, or gone although it is still started."""
    if before.stored is None or after.stored is None:
        return
    had, has = before.stored, after.stored
    for path, digest in had.scripts.items():
        if is_among(path.lstrip("/"), request.edited):
            continue
        if path in has.scripts:
            said = unlike(digest, has.scripts[path])
            said += what_changed(path, had, has) if said else ""
        else:
            said = "is gone" if keeps_command(request, before.facts, after.facts) else ""
        if said:
            yield f"{path}, which starts the application, {said}"


def _new(had: Stored, has: Stored, request: VerificationRequest) -> Iterator[str]:
    """Name what is run that the image before does not have."""
    for path in sorted(has.application.keys() - had.application.keys()):
        explained = _OF_THE_BUILD.search(path) or is_among(path, request.edited)
        if _RUN.search(path) and not explained and not _OWN.search(path):
            yield f"{path} of the application is new"
    for path in sorted(has.distributions.keys() - had.distributions.keys()):
        owner, _ = has.distributions[path]
        if _STARTED.search(path) and not owner and not _OWN.search(path):
            yield f"{path} of no distribution is new, and Python runs it when it starts"


def _of_the_image(had: Stored, has: Stored) -> list[str]:
    """Name all other paths of an image that is the one before with further layers."""
    if not (had.system and has.system):
        return []
    both = (
        dict(line.partition("\t")[::2] for line in one.system.splitlines()) for one in (had, has)
    )
    first, second = both
    gone = first.keys() - second.keys()
    found = [
        f"{path} is gone"
        for path in sorted(gone)
        if path.rpartition("/")[0] not in gone and not _named_elsewhere(path, had)
    ]
    found += [
        f"{path} was {said} and is {second[path]}{what_changed(path, had, has)}"
        for path, said in first.items()
        if second.get(path, said) != said
    ]
    found += [
        f"{path} is new"
        for path in sorted(second.keys() - first.keys())
        if _TELLING.search(path) and not _named_elsewhere(path, has)
    ]
    return found


def _named_elsewhere(path: str, stored: Stored) -> bool:
    parts = path.split("/")
    tails = ("/".join(parts[number:]) for number in range(1, len(parts)))
    return any(one in stored.application or one in stored.distributions for one in tails)


def _of_the_system(before: Observation, after: Observation) -> Iterator[str]:
    """Name files of the same base image that the image before opened, and that are other ones."""
    if not (before.interior and after.interior and same_base(before, after)):
        return
    has, whole = after.interior.touched, made_from(before.facts, after.facts)
    for path, digest in before.interior.touched.items():
        now = has.get(path, "")
        if not now and (whole or not _PROGRAM.search(path)):
            yield f"{path} of the system is gone, and the baseline opened it"
        elif said := unlike(digest, now) if whole else "":
            yield f"{path} of the system {said}"


def _lost_imports(had: Stored, has: Stored, request: VerificationRequest) -> Iterator[str]:
    """Name modules that the application imports somewhere, and that are no longer found."""
    removed = {canonicalize_name(name) for name in request.removed_distributions}
    tops = {
        path.split("/")[0].split(".")[0]: owner for path, (owner, _) in had.distributions.items()
    }
    for name, file in had.imports.items():
        owner = tops.get(name.partition(".")[0], "")
        place = name.replace(".", "/")
        explained = bool(_names(owner) & removed) or any(
            path.startswith((f"{place}.", f"{place}/")) for path in has.removed
        )
        if name not in has.imports and file in has.application and not explained:
            yield f"{name}, which {file} imports, is not found"
