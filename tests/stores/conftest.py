"""Every kind of store, empty, for the contract that all of them keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jettison.stores.archive import ArchiveStore
from jettison.stores.blobs import BlobDirectory
from jettison.stores.layout import LayoutStore
from jettison.stores.store import Store


@pytest.fixture
def cache(tmp_path: Path) -> BlobDirectory:
    """An empty cache."""
    return BlobDirectory(tmp_path / "cache")


@pytest.fixture(params=["layout", "archive"])
def store(request: pytest.FixtureRequest, tmp_path: Path, cache: BlobDirectory) -> Store:
    """An empty store."""
    makers: dict[str, Callable[[], Store]] = {
        "layout": lambda: LayoutStore(tmp_path / "layout"),
        "archive": lambda: ArchiveStore(tmp_path / "archive.tar", cache),
    }
    return makers[request.param]()
