"""What stands in for a service whose image cannot be had."""

from __future__ import annotations

from jettison.engines.engine import BuildRequest
from jettison.errors import EngineError
from jettison.progress import Progress, SilentProgress
from jettison.verify.request import Companion
from jettison.verify.services import stand_in


class Shelf:
    """An engine that has some images, and keeps what it was asked to build."""

    name = "fake"

    def __init__(self, *images: str) -> None:
        self.images = images
        self.built = ""

    def inspect(self, image: str) -> str:
        if image not in self.images:
            raise EngineError(f"no image {image}")
        return image

    def build(self, request: BuildRequest, progress: Progress) -> str:
        self.built = request.dockerfile.read_text() + (request.context / "start").read_text()
        return "made"


def test_a_database_that_cannot_be_pulled_is_made_of_debians_packages() -> None:
    shelf = Shelf("debian:bookworm-slim")
    asked = Companion(
        name="db", image="registry.example/library/postgres:16-alpine@sha256:aa", port=5432
    )
    found = stand_in(shelf, asked, SilentProgress())
    assert found is not None
    assert (found.name, found.image, found.port) == ("db", "made", 5432)
    assert "postgres:16-alpine" in found.instead
    assert "FROM debian:bookworm-slim\n" in shelf.built
    assert "postgresql" in shelf.built


def test_an_image_that_is_there_is_taken() -> None:
    asked = Companion(name="db", image="postgres:16")
    assert stand_in(Shelf("postgres:16"), asked, SilentProgress()) is None


def test_nothing_stands_in_for_a_service_that_nobody_knows() -> None:
    asked = Companion(name="own", image="own/broker:1")
    assert stand_in(Shelf(), asked, SilentProgress()) is None


def test_an_image_of_a_database_with_an_extension_has_it_here_too() -> None:
    shelf = Shelf("debian:trixie-slim")
    found = stand_in(shelf, Companion(name="db", image="postgis/postgis:15"), SilentProgress())
    assert found is not None
    assert "postgresql postgresql-postgis " in shelf.built
