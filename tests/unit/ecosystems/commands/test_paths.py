"""One command about paths and what is seen in it."""

import pytest

from jettison.ecosystems.commands import directories, expand_braces, permission, removal
from jettison.formats.shell import Command, parse
from jettison.values import Origin


def one(text: str) -> Command:
    (command,) = parse(text, origin=Origin(file="Dockerfile", line=1)).commands
    return command


@pytest.mark.parametrize(
    ("text", "value", "paths", "recursive"),
    [
        ("chown -R app:app /app /data", "app:app", ("/app", "/data"), True),
        ("chown app /app", "app", ("/app",), False),
        ("chmod +x /entrypoint.sh", "+x", ("/entrypoint.sh",), False),
        ("chmod -x /a", "-x", ("/a",), False),
        ("chmod -R 755 /a", "755", ("/a",), True),
        ("chgrp -R 0 /a", "0", ("/a",), True),
    ],
)
def test_owners_and_modes(text: str, value: str, paths: tuple[str, ...], recursive: bool) -> None:
    found = permission(one(text))
    assert found is not None
    assert (found.value, found.paths, found.recursive) == (value, paths, recursive)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("mkdir /a", ("/a",)),
        ("mkdir -p /a/{b,c} $HOME/d", ("/a/b", "/a/c", "$HOME/d")),
        ("install -d -o app -m 0755 /a", ("/a",)),
    ],
)
def test_directories(text: str, paths: tuple[str, ...]) -> None:
    found = directories(one(text))
    assert found is not None
    assert found.paths == paths


def test_install_gives_an_owner() -> None:
    found = directories(one("install -d -o app -m 0755 /a"))
    assert found is not None
    assert (found.owner, found.mode) == ("app", "0755")


def test_removals() -> None:
    found = removal(one("rm -rf /a /b/*"))
    assert found is not None
    assert found.paths == ("/a", "/b/*")


@pytest.mark.parametrize(
    "text", ["install -m 755 a /b", "cp a b", "chmod 755", "mkdir", "rm", "A=1"]
)
def test_other_commands(text: str) -> None:
    command = one(text)
    assert (permission(command), directories(command), removal(command)) == (None, None, None)


def test_braces() -> None:
    assert expand_braces("a{b,c}d{e,f}") == ("abde", "abdf", "acde", "acdf")
    assert expand_braces("a${b,,}") == ("a${b,,}",)
    assert expand_braces("{a}") == ("{a}",)
