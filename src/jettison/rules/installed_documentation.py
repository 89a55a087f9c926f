"""Documentation, examples and notebooks that come inside distributions leave the environment.

Source: packaging.python.org, "Including files": what a project forgets to leave out is installed
for everyone.

Extensions of notebooks leave too where no notebook server is installed.

Safe: below templates, static files and data a folder of this name is part of the application's
pages. A folder of documentation with modules in it is code (``botocore.docs``) and stays; folders
of examples with modules stay when anything imports them, which the build checks again in what was
really installed. Licences and metadata stay.
"""

from __future__ import annotations

from functools import partial

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import grouped, imported, removal
from jettison.removal.contents import OwnedFile
from jettison.rules.rule import Rule

NAME = "installed-documentation"
WHAT = "documentation and examples"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find folders of documentation and files that only people read."""
    code = table("dead_weight")["documentation"]["code"]
    with_modules = {
        folder
        for path in plan.contents.files
        if path.endswith((".py", ".so")) and (folder := documentation_folder(path))
    }
    stay = frozenset(
        folder
        for folder in with_modules
        if folder.rstrip("/").rpartition("/")[2] not in code or imported(plan, folder)
    )
    known = table("dead_weight")["documentation"]
    served = plan.distributions.keys() & set(known["notebook_servers"])
    prefixes = (*known["prefixes"], *(() if served else known["notebooks"]))
    chosen = partial(_leaves, stay=stay, prefixes=prefixes)
    groups = grouped(plan, NAME, WHAT, chosen, lambda folder: bool(documentation_folder(folder)))
    return removal(plan, NAME, "documentation and examples of distributions", groups)


def documentation_folder(path: str) -> str:
    """The outermost folder of documentation that a file lies in; empty when there is none."""
    known = table("dead_weight")["documentation"]
    parts = path.split("/")
    for index, part in enumerate(parts[:-1]):
        if part in known["inside"] or part.endswith(".dist-info"):
            return ""
        # A distribution may be called so: its first folder is what one imports.
        if index and part in known["folders"]:
            return "/".join(parts[: index + 1]) + "/"
    return ""


def _leaves(file: OwnedFile, stay: frozenset[str], prefixes: tuple[str, ...]) -> bool:
    known = table("dead_weight")["documentation"]
    if file.distribution in known["keep"] or "licen" in file.path.lower():
        return False
    if file.path.startswith(prefixes):
        return True
    folder = documentation_folder(file.path)
    return bool(folder) and folder not in stay


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
