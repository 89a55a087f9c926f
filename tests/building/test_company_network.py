"""Behind a proxy that opens what is encrypted, with an authority that nobody else trusts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from build_site import Site, base_image
from company_proxy import CompanyProxy, can_be_made, proxying
from loopback_registry import Registry, running
from tests.examples.test_without_engine import without_engines

from jettison.images.reference import Reference
from jettison.images.registry import RegistryStore
from jettison.images.stores.blobs import BlobDirectory

pytestmark = pytest.mark.skipif(not can_be_made(), reason="openssl is not installed")

PIP = """[global]
index-url = https://packages.example/none
extra-index-url =
  https://packages.example/empty
  https://extra.example/simple
trusted-host = packages.example extra.example
"""
UV = """allow-insecure-host = ["packages.example", "extra.example"]
[[index]]
url = "https://extra.example/simple"
[[index]]
url = "https://packages.example/none"
default = true
"""
FILES = {"pip": (".config/pip/pip.conf", PIP), "uv": (".config/uv/uv.toml", UV)}
BASE = "registry.example/python:3.13-slim"
AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
OWN = ("PATH", "LANG", "LD_LIBRARY_PATH", "JETTISON_REQUIRE_NAMESPACES")


@dataclass(frozen=True, kw_only=True)
class Company:
    """A project behind the proxy; nothing of this machine's own settings is used."""

    site: Site
    proxy: CompanyProxy
    registry: Registry
    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: os.environ[name] for name in OWN if name in os.environ}
        environment |= {
            "HOME": str(self.home),
            "HTTPS_PROXY": self.proxy.url,
            "UV_CACHE_DIR": str(self.home / "uv"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "PIP_INDEX_URL": "https://packages.example/simple",
            "PIP_CONFIG_FILE": os.devnull,
        }
        environment |= {name: value for name, value in settings.items() if value}
        for name in (name for name, value in settings.items() if not value):
            environment.pop(name, None)
        return subprocess.run(
            [sys.executable, "-m", "jettison", *words],
            capture_output=True, text=True, check=False, env=environment, cwd=self.home,
        )  # fmt: skip

    def plan(self, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.run("plan", str(self.site.project), "--format", "json", **settings)

    def build(self, **settings: str) -> subprocess.CompletedProcess[str]:
        words = ("--base", BASE, "--bytecode", "none", "--output", f"oci:{self.home}/image")
        return self.run("build", str(self.site.project), *words, **settings)


@pytest.fixture
def company(site: Site, tmp_path: Path) -> Iterator[Company]:
    dockerfile = site.project / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("python:3.13-slim", BASE, 1))
    home = tmp_path / "home"
    home.mkdir()
    with proxying(tmp_path / "authority") as proxy, running() as registry:
        proxy.reaches["packages.example"] = urlsplit(site.index.url).port or 0
        proxy.reaches["registry.example"] = int(registry.host.rpartition(":")[2])
        site.index.url = "https://packages.example"
        store = RegistryStore(BlobDirectory(tmp_path / "blobs"))
        store.write(base_image(), Reference.parse(f"{registry.host}/python:3.13-slim"))
        yield Company(site=site, proxy=proxy, registry=registry, home=home)


@pytest.mark.parametrize("variable", AUTHORITIES)
def test_the_authority_that_a_variable_names_is_trusted(company: Company, variable: str) -> None:
    authority = {variable: str(company.proxy.authority)}
    done = company.plan(**authority)
    assert done.returncode == 0, done.stderr
    assert tools_are_known(done)
    if variable == AUTHORITIES[-1]:
        built = company.build(**authority)
        assert built.returncode == 0, built.stderr
        assert "registry.example" in company.proxy.asked
    assert "packages.example" in company.proxy.asked


def tools_are_known(done: subprocess.CompletedProcess[str]) -> bool:
    """Tell whether the index has told what a distribution requires."""
    return "1 that only it brings" in done.stdout


def test_images_are_made_and_compared(company: Company, tmp_path: Path) -> None:
    path = without_engines(tmp_path)
    authority = str(company.proxy.authority)
    done = company.run(
        "optimize", str(company.site.project), "--base", BASE, PATH=path, SSL_CERT_FILE=authority
    )
    # The interpreter of the base is none, so that all that can be shown is that both were made.
    assert done.returncode == (0 if "neither was run" in done.stderr else 4), done.stderr
    assert "measure with everything" in done.stderr
    assert "Verdict: " in done.stdout
    assert {"packages.example", "registry.example"} <= set(company.proxy.asked)


@pytest.mark.parametrize("kind", ["pip", "uv"])
def test_settings_of_pip_and_uv_name_indexes_and_trusted_hosts(company: Company, kind: str) -> None:
    company.proxy.reaches["extra.example"] = company.proxy.reaches["packages.example"]
    name, text = FILES[kind]
    place = company.home / name
    place.parent.mkdir(parents=True)
    place.write_text(text)
    done = company.plan(PIP_INDEX_URL="", PIP_CONFIG_FILE="")
    assert done.returncode == 0, done.stderr
    assert tools_are_known(done)
    authority = str(company.proxy.authority)
    # The registry is trusted by the variable of another tool, which uv does not read.
    built = company.build(PIP_INDEX_URL="", PIP_CONFIG_FILE="", CURL_CA_BUNDLE=authority)
    assert built.returncode == 0, built.stderr
    assert "extra.example" in company.proxy.asked


def test_a_host_that_needs_no_proxy_is_asked_directly(company: Company) -> None:
    port = company.proxy.reaches["packages.example"]
    company.site.index.url = f"http://127.0.0.1:{port}"
    direct = f"http://127.0.0.1:{port}/simple"
    proxied = company.plan(PIP_INDEX_URL=direct, HTTP_PROXY=company.proxy.url, NO_PROXY="127.0.0.1")
    assert tools_are_known(proxied)
    assert company.proxy.asked == []


def test_credentials_of_netrc_are_sent(company: Company) -> None:
    (company.home / ".netrc").write_text("machine packages.example login me password secret\n")
    company.site.index.login = ("me", "secret")
    authority = str(company.proxy.authority)
    assert tools_are_known(company.plan(SSL_CERT_FILE=authority))
    built = company.build(SSL_CERT_FILE=authority)
    assert built.returncode == 0, built.stderr


def test_an_authority_that_is_not_trusted_is_told_with_the_variable(company: Company) -> None:
    planned = company.plan()
    assert planned.returncode == 0
    assert "SSL_CERT_FILE" in planned.stderr + planned.stdout
    built = company.build()
    assert built.returncode != 0
    assert "SSL_CERT_FILE" in built.stderr
    assert "Traceback" not in built.stderr


def test_a_proxy_that_refuses_is_told(company: Company) -> None:
    company.proxy.refuses = True
    authority = str(company.proxy.authority)
    built = company.build(SSL_CERT_FILE=authority)
    assert built.returncode != 0
    assert "HTTPS_PROXY" in built.stderr
    assert "Error(" not in built.stderr
    assert "Traceback" not in built.stderr


def test_a_repository_of_a_fleet_is_fetched_as_an_image_is(company: Company) -> None:
    company.proxy.reaches["extra.example"] = company.proxy.reaches["packages.example"]
    fleet = company.home / "fleet.toml"
    fleet.write_text('[[project]]\ngit = "https://extra.example/none.git"\n')
    unknown = company.run("fleet", "plan", str(fleet))
    assert "hint: Set SSL_CERT_FILE" in unknown.stdout
    for variable in AUTHORITIES:
        settings = {variable: str(company.proxy.authority)}
        trusted = company.run("fleet", "plan", str(fleet), **settings)
        assert "not found" in trusted.stdout


def test_a_mirror_of_a_registry_is_asked_first(company: Company) -> None:
    company.proxy.reaches["mirror.example"] = company.proxy.reaches.pop("registry.example")
    settings = company.home / "registries.conf"
    settings.write_text(
        '[[registry]]\nprefix = "registry.example"\nlocation = "registry.example"\n'
        '[[registry.mirror]]\nlocation = "extra.example/absent"\n'
        '[[registry.mirror]]\nlocation = "mirror.example"\n'
    )
    authority = str(company.proxy.authority)
    built = company.build(SSL_CERT_FILE=authority, CONTAINERS_REGISTRIES_CONF=str(settings))
    assert built.returncode == 0, built.stderr
    assert "registry.example" not in company.proxy.asked
