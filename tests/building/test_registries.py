"""Built images are pushed to Debian's docker-registry, and pulled from it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from build_site import Site, base_image
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

    def log_in(self, password: str) -> None:
        packed = base64.b64encode(f"me:{password}".encode()).decode()
        text = json.dumps({"auths": {self.host: {"auth": packed}}})
        (self.folder / "config.json").write_text(text)

    def build(self, *options: str) -> subprocess.CompletedProcess[str]:
        command = ["build", str(self.site.project), "-O0", "--bytecode", "none"]
        return subprocess.run(
            [sys.executable, "-m", "jettison", *command, *options],
            capture_output=True, text=True, check=False,
            env={**os.environ, "DOCKER_CONFIG": str(self.folder),
                 "XDG_CACHE_HOME": str(self.folder / "cache")},
        )  # fmt: skip

    def push(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.build(
            "--base", f"oci:{self.site.base}", "--push", f"{self.host}/{name}", *options
        )

    @property
    def registry(self) -> RegistryStore:
        """The registry as another machine of the same user sees it."""
        logins = Logins((self.folder / "config.json",))
        return RegistryStore(BlobDirectory(self.folder / "pulled"), logins=logins)

    def pulled(self, name: str) -> Image:
        return self.registry.read(Reference.parse(f"{self.host}/{name}"), AMD64)


@pytest.fixture(params=[False, True], ids=["open", "passwords"])
def pushing(site: Site, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pushing]:
    folder = tmp_path / "docker"
    folder.mkdir()
    with debian_registry(tmp_path, PASSWORDS if request.param else "") as host:
        found = Pushing(site=site, host=host, folder=folder)
        if request.param:
            found.log_in("secret")
        yield found


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
    name = Reference.parse(f"{pushing.host}/team/shop:{str(digest).replace(':', '-')}")
    found = pushing.registry.find(name)
    assert found is not None
    assert found.media_type == OCI_INDEX


def test_a_base_is_pulled_and_its_layers_are_not_sent_again(pushing: Pushing) -> None:
    base = base_image()
    name = Reference.parse(f"{pushing.host}/team/base:1")
    pushing.registry.write(base, name)
    pinned = str(name.at(base.manifest.digest))
    done = pushing.build("--base", pinned, "--push", f"{pushing.host}/shop:1")
    assert done.returncode == 0, done.stderr
    image = pushing.pulled("shop:1")
    assert validate(image) == ()
    assert image.layers[0].descriptor == base.layers[0].descriptor


def test_the_same_is_pushed_under_two_names(pushing: Pushing) -> None:
    done = pushing.push("shop:1", "--push", f"{pushing.host}/other/shop:2")
    assert done.returncode == 0, done.stderr
    both = [pushing.pulled(name).manifest.digest for name in ("shop:1", "other/shop:2")]
    assert both[0] == both[1]


def test_who_may_not_push_is_told(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "docker"
    folder.mkdir()
    with debian_registry(tmp_path, PASSWORDS) as host:
        pushing = Pushing(site=site, host=host, folder=folder)
        for password in ("", "wrong"):
            if password:
                pushing.log_in(password)
            done = pushing.push("team/shop:1")
            assert done.returncode == NetworkError.exit_status
            assert "401" in done.stderr
            assert "docker login" in done.stderr
            assert "Traceback" not in done.stderr
