"""Front end for requirements files: lossless reading, and edits by line.

``render(parse(text, file=…)) == text`` for every text that parses.
"""

from __future__ import annotations

from jettison.formats.requirements.lines import (
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
from jettison.formats.requirements.parse import load, only_bounds, parse
from jettison.formats.requirements.split import annotate, split
