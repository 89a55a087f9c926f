"""What the package index said about the distributions of the examples, for tests without one.

    python tests/support/recorded_index.py

asks the index anew and writes tests/examples/index.json. Only releases that a requirement pins are
in it: the examples pin all that they install.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from jettison.loading.plan import planned

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "examples" / "index.json"
KINDS = ("files", "releases", "sdists", "unloaded", "wheels")


def examples() -> list[Path]:
    """The examples that say what is expected of them."""
    return sorted(path.parent for path in (ROOT / "examples").glob("*/expected.toml"))


def unpack(folder: Path) -> Path:
    """Write the record as a cache below ``folder``, and give the cache."""
    for name, document in json.loads(RECORD.read_text(encoding="utf-8")).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(document), encoding="utf-8")
    return folder


def record() -> None:
    """Plan every example with an empty cache and keep what was asked for."""
    with tempfile.TemporaryDirectory() as folder:
        for example in examples():
            planned(example, cache=Path(folder))
        found = {
            path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(Path(folder).rglob("*.json"))
            if set(KINDS) & set(path.parts)
        }
    RECORD.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
