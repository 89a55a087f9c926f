"""Front end for requirements files: lossless reading, and edits by line.

``render(parse(text, file=…)) == text`` for every text that parses.
"""

from __future__ import annotations

from jettison.project.requirements.annotate import annotate
from jettison.project.requirements.include import load, only_bounds
from jettison.project.requirements.lines import (
    BlankLine,
    CommentLine,
    IncludeKind,
    IncludeLine,
    Line,
    OptionLine,
    RequirementLine,
    RequirementsFile,
    SectionComment,
    render,
)
from jettison.project.requirements.parse import parse
from jettison.project.requirements.split import split

__all__ = [
    "BlankLine",
    "CommentLine",
    "IncludeKind",
    "IncludeLine",
    "Line",
    "OptionLine",
    "RequirementLine",
    "RequirementsFile",
    "SectionComment",
    "annotate",
    "load",
    "only_bounds",
    "parse",
    "render",
    "split",
]
