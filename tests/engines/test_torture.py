"""A layer that nobody makes by mistake: both engines run it alike and the daemon gives it back.

Each of them may refuse it instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from images import AMD64, stored_layer
from tests.engines.test_embedded import BINDS, PYTHON, bare_image
from tests.support.names import RUN
from torture import LAYERS, seen

from jettison.engines import Engine, ImageID, Network, RunOptions
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.errors import EngineError, JettisonError
from jettison.images.reference import Reference
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.daemon import DaemonStore
from jettison.processes import run

pytestmark = [pytest.mark.engine, pytest.mark.namespaces]

LIST = """
import json, os, stat
found = {}
bound = {path.split()[4] for path in open("/proc/self/mountinfo")}
for folder, folders, files in os.walk(b"/"):
    folders[:] = [one for one in folders
                  if os.path.join(folder, one).decode("latin-1") not in bound]
    for name in folders + files:
        path = os.path.join(folder, name)
        status = os.lstat(path)
        found[path.decode("latin-1")] = [
            stat.S_IFMT(status.st_mode), status.st_size * stat.S_ISREG(status.st_mode),
            os.readlink(path).decode("latin-1") if stat.S_ISLNK(status.st_mode) else ""]
print(json.dumps({path: value for path, value in found.items()
                  if path not in {"/.dockerenv", "/dev", "/etc/hosts", "/etc/hostname",
                                  "/etc/resolv.conf", "/etc/mtab"}}))
"""
# Docker makes devices, the other leaves them out and says so.
NOT_ALIKE = {"devices"}


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedEngine]:
    with EmbeddedEngine() as engine:
        yield engine


def listed(engine: Engine, image: ImageID) -> dict[str, list[object]]:
    waits = (PYTHON, "-c", "import time; time.sleep(60)")
    options = RunOptions(entrypoint=waits, binds=BINDS, network=Network.NONE)
    with engine.run(image, options) as container:
        done = container.execute((PYTHON, "-"), stdin=LIST.encode(), user="0")
        if done.status:
            raise EngineError("nobody but root may enter its root", why=done.error_text)
        found: dict[str, list[object]] = json.loads(done.text)
        bound = tuple(bind.target for bind in BINDS)
        return {path: one for path, one in found.items() if not path.startswith(bound)}


@pytest.mark.parametrize("what", LAYERS)
def test_both_engines_show_the_same_or_refuse(
    engine: Engine, embedded: EmbeddedEngine, tmp_path: Path, what: str
) -> None:
    image = bare_image().append(stored_layer(LAYERS[what]))
    name, program = f"{RUN}/torture:{abs(hash(what))}", engine.name.split()[0]
    store, reference = DaemonStore(program, BlobDirectory(tmp_path)), Reference.parse(name)
    shown = []
    with suppress(JettisonError):
        shown.append(listed(embedded, embedded.add(image)))
    try:
        with suppress(JettisonError):
            store.write(image, reference)
            with suppress(JettisonError):
                assert seen(store.read(reference, AMD64)) == seen(image)
            if shown:
                shown.append(listed(engine, engine.inspect(name).id))
    finally:
        run((program, "image", "rm", "--force", name))
    assert len(shown) < 2 or what in NOT_ALIKE or shown[0] == shown[1]
    assert not Path("/evil").exists()
