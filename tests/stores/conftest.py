"""Every kind of store, empty, for the contract that all of them keep."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import loopback_registry
import pytest
from debian_registry import debian_registry
from loopback_registry import Registry
from places import Place

from jettison.engines import Engine
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.registry.authorization import Logins
from jettison.images.registry.transport import Transport
from jettison.images.stores.archive import ArchiveStore
from jettison.images.stores.blobs import BlobDirectory
from jettison.images.stores.daemon import DaemonStore
from jettison.images.stores.layout import LayoutStore
from jettison.processes import run


@pytest.fixture
def cache(tmp_path: Path) -> BlobDirectory:
    """An empty cache."""
    return BlobDirectory(tmp_path / "cache")


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry in this process."""
    with loopback_registry.running() as registry:
        yield registry


@pytest.fixture
def registry_store(cache: BlobDirectory) -> RegistryStore:
    """A client of registries that knows no login and does not wait."""
    transport = Transport(attempts=3, sleep=lambda _: None)
    return RegistryStore(cache, transport=transport, logins=Logins(()), chunk_size=1000)


@pytest.fixture(scope="session")
def debian_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's registry for all tests: each has a repository of its own there."""
    with debian_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture(
    params=[
        "layout",
        "archive",
        "registry",
        pytest.param("debian registry", marks=pytest.mark.registry),
        pytest.param("daemon", marks=pytest.mark.engine),
    ]
)
def place(request: pytest.FixtureRequest, tmp_path: Path, cache: BlobDirectory) -> Iterator[Place]:
    """An empty store."""
    name = Reference.parse("localhost/app:1")
    if request.param == "layout":
        yield Place(store=LayoutStore(tmp_path / "layout"), name=name)
    elif request.param == "archive":
        yield Place(store=ArchiveStore(tmp_path / "archive.tar", cache), name=name)
    elif request.param == "registry":
        registry = request.getfixturevalue("registry")
        store = request.getfixturevalue("registry_store")
        yield Place(store=store, name=Reference.parse(f"{registry.host}/app:1"))
    elif request.param == "debian registry":
        host = request.getfixturevalue("debian_host")
        store = request.getfixturevalue("registry_store")
        yield Place(store=store, name=Reference.parse(f"{host}/{uuid.uuid4().hex}/app:1"))
    else:
        yield from _daemon(request.getfixturevalue("engine"), cache)


def _daemon(engine: Engine, cache: BlobDirectory) -> Iterator[Place]:
    program = engine.name.split()[0]
    name = Reference.parse(f"localhost/jettison-test-{uuid.uuid4().hex}:1")
    yield Place(store=DaemonStore(program, cache), name=name, keeps_manifests=False)
    run((program, "image", "rm", "--force", str(name)))
