"""What leaves an environment again, by the list that a build stage applies."""

from __future__ import annotations

from collections.abc import Collection

from jettison.catalogue.reader import table
from jettison.distributions.graph import Closure
from jettison.distributions.installed_size import byte_code_of
from jettison.facts import Project
from jettison.lift.action import Action
from jettison.prediction.values import Part
from jettison.removal.contents import contents_of
from jettison.removal.listing import LIST, SCRIPT, paths_in
from jettison.removal.match import Matcher
from jettison.values import Basis, Size

FORMULA = "files of the wheels that the list names, byte code by the size of the sources"


def applies_list(action: Action) -> bool:
    """Whether a command takes files out of an environment as the list says."""
    return f"{SCRIPT} " in action.text and LIST in action.text


def taken_out(
    project: Project, closure: Closure, names: Collection[str], action: Action, *, byte_code: bool
) -> Part:
    """The bytes that leave, as a negative part; shortened libraries are not counted."""
    paths = list(paths_in(project.texts.get(project.in_context(LIST), "")))
    gone = Matcher.of((path, True) for path in paths)
    installed = contents_of(closure.facts[name] for name in sorted(names) if name in closure.facts)
    files = [file for path, file in installed.files.items() if gone.find(path)]
    count = sum(file.size for file in files)
    if byte_code:
        count += byte_code_of(sum(file.size for file in files if file.path.endswith(".py")))
    for known in table("dead_weight")["installers"].values():
        if set(known.get("paths", ())) & set(paths):
            count += known["bytes"]
    size = Size(bytes=-count, basis=Basis.ESTIMATED, source=FORMULA)
    return Part(what="files that leave the environment", size=size, origin=action.origin)
