"""The account that a project's variables make on the first start. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jettison.verify.request import Credentials

_FIRST = re.compile(r"admin|superuser|first_user|initial_user|default_user", re.I)
_NAME = re.compile(r"^(?P<whose>.+?)_?(?P<what>USERNAME|USER_NAME|EMAIL|LOGIN|USER|NAME)$", re.I)
_PASSWORD = re.compile(r"^(?P<whose>.+?)_?(PASSWORD|PASSWD|PASS)$", re.I)
# of the database, not of the application
_OTHER = re.compile(r"postgres|mysql|mariadb|mongo|redis|rabbit|pgadmin|minio|smtp|^db_", re.I)
_BEST = ("username", "user_name", "login", "user", "name", "email")


def account_of(variables: Mapping[str, str]) -> Credentials | None:
    """Read names such as ``ADMIN_USERNAME`` and ``ADMIN_PASSWORD``, or ``FIRST_SUPERUSER``."""
    for name, value in variables.items():
        found = _PASSWORD.match(name)
        if found and value and _FIRST.search(name) and not _OTHER.search(name):
            who = _who(found["whose"], variables)
            if who:
                return Credentials(username=who, password=value)
    return None


def _who(whose: str, variables: Mapping[str, str]) -> str:
    named = {whose.lower(): "username"}
    fitting: dict[str, str] = {}
    for name, value in variables.items():
        found = _NAME.match(name)
        if name.lower() in named:
            fitting["username"] = value
        elif found and found["whose"].lower() == whose.lower():
            fitting[found["what"].lower()] = value
    return next((fitting[kind] for kind in _BEST if fitting.get(kind)), "")
