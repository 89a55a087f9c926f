"""Compile the modules that a server imports when the image is built.

Python compiles a module when it is first imported and writes the result beside it. In a container
that may not write to its code this happens at every start. The official images ship the standard
library without byte code; where pip ran in the final image, it wrote some by accident, and an image
without it would start later than before. Compiled with hashes instead of times the byte code stays
valid whatever the layer does to modification times. That of the application is checked against the
source when it is imported (`checked-hash`): a container may mount a module of its own, or a script
edit one before the start. The standard library's is not, as nothing changes it.

Source: PEP 552; docker-library/python#615. Measured for this project on Python 3.11: 9 MB for the
standard library without the parts that no server imports.

Of the standard library only those modules are compiled that imports of the environment and the
application lead to, once an image was read, and from -O3 on those that the application loaded while
it was watched; the others are compiled when something imports them.

Safe: byte code is only used by the Python that made it. Nothing of the application is compiled if
this Python cannot compile a file of it, or if it lies beside the folders of the system.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.contents.reach import source_of
from jettison.formats.dockerfile import Copy, Instruction
from jettison.lift.action import ActionKind
from jettison.plan import Finding, Plan
from jettison.plan.changes import CompileApplication
from jettison.rules.rule import WATCHED, Rule
from jettison.values import Evidence, is_within


def detect(plan: Plan) -> Iterator[Finding]:
    """Find source that is copied into the final stage and not compiled there."""
    stage = plan.stage
    if not _hashes(stage.python) or stage.triggers:
        return
    copies = [
        (item, into) for item, copied in stage.copies if (into := _brought(plan, item, copied))
    ]
    done = any("compileall" in action.text for action in stage.of_kind(ActionKind.APPLICATION))
    if not copies or done or not stage.is_root_at(copies[-1][0]):
        return
    library = f"/usr/local/lib/python{stage.python}"
    evidence = Evidence.of("copy", "source is copied and never compiled", copies[-1][0].origin)
    modules = tuple(_loaded(plan, library))
    whole = not any(one.what.endswith(".py") for one in plan.skipped)
    folder = stage.folder if stage.folder != "/" else posixpath.commonpath([i for _, i in copies])
    change = CompileApplication(
        folder=folder if whole and folder != "/" else "", library=library, modules=modules
    )
    what = "application and standard library" if change.folder else "the standard library"
    message = f"bytecode of {what} is part of the image"
    yield Finding.of(message, (evidence, *_told(plan, modules)), change)


def _loaded(plan: Plan, library: str) -> Iterator[str]:
    """Name the files of the standard library that the application loads, if that is known."""
    observed = plan.observed
    if observed is None or observed.installed.library != library:
        return
    if plan.level < WATCHED or not observed.traced:
        yield from sorted(observed.imported)
        return
    inside = f"{library}/"
    paths = {path.removeprefix(inside) for path in observed.trace.served}
    modules = {source_of(path) for path in paths if not path.startswith("/")}
    yield from sorted(path for path in modules if path.endswith(".py"))


def _told(plan: Plan, modules: tuple[str, ...]) -> Iterator[Evidence]:
    traced = plan.observed is not None and plan.observed.traced
    how = "were loaded by the application" if traced else "are led to by imports"
    if modules:
        message = f"{len(modules)} modules of the standard library {how}"
        yield Evidence.of("trace" if traced else "import", message)


def _hashes(python: str | None) -> bool:
    """Whether compileall can write hashes: since Python 3.7."""
    return python is not None and tuple(int(part) for part in python.split(".")) >= (3, 7)


def _brought(plan: Plan, item: Instruction, copied: Copy) -> str:
    """Where an instruction copies Python files of the context to, with the application's folder."""
    folder = plan.stage.folder
    into = plan.stage.absolute(copied.destination, item)
    if copied.stage is not None or not (is_within(into, folder) or is_within(folder, into)):
        return ""
    named = {posixpath.normpath(source) for source in copied.sources}
    python = [path for path in plan.project.files if path.endswith(".py")]
    found = any("." in named or any(is_within(path, name) for name in named) for path in python)
    return into if found else ""


RULE = Rule(
    name="compiled-bytecode",
    level=1,
    documentation=__doc__,
    detect=detect,
    without="modules are compiled at each start",
)
