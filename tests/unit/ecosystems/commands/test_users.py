"""One command about users and what is seen in it."""

import pytest

from jettison.ecosystems.commands import UserChange, group_change, user_change
from jettison.formats.shell import Command, parse
from jettison.values import Origin


def one(text: str) -> Command:
    (command,) = parse(text, origin=Origin(file="Dockerfile", line=1)).commands
    return command


def user(text: str) -> UserChange:
    change = user_change(one(text))
    assert change is not None
    return change


def test_useradd() -> None:
    change = user("useradd -r -m -l -u 10001 -g app -G a,b -d /home/app -s /bin/bash app")
    assert (change.action, change.name, change.uid, change.group) == ("add", "app", "10001", "app")
    assert change.groups == ("a", "b")
    assert (change.home, change.shell) == ("/home/app", "/bin/bash")
    assert change.system
    assert change.home_made


def test_useradd_with_long_options() -> None:
    change = user("useradd --system --uid=999 --gid 999 --no-create-home --shell /bin/false app")
    assert (change.uid, change.group, change.home_made) == ("999", "999", False)


def test_adduser_of_debian() -> None:
    change = user("adduser --disabled-password --gecos '' --uid 1000 --no-create-home app")
    assert (change.name, change.uid, change.home_made) == ("app", "1000", False)
    assert user("adduser --system --group app").group == "app"


def test_adduser_of_alpine() -> None:
    change = user("adduser -D -S -H -h /app -s /sbin/nologin -G app -u 1000 app")
    assert (change.name, change.uid, change.group) == ("app", "1000", "app")
    assert (change.home, change.shell) == ("/app", "/sbin/nologin")
    assert change.system
    assert change.home_made is False


def test_a_user_joins_a_group() -> None:
    change = user("adduser app docker")
    assert (change.action, change.name, change.groups) == ("modify", "app", ("docker",))
    change = user("usermod -aG docker,video app")
    assert (change.action, change.name, change.groups) == ("modify", "app", ("docker", "video"))


@pytest.mark.parametrize(
    ("text", "name", "gid", "system"),
    [
        ("groupadd -r app", "app", None, True),
        ("groupadd --gid 1000 app", "app", "1000", False),
        ("addgroup -g 1000 -S app", "app", "1000", True),
        ("addgroup --system --gid 1000 app", "app", "1000", True),
    ],
)
def test_groups(text: str, name: str, gid: str | None, system: bool) -> None:
    change = group_change(one(text))
    assert change is not None
    assert (change.name, change.gid, change.system) == (name, gid, system)


def test_addgroup_with_a_user() -> None:
    change = group_change(one("addgroup app docker"))
    assert change is not None
    assert (change.name, change.member) == ("docker", "app")


@pytest.mark.parametrize("text", ["useradd", "userdel app", "A=1", "echo useradd app"])
def test_other_commands_make_no_user(text: str) -> None:
    assert user_change(one(text)) is None
    assert group_change(one(text)) is None
