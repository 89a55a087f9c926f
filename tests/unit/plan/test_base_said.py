"""An image that starts from nothing is configured as its base was, not as a withdrawn rule said."""

import json
from pathlib import Path

import pytest

from jettison.contents import Installed, Trace
from jettison.contents.reach import Observed, Reach
from jettison.contents.system import System
from jettison.images.config import Config
from jettison.plan import Withdrawal
from jettison.plan.brought_by_base import with_observed
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import planned
from jettison.values import replace

DOCKERFILE = 'FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n'
PYTHON = "/usr/local/bin/python3.13"
PATH = "/usr/local/bin:/usr/bin"


@pytest.mark.parametrize("rules", [("non-root-user", "python-environment", "image-labels"), ()])
def test_what_a_withdrawn_rule_said_is_not_of_the_base(
    rules: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "main.py").write_text("print(1)\n")
    found = planned(tmp_path, offline=True, cache=tmp_path / "cache")
    environment = {"PATH": PATH, "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
    labels = {"org.opencontainers.image.title": "main", "vendor": "base"}
    content = {
        "User": "10001:10001",
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Labels": labels,
        "Cmd": ["python", "main.py"],
        "WorkingDir": "/app",
    }
    observed = Observed(
        installed=Installed(
            site="/usr/local/lib/python3.13/site-packages",
            library="/usr/local/lib/python3.13",
            files={}, owners={}, entry_points=(), sources={}, words={}, application={},
        ),
        trace=Trace(served=frozenset(), method=""),
        reach=Reach(modules={}, unsure=frozenset()),
        system=System(
            files={PYTHON: 5_000_000, "/usr/bin/other": 9_000_000},
            links={}, libraries={}, packages={}, environment=environment,
        ),
        python=PYTHON,
        config=Config(content=json.dumps({"config": content}).encode()),
    )  # fmt: skip
    start = with_observed(found.start, observed, found.plan)
    withdrawn = tuple(Withdrawal(rule=name, reason="it made a difference") for name in rules)
    plan = optimized(replace(start, withdrawn=withdrawn), RULES)
    text = plan.project.texts["Dockerfile"]
    last = text.rpartition("FROM scratch")[2]
    assert last
    assert ("USER 10001" in last) is (not rules)
    assert ("PYTHONUNBUFFERED" in last) is (not rules)
    assert ("image.title" in last) is (not rules)
    assert "LANG=C.UTF-8" in last
    assert "vendor=base" in last
