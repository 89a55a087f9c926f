"""Which lines of the application the image before executes, in a run of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jettison.engines import Container, RunOptions
from jettison.errors import EngineError, ProgramError
from jettison.images.stores.unpack import working_folder
from jettison.values import replace
from jettison.verify.batch import run_to_its_end, waiting
from jettison.verify.interior import ask, hooked, inquire, own_files, script_text
from jettison.verify.observation import Conversation, Observation, Setting
from jettison.verify.observe import options
from jettison.verify.retries import further, joined

_FOLDER, _OUTPUT = "/jettison-coverage", "/jettison-executed"
_HOOK = "jettison_coverage.pth"
_NO_SITE = "no folder of distributions is known, which its Python reads"
_Lines = dict[str, tuple[int, int]]


def counted(setting: Setting, talk: Conversation, seen: Observation, site: str) -> Observation:
    """Run the image before once more, and add what that shows and which lines it executes.

    ``site`` is a folder of distributions that its Python reads ``.pth`` files of. Without a result
    ``missing`` says why; what is not the same while it is watched is run unwatched.
    """
    setting = replace(setting, run=1 + len(seen.reruns))
    if not site:
        return joined(_uncounted(seen, _NO_SITE), further(setting, talk))
    told: tuple[_Lines | None, str] = None, "it does not become ready while it is watched"

    def count(container: Container) -> None:
        nonlocal told
        try:
            asked = {**_own(setting), "counts": True}
            told = inquire(container, setting.facts, "executed", asked, _Lines)
        except (EngineError, ProgramError) as failure:
            told = None, str(failure)

    with _watched(setting, site) as own:
        other = further(setting, talk, own, count)
    return joined(_told(seen, *told), further(setting, talk) if other.failed_starts else other)


def counted_to_its_end(setting: Setting, seen: Observation, site: str) -> Observation:
    """Run the command of the image before once more, and add which lines it executes."""
    if not site:
        return _uncounted(seen, _NO_SITE)
    asked = {**_own(setting), "counts": True}
    try:
        with (
            _watched(setting, site) as own,
            waiting(setting.engine, setting.image, own, setting.words) as (container, python),
        ):
            run_to_its_end(container, python, setting)
            told = ask(container, python, "executed", asked, _Lines)
    except (EngineError, ProgramError) as failure:
        told = None, str(failure)
    return _told(seen, *told)


@contextmanager
def _watched(setting: Setting, site: str) -> Iterator[RunOptions]:
    """Give how the image is run while each Python of it notes the lines that it executes."""
    with working_folder() as place:
        own, text = options(setting), script_text("executed", _own(setting))
        binds = (*own.binds, *hooked(place, _FOLDER, _HOOK, site, text))
        yield replace(own, binds=binds, tmpfs=(*own.tmpfs, f"{_OUTPUT}:mode=1777"))


def _told(seen: Observation, counts: _Lines | None, why: str) -> Observation:
    return _uncounted(seen, why) if counts is None else replace(seen, executed=counts)


def _uncounted(seen: Observation, why: str) -> Observation:
    return replace(seen, missing={**seen.missing, "coverage": why})


def _own(setting: Setting) -> dict[str, Any]:
    """Say where the application lies, and where its lines are noted, which is not its own."""
    own = own_files(setting.facts)
    return {**own, "others": [*own["others"], _FOLDER, _OUTPUT], "output": _OUTPUT}
