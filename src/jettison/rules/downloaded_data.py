"""Download only the data that the application needs.

``python -m nltk.downloader all`` brings 3.5 GB of corpora and models, and an application names two
or three of them.

Source: the catalogue names the index that the sizes are from, and which functions read which data.

Safe: nothing is changed; a person decides. The catalogue does not know every way to data, and names
may be computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jettison.catalogue import table
from jettison.catalogue.dead_weight import Collection, DeadWeight
from jettison.lift.action import Action, actions_in
from jettison.plan import Finding, Plan
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Origin, Saving


def detect(plan: Plan) -> Iterator[Finding]:
    """Find commands that name a collection, in the final stage and those that it copies from."""
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
        Evidence(
            kind="catalogue",
            message=f"the collection {name} of {entry.distribution} ({entry.source})",
            origin=action.origin,
        ),
        *(
            Evidence(kind="search", message=f"the source leads to {data}", origin=place)
            for data, place in named.items()
        ),
    ]
    needed = sum(entry.data[data].bytes for data in named)
    message = _message(entry, name, named)
    return Finding.advice(
        message,
        *evidence,
        saving=Saving(
            bytes=max(0, entry.bytes[name] - needed), basis=Basis.CATALOGUED, source=entry.source
        ),
    )


def _message(entry: Collection, name: str, named: Mapping[str, Origin]) -> str:
    if not named:
        return f"the source leads to no data of the collection {name} of {entry.distribution}"
    less = entry.instead.format(" ".join(named))
    return f"`{less}` may do instead of the collection {name}"


RULE = Rule(name="downloaded-data", level=2, documentation=__doc__, detect=detect)
