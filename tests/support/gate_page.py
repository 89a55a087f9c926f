"""The page of the docs that shows what a reviewer reads, as the command writes it."""

from __future__ import annotations

import re
from pathlib import Path

from checkouts import WITH_PANDAS, Checkout, Ran, start
from command import ran

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "gate-report.md"
HEAD = """# What a reviewer reads

A change adds pandas to a lean Flask project. This is the Markdown of `jettison check` for it, as
job summaries and comments show it: over budget, and then accepted with a reason. `make golden`
writes this page.

    jettison check . --baseline-file .jettison/baseline.json --format markdown
"""
ACCEPTED = """
    jettison check . --baseline-file .jettison/baseline.json --update --reason "monthly export"
    jettison check . --baseline-file .jettison/baseline.json --format markdown
"""


def page(folder: Path) -> str:
    """Give the page; the project is made in a folder."""

    def command(*arguments: object) -> Ran:
        cache, index = str(folder / "cache"), "http://127.0.0.1:9/simple"
        done = ran(*arguments, XDG_CACHE_HOME=cache, UV_DEFAULT_INDEX=index)
        return Ran(status=done.returncode, out=done.stdout, err=done.stderr)

    checkout = Checkout(folder=folder / "lean", jettison=command)
    baseline = ("--baseline-file", start(checkout))
    checkout.write("requirements.txt", WITH_PANDAS)
    over = checkout.check(*baseline, "--format", "markdown")
    checkout.check(*baseline, "--update", "--reason", "monthly export")
    accepted = checkout.check(*baseline, "--format", "markdown")
    assert (over.status, accepted.status) == (16, 0)
    parts = (HEAD, over.out, ACCEPTED, accepted.out)
    text = "\n".join(parts).replace("### Jettison", "## Jettison")
    return re.sub(r"\d{4}-\d\d-\d\d(?=: monthly)", "2026-11-29", text)
