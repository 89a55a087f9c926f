"""Tests that come inside distributions leave the environment.

Many wheels hold the tests of their project, with data: a third of numpy's files, the whole suite of
networkx, pandas, scipy. A running application never loads them.

Source: docs.pytest.org, "Good Integration Practices", tests as part of application code; the lists
of scipy/scipy#18915 and pandas-dev/pandas#30741 for their weight.

Safe: a folder counts as tests only when it holds modules that a test runner collects. Distributions
of which a part needs them stay whole (the catalogue says which and why), and so does every folder
that the application imports. The build looks once more, in what was really installed: a folder
from which a module that stays imports something is kept.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import grouped, imported, removal
from jettison.removal.contents import OwnedFile
from jettison.rules.rule import Rule

NAME = "installed-tests"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find folders of tests that nothing imports."""
    folders = frozenset(
        folder
        for path in plan.contents.files
        if _is_test_module(path)
        for folder in [test_folder(path)]
        if folder and not imported(plan, folder)
    )
    chosen = partial(_leaves, folders=folders)
    groups = grouped(plan, NAME, "tests", chosen, lambda folder: bool(test_folder(folder)))
    return removal(plan, NAME, "tests of distributions", groups)


def test_folder(path: str) -> str:
    """The outermost folder of tests that a file lies in, with a final ``/``; empty when none."""
    parts = path.split("/")
    names = table("dead_weight")["tests"]["folders"]
    for index, part in enumerate(parts[:-1]):
        if part in names:
            return "/".join(parts[: index + 1]) + "/"
    return ""


def _is_test_module(path: str) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(name, form) for form in table("dead_weight")["tests"]["modules"])


def _leaves(file: OwnedFile, folders: frozenset[str]) -> bool:
    keep = table("dead_weight")["tests"]["keep"]
    return file.distribution not in keep and test_folder(file.path) in folders


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
