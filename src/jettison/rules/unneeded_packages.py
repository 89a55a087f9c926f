"""Remove system packages that nothing calls.

Programs for people (git, curl, vim), for setting up package sources (gnupg, lsb-release) and
those of the health check stay behind in production images, each with the packages that it depends
on, each a thing to patch and a tool for an intruder.

Source: docs.docker.com, "Building best practices", "Don't install unnecessary packages".

Safe: only packages that are known to be programs and nothing else are looked at, and only when
none of their programs is called by the source, the scripts, the start commands or a remaining
step of the Dockerfile. A call whose program is computed keeps them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.catalogue import table
from jettison.catalogue.packaging import Tools
from jettison.formats.dockerfile.run import run_script
from jettison.lift.action import ActionKind
from jettison.lift.packages import passing_packages, removable, saved_without
from jettison.lift.repeated_commands import VERSIONED
from jettison.lift.scopes import PackageScope
from jettison.plan import Finding, Plan
from jettison.plan.changes import RemovePackages
from jettison.rules.rule import Rule

DECLARING = re.compile(r"requirements|constraints|pyproject\.toml$|\.lock$|Pipfile")
# A source under version control, as requirements, locks and old lists (`-e git://…`) write it.
FETCHED = re.compile(r"\b(?:git|hg|svn|bzr)\+|\bgit(?:://|@| =)")
FETCHERS = frozenset({"git", "git-lfs", "openssh-client", "ssh", "mercurial", "subversion"})


def detect(plan: Plan) -> Iterator[Finding]:
    """Find packages with the scope ``unneeded`` that the final stage still installs."""
    present = set(removable(plan.stage)) - set(passing_packages(plan.stage))
    clients = table(Tools).container_clients.packages
    called = _called_by_health_check(plan) | _called_by_installers(plan)
    found = [
        item
        for item in plan.packages
        if item.scope is PackageScope.UNNEEDED
        and item.name in present
        and item.name not in clients
        and item.name not in called
    ]
    names = tuple(item.name for item in found)
    if not names:
        return
    message = f"remove {', '.join(names)}: nothing calls {'it' if len(names) == 1 else 'them'}"
    yield Finding.of(
        message,
        tuple(item.evidence[0] for item in found),
        RemovePackages(names=names),
        saving=saved_without(plan.stage, names),
    )


def _called_by_installers(plan: Plan) -> frozenset[str]:
    """What an installation that is left in the final stage fetches requirements with."""
    if not plan.stage.of_kind(ActionKind.PYTHON, ActionKind.LOCKED):
        return frozenset()
    if any(VERSIONED.search(text) for path, text in plan.project.texts.items() if _builds(path)):
        return FETCHERS
    texts = [text for path, text in plan.project.texts.items() if DECLARING.search(path)]
    texts += [action.text for action in plan.stage.of_kind(ActionKind.PYTHON)]
    fetched = any(FETCHED.search(text) for text in texts)
    return FETCHERS if fetched else frozenset()


def _builds(path: str) -> bool:
    return path.endswith(("pyproject.toml", "setup.cfg", "setup.py"))


def _called_by_health_check(plan: Plan) -> frozenset[str]:
    """The programs of a health check that could not be rewritten."""
    checks = [item for item in plan.stage.inherited if item.keyword == "HEALTHCHECK"]
    words = [word for item in checks[-1:] for c in run_script(item).programs for word in c.words]
    return frozenset(words)


RULE = Rule(name="unneeded-packages", level=2, documentation=__doc__, detect=detect)
