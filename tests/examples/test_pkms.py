"""The example application as it is before anybody optimizes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.names import RUN

from jettison.engines.engine import BuildRequest, Engine, ImageID, RunOptions
from jettison.progress import SilentProgress

pytestmark = [pytest.mark.engine, pytest.mark.network]

BACKEND = Path(__file__).parents[2] / "examples" / "pkms" / "pkms-backend"


@pytest.fixture(scope="module")
def image(engine: Engine) -> ImageID:
    request = BuildRequest(
        context=BACKEND, dockerfile=BACKEND / "Dockerfile", tag=f"{RUN}/pkms-before"
    )
    return engine.build(request, SilentProgress())


def test_it_is_as_large_as_such_images_are(engine: Engine, image: ImageID) -> None:
    assert engine.inspect(image).size >= 1_200_000_000


def test_its_own_suite_passes(engine: Engine, image: ImageID) -> None:
    suite = ("python", "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider")
    with engine.run(image, RunOptions(command=("sleep", "infinity"))) as container:
        done = container.execute(suite, timeout=600)
    assert done.status == 0, done.text
