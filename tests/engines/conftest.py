"""What runs images in the tests of engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.runners import Runner

from jettison.engines import Engine
from jettison.engines.finding import EMBEDDED, find_engine


@pytest.fixture(scope="module", params=["engine", EMBEDDED])
def runner(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Runner]:
    """The container engine, and the embedded one, which reads what the other has built."""
    if request.param == EMBEDDED:
        with find_engine(EMBEDDED) as embedded:
            yield Runner(engine=embedded, place=f"{engine.name.split()[0]}:")
    else:
        yield Runner(engine=engine, place="")
