"""What a prediction is made of."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from jettison.catalogue.dead_weight import DeadWeight
from jettison.catalogue.reader import table
from jettison.index.facts import byte_code_of
from jettison.index.graph import Closure
from jettison.lift.action import Action
from jettison.lift.project import Project
from jettison.plan.removal.groups import Contents, contents_of, installed_path
from jettison.plan.removal.listing import LIST, SCRIPT, links_in, paths_in, sections_in
from jettison.plan.removal.paths import Matcher
from jettison.plan.removal.system_group import SYSTEM_LIST, bytes_named
from jettison.values import Basis, Origin, Size, Skipped


class Part(Struct, frozen=True, kw_only=True):
    """The bytes that one instruction adds, or that the base has.

    ``of_base`` says that another base brings its own instead: the image that is built on, system
    packages, the byte code of the standard library.
    """

    what: str
    size: Size
    origin: Origin | None = None
    of_base: bool = False


class Prediction(Struct, frozen=True, kw_only=True):
    """The uncompressed size of an image, part by part, as ``docker image inspect`` would give it.

    ``unknown`` are steps whose bytes cannot be told; they count as nothing.
    """

    parts: tuple[Part, ...]
    unknown: tuple[Skipped, ...] = ()

    @property
    def size(self) -> Size | None:
        """The sum; None when the size of the base is not known."""
        if not self.parts:
            return None
        total = sum(part.size.bytes for part in self.parts)
        return Size(bytes=total, basis=Basis.ESTIMATED, source="the sum of its parts")

    @property
    def taken_from_base(self) -> int:
        """The bytes of the base itself that leave; another base has other files."""
        return -sum(min(part.size.bytes, 0) for part in self.parts if part.of_base)

    def on(self, base: Size) -> Prediction:
        """The same image on another base, whose ``base`` bytes hold its packages and byte code."""
        own = tuple(part for part in self.parts if not part.of_base)
        return replace(self, parts=(Part(what="base", size=base, of_base=True), *own))


class Predictions(Struct, frozen=True, kw_only=True):
    """The sizes of the image before and after the plan."""

    before: Prediction
    after: Prediction


SYSTEM_FORMULA = "files of the image that was watched, as the list says"
FORMULA = "files of the wheels that the list names, byte code by the size of the sources"


def applies_list(action: Action) -> bool:
    """Whether a command takes files out of an environment as the list says."""
    program = posixpath.basename(action.command.name)
    return program.startswith("python") and f"{SCRIPT} " in action.text and LIST in action.text


def taken_out(
    project: Project, closure: Closure, names: Collection[str], action: Action, *, byte_code: bool
) -> Part:
    """The bytes that leave, as a negative part.

    What shortened libraries lose is among them, and second copies of files that are kept once.
    """
    text = project.texts.get(project.own(LIST), "")
    paths = list(paths_in(text))
    gone = Matcher.of((path, True) for path in paths)
    installed = contents_of(closure.facts[name] for name in sorted(names) if name in closure.facts)
    files = [file for path, file in installed.files.items() if gone.find(path)]
    count = sum(file.size for file in files)
    if byte_code:
        sources = (path for path in installed.files if path.endswith(".py"))
        uncompiled = (path for path in sources if gone.find(path) or gone.find(_compiled(path)))
        count += byte_code_of(sum(installed.files[path].size for path in uncompiled))
    count += _shortened(closure, names, sections_in(text), gone)
    count += _kept_once(text, installed, gone)
    for known in table(DeadWeight).seeds.values():
        if set(known.paths) & set(paths):
            count += known.bytes
    size = Size(bytes=-count, basis=Basis.ESTIMATED, source=FORMULA)
    return Part(what="files that leave the environment", size=size, origin=action.origin)


def _compiled(path: str) -> str:
    """Where the byte code of a module lies, by any Python."""
    folder, _, name = path.rpartition("/")
    return posixpath.join(folder, "__pycache__", f"{name.removesuffix('.py')}.cpython-3.pyc")


def _kept_once(text: str, installed: Contents, gone: Matcher[bool]) -> int:
    """The bytes of files that become other names of equal ones, where both stay."""
    files, links = installed.files, links_in(text)
    named = {*links, *links.values()}
    stay = {path for path in named if path in files and not gone.find(path)}
    return sum(files[path].size for path, file in links.items() if {path, file} <= stay)


def taken_out_of_system(project: Project, origin: Origin) -> Part:
    """The bytes of the system that a last stage does not take, by the list's own words."""
    text = project.texts.get(project.own(SYSTEM_LIST), "")
    size = Size(bytes=-bytes_named(text), basis=Basis.ESTIMATED, source=SYSTEM_FORMULA)
    return Part(what="files that leave the system", size=size, origin=origin, of_base=True)


def _shortened(
    closure: Closure, names: Collection[str], patterns: Collection[str], gone: Matcher[bool]
) -> int:
    """The bytes of shared libraries that no process loads, where the list has them cut off."""
    cut = Matcher.of((pattern, True) for pattern in patterns)
    facts = [closure.facts[name] for name in names if name in closure.facts]
    files = [file for each in facts for file in each.unloaded or ()]
    paths = ((installed_path(file.path), file.size) for file in files)
    return sum(size for path, size in paths if path and cut.find(path) and not gone.find(path))
