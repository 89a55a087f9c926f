"""What of the standard library is compiled once an image was read."""

from pathlib import Path

from msgspec.structs import replace

from jettison.contents import Installed, Trace
from jettison.contents.reach import Observed, Reach
from jettison.rules import RULES
from jettison.rules.rule import optimized
from jettison.tasks.loading import planned


def test_only_what_imports_lead_to_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import json\n")
    (tmp_path / "Dockerfile").write_text(
        'FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "main.py"]\n'
    )
    start = planned(tmp_path, offline=True, cache=tmp_path / "cache").start
    installed = Installed(
        site="", library="/usr/local/lib/python3.13", files={}, owners={}, entry_points=(),
        sources={}, words={}, application={},
    )  # fmt: skip
    observed = Observed(
        installed=installed,
        trace=Trace(served=frozenset(), method=""),
        reach=Reach(modules={}, unsure=frozenset()),
        imported=frozenset({"json/__init__.py", "os.py"}),
    )
    texts = optimized(replace(start, observed=observed), RULES).project.texts
    named = texts[".jettison/compiled-modules.txt"].split()
    assert named == [f"{installed.library}/{name}" for name in ("json/__init__.py", "os.py")]
