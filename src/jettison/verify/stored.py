"""What an image holds when nothing of it runs: files, what they import, commands."""

from __future__ import annotations

from msgspec.structs import replace

from jettison.engines.engine import Engine, Network, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.verify.interior import ask
from jettison.verify.observation import Observation, Stored
from jettison.verify.suite import waiting


def with_stored(
    engine: Engine, image: str, seen: Observation, commands: tuple[str, ...] | None = None
) -> Observation:
    """Add it to what was observed, or why it could not be read.

    ``commands`` names those to run; without it, as many are run as there is time for.
    """
    asked = {"folder": seen.facts.working_directory, "commands": commands}
    try:
        with waiting(engine, image, RunOptions(network=Network.NONE)) as (container, interpreter):
            answer, why = ask(container, interpreter, "stored", asked)
    except (EngineError, ProgramError) as failure:
        answer, why = None, f"{failure} {failure.why[-200:]}".strip()
    if answer is None:
        return replace(seen, missing={**seen.missing, "stored": why})
    stored = Stored(
        application=answer["application"],
        distributions=answer["distributions"],
        imports=answer["imports"],
        removed=frozenset(answer["removed"]),
        listed=answer["list"],
        commands=answer["commands"],
        site=answer["site"],
    )
    return replace(seen, stored=stored)
