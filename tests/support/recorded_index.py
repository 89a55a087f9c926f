"""What the package index said about the distributions of the examples, for tests without one.

    python tests/support/recorded_index.py

asks the index anew and writes tests/examples/index.json and magika.json. Only releases that a
requirement pins are in the first: the examples pin all that they install. The second has magika and
what it brings that decides on Alpine, of each the one release that is chosen.
"""

from __future__ import annotations

import fnmatch
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jettison.index.distribution_map import kept_answers
from jettison.records import Records
from jettison.tasks.loading import planned

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "examples" / "index.json"
KINDS = ("files", "releases", "sdists", "unloaded", "wheels")
MAGIKA_RECORD = ROOT / "tests" / "examples" / "magika.json"
# A record as whatever it holds.
Untyped: Any = Any
MAGIKA = ("magika", "onnxruntime")


def examples() -> list[Path]:
    """The examples that say what is expected of them."""
    return sorted(path.parent for path in (ROOT / "examples").glob("*/expected.toml"))


def magika_variant(folder: Path) -> Path:
    """Copy the example with links to ``folder``, with magika besides; give the copy."""
    variant = folder / "flask-links"
    shutil.copytree(ROOT / "examples" / "flask-links", variant)
    with (variant / "requirements.txt").open("a", encoding="utf-8") as requirements:
        requirements.write("magika==0.6.2\n")
    return variant


def unpack(folder: Path, record: Path = RECORD) -> Path:
    """Write a record as a cache below ``folder``, and give the cache."""
    answers = _answers(folder)
    for name, document in json.loads(record.read_text(encoding="utf-8")).items():
        answers.put(document, *name.split("/"))
    return folder


def _answers(cache: Path) -> Records:
    """What indexes have answered, where a plan with this cache keeps it."""
    return kept_answers(cache / "distributions")


def _recorded(cache: Path) -> dict[str, Any]:
    """What a plan with this cache has kept, by its words."""
    answers = _answers(cache)
    (folder,) = (cache / "distributions" / "distributions").iterdir()
    names = [path.relative_to(folder).with_suffix("") for path in sorted(folder.rglob("*.record"))]
    return {name.as_posix(): answers.get(Untyped, *name.parts) for name in names}


def record() -> None:
    """Plan every example with an empty cache and keep what was asked for."""
    with tempfile.TemporaryDirectory() as folder:
        for example in examples():
            planned(example, cache=Path(folder))
        recorded = _recorded(Path(folder))
        found = {name: one for name, one in recorded.items() if name.split("/")[0] in KINDS}
    RECORD.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def record_magika() -> None:
    """Plan the variant with an empty cache and keep what decides on Alpine."""
    with tempfile.TemporaryDirectory() as place:
        cache = Path(place) / "cache"
        planned(magika_variant(Path(place)), cache=cache)
        found = dict(_of_magika(cache))
    MAGIKA_RECORD.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def _of_magika(cache: Path) -> Iterator[tuple[str, object]]:
    recorded = _recorded(cache)
    for name in MAGIKA:
        (release,) = fnmatch.filter(recorded, f"releases/*/{name}/*")
        for path in (release, *fnmatch.filter(recorded, f"wheels/{name}/*")):
            yield path, recorded[path]
        (path,) = fnmatch.filter(recorded, f"listings/*/{name}")
        chosen = f"{name}-{release.rpartition('/')[2]}"
        files = [file for file in recorded[path]["files"] if file[0].startswith(chosen)]
        yield path, {**recorded[path], "files": files}


if __name__ == "__main__":
    record()
    record_magika()
