"""Descriptions of services that the application does not ask for leave the environment.

Clients of large services come with a description of every one of them: botocore has several
hundred folders, google-api-python-client several hundred documents of 110 MB, and an application
uses two or three.

Source: the catalogue names for each client how it finds a description by its name.

Safe: the name is the first argument of a few methods (``boto3.client("s3")``,
``build("drive", "v3")``). All calls of these names in the source are looked at: one whose name is
computed keeps everything, and so does another distribution that uses the client in a way the
catalogue does not know. What the client asks for by itself stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import group, present, remaining, removal, unknown
from jettison.removal.contents import OwnedFile
from jettison.removal.group import Group
from jettison.rules.rule import Rule
from jettison.values import Evidence

NAME = "unused-service-data"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find clients whose services are all named in the source."""
    found = [
        (entry, asked)
        for entry in table("dead_weight")["services"]
        if (asked := _asked(plan, entry)) is not None
    ]
    groups = [one for entry, asked in found for one in _groups(plan, entry, asked)]
    evidence = [_evidence(entry, asked) for entry, asked in found]
    return removal(plan, NAME, "descriptions of services that nothing asks for", groups, evidence)


def _asked(plan: Plan, entry: Mapping[str, Any]) -> frozenset[str] | None:
    """The services that the application needs; None when that cannot be told."""
    client = entry["distribution"]
    given = plan.usage.given.get(client, frozenset())
    edges = plan.closure.graph.edges
    users = {client} | {name for name in plan.distributions if client in edges.get(name, ())}
    # Who uses boto3 uses botocore, without saying so.
    users |= {name for name in plan.distributions if users & set(edges.get(name, ()))}
    others = (users | unknown(plan)) - {client} - entry["users"].keys()
    if client not in plan.distributions or "" in given or not given or others:
        return None
    theirs = (entry["users"].get(name, ()) for name in users)
    return given | {*entry["always"], *(name for names in theirs for name in names)}


def _groups(plan: Plan, entry: Mapping[str, Any], asked: frozenset[str]) -> Iterator[Group]:
    every = remaining(plan)
    for folder in entry["folders"]:
        files = [
            file
            for path, file in present(plan).items()
            if path.startswith(folder) and (name := _service(path, folder)) and name not in asked
        ]
        if files:
            reason = f"services that nothing asks for, of {plan.contents.label(_owner(files))}"
            yield group(NAME, reason, files, every=every, whole=partial(_is_below, folder))


def _service(path: str, folder: str) -> str:
    """The service that a file describes; empty for one that is of all."""
    first, inside, _ = path.removeprefix(folder).partition("/")
    if inside:
        return first
    name, dot, rest = first.partition(".")
    return name if dot and "." in rest else ""


def _is_below(folder: str, one: str) -> bool:
    return one.startswith(folder) and one != folder


def _owner(files: list[OwnedFile]) -> str:
    return files[0].distribution


def _evidence(entry: Mapping[str, Any], asked: frozenset[str]) -> Evidence:
    names = ", ".join(sorted(asked))
    message = f"{entry['distribution']} is asked for {names} alone ({entry['source']})"
    return Evidence(kind="catalogue", message=message)


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
