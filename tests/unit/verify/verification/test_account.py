"""The account that a project's variables make."""

from __future__ import annotations

import pytest

from jettison.verify.request import Credentials
from jettison.verify.variables import account_of


@pytest.mark.parametrize(
    "variables",
    [
        {"ADMIN_USERNAME": "ann", "ADMIN_PASSWORD": "pw"},
        {"DJANGO_SUPERUSER_PASSWORD": "pw", "DJANGO_SUPERUSER_USERNAME": "ann"},
        {"FIRST_SUPERUSER": "ann", "FIRST_SUPERUSER_PASSWORD": "pw"},
        {"app_admin_email": "a@example.com", "app_admin_user": "ann", "app_admin_pass": "pw"},
    ],
)
def test_a_name_and_a_password_of_the_same_person_are_an_account(
    variables: dict[str, str],
) -> None:
    assert account_of(variables) == Credentials(username="ann", password="pw")


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"POSTGRES_USER": "app", "POSTGRES_PASSWORD": "pw"},
        {"PGADMIN_DEFAULT_EMAIL": "a@example.com", "PGADMIN_DEFAULT_PASSWORD": "pw"},
        {"ADMIN_PASSWORD": "pw"},
        {"ADMIN_USERNAME": "ann", "ADMIN_PASSWORD": ""},
        {"ADMIN_USERNAME": "ann", "MAIL_PASSWORD": "pw"},
    ],
)
def test_accounts_of_other_programs_and_halves_are_none(variables: dict[str, str]) -> None:
    assert account_of(variables) is None
