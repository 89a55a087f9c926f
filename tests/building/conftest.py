"""A project, an index with its wheels, and a base image, all on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from build_site import DOCKERFILE, Site, base_image
from package_index import serving
from wheels import wheel

from jettison.images.stores.layout import LayoutStore


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    project = tmp_path / "shop"
    (project / "shop").mkdir(parents=True)
    (project / "Dockerfile").write_text(DOCKERFILE)
    (project / "requirements.txt").write_text("server==1.0\n")
    (project / "main.py").write_text("from shop import app\n")
    (project / "shop" / "__init__.py").write_text("app = None\n")
    LayoutStore(tmp_path / "base").write(base_image(), None)
    with serving() as index:
        index.add("server-1.0-py3-none-any.whl", wheel(
            "server", requires=("tools>=1",), scripts={"serve": "server:main"},
            files={"server/__init__.py": b"def main(): ...\n", "server/x.so": b"no library"},
        ))  # fmt: skip
        index.add("tools-1.5-py3-none-any.whl", wheel("tools", "1.5"))
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{index.url}/simple")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        # an index that refuses does so again
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        yield Site(project=project, base=tmp_path / "base", index=index, cache=tmp_path / "cache")
