from __future__ import annotations

import pytest

from jettison.builder import GroupStep, UserStep
from jettison.builder.foundation import Accounts
from jettison.errors import UnsupportedError
from jettison.values import Origin

HERE = Origin(file="Dockerfile", line=3)
EMPTY = Accounts(
    passwd="root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/x\n",
    group="root:x:0:\nwww-data:x:33:\n",
)


def user(name: str = "app", **what: object) -> UserStep:
    given = {
        "uid": None, "group": None, "home": f"/home/{name}", "shell": "/bin/sh",
        "home_made": True, "groups": (), "first": 1000, "last": 59999, "origin": HERE,
    }  # fmt: skip
    return UserStep(name=name, **{**given, **what})  # type: ignore[arg-type]


def test_a_user_brings_a_group_of_its_name_and_number() -> None:
    made = EMPTY.with_user(user(uid="10001"))
    assert made.passwd.splitlines()[-1] == "app:x:10001:10001::/home/app:/bin/sh"
    assert made.group.splitlines()[-1] == "app:x:10001:"


def test_numbers_that_nobody_has_are_taken() -> None:
    first = EMPTY.with_user(user("a"))
    second = first.with_user(user("b"))
    assert (second.uid("a", HERE), second.uid("b", HERE)) == (1000, 1001)
    assert EMPTY.with_user(user("d", first=999, last=100)).uid("d", HERE) == 999


def test_a_group_can_be_made_before() -> None:
    made = EMPTY.with_group(GroupStep(name="staff", gid="50", member=None, first=1000, last=59999))
    made = made.with_user(user(uid="7", group="staff", groups=("www-data",)))
    assert made.primary_group("app") == 50
    assert "www-data:x:33:app\n" in made.group


def test_owners_by_name_and_number() -> None:
    assert EMPTY.owner("www-data:root", HERE) == (33, 0)
    assert EMPTY.owner("1000", HERE) == (1000, None)
    assert EMPTY.owner(":33", HERE) == (None, 33)


def test_a_line_without_numbers_counts_as_none() -> None:
    odd = Accounts(passwd=f"a:x:b:c::/:/x\n{EMPTY.passwd}", group=f"a:x:b:\n{EMPTY.group}")
    assert odd.owner("www-data:root", HERE) == (33, 0)
    for name in ("a", "9" * 5000):
        with pytest.raises(UnsupportedError):
            odd.owner(name, HERE)


def test_an_unknown_name_is_told_with_its_place() -> None:
    with pytest.raises(UnsupportedError) as caught:
        EMPTY.owner("nobody-here", HERE)
    assert str(caught.value).startswith("Dockerfile:3: `nobody-here`")
