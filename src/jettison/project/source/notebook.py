"""Imports of a Jupyter notebook."""

from __future__ import annotations

import json

from jettison.project.source.facts import ModuleFacts
from jettison.project.source.parse import parse
from jettison.values import Origin, Skipped


def parse_notebook(file: str, content: bytes) -> ModuleFacts:
    """Facts of the code cells, as one module; lines count within the joined cells."""
    try:
        cells = json.loads(content)["cells"]
        code = "\n".join(_code(cell) for cell in cells if cell.get("cell_type") == "code")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        skipped = Skipped(what=file, reason="not a notebook", origin=Origin(file=file))
        return ModuleFacts(file=file, skipped=skipped)
    return parse(file, code.encode())


def _code(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    lines = text.split("\n")
    if lines[0].startswith("%%"):  # a cell in another language
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)
