"""Lists of removals as text, for programs that apply them, and files that stay unproven."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from jettison.contents import module_name
from jettison.contents.reach import Observed, source_of
from jettison.lift import REMOVAL
from jettison.plan.removal import BY_NAME, Group, collapsed
from jettison.values import KILOBYTE, human, is_listable, sized, totals

# The rule by which the image takes the files of the final stage.
STARTING_ANEW = "unreached-system"
LIST = "removed-files.txt"
SCRIPT = "remove_files.py"
HOOK = "jettison_removed.py"
REMOVED = "/tmp/removed-files"  # noqa: S108 - a path in the stage that removes
MANIFEST_FOLDER = "/usr/share/jettison"
MANIFEST = f"{MANIFEST_FOLDER}/removed.json.gz"
TOGETHER = "together"
NOT_COUNTING = "not counting: "
SECTIONS = "sections: "
LINK = "link: "
ARROW = " -> "
# What a line begins with that takes nothing out by itself.
WORDS = (NOT_COUNTING.strip(), SECTIONS.strip(), LINK.strip())
# What is kept without a proof of use is listed in comments: nothing applies them.
KEPT = "# kept: "
# Metadata and licences stay by rule, and bundled libraries because something is linked to them.
_SPOKEN_FOR = (".dist-info/", ".libs/", "LICENSE", "COPYING")
KEPT_PATH = "#   "
MODULES = re.compile(r"(/|\.py|\.so|\*)$")
HEAD = f"""\
# Files removed from the Python environment of the image, and why. The build applies this list
# ({SCRIPT} says how it is read). To keep something, delete its lines.
"""


def written(groups: Iterable[Group]) -> str:
    """Write the groups as paragraphs, each under the rule that wants it."""
    return "".join(f"\n{_paragraph(group)}" for group in groups)


def told(kept: Iterable[Unproven]) -> str:
    """Write what stays although nothing was seen to use it, as comments."""
    return "".join(f"\n{_comment(one)}" for one in kept)


def _comment(one: Unproven) -> str:
    head = f"{KEPT}{one.files} files of {one.distribution} ({human(one.bytes)}), {one.reason}"
    paths = filter(is_listable, one.paths)
    return "\n".join([head, *(f"{KEPT_PATH}{path}" for path in paths)]) + "\n"


def paths_in(text: str) -> Iterator[str]:
    """Give every path and pattern that a list takes out."""
    for line in text.splitlines():
        path = line.strip()
        if path and path != TOGETHER and not path.startswith(("#", *WORDS)):
            yield path


def takes_modules(text: str) -> bool:
    """Whether a list may take out what a program could import."""
    return any(MODULES.search(path) for path in paths_in(text))


def sections_in(text: str) -> tuple[str, ...]:
    """Give the patterns of shared libraries that a list shortens."""
    return tuple(
        line.removeprefix(SECTIONS.strip()).strip()
        for line in text.splitlines()
        if line.startswith(SECTIONS.strip())
    )


def links_in(text: str) -> Mapping[str, str]:
    """Give each path that a list makes another name of a file, with that file's path."""
    lines = (line.strip() for line in text.splitlines() if line.startswith(LINK))
    pairs = (line.removeprefix(LINK).partition(ARROW) for line in lines)
    return {path: file for path, _, file in pairs if file}


def _paragraph(group: Group) -> str:
    size = f" ({sized(group.size)})" if group.bytes >= KILOBYTE else ""
    lines = [f"# {group.rule}: {group.reason}{size}"]
    lines += [TOGETHER] if group.together else []
    lines += [f"{NOT_COUNTING}{pattern}" for pattern in group.not_counting]
    lines += [f"{SECTIONS}{pattern}" for pattern in group.sections]
    lines += [f"{LINK}{path}{ARROW}{file}" for path, file in group.links]
    return "\n".join([*lines, *group.paths]) + "\n"


class Listed(Struct, frozen=True, kw_only=True):
    """A path or pattern of the list and the title that it stands under; ``line`` is from 1.

    ``rule`` is empty for one that stays because it could not be shown unused. ``file`` is the equal
    one that the path becomes another name of, empty for what leaves.
    """

    path: str
    rule: str
    reason: str
    line: int
    file: str = ""

    @property
    def leaves(self) -> bool:
        """Whether the list takes it out."""
        return bool(self.rule) and not self.file


def listed_lines(text: str) -> Iterator[Listed]:
    """Give every path of a list: removed ones, those kept once, and exceptions."""
    rule = reason = ""
    kept = False
    for number, line in enumerate(text.splitlines(), 1):
        if kept and line.startswith(KEPT_PATH):
            path = line.removeprefix(KEPT_PATH).strip()
            yield Listed(path=path, rule="", reason=reason, line=number)
        elif line.startswith("#"):
            kept = line.startswith(KEPT)
            rule, _, reason = line.strip("# ").partition(": ")
        elif line.startswith(LINK):
            path, _, file = line.strip().removeprefix(LINK).partition(ARROW)
            yield Listed(path=path, rule=rule, reason=reason, line=number, file=file)
        elif line.strip() and line.strip() != TOGETHER and not line.startswith(WORDS):
            yield Listed(path=line.strip(), rule=rule, reason=reason, line=number)


SYSTEM_LIST = "removed-system-files.txt"
SYSTEM_SCRIPT = REMOVAL
SIZE = re.compile(r"^# .*\((?P<count>[\d.]+) (?P<unit>B|kB|MB|GB)\)$", re.MULTILINE)
UNITS = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
SYSTEM_HEAD = f"""\
# System files removed from the image, and why. The build applies this list
# ({SYSTEM_SCRIPT} says how it is read). To keep something, delete its lines.
"""


LAYERS = "layers.txt"
SORTING = "sort_into_layers.py"
EQUAL_ONCE = "equal files once"
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

    rule: str = STARTING_ANEW
    reason: str
    packages: tuple[str, ...] = ()
    programs_of: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    modules_of: str = ""
    keep: tuple[str, ...] = ()
    unless_named: str = ""
    not_counting: tuple[str, ...] = ()
    bytes: int = 0

    @property
    def is_listable(self) -> bool:
        """Whether each part of it stands for itself on a line of a list."""
        named = (*self.packages, *self.programs_of, self.reason)
        return all(map(is_listable, (*named, *self.paths, *self.keep, *self.not_counting)))


def system_written(groups: Iterable[SystemGroup]) -> str:
    """Write the groups as paragraphs, each under the rule that wants it."""
    return "".join(f"\n{_system_paragraph(group)}" for group in groups)


def layers_written(layers: Iterable[tuple[str, Iterable[str]]], once: Iterable[str]) -> str:
    """Write the layers, in their order, with the folders of each.

    In the folders of ``once`` equal files are kept once.
    """
    parts = [(f"layer: {name}", below) for name, below in layers]
    parts += [(EQUAL_ONCE, tuple(once))] if once else []
    heads = (f"\n{head}\n" + "".join(f"{one}\n" for one in below if is_listable(one))
             for head, below in parts)  # fmt: skip
    return HEAD_OF_LAYERS + "".join(heads)


def bytes_named(text: str) -> int:
    """Give the bytes that the paragraphs of a list say, as precise as they are written."""
    return sum(round(float(found["count"]) * UNITS[found["unit"]]) for found in SIZE.finditer(text))


def _system_paragraph(group: SystemGroup) -> str:
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


class Unproven(Struct, frozen=True, kw_only=True):
    """Files of one distribution that stay for the same reason; ``bytes`` with their byte code.

    ``paths`` are below site-packages; one that ends in ``/`` is a folder.
    """

    distribution: str
    reason: str
    paths: tuple[str, ...]
    files: int
    bytes: int


def unproven(observed: Observed, gone: Collection[str]) -> tuple[Unproven, ...]:
    """Give all that stays without a proof of use, the heaviest first; ``gone`` leaves."""
    installed = observed.installed
    every = [path for path in installed.files if not path.endswith(".pyc")]
    found: dict[tuple[str, str], set[str]] = {}
    for path, reason in _reasons(observed):
        if path not in gone:
            found.setdefault((installed.owners.get(path, ""), reason), set()).add(path)
    sizes = totals((source_of(path), size) for path, size in installed.files.items())
    made = (
        Unproven(
            distribution=owner or "no distribution",
            reason=reason,
            paths=collapsed(paths, every, lambda _: True),
            files=len(paths),
            bytes=sum(sizes[path] for path in paths),
        )
        for (owner, reason), paths in found.items()
    )
    return tuple(sorted(made, key=lambda one: (-one.bytes, one.distribution, one.reason)))


def _reasons(observed: Observed) -> Iterator[tuple[str, str]]:
    """Give each such file: modules that computed names may load, and data that nobody touched."""
    installed, reach = observed.installed, observed.reach
    for name in reach.unsure:
        yield installed.modules.files[name], reach.modules[name]
    touched = {path.removeprefix(f"{installed.site}/") for path in observed.trace.touched}
    for path in installed.files:
        spoken_for = any(part in path for part in _SPOKEN_FOR) or path.endswith((".pyc", ".pth"))
        if not spoken_for and path not in touched and not module_name(path):
            yield path, BY_NAME
