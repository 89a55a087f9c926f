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
        *, policy: str | None, base: str, allow_source_builds: bool, debug: bool, **rest: object
    ) -> object:
        wish = BaseWish(
            policy=Policy(policy or Policy.SMALLEST),
            reference=base,
            allow_source_builds=allow_source_builds,
            debug=debug,
        )
        given = policy or base or allow_source_builds or debug
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
            help="Use this base image, the variant slim, full or alpine of the "
            "present one, or one that is composed of Debian's packages (composed).",
        ),
        click.option(
            "--allow-source-builds",
            is_flag=True,
            help="Accept a base on which distributions are compiled.",
        ),
        click.option(
            "--debug",
            is_flag=True,
            help="Add the target debug to the Dockerfile: the same files with a shell.",
        ),
    ):
        gathered = decorator(gathered)
    return cast("Function", gathered)
