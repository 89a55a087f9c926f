"""Compile the catalogue of distributions from real metadata and the stated import names.

    python tools/catalogue.py PATH [PATH …]

Each PATH is a folder of wheels (``pip download``) or a virtual environment. What they say of
themselves is joined with ``import_names.toml`` beside this file and written to
``src/jettison/catalogue/distributions.json``; entries that are already there and not among the
paths are kept with their date. No network is used.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from jettison.index import DistributionFacts, Source
from jettison.index.metadata import facts_from
from jettison.index.wheels import installed_distributions, read_local_wheel

CATALOGUE = Path(__file__).parents[1] / "src" / "jettison" / "catalogue"
NAMES = Path(__file__).with_name("import_names.toml")
# Console scripts are kept by name already.
LEFT_OUT = ("console_scripts", "gui_scripts")
# What an entry says by its key, and what holds for one build of a wheel alone.
NOT_KEPT = ("name", "source", "vendored")


def main(arguments: list[str]) -> None:
    """Write the catalogue."""
    target = CATALOGUE / "distributions.json"
    before = json.loads(target.read_bytes()) if target.exists() else {"groups": {}}
    document = compiled(before, [facts for path in arguments for facts in read(Path(path))])
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    # One entry a line, so that a change of one distribution is a change of one line.
    target.write_text(text.replace('},"', '},\n"') + "\n", encoding="utf-8")


def read(path: Path) -> Iterator[DistributionFacts]:
    """Facts of every wheel in a folder, or of all that an environment holds."""
    wheels = sorted(path.glob("*.whl"))
    if not wheels:
        yield from installed_distributions(path).values()
    for wheel in wheels:
        with wheel.open("rb") as stream:
            contents = read_local_wheel(stream)
        yield facts_from(contents, size_source=wheel.name, source=Source.CATALOGUE)


def compiled(before: Mapping[str, Any], measured: list[DistributionFacts]) -> dict[str, Any]:
    """Join what was catalogued before, what was measured now, and the stated names."""
    stated = tomllib.loads(NAMES.read_text(encoding="utf-8"))
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    group = f"wheels-{today}"
    entries = {
        name: {"imports": imports, "group": "stated"}
        for name, imports in stated["import_names"].items()
    }
    entries |= {
        name: entry
        for name, entry in before.get("distributions", {}).items()
        if entry["group"] != "stated"
    }
    entries |= {
        facts.name: {**_entry(facts), "group": group}
        for facts in measured
        if facts.name != "jettison"
    }
    groups = {
        **before["groups"],
        "stated": {"date": stated["date"], "source": stated["source"]},
        **({group: {"date": today, "source": "wheel for Linux x86_64"}} if measured else {}),
    }
    used = {entry["group"] for entry in entries.values()}
    return {"distributions": entries, "groups": {key: groups[key] for key in sorted(used)}}


def _entry(facts: DistributionFacts) -> dict[str, Any]:
    document = to_builtins(facts, enc_hook=str)
    document["size"] = facts.installed_size and facts.installed_size.bytes
    points = document.get("entry_points", ())
    document["entry_points"] = [one for one in points if one[0] not in LEFT_OUT]
    return {key: value for key, value in document.items() if value and key not in NOT_KEPT}


if __name__ == "__main__":
    main(sys.argv[1:])
