"""What stands in for a service whose image cannot be had, and for files that an image lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.engines import BuildRequest
from jettison.errors import EngineError
from jettison.progress import Progress, SilentProgress
from jettison.values import replace
from jettison.verify.request import NeededService, Surroundings, VerificationRequest
from jettison.verify.stand_ins import Absent, absent, as_can_be_had, with_files


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
        paths = sorted(path for path in request.context.rglob("*") if path.is_file())
        self.built = "".join(path.read_text() for path in paths)
        return "made"


def test_a_database_that_cannot_be_pulled_is_made_of_debians_packages() -> None:
    shelf = Shelf("debian:bookworm-slim")
    asked = NeededService(
        name="db", image="registry.example/library/postgres:16-alpine@sha256:aa", port=5432
    )
    found = as_can_be_had(shelf, asked, SilentProgress())
    assert (found.name, found.image, found.port) == ("db", "made", 5432)
    assert "postgres:16-alpine" in found.instead
    assert "FROM debian:bookworm-slim\n" in shelf.built
    assert "postgresql" in shelf.built


def test_an_image_that_is_there_is_taken() -> None:
    asked = NeededService(name="db", image="postgres:16")
    assert as_can_be_had(Shelf("postgres:16"), asked, SilentProgress()) == asked


def test_nothing_stands_in_for_a_service_that_nobody_knows() -> None:
    asked = NeededService(name="own", image="own/broker:1")
    assert as_can_be_had(Shelf(), asked, SilentProgress()) == asked


def test_an_image_of_a_database_with_an_extension_has_it_here_too() -> None:
    shelf = Shelf("debian:trixie-slim")
    asked = NeededService(name="db", image="postgis/postgis:15")
    as_can_be_had(shelf, asked, SilentProgress())
    assert "postgresql postgresql-postgis " in shelf.built


def test_a_database_runs_the_scripts_of_the_project_once(tmp_path: Path) -> None:
    (tmp_path / "db" / "later").mkdir(parents=True)
    (tmp_path / "db" / "create.sql").write_text("CREATE DATABASE web_dev;\n")
    (tmp_path / "db" / "notes.txt").write_text("not run")
    (tmp_path / "outside").symlink_to("/etc")
    asked = NeededService(name="db", image="postgres:16", initial=("db", "outside", "nowhere.sql"))
    way = Surroundings(how="alone", ports=(), services=(asked,))
    request = VerificationRequest(
        image_before="a", image_after="b", services=(asked,), otherwise=(way,)
    )
    found = with_files(tmp_path, request)
    assert found.services == found.otherwise[0].services
    assert found.services[0].scripts == {"create.sql": "CREATE DATABASE web_dev;\n"}
    shelf = Shelf("postgres:16")
    made = as_can_be_had(shelf, found.services[0], SilentProgress())
    assert made.image == "made"
    assert "FROM postgres:16\nCOPY scripts/ /docker-entrypoint-initdb.d/\n" in shelf.built
    assert "CREATE DATABASE web_dev;" in shelf.built


def test_what_a_compose_file_mounts_is_there_where_it_is_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("name = 'shop'\n")
    (tmp_path / "outside").symlink_to("/etc")
    mounted = {"/etc/settings.toml": "settings.toml", "/out": "outside", "/gone": "gone"}
    ways = (
        Surroundings(how="with the files", ports=(), mounted=mounted),
        Surroundings(how="with values", ports=(), mounted=mounted),
    )
    request = VerificationRequest(image_before="a", image_after="b", otherwise=ways)
    found = with_files(tmp_path, request).otherwise
    here = {"/etc/settings.toml": str(tmp_path / "settings.toml")}
    assert [one.mounted for one in found] == [here, here]
    (tmp_path / "settings.toml").unlink()
    found = with_files(tmp_path, request).otherwise
    assert [one.how for one in found] == ["with values"]


ASKED = VerificationRequest(image_before="sha256:before", image_after="sha256:after")


def missing(path: str, there: list[str], asked: VerificationRequest = ASKED) -> Absent:
    errors = (f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'",)
    return absent(asked, errors, "/app", lambda places: {one: one in there for one in places})


@pytest.mark.parametrize(
    ("path", "there", "folders"),
    [
        ("logs/app.log", ["/app"], ("/app/logs",)),
        ("/data", ["/app"], ("/data",)),
        ("/data/in/rows.csv", ["/data"], ("/data/in",)),
        ("/app/settings.toml", ["/app"], ()),
        ("/proc/1/none", [], ()),
    ],
)
def test_an_empty_folder_covers_nothing_that_the_image_has(
    path: str, there: list[str], folders: tuple[str, ...]
) -> None:
    assert missing(path, there).folders == folders


def test_a_file_of_the_project_that_the_image_lacks_is_there_to_be_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "model.pkl").write_text("a model")
    (tmp_path / "secret.txt").write_text("not of the project")
    asked = replace(ASKED, files=str(project))
    found = missing("model.pkl", ["/app"], asked)
    assert found.files == {"/app/model.pkl": str(project / "model.pkl")}
    assert found.given(asked).mounted == found.files
    for path in ("../secret.txt", "more.pkl"):
        assert missing(path, ["/app"], asked).files == {}


@pytest.mark.parametrize(
    ("path", "begins"),
    [
        ("/run/secrets/jwt_private.pem", "-----BEGIN PRIVATE KEY-----"),
        ("keys/public_key.pem", "-----BEGIN PUBLIC KEY-----"),
        ("/certs/server.crt", "-----BEGIN CERTIFICATE-----"),
        ("/run/secrets/db_password", "sample"),
    ],
)
def test_a_key_that_only_operators_have_is_a_sample_and_the_report_says_so(
    path: str, begins: str
) -> None:
    found = missing(path, ["/app", "/run"])
    (target,) = found.samples
    assert target.endswith(path)
    assert Path(found.samples[target]).read_text().startswith(begins)
    assert found.folders == ()
    asked = found.given(ASKED)
    assert asked.mounted == found.samples
    assert asked.how == f"with a sample of {target}, which the image lacks"


def test_a_key_that_the_image_has_is_not_covered() -> None:
    assert not missing("/app/server.key", ["/app", "/app/server.key"])
