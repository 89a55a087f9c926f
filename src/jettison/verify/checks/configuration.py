"""Checks of how the image runs: entry point, environment, labels, user, file system."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jettison.engines import ImageFacts
from jettison.engines.client import LABEL
from jettison.lift.stage import ROOT_NAMES
from jettison.verify import CheckResult, Outcome
from jettison.verify.checks.check import (
    command_of,
    inside,
    judged,
    keeps_command,
    made_from,
    same_base,
    skipped,
    started_words,
)
from jettison.verify.exchange.times import built_at
from jettison.verify.observation import Observation
from jettison.verify.request import VerificationRequest

_USUAL_SIGNAL = "SIGTERM"
_SAME = "command, working directory, ports, volumes and stop signal are the same"


def compare_entry_point(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare how both are started."""
    had, has = before.facts, after.facts
    details = tuple(_differences(had, has, request))
    message = "; ".join(details) or _SAME
    return judged(details, message, (_show_entry_point(had), _show_entry_point(has)))


def _differences(had: ImageFacts, has: ImageFacts, request: VerificationRequest) -> Iterator[str]:
    expected = request.expected_command
    own, now = (started_words(command_of(one)) for one in (had, has))
    wanted = own if expected is None else started_words(expected)
    # the base image may have an entry point that no Dockerfile names
    kept = had.entrypoint == has.entrypoint and started_words(has.command) == wanted
    if now not in (wanted, own) and not kept:
        yield f"the command was {' '.join(wanted)!r} and is {_show_entry_point(has)!r}"
    folders = had.working_directory or "/", has.working_directory or "/"
    if folders[0] != folders[1]:
        yield f"the working directory was {folders[0]} and is {folders[1]}"
    for what, one, other in (("port", had.ports, has.ports), ("volume", had.volumes, has.volumes)):
        lost, new = sorted(set(one) - set(other)), sorted(set(other) - set(one))
        if lost:
            yield f"{what}s no longer declared: {', '.join(lost)}"
        if new and made_from(had, has):
            yield f"{what}s newly declared: {', '.join(new)}"
    signals = had.stop_signal or _USUAL_SIGNAL, has.stop_signal or _USUAL_SIGNAL
    if signals[0] != signals[1]:
        yield f"the stop signal was {signals[0]} and is {signals[1]}"


def _show_entry_point(facts: ImageFacts) -> str:
    return " ".join(command_of(facts)) or "nothing"


# These belong to the base image, to the user, or to installing: no application is made of them.
_NOT_COMPARED = re.compile(
    r"^(HOSTNAME|PWD|SHLVL|_|GPG_KEY|VIRTUAL_ENV|DEBIAN_FRONTEND|UV_.*|PIP_.*"
    r"|PYTHON_(VERSION|SHA256|PIP_VERSION|SETUPTOOLS_VERSION|GET_PIP_.*)|POETRY_.*|container)$"
)
# What another base image has other values of, or brings along.
_OF_A_BASE = re.compile(r"^(PATH|SSL_CERT_FILE|LANG|LC_CTYPE|HOME|TERM)$")
_SECRET = re.compile(r"secret|password|token|key|credential", re.I)


def compare_environment(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the variables of both."""
    had, has = dict(before.facts.environment), dict(after.facts.environment)
    alike = same_base(before, after)
    built = built_at(had.items()).keys() & built_at(has.items()).keys()
    names = [
        name
        for name in dict.fromkeys((*had, *has))
        if not (_NOT_COMPARED.match(name) or name in built)
        and not _as_planned(name, has.get(name), request)
        and (alike or not _OF_A_BASE.match(name) or had.get(name) == has.get(name))
    ]
    details = [
        f"{name}: {_show_environment(name, had.get(name))} "
        f"became {_show_environment(name, has.get(name))}"
        for name in names
        if had.get(name) != has.get(name)
    ]
    same = f"{len(names)} variables are the same"
    shown = f"{len(had)} variables", f"{len(has)} variables"
    return judged(details, "; ".join(details) or same, shown)


def _as_planned(name: str, value: str | None, request: VerificationRequest) -> bool:
    """Tell whether a variable has the value that the plan gives it, with what it adds to a path."""
    if name not in request.planned_environment:
        return False
    planned = request.planned_environment[name]
    if planned is None or value is None:
        return planned is value
    # the parts of a base image are not known to the plan
    return {*planned.split(":")} - {""} <= {*value.split(":")}


def _show_environment(name: str, value: str | None) -> str:
    if value is None:
        return "nothing"
    return "(not shown)" if _SECRET.search(name) else repr(value)


# They describe an image to people, and programs choose what they do by names of their own. Sources:
# annotations of the specification of images of OCI, label-schema.org, and Docker's guidelines for
# labels, by which names without a namespace are for people.
_DESCRIBES = re.compile(r"org\.(opencontainers\.image|label-schema)\..+|[^.]+")


def compare_labels(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare the labels of both; one that describes an image alone may have another text."""
    had = {
        name: value
        for name, value in before.facts.labels
        if name != LABEL and (request.labels is None or name in request.labels)
    }
    has = dict(after.facts.labels)
    changed = {
        name: f"{name}: {value!r} became {has.get(name)!r}"
        for name, value in had.items()
        if has.get(name) != value
    }
    notes = [one for name, one in changed.items() if name in has and _DESCRIBES.fullmatch(name)]
    details = [one for one in changed.values() if one not in notes]
    names = ", ".join(detail.partition(":")[0] for detail in details)
    message = f"changed: {names}" if details else f"{len(had)} labels are kept"
    return judged(details, message, (len(had), len(had) - len(details)), notes)


def compare_user(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare who both run as."""
    both = inside(before, after)
    if isinstance(both, CheckResult):
        return both
    one, other = both
    had, has = one.user_id, other.user_id
    names = [each.process.get("name", "unknown") for each in both]
    # an account that a build makes may get another number beside fewer others
    same_build = made_from(before.facts, after.facts)
    renumbered = names[0] == names[1] != "unknown" and not same_build
    outcome, message = _judge(had, has, request, renumbered=renumbered)
    # the plan takes the user out of the group that reaches the host's containers
    fewer = request.fewer_groups and {*other.groups} <= {*one.groups}
    if had == has and one.groups != other.groups and outcome is Outcome.SAME and not fewer:
        groups = (" and ".join(map(str, each.groups)) for each in (one, other))
        outcome, message = Outcome.DIFFERENT, "its groups were {} and are {}".format(*groups)
    return CheckResult(outcome=outcome, message=message, before=str(had), after=str(has))


def _judge(
    had: int, has: int, request: VerificationRequest, *, renumbered: bool
) -> tuple[Outcome, str]:
    expected = request.expected_user.partition(":")[0]
    if expected.isdecimal() and int(expected) != has:
        return Outcome.DIFFERENT, f"runs as user {has}, not as {expected}"
    if has == 0:
        meant = expected in ROOT_NAMES or request.root_allowed
        if had == 0 and meant:
            return Outcome.SAME, "runs as root in both"
        return Outcome.DIFFERENT, "the candidate runs as root"
    if had == 0:
        return Outcome.IMPROVED, f"runs as user {has} instead of root"
    if had != has and not (expected or renumbered):
        return Outcome.DIFFERENT, f"the user was {had} and is {has}"
    return Outcome.SAME, f"runs as user {has}"


def tries_read_only(before: Observation, request: VerificationRequest) -> bool:
    """Whether the candidate is run with a read-only root first: not where files to listen at go."""
    if not request.read_only_after or before.failure:
        return False
    return request.expected_read_only or not _sockets_of_root(before, request)


def _sockets_of_root(before: Observation, request: VerificationRequest) -> str:
    """Name the files that the baseline listens at outside what stays writable anyway."""
    told = before.interior.process.get("sockets", "none") if before.interior else "none"
    kept = (*request.tmpfs, *request.volumes, *request.empty, *request.read_only_volumes)
    beside = (one for one in told.split(", ") if one.startswith("/"))
    return ", ".join(one for one in beside if not one.startswith(tuple(f"{e}/" for e in kept)))


def compare_root_filesystem(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare whether it works with a read-only root."""
    if not request.read_only_after:
        return skipped("a read-only root file system was not required")
    if not tries_read_only(before, request) and (made := _sockets_of_root(before, request)):
        return skipped(f"the root stays writable for what it listens at: {made}")
    if before.read_only_failure and not after.failure:
        return CheckResult(
            outcome=Outcome.SAME,
            message=f"neither works with a read-only root: {before.read_only_failure}",
            before="fails",
            after="fails",
        )
    if after.read_only_failure:
        return CheckResult(
            outcome=Outcome.DIFFERENT,
            message=f"does not start with a read-only root: {after.read_only_failure}",
            before="not required",
            after="fails",
            details=after.errors,
        )
    if after.failure or not after.read_only:
        return skipped("the candidate did not start")
    return CheckResult(
        outcome=Outcome.SAME,
        message="ran with a read-only root, no capabilities and no new privileges",
        before="not required",
        after="works",
    )


_OF_PROCESS = {
    "umask": "its file mode creation mask",
    "folder": "its working directory",
    "priority": "its priority",
    "signals": "its handling of signals",
    "home": "the home folder of its user",
    "name": "the name of its user",
    "listens": "where it listens",
    "ports": "the list of its open ports",
    "sockets": "the list of files that it listens at",
}
# As ``inside/facts.py`` says it.
ALONE = "on the loopback alone"
# What is kept open while requests are answered depends on what else the machine does.
_MORE, _SPARE = 2, 48
_OF_USER = frozenset({"home", "name"})
_LIMIT = "limit of "
# What shells, Python and engines set by themselves.
_OF_SHELLS = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "HOSTNAME", "HOME", "LC_CTYPE", "TERM"})


def compare_process(
    before: Observation, after: Observation, request: VerificationRequest
) -> CheckResult:
    """Compare what the first process of both is like."""
    both = inside(before, after)
    if isinstance(both, CheckResult):
        return both
    one, other = both
    had, has = one.process, other.process
    if not had:
        return skipped("the first process cannot be read")
    same_user = one.user_id == other.user_id and same_base(before, after)
    kept = keeps_command(request, before.facts, after.facts)
    other_program = set() if kept else {"signals", "sockets"}
    if command_of(before.facts) != command_of(after.facts):
        # a shell that starts the program stays in its folder, and the program may go elsewhere
        other_program.add("folder")
    limits = {name: f"its {name}" for name in had if name.startswith(_LIMIT)}
    details = [
        f"{what} was {had[name]} and is {has[name]}"
        for name, what in {**_OF_PROCESS, **limits}.items()
        if name in had
        and had[name] != has.get(name, had[name])
        and (same_user or name not in _OF_USER)
        and name not in other_program
    ]
    counts = tuple(sum(each.processes.values()) for each in both)
    # one that is started for a request is sometimes there, and one that is replaced is not
    fewer = counts[0] != counts[1] > 0 and one.early != other.early
    if fewer and kept:
        names = (_show_processes(each.processes) for each in both)
        details.append("its processes were {} and are {}".format(*names))
    # those of a process of another user cannot be read
    if kept and had.get("variables") and has.get("variables"):
        details += _variables(before, after, had["variables"], has["variables"])
    details += [
        f"after all requests its {what} were {count} and are {other.held[what]}"
        for what, count in one.held.items()
        if other.held.get(what, 0) > count * _MORE + _SPARE
    ]
    same = f"umask, folders and number of processes ({counts[1]}) are the same"
    if has.get("listens") == ALONE:
        same += f"; both listen {ALONE}: nothing outside the container reaches them"
    shown = tuple(f"{count} processes" for count in counts)
    return judged(details, "; ".join(details) or same, (shown[0], shown[1]))


def _variables(before: Observation, after: Observation, had: str, has: str) -> Iterator[str]:
    """Name the variables that a start script sets, or takes away, in one image alone.

    Those that the configuration of an image sets are another check.
    """
    changed = []
    for seen, told in ((before, had), (after, has)):
        own = {name for name, _ in seen.facts.environment}
        changed.append((set(told.split(", ")) ^ own) - _OF_SHELLS)
    first, second = changed
    for name in sorted(first ^ second):
        was, now = ("is set" if name in told.split(", ") else "is not set" for told in (had, has))
        if was != now:
            yield f"when it starts, {name} {was} in the baseline, and {now} in the candidate"


def _show_processes(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(found.items()))
