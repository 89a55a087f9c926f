"""Built images are pushed to Debian's docker-registry, and pulled from it."""

from __future__ import annotations

import base64
import json
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from build_site import Site, base_image
from command import ran
from debian_registry import debian_registry
from image_oracle import validate
from images import AMD64

from jettison.errors import NetworkError
from jettison.images.digest import OCI_INDEX
from jettison.images.image import Image
from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.registry.authorization import Logins
from jettison.images.stores.blobs import BlobDirectory

pytestmark = pytest.mark.registry

# The user "me" with the password "secret".
PASSWORDS = "me:$2y$05$dNjOgXQFOqT33FChG/h4l.UVO6P9n.n7ODirXHR39qGj0Vxsxbj/a"


@dataclass(frozen=True, kw_only=True)
class Pushing:
    """A registry, and a machine whose user may be logged in to it."""

    site: Site
    host: str
    folder: Path
    team: str

    def log_in(self, password: str) -> None:
        packed = base64.b64encode(f"me:{password}".encode()).decode()
        text = json.dumps({"auths": {self.host: {"auth": packed}}})
        (self.folder / "config.json").write_text(text)

    def build(self, *options: str) -> subprocess.CompletedProcess[str]:
        words = ("build", self.site.project, "-O0", "--bytecode", "none", *options)
        folder = str(self.folder)
        return ran(*words, DOCKER_CONFIG=folder, XDG_CACHE_HOME=f"{folder}/cache")

    def push(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.build("--base", f"oci:{self.site.base}", "--push", self.name(name), *options)

    def name(self, name: str) -> str:
        """Give a name that no other test has."""
        return f"{self.host}/{self.team}/{name}"

    @property
    def registry(self) -> RegistryStore:
        """The registry as another machine of the same user sees it."""
        logins = Logins((self.folder / "config.json",))
        return RegistryStore(BlobDirectory(self.folder / "pulled"), logins=logins)

    def pulled(self, name: str) -> Image:
        return self.registry.read(Reference.parse(self.name(name)), AMD64)


@pytest.fixture(scope="module", params=["", PASSWORDS], ids=["open", "passwords"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with debian_registry(tmp_path_factory.mktemp("registry"), request.param) as host:
        yield host


@pytest.fixture
def pushing(site: Site, tmp_path: Path, host: str, request: pytest.FixtureRequest) -> Pushing:
    folder = tmp_path / "docker"
    folder.mkdir()
    found = Pushing(site=site, host=host, folder=folder, team=uuid.uuid4().hex)
    if request.node.callspec.params["host"]:
        found.log_in("secret")
    return found


def test_what_was_pushed_is_pulled(pushing: Pushing) -> None:
    done = pushing.push("team/shop:1", "--output", f"oci:{pushing.folder / 'layout'}")
    assert done.returncode == 0, done.stderr
    image = pushing.pulled("team/shop:1")
    assert validate(image) == ()
    assert str(image.manifest.digest) in done.stdout.splitlines()[0]
    assert len({line.rpartition(": ")[2] for line in done.stdout.splitlines()}) == 1
    assert "app/main.py" in image.tree()


def test_the_bill_of_materials_refers_to_the_image(pushing: Pushing) -> None:
    assert pushing.push("team/shop:1").returncode == 0
    digest = pushing.pulled("team/shop:1").manifest.digest
    # This registry lists no referrers, so a tag that is made of the digest does.
    name = Reference.parse(pushing.name(f"team/shop:{str(digest).replace(':', '-')}"))
    found = pushing.registry.find(name)
    assert found is not None
    assert found.media_type == OCI_INDEX


def test_a_base_is_pulled_and_its_layers_are_not_sent_again(pushing: Pushing) -> None:
    base = base_image()
    name = Reference.parse(pushing.name("team/base:1"))
    pushing.registry.write(base, name)
    pinned = str(name.at(base.manifest.digest))
    done = pushing.build("--base", pinned, "--push", pushing.name("shop:1"))
    assert done.returncode == 0, done.stderr
    image = pushing.pulled("shop:1")
    assert validate(image) == ()
    assert image.layers[0].descriptor == base.layers[0].descriptor


def test_the_same_is_pushed_under_two_names(pushing: Pushing) -> None:
    done = pushing.push("shop:1", "--push", pushing.name("other/shop:2"))
    assert done.returncode == 0, done.stderr
    both = [pushing.pulled(name).manifest.digest for name in ("shop:1", "other/shop:2")]
    assert both[0] == both[1]


@pytest.mark.parametrize("host", [pytest.param(PASSWORDS, id="passwords")], indirect=True)
def test_who_may_not_push_is_told(pushing: Pushing) -> None:
    (pushing.folder / "config.json").unlink()
    for password in ("", "wrong"):
        if password:
            pushing.log_in(password)
        done = pushing.push("team/shop:1")
        assert done.returncode == NetworkError.exit_status
        assert "401" in done.stderr
        assert "docker login" in done.stderr
        assert "Traceback" not in done.stderr
