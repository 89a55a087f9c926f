"""How each packaging tool declares, locks and installs; a new tool is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.ecosystems.hatch import HATCH
from jettison.ecosystems.pdm import PDM
from jettison.ecosystems.pip import CONDA
from jettison.ecosystems.pipenv import PIPENV
from jettison.ecosystems.poetry import POETRY
from jettison.ecosystems.tool import Tool
from jettison.ecosystems.uv import UV

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in (UV, POETRY, PIPENV, PDM, HATCH)}
# All whose commands install what a project declares in a file of its own.
OF_PROJECTS: Mapping[str, Tool] = {**TOOLS, CONDA.name: CONDA}
# Words of commands that install distributions.
INSTALLING = (
    "pip install",
    *(f"{tool.name} {action}" for tool in TOOLS.values() for action in tool.installs),
)
