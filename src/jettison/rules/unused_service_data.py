"""Data of which the application needs a part: descriptions of services, and downloads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial

from jettison.catalogue import table
from jettison.catalogue.dead_weight import Collection, DeadWeight, ServiceData
from jettison.lift.action import Action, actions_in
from jettison.lift.usage import Given
from jettison.plan import Finding, Plan
from jettison.plan.removal import Group, OwnedFile
from jettison.plan.removing import (
    asked_alone,
    cannot_tell,
    group,
    present,
    remaining,
    removal,
    staying,
    unknown,
)
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Origin, Size

NAME = "unused-service-data"


def detect(plan: Plan) -> Iterator[Finding]:
    """Remove descriptions of services that the application does not call.

    Clients of large services come with a description of every one of them: botocore has several
    hundred folders, google-api-python-client several hundred documents of 110 MB, and an
    application uses two or three.

    Source: the catalogue names for each client how it finds a description by its name.

    Safe: the name is the first argument of a few methods (``boto3.client("s3")``, ``build("drive",
    "v3")``). All calls of these names in the source are read: one whose name is computed keeps
    everything, and so does another distribution that uses the client in a way the catalogue does
    not know. What the client itself requests is kept.
    """
    entries = [e for e in table(DeadWeight).services if e.distribution in plan.distributions]
    doubts = [(entry, _doubt(plan, entry)) for entry in entries]
    found = [(entry, _asked(plan, entry)) for entry, doubt in doubts if doubt is None]
    groups = [one for entry, asked in found for one in _groups(plan, entry, asked)]
    evidence = [asked_alone(entry, "is called with", asked) for entry, asked in found]
    told = [
        finding
        for entry, doubt in doubts
        if doubt
        for finding in staying(_what(plan, entry), _described(plan, entry), doubt)
    ]
    what = "descriptions of services that nothing requests"
    yield from removal(plan, NAME, what, groups, evidence)
    yield from told


def _what(plan: Plan, entry: ServiceData) -> str:
    return f"descriptions of services, of {plan.contents.label(entry.distribution)},"


def _doubt(plan: Plan, entry: ServiceData) -> Evidence | None:
    """Why the services that the application needs are not known; None when they are."""
    client = entry.distribution
    given = plan.usage.given.get(client, Given())
    others = (_users(plan, client) | unknown(plan)) - {client} - entry.users.keys()
    computed = "the name of one is computed"
    return cannot_tell(plan, given, computed, others, unnamed=not given.names)


def _users(plan: Plan, client: str) -> frozenset[str]:
    edges = plan.closure.graph.edges
    users = {client} | {name for name in plan.distributions if client in edges.get(name, ())}
    # Who uses boto3 uses botocore, without saying so.
    return frozenset(users | {n for n in plan.distributions if users & set(edges.get(n, ()))})


def _asked(plan: Plan, entry: ServiceData) -> frozenset[str]:
    """The services that the application needs."""
    client = entry.distribution
    theirs = (entry.users.get(name, ()) for name in _users(plan, client))
    names = (name for each in theirs for name in each)
    return plan.usage.given.get(client, Given()).names | {*entry.always, *names}


def _described(plan: Plan, entry: ServiceData) -> list[OwnedFile]:
    folders = tuple(entry.folders)
    return [file for path, file in remaining(plan).items() if path.startswith(folders)]


def _groups(plan: Plan, entry: ServiceData, asked: frozenset[str]) -> Iterator[Group]:
    every = remaining(plan)
    for folder in entry.folders:
        files = [
            file
            for path, file in present(plan).items()
            if path.startswith(folder) and (name := _service(path, folder)) and name not in asked
        ]
        if files:
            reason = (
                f"services that nothing requests, of {plan.contents.label(files[0].distribution)}"
            )
            yield group(reason, files, every=every, whole=partial(_is_below, folder))


def _service(path: str, folder: str) -> str:
    """The service that a file describes; empty for one that is of all."""
    first, inside, _ = path.removeprefix(folder).partition("/")
    if inside:
        return first
    name, dot, rest = first.partition(".")
    return name if dot and "." in rest else ""


def _is_below(folder: str, one: str) -> bool:
    return one.startswith(folder) and one != folder


RULE = Rule.of(NAME, detect, level=2)


def downloaded_data(plan: Plan) -> Iterator[Finding]:
    """Download only the data that the application needs.

    ``python -m nltk.downloader all`` brings 3.5 GB of corpora and models, and an application names
    two or three of them.

    Source: the catalogue names the index that the sizes are from, and which functions read which
    data.

    Safe: nothing is changed; a person decides. The catalogue does not know every way to data, and
    names may be computed.
    """
    yield from (
        _advice(plan, entry, action, name)
        for entry in table(DeadWeight).collections
        if entry.distribution in plan.distributions
        for action in _commands(plan)
        for name in _collections(entry, action.text)
    )


def _commands(plan: Plan) -> Iterator[Action]:
    stage = plan.stage
    names = dict.fromkeys(copied.stage for _, copied in stage.all_copies if copied.stage)
    others = (stage.dockerfile.stage_named(name) for name in names)
    copied_from = (item for each in others if each for item in each.instructions)
    return actions_in((*stage.inherited, *copied_from))


def _collections(entry: Collection, command: str) -> Iterator[str]:
    """The collections that a command downloads, the largest first."""
    form = re.search(entry.form, command)
    for name in entry.bytes if form else ():
        if form and re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w/.-])", command[form.end() :]):
            yield name
            return


def _advice(plan: Plan, entry: Collection, action: Action, name: str) -> Finding:
    named = {
        data: next(plan.usage.words[word] for word in known.words if word in plan.usage.words)
        for data, known in entry.data.items()
        if not plan.usage.words.keys().isdisjoint(known.words)
    }
    evidence = [
        Evidence.of(
            "catalogue",
            f"the collection {name} of {entry.distribution} ({entry.source})",
            action.origin,
        ),
        *(
            Evidence.of("search", f"the source leads to {data}", place)
            for data, place in named.items()
        ),
    ]
    needed = sum(entry.data[data].bytes for data in named)
    message = _message(entry, name, named)
    return Finding.advice(
        message,
        *evidence,
        saving=Size(
            bytes=max(0, entry.bytes[name] - needed), basis=Basis.CATALOGUED, source=entry.source
        ),
    )


def _message(entry: Collection, name: str, named: Mapping[str, Origin]) -> str:
    if not named:
        return f"the source leads to no data of the collection {name} of {entry.distribution}"
    less = entry.instead.format(" ".join(named))
    return f"`{less}` may do instead of the collection {name}"


DOWNLOADED_DATA = Rule.of("downloaded-data", downloaded_data, level=2)
