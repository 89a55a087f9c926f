"""The options by which a user chooses the base image of a plan."""

from __future__ import annotations

from functools import wraps
from typing import cast

import click

from jettison.cli.options import Function
from jettison.settings import BaseWish, Policy


def base_options(function: Function) -> Function:
    """Add what the user asks of the base image, given to the command as one ``base``."""

    @wraps(function)
    def gathered(
        *, policy: str | None, base: str, allow_source_builds: bool, **rest: object
    ) -> object:
        wish = BaseWish(
            policy=Policy(policy or Policy.SMALLEST),
            reference=base,
            allow_source_builds=allow_source_builds,
        )
        given = policy or base or allow_source_builds
        return function(base=wish if given else None, **rest)

    for decorator in (
        click.option(
            "--policy",
            type=click.Choice([each.value for each in Policy]),
            help="How the base is chosen: the smallest that works (default), the same "
            "distribution, or none.",
        ),
        click.option(
            "--base",
            default="",
            metavar="REF",
            help="Use this base image, or the variant slim, full or alpine of the present one.",
        ),
        click.option(
            "--allow-source-builds",
            is_flag=True,
            help="Accept a base on which distributions are compiled.",
        ),
    ):
        gathered = decorator(gathered)
    return cast("Function", gathered)
