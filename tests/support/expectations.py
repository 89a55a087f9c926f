"""What Jettison makes of the example application: the files of its plan, kept beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jettison.tasks.loading import planned

EXAMPLE = Path(__file__).parents[2] / "examples" / "pkms"
EXPECTED = EXAMPLE / "expected"
# It names versions of distributions that the example does not pin, so it changes with the index.
CHANGING = "pkms-backend/.jettison/removed-files.txt"


@cache
def planned_files() -> dict[str, str]:
    """Plan the example with the package index; give the text of each file that differs."""
    return {change.path: change.after for change in planned(EXAMPLE).plan.files}


def expected_files() -> dict[str, str]:
    """Give the kept texts by the path that they have in the project."""
    return {
        path.relative_to(EXPECTED).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(EXPECTED.rglob("*"))
        if path.is_file()
    }


def written_expectations() -> list[str]:
    """Write the files that differ from what is kept; give their paths."""
    kept, made = expected_files(), planned_files()
    for path in kept.keys() - made.keys():
        (EXPECTED / path).unlink()
    changed = [path for path, text in made.items() if kept.get(path) != text]
    for path in changed:
        place = EXPECTED / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(made[path], encoding="utf-8")
    return changed
