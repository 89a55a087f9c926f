"""Sources of translations that come inside distributions leave the environment.

gettext reads compiled catalogues (``.mo``). The ``.po`` files that translators edit are as large
again, and django and its packages bring thousands.

Source: docs.python.org, ``gettext``; docs.djangoproject.com, "Localization: how to create language
files".

Safe: only ``.po`` and ``.pot`` files leave, and none when a distribution that reads or edits them
is installed. The application's own files are not touched.
"""

from __future__ import annotations

from jettison.catalogue.reader import table
from jettison.plan.finding import Finding
from jettison.plan.plan import Plan
from jettison.plan.removing import grouped, removal
from jettison.removal.contents import OwnedFile
from jettison.rules.rule import Rule

NAME = "translation-sources"


def detect(plan: Plan) -> tuple[Finding, ...]:
    """Find sources of translations that nothing reads."""
    if plan.distributions.keys() & table("dead_weight")["translations"]["readers"].keys():
        return ()
    groups = grouped(plan, NAME, "sources of translations", _is_source, lambda _: False)
    return removal(plan, NAME, "sources of translations", groups)


def _is_source(file: OwnedFile) -> bool:
    return file.path.endswith(tuple(table("dead_weight")["translations"]["suffixes"]))


RULE = Rule(name=NAME, level=2, documentation=__doc__, detect=detect)
