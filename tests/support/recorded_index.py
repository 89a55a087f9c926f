"""What the package index said about the distributions of the examples, for tests without one.

    python tests/support/recorded_index.py

asks the index anew and writes tests/examples/index.json and magika.json. Only releases that a
requirement pins are in the first: the examples pin all that they install. The second has magika and
what it brings that decides on Alpine, of each the one release that is chosen.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jettison.loading.plan import planned

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "tests" / "examples" / "index.json"
KINDS = ("files", "releases", "sdists", "unloaded", "wheels")
MAGIKA_RECORD = ROOT / "tests" / "examples" / "magika.json"
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
    for name, document in json.loads(record.read_text(encoding="utf-8")).items():
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


def record_magika() -> None:
    """Plan the variant with an empty cache and keep what decides on Alpine."""
    with tempfile.TemporaryDirectory() as place:
        cache = Path(place) / "cache"
        planned(magika_variant(Path(place)), cache=cache)
        found = dict(_of_magika(cache))
    MAGIKA_RECORD.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def _of_magika(cache: Path) -> Iterator[tuple[str, object]]:
    for name in MAGIKA:
        (release,) = cache.rglob(f"releases/*/{name}/*.json")
        for path in (release, *cache.rglob(f"wheels/{name}/*.json")):
            yield path.relative_to(cache).as_posix(), json.loads(path.read_text(encoding="utf-8"))
        (path,) = cache.rglob(f"listings/*/{name}.json")
        listing = json.loads(path.read_text(encoding="utf-8"))
        chosen = f"{name}-{release.stem}"
        listing["files"] = [file for file in listing["files"] if file[0].startswith(chosen)]
        yield path.relative_to(cache).as_posix(), listing


if __name__ == "__main__":
    record()
    record_magika()
