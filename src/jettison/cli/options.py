"""Options that several commands share, written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


def project_options(function: Function) -> Function:
    """Add the folder and what selects an image in it."""
    for decorator in (
        click.argument("directory", type=click.Path(path_type=Path), default=Path()),
        click.option(
            "--file", "dockerfile", metavar="PATH", help="The Dockerfile, within DIRECTORY."
        ),
        click.option(
            "--service", metavar="NAME", help="The compose service that builds the image."
        ),
        click.option(
            "-O",
            "level",
            type=click.IntRange(0, 3),
            help="0 changes nothing, 1 structure, 2 (default) base and dead weight, "
            "3 by a trace of the run.",
        ),
        click.option("--offline", is_flag=True, help="Ask no package index; use what is known."),
    ):
        function = decorator(function)
    return function


def unused_option(function: Function) -> Function:
    """Add ``--remove-unused``."""
    return click.option(
        "--remove-unused",
        is_flag=True,
        help="Requirements that nothing uses leave production too.",
    )(function)


def format_option(*formats: str) -> Callable[[Function], Function]:
    """Add ``--format``; the first format is the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
    )


def write_options(function: Function) -> Function:
    """Add where the optimized files go."""
    for decorator in (
        click.option(
            "--output",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Write a copy of the project there instead.",
        ),
        click.option("--force", is_flag=True, help="Write over uncommitted changes."),
    ):
        function = decorator(function)
    return function


def image_options(function: Function) -> Function:
    """Add which of an image's platforms is read."""
    return click.option(
        "--platform",
        default="",
        metavar="OS/ARCH",
        help="As linux/arm64; by default that of this machine.",
    )(function)
