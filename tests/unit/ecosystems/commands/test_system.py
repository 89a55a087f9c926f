"""One command of a package manager and what is seen in it."""

import pytest

from jettison.ecosystems.commands import (
    apk_add,
    apt_install,
    cleanup,
    dnf_install,
    index_update,
    system_install,
    system_remove,
    system_upgrade,
)
from jettison.formats.shell import Command, parse
from jettison.values import Origin


def one(text: str) -> Command:
    (command,) = parse(text, origin=Origin(file="Dockerfile", line=7)).commands
    return command


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("apt-get install -y a b", ["a", "b"]),
        (
            "apt-get -qq install -y --no-install-recommends -o X=y a b=1.2",
            ["a", "b"],
        ),
        ("apt-get install -yq -t bookworm-backports a", ["a"]),
        ("apt-get -oDpkg::Options::=--force-confold install a", ["a"]),
        ("apt install -y -- a", ["a"]),
        (
            "DEBIAN_FRONTEND=noninteractive apt-get install a:amd64 b/sid",
            ["a", "b"],
        ),
        ("sudo -E apt-get install a", ["a"]),
        ("env DEBIAN_FRONTEND=noninteractive /usr/bin/apt-get install a", ["a"]),
        ("apt-get install -y ./a_1.deb /tmp/b.deb", ["./a_1.deb", "/tmp/b.deb"]),
        ("apt-get install -y g++ libpq-dev=15.*", ["g++", "libpq-dev"]),
        ("apt-get install", []),
    ],
)
def test_apt_install(text: str, packages: list[str]) -> None:
    install = apt_install(one(text))
    assert install is not None
    assert [package.name for package in install.packages] == packages


def test_packages_know_their_lines() -> None:
    install = apt_install(one("apt-get install \\\n  a \\\n  b"))
    assert install is not None
    assert [package.origin.line for package in install.packages] == [8, 9]


def test_a_package_in_a_variable_is_not_literal() -> None:
    install = apt_install(one("apt-get install -y $PACKAGES a=$V"))
    assert install is not None
    assert [(one.name, one.literal) for one in install.packages] == [
        ("$PACKAGES", False),
        ("a=$V", False),
    ]


@pytest.mark.parametrize(
    ("options", "recommends"),
    [
        ("-y", True),
        ("--no-install-recommends", False),
        ("-o APT::Install-Recommends=false", False),
        ("--option APT::Install-Recommends=0", False),
    ],
)
def test_recommends(options: str, recommends: bool) -> None:
    install = apt_install(one(f"apt-get install {options} a"))
    assert install is not None
    assert install.recommends == recommends


@pytest.mark.parametrize(
    ("text", "virtual", "packages"),
    [
        ("apk add --no-cache a", None, ["a"]),
        ("apk --no-cache add --virtual .build a b", ".build", ["a", "b"]),
        ("apk add -t .b a~=1.2 b=3-r0 c@edge", ".b", ["a", "b", "c"]),
        ("apk add -X https://x/edge a", None, ["a"]),
    ],
)
def test_apk_add(text: str, virtual: str | None, packages: list[str]) -> None:
    install = apk_add(one(text))
    assert install is not None
    assert install.virtual == virtual
    assert [package.name for package in install.packages] == packages


@pytest.mark.parametrize("program", ["dnf", "yum", "microdnf"])
def test_dnf_install(program: str) -> None:
    install = dnf_install(one(f"{program} install -y --setopt=install_weak_deps=0 gcc"))
    assert install is not None
    assert [package.name for package in install.packages] == ["gcc"]
    assert not install.recommends


@pytest.mark.parametrize("text", ["apt-get update", "pip install a", "echo apt-get install", "A=1"])
def test_other_commands_install_no_packages(text: str) -> None:
    assert system_install(one(text)) is None


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("apt-get remove -y a", ["a"]),
        ("apt-get purge -y --auto-remove a b", ["a", "b"]),
        ("apt-get autoremove --purge -y", []),
        ("apk del .build", [".build"]),
        ("yum remove a", ["a"]),
    ],
)
def test_removals(text: str, packages: list[str]) -> None:
    removal = system_remove(one(text))
    assert removal is not None
    assert [package.name for package in removal.packages] == packages


@pytest.mark.parametrize(
    ("text", "manager"),
    [
        ("apt-get -qq update", "apt"),
        ("apt update", "apt"),
        ("apk update", "apk"),
        ("apt-get x", None),
    ],
)
def test_index_updates(text: str, manager: str | None) -> None:
    assert index_update(one(text)) == manager


@pytest.mark.parametrize(
    ("text", "manager"),
    [("apt-get upgrade -y", "apt"), ("apk upgrade", "apk"), ("yum update", "dnf")],
)
def test_upgrades(text: str, manager: str) -> None:
    assert system_upgrade(one(text)) == manager


@pytest.mark.parametrize(
    "text",
    [
        "apt-get clean",
        "rm -rf /var/lib/apt/lists/*",
        "rm -rf /var/cache/apk/* /tmp/*",
        "dnf clean all",
        "pip cache purge",
    ],
)
def test_cleanups(text: str) -> None:
    assert cleanup(one(text)) is not None


@pytest.mark.parametrize("text", ["rm -rf /app", "rm -rf /tmp/a /app", "rm", "apt-get update"])
def test_other_removals_are_no_cleanup(text: str) -> None:
    assert cleanup(one(text)) is None
