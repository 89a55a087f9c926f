"""Services of Debian's packages, for those whose images cannot be had."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jettison.catalogue.reader import table
from jettison.engines.engine import BuildRequest, Engine
from jettison.errors import BuildError, EngineError, UnsupportedError
from jettison.progress import Progress, step
from jettison.verify.request import Companion

_DOCKERFILE = """\
FROM {base}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
    {packages} && rm -rf /var/lib/apt/lists/*
COPY start /start
ENTRYPOINT ["/bin/sh", "-e", "/start"]
"""


def stand_in(engine: Engine, companion: Companion, progress: Progress) -> Companion | None:
    """Give a service that stands in for one of an image that is not here; None where none can.

    What stands in keeps the name, the variables and the command.
    """
    if _is_there(engine, companion.image):
        return None
    name = companion.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    known: Mapping[str, Any] = table("services")["debian"]
    found = [(key, one) for key, one in known["stand_ins"].items() if name in one["images"]]
    base = next((one for one in known["bases"] if _is_there(engine, one)), known["bases"][0])
    for key, one in found:
        try:
            image = _built(engine, key, one, base, progress)
        except (BuildError, EngineError, UnsupportedError):
            return None
        note = f"Debian's {one['packages'][0]} instead of {companion.image}"
        return replace(companion, image=image, instead=note)
    return None


def _is_there(engine: Engine, image: str) -> bool:
    try:
        engine.inspect(image)
    except EngineError:
        return False
    return True


def _built(engine: Engine, key: str, one: Mapping[str, Any], base: str, progress: Progress) -> str:
    with tempfile.TemporaryDirectory(prefix="jettison-") as name:
        folder = Path(name)
        text = _DOCKERFILE.format(base=base, packages=" ".join(one["packages"]))
        (folder / "Dockerfile").write_text(text, encoding="utf-8")
        (folder / "start").write_text(one["start"], encoding="utf-8")
        request = BuildRequest(
            context=folder, dockerfile=folder / "Dockerfile", tag=f"jettison-{key}"
        )
        with step(progress, f"build {key} of Debian's packages"):
            return engine.build(request, progress)
