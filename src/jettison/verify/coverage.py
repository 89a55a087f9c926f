"""How much of the application the requests execute, in a run of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from msgspec.structs import replace

from jettison.engines.engine import Bind, Engine, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.verify.interior import ask, find_interpreter, script_text
from jettison.verify.observation import Observation
from jettison.verify.observe import Running, converse, options, running
from jettison.verify.request import Conversation, Setting, VerificationRequest
from jettison.verify.workload.step import Client, Step

_FOLDER, _OUTPUT = "/jettison-coverage", "/jettison-executed"
_HOOK = "jettison_coverage.pth"
_LINE = "import sys; exec(compile(open({path!r}).read(), {path!r}, 'exec'), {{}})\n"


def with_coverage(
    engine: Engine,
    setting: Setting,
    request: VerificationRequest,
    talk: Conversation,
    site: str,
) -> Observation:
    """Send the requests to a container that notes which lines it executes.

    ``site`` is a folder of distributions that its Python reads ``.pth`` files of. Without a result
    ``missing`` says why.
    """
    seen = Observation(facts=setting.facts)
    folder = setting.facts.working_directory
    if not site or folder in ("", "/"):
        return _without(seen, "the application's folder is not known")
    try:
        with tempfile.TemporaryDirectory(prefix="jettison-coverage-") as place:
            asked = {"folder": folder, "output": _OUTPUT}
            watched = _watched(options(setting, request), site, Path(place), asked)
            with running(engine, setting, request, watched) as run:
                counts, why = _counted(run, setting, request, talk)
    except (EngineError, ProgramError) as failure:
        counts, why = None, str(failure)
    return _without(seen, why) if counts is None else replace(seen, executed=counts)


def _without(seen: Observation, why: str) -> Observation:
    return replace(seen, missing={"coverage": why})


def _watched(own: RunOptions, site: str, place: Path, asked: dict[str, str]) -> RunOptions:
    _written(place, asked)
    return replace(
        own,
        binds=(
            *own.binds,
            Bind(source=place, target=_FOLDER),
            Bind(source=place / _HOOK, target=f"{site}/{_HOOK}"),
        ),
        tmpfs=(*own.tmpfs, f"{_OUTPUT}:mode=1777"),
    )


def _counted(
    run: Running, setting: Setting, request: VerificationRequest, talk: Conversation
) -> tuple[dict[str, tuple[int, int]] | None, str]:
    if run.failure:
        return None, f"it does not become ready while it is watched: {run.failure}"
    converse(run.container, setting, request, replace(talk, steps=tuple(map(_once, talk.steps))))
    interpreter = find_interpreter(run.container, setting.facts)
    if interpreter is None:
        return None, "there is no Python on the path of the image"
    asked = {"folder": setting.facts.working_directory, "output": _OUTPUT}
    return ask(run.container, interpreter, "executed_lines", asked)


def _once(step: Step) -> Step:
    """Leave out what only repeats: it executes the same lines."""
    clients = tuple(client for client in step.repeats if client is not Client.AGAIN)
    return replace(step, repeats=clients)


def _written(place: Path, asked: dict[str, str]) -> None:
    place.chmod(0o755)
    hook, line = place / "hook.py", place / _HOOK
    hook.write_text(script_text("executed", asked), encoding="utf-8")
    line.write_text(_LINE.format(path=f"{_FOLDER}/hook.py"), encoding="utf-8")
    for file in (hook, line):
        file.chmod(0o644)
