"""All declarations and lockfiles of a project folder, whatever formats it uses."""

from __future__ import annotations

import posixpath
import re

from jettison.ecosystems import pdm, uv
from jettison.ecosystems.declaration import Declaration, Kind
from jettison.ecosystems.finding.files import declared_in, named_files
from jettison.ecosystems.lock import Lock, LockedDistribution, LockedFile, SourceKind
from jettison.ecosystems.lock import parse as pylock_parse
from jettison.ecosystems.pipenv import parse_lock as pipfile_parse_lock
from jettison.ecosystems.poetry import parse as poetry_parse
from jettison.ecosystems.pyproject import members

_PYLOCK = re.compile(r"^pylock(\.[^.]+)?\.toml$")
_BY_NAME = {
    "uv.lock": uv.parse,
    "poetry.lock": poetry_parse,
    "pdm.lock": pdm.parse,
    "Pipfile.lock": pipfile_parse_lock,
}


def parse_lock(text: str, *, file: str) -> Lock:
    """Read a lockfile by its name; a name that no tool gives one is a lock that holds nothing.

    Raises InputSyntaxError with the line for a file that is not valid.
    """
    name = posixpath.basename(file)
    parse = pylock_parse if _PYLOCK.match(name) else _BY_NAME.get(name)
    return parse(text, file=file) if parse else Lock(distributions=())
