import pytest

from jettison.ecosystems.commands import group_change, user_change
from jettison.formats.shell import parse
from jettison.lower.user import shadow
from jettison.values import Origin


def for_root(text: str) -> str:
    command = parse(text, origin=Origin(file="Dockerfile", line=1)).commands[0]
    fact = user_change(command) or group_change(command)
    assert fact is not None
    return shadow(fact, command.words, "/root")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("useradd -r -m app", "useradd --prefix /root -r -m app"),
        ("groupadd --gid 7 app", "groupadd --prefix /root --gid 7 app"),
        ("addgroup --system app", "groupadd --prefix /root --system app"),
        (
            "adduser --system --group app",
            "useradd --prefix /root --system --no-create-home --user-group app",
        ),
        (
            "adduser --disabled-password --uid 5 --home /srv app",
            "useradd --prefix /root --create-home --uid 5 --user-group --home-dir /srv app",
        ),
        ("adduser app staff", "usermod --prefix /root --append --groups staff app"),
    ],
)
def test_users_are_made_below_another_root(text: str, made: str) -> None:
    assert for_root(text) == made
