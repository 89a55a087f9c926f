"""Files of the system that leave an image together, and the list of them as text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from jettison.lift.project import REMOVAL
from jettison.values import KILOBYTE, human

SYSTEM_LIST = "removed-system-files.txt"
SYSTEM_SCRIPT = REMOVAL
SIZE = re.compile(r"^# .*\((?P<count>[\d.]+) (?P<unit>B|kB|MB|GB)\)$", re.MULTILINE)
UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
HEAD = f"""\
# System files removed from the image, and why. The build applies this list
# ({SYSTEM_SCRIPT} says how it is read). To keep something, delete its lines.
"""


LAYERS = "layers.txt"
SORTING = "sort_into_layers.py"
HEAD_OF_LAYERS = f"""\
# The layers of the image, with the folders of each; what lies elsewhere is in the first.
# The build sorts files into them ({SORTING}).
"""


class SystemGroup(Struct, frozen=True, kw_only=True):
    """Packages, programs of packages and patterns of absolute paths that leave for one reason.

    With ``modules_of``, the folder of the standard library, the paths are those of modules and
    packages in it, and a module that says what became of them takes the place of each.

    ``keep`` are patterns of exceptions. With ``unless_named`` nothing leaves where a library that
    stays names that word, those of ``not_counting`` apart. ``bytes`` are those of the files.
    """

    rule: str
    reason: str
    packages: tuple[str, ...] = ()
    programs_of: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    modules_of: str = ""
    keep: tuple[str, ...] = ()
    unless_named: str = ""
    not_counting: tuple[str, ...] = ()
    bytes: int = 0


def written(groups: Iterable[SystemGroup]) -> str:
    """Write the groups as paragraphs, each under the rule that wants it."""
    return "".join(f"\n{_paragraph(group)}" for group in groups)


def layers_written(layers: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Write the layers, in their order, with the folders of each."""
    heads = (f"\nlayer: {name}\n" + "".join(f"{one}\n" for one in below) for name, below in layers)
    return HEAD_OF_LAYERS + "".join(heads)


def bytes_named(text: str) -> int:
    """Give the bytes that the paragraphs of a list say, as precise as they are written."""
    return sum(round(float(found["count"]) * UNITS[found["unit"]]) for found in SIZE.finditer(text))


def _paragraph(group: SystemGroup) -> str:
    size = f" ({human(group.bytes)})" if group.bytes >= KILOBYTE else ""
    lines = [f"# {group.rule}: {group.reason}{size}"]
    lines += [f"package: {name}" for name in group.packages]
    lines += [f"programs of: {name}" for name in group.programs_of]
    lines += [f"modules of: {group.modules_of}"] if group.modules_of else []
    lines += group.paths
    lines += [f"keep: {pattern}" for pattern in group.keep]
    lines += [f"unless named: {group.unless_named}"] if group.unless_named else []
    lines += [f"not counting: {pattern}" for pattern in group.not_counting]
    return "\n".join(lines) + "\n"
