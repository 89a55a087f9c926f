"""Commands that install a project for development: with the group that production leaves out."""

from __future__ import annotations

import re

from jettison.lift.action import lifted_run
from jettison.project.commands import ProjectInstall
from jettison.project.dockerfile import Instruction

# How each tool is told to leave the development group out.
_REFUSALS = {
    "uv": r"--no-dev|--no-default-groups|--no-group[ =]dev",
    "poetry": r"--no-dev|--only[ =](?:main|'main'|\"main\")|--without[ =]dev",
    "pdm": r"--prod|--production|--without[ =]dev",
}
# What asks for the group where nothing is refused and it does not come unasked.
_ASKING = {
    ("pipenv", "install"): "--dev",
    ("pipenv", "sync"): "--dev",
    ("pipenv", "requirements"): "--dev",
    ("poetry", "export"): "--with dev",
}


def with_development_group(item: Instruction) -> str | None:
    """Give the text of a RUN that takes the development group along; None when it does already."""
    text = item.text
    for action in lifted_run(item).actions:
        fact = action.fact
        if not isinstance(fact, ProjectInstall) or fact.development:
            continue
        refusals = _REFUSALS.get(fact.tool)
        shown = re.sub(rf"[ \t]+(?:{refusals})(?![\w-])", "", text) if refusals else text
        asking = _ASKING.get((fact.tool, fact.action))
        if shown == text and asking:
            verb = rf"\b{fact.tool}(?:[ \t]+-\S+)*[ \t]+{fact.action}\b"
            shown = re.sub(verb, rf"\g<0> {asking}", text, count=1)
        text = shown
    return text if text != item.text else None
