"""Options that several commands share, written once."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Collection
from functools import partial, wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from jettison.engines.limits import Limits
from jettison.formats.own_settings import DEFAULT_POLICY, BaseOverride, Policy
from jettison.report import formats_of
from jettison.values import replace

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
if TYPE_CHECKING:
    from jettison.tasks.loading import Planned

Function = TypeVar("Function", bound=Callable[..., Any])


def all_of(*options: Callable[[Any], Any]) -> Callable[[Function], Function]:
    """Give one decorator for several options, which help shows in the opposite order."""

    def added(function: Function) -> Function:
        for option in options:
            function = option(function)
        return function

    return added


def gathered(
    name: str,
    make: Callable[..., object],
    *options: Callable[[Any], Any],
    names: Collection[str] = (),
) -> Callable[[Function], Function]:
    """Give one decorator for options that a command gets as one value ``name``.

    ``make`` makes it from what the user gives, which its parameters are named for, or by ``names``.
    """
    own = names or signature(make).parameters

    def added(function: Function) -> Function:
        @wraps(function)
        def command(**given: Any) -> object:  # noqa: ANN401  # as click gives
            value = make(**{key: given.pop(key) for key in own if key in given})
            return function(**{name: value}, **given)

        return cast("Function", all_of(*options)(command))

    return added


service_option = click.option(
    "--service", metavar="NAME", help="Select the compose service that builds the image."
)
offline_option = click.option(
    "--offline", is_flag=True, help="Do not query package indexes; use cached data only."
)
engine_option = click.option(
    "--engine", metavar="NAME", help="Use docker, podman or embedded; default: the first available."
)
platform_option = click.option(
    "--platform",
    default="",
    metavar="OS/ARCH",
    help="Select a platform, such as linux/arm64; default: this machine's.",
)


def named_values(_context: object, _parameter: object, given: tuple[str, ...]) -> dict[str, str]:
    """Read values as Docker takes them; without one, it is that of this process's environment."""
    values = {}
    for name, mark, value in (one.partition("=") for one in given):
        found = value if mark else os.environ.get(name)
        if found is None or not _NAME.fullmatch(name):
            raise click.BadParameter(f"write NAME=VALUE, or a variable that is set, not {name!r}.")
        values[name] = found
    return values


project_options = all_of(
    click.argument("directory", type=click.Path(path_type=Path), default=Path()),
    click.option(
        "--file", "dockerfile", metavar="PATH", help="Use this Dockerfile, within DIRECTORY."
    ),
    service_option,
    click.option("--target", metavar="STAGE", help="Use this stage of the Dockerfile."),
    click.option(
        "--build-arg",
        "build_arguments",
        multiple=True,
        callback=named_values,
        metavar="NAME=VALUE",
        help="Set a build argument; repeatable.",
    ),
    click.option(
        "-O",
        "level",
        type=click.IntRange(0, 3),
        help="Level: 0 nothing, 1 structure, 2 base and dead weight (default), "
        "3 what a trace of the run did not use.",
    ),
    offline_option,
)
"""The folder and what selects an image in it."""
commands_option = click.option(
    "--allow-commands/--no-commands",
    "allow_commands",
    default=None,
    help="Run or skip the probe-commands of the project's settings; required when it has some.",
)
"""Whether commands of the project's settings run on this machine."""
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Show the whole plan and all evidence."
)
unused_option = click.option(
    "--remove-unused", is_flag=True, help="Also move unused requirements out of production."
)


class Duration(click.FloatRange):
    """A time that a program can wait for: neither endless nor no number."""

    def __init__(self, least: float) -> None:
        super().__init__(min=least, max=1_000_000)

    def convert(
        self,
        value: Any,  # noqa: ANN401  # as click gives
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Return the number. Raises BadParameter."""
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return found


def _limits(
    memory_limit: int | None, process_limit: int | None, time_limit: float | None,
    request_limit: int | None, request_time: float | None,
) -> Limits:  # fmt: skip
    given: dict[str, Any] = {
        "memory": memory_limit and memory_limit * 1_000_000,
        "processes": process_limit,
        "seconds": time_limit and time_limit * 60,
        "requests": request_limit,
        "request_seconds": request_time,
    }
    own = {name: value for name, value in given.items() if value is not None}
    return replace(Limits(), **own)


limit_options = gathered(
    "limits",
    _limits,
    click.option(
        "--memory-limit",
        type=click.IntRange(min=0),
        metavar="MB",
        help="Limit the memory of each container; default: three quarters of this machine's; "
        "0: no limit.",
    ),
    click.option(
        "--process-limit",
        type=click.IntRange(min=0),
        metavar="N",
        help="Limit processes and threads of each container; default: 2048; 0: no limit.",
    ),
    click.option(
        "--time-limit",
        type=Duration(0),
        metavar="MINUTES",
        help="Limit one comparison of two images; default: 60; 0: no limit.",
    ),
    click.option(
        "--request-limit",
        type=click.IntRange(min=0),
        metavar="N",
        help="Limit the requests of one run, without those sent again; default: 2000; 0: no limit.",
    ),
    click.option(
        "--request-time",
        type=Duration(0),
        metavar="SECONDS",
        help="Limit the time for all requests of the first run; default: 120; 0: no limit.",
    ),
)
"""The most that containers may take of this machine; the command gets ``limits``."""


def format_option(kind: str) -> Callable[[Function], Function]:
    """Add ``--format`` with the formats that reports of a kind have; the first is the default."""
    formats = formats_of(kind)
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
    )


def reports_option(kind: str) -> Callable[[Function], Function]:
    """Add ``--report FORMAT:FILE``; the command gets ``reports``, pairs of both."""

    def pairs(
        _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
    ) -> tuple[tuple[str, Path], ...]:
        found = [value.partition(":") for value in values]
        for form, _, path in found:
            if form not in formats_of(kind) or not path:
                names = ", ".join(formats_of(kind))
                raise click.BadParameter(f"write FORMAT:FILE, with one of {names}.")
        return tuple((form, Path(path)) for form, _, path in found)

    return click.option(
        "--report",
        "reports",
        multiple=True,
        callback=pairs,
        metavar="FORMAT:FILE",
        help="Also write a report to FILE; may be repeated.",
    )


def _base(
    *, policy: str | None, base: str, allow_source_builds: bool, debug: bool
) -> BaseOverride | None:
    override = BaseOverride(
        policy=Policy(policy or DEFAULT_POLICY),
        reference=base,
        allow_source_builds=allow_source_builds,
        debug=debug,
    )
    return override if policy or base or allow_source_builds or debug else None


base_options = gathered(
    "base",
    _base,
    click.option(
        "--policy",
        type=click.Choice([each.value for each in Policy]),
        help="Choose the smallest base of the same distribution that works (default), the "
        "smallest of any, or keep the base.",
    ),
    click.option(
        "--base",
        default="",
        metavar="REF",
        help="Use this base: an image, a variant of the present one (slim, full, alpine), "
        "or a minimal base built from Debian packages (composed).",
    ),
    click.option(
        "--allow-source-builds",
        is_flag=True,
        help="Accept a base on which distributions must be compiled.",
    ),
    click.option(
        "--debug",
        is_flag=True,
        help="Add a target `debug` to the Dockerfile: the same image with a shell.",
    ),
)
"""What the user asks of the base image; the command gets one ``base``."""


def _plan(directory: Path, **choice: Any) -> partial[Planned]:  # noqa: ANN401  # as click gives
    return partial(_planned, directory, **choice)


plan_options = gathered(
    "plan",
    _plan,
    base_options,
    project_options,
    names=(
        *("directory", "dockerfile", "service", "target", "build_arguments", "level", "offline"),
        *("base", "remove_unused", "environment", "volumes"),
    ),
)
"""What selects a project and its base; the command gets ``plan``, which plans it."""


def _planned(directory: Path, **choice: Any) -> Planned:  # noqa: ANN401  # as click gives
    # Late: commands that plan nothing share this module.
    from jettison.tasks.loading import planned  # noqa: PLC0415

    return planned(directory, **choice)
