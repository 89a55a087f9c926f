"""``jettison verify``: two images that are there, run and held against each other."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click

from jettison.cli import show
from jettison.cli.options import (
    Duration,
    all_of,
    commands_option,
    engine_option,
    format_option,
    gathered,
    limit_options,
    named_values,
)
from jettison.engines.finding import find_engine
from jettison.engines.limits import Limits
from jettison.errors import NotEquivalentError
from jettison.progress import ConsoleProgress
from jettison.report import rendered
from jettison.tasks.loading import (
    Planned,
    commands_decided,
    custom_command,
    planned,
    read_custom_requests,
    request_of_images,
    request_of_project,
)
from jettison.values import replace
from jettison.verify import START, Verdict
from jettison.verify.differential import compare
from jettison.verify.request import (
    RESPONSE_SECONDS,
    CustomCommand,
    CustomRequest,
    VerificationRequest,
)

# Of the log of an image that does not run.
_LAST_LINES = 3


def _changing(
    *, ports: tuple[int, ...], environment: Mapping[str, str], volumes: tuple[str, ...],
    commands: tuple[str, ...], health_path: str, startup_timeout: float, response_timeout: float,
    writable_root: bool, strict: bool, allow_root: bool,
) -> Callable[[VerificationRequest, tuple[CustomRequest, ...]], VerificationRequest]:  # fmt: skip
    def changed(asked: VerificationRequest, own: tuple[CustomRequest, ...]) -> VerificationRequest:
        return replace(
            asked.given(environment, volumes),
            ports=ports or asked.ports,
            probes=(*asked.probes, *own),
            commands=(*asked.commands, *_commands(commands)),
            health_path=health_path,
            startup_timeout=startup_timeout,
            response_timeout=response_timeout,
            read_only_after=asked.read_only_after and not writable_root,
            root_allowed=allow_root,
            strict=strict,
        )

    return changed


run_options = all_of(
    click.option(
        "--volume",
        "volumes",
        metavar="PATH",
        multiple=True,
        callback=lambda _context, _parameter, given: tuple(map(posixpath.normpath, given)),
        help="Mount a writable volume at PATH in both images; repeatable.",
    ),
    click.option(
        "--env",
        "environment",
        metavar="NAME=VALUE",
        multiple=True,
        callback=named_values,
        help="Set a variable in both images; repeatable.",
    ),
)
"""What both images are run with; the command gets ``environment`` and ``volumes``."""
request_options = gathered(
    "changed",
    _changing,
    click.option("--allow-root", is_flag=True, help="Allow the candidate to run as root."),
    click.option("--strict", is_flag=True, help="Mask no measured quantity by its name."),
    click.option(
        "--writable-root", is_flag=True, help="Do not require a read-only root file system."
    ),
    click.option(
        "--response-timeout",
        type=Duration(1),
        default=RESPONSE_SECONDS,
        show_default=True,
        metavar="SECONDS",
        help="Wait this long for each response.",
    ),
    click.option(
        "--startup-timeout",
        type=Duration(1),
        default=60.0,
        show_default=True,
        metavar="SECONDS",
        help="Wait this long for an image to become ready.",
    ),
    click.option(
        "--health-path", default="", metavar="PATH", help="Request this path to check health."
    ),
    click.option(
        "--probe-command",
        "commands",
        metavar="COMMAND",
        multiple=True,
        help="Run this command on the host after all requests, with JETTISON_URL set; repeatable.",
    ),
    click.option(
        "--probes",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Send the requests of this .http file after the generated ones.",
    ),
    run_options,
    click.option(
        "--port",
        "ports",
        type=int,
        multiple=True,
        help="Publish a TCP port; the first speaks HTTP.",
    ),
)

"""What a person changes of the requests; the command gets ``changed``, which does it."""


@click.command("verify")
@click.argument("before", required=False)
@click.argument("after", required=False)
@click.option(
    "--imports",
    is_flag=True,
    help="Run no image: import what production uses with only the planned distributions installed. "
    "The argument is the project folder; default: the current one.",
)
@click.option("--offline", is_flag=True, help="With --imports: do not query package indexes.")
@click.option(
    "--remove-unused", is_flag=True, help="With --imports: also drop unused requirements."
)
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Use this project's plan to decide what else to check.",
)
@click.option("--service", metavar="NAME", help="Select the compose service of the project.")
@click.option(
    "--development",
    metavar="IMAGE",
    help="Take the project's tests from this image, which has all requirements.",
)
@engine_option
@request_options
@commands_option
@limit_options
@format_option("verdict")
def command(
    *,
    before: str | None,
    after: str | None,
    imports: bool,
    offline: bool,
    remove_unused: bool,
    project: Path | None,
    service: str | None,
    development: str | None,
    engine: str | None,
    probes: Path | None,
    allow_commands: bool | None,
    limits: Limits,
    changed: Callable[[VerificationRequest, tuple[CustomRequest, ...]], VerificationRequest],
    output_format: str,
) -> None:
    """Run two images, send both the same requests, report differences.

    With --imports no container is needed: `jettison verify --imports [DIRECTORY]`. Exit status 4
    when anything differs, or when nothing could be compared.
    """
    if imports:
        if after is not None:
            raise click.UsageError("--imports takes one folder.")
        plan = partial(planned, service=service, offline=offline, remove_unused=remove_unused)
        _imports(partial(plan, Path(before or ".")), offline=offline, output_format=output_format)
        return
    if before is None or after is None:
        raise click.UsageError("Two images are needed, or --imports and a folder.")
    own = read_custom_requests(probes) if probes else ()
    with find_engine(engine, limits) as chosen:
        if project is None:
            asked = request_of_images(chosen, before, after)
        else:
            found = planned(project, service=service, offline=True)
            found = commands_decided(found, allowed=allow_commands)
            asked = request_of_project(chosen, found, before, after, development)
        verdict = compare(changed(asked, own), chosen, ConsoleProgress())
    _tell(verdict, before, after, output_format)


def _tell(verdict: Verdict, before: str, after: str, output_format: str) -> None:
    """Show the verdict, and set the exit status."""
    show(rendered("verdict", output_format, verdict), nl=False)
    require_equivalent(
        verdict,
        different=(
            f"{after} does not behave as {before} does",
            "The table shows what differs; --format json lists everything.",
        ),
        unknown=(
            f"it is not known whether {after} behaves as {before} does",
            "Add custom requests with --probes, or name the project with --project.",
        ),
    )


def require_equivalent(
    verdict: Verdict, *, different: tuple[str, str], unknown: tuple[str, str]
) -> None:
    """Raise NotEquivalentError unless the images are equivalent.

    ``different`` and ``unknown`` are what is said, and the hint, where something differs and where
    too little could be compared.
    """
    if verdict.equivalent:
        return
    what, hint = different if verdict.differences else unknown
    if verdict.dead_before:
        what = "nothing could be compared: the baseline does not become ready"
        hint = "Nothing was written. Run it alone to see why; the report has the last of its log."
    told = [f"{check.name}: {check.message}" for check in verdict.reasons]
    if verdict.dead_before:
        start = next(check for check in verdict.reasons if check.name == START)
        told = [f"{start.name}: {start.message}", *start.details[-_LAST_LINES:]]
    why = "\n".join(told)
    raise NotEquivalentError(what, why=why, hint=hint)


def _imports(plan: partial[Planned], *, offline: bool, output_format: str) -> None:
    """Import with the runtime set, and tell what is missing."""
    # Late: what this needs, comparing images does not.
    from jettison.tasks.imports.checking import checked  # noqa: PLC0415

    found = checked(
        plan(), lambda overrides: plan(overrides=overrides), ConsoleProgress(), offline=offline
    )
    result = found.result
    show(rendered("imports", output_format, result), nl=False)
    if not result.equivalent:
        raise NotEquivalentError(
            "the application imports distributions that the plan removes"
            if result.losses
            else "missing imports are unknown: nothing could be imported",
            why="\n".join(
                f"{loss.attempt.module}: {loss.attempt.message}" for loss in result.losses
            ),
            hint="`jettison optimize` keeps what is missing; for `apply`, put it into `keep` in "
            "the settings."
            if result.losses
            else "See the reason above; `jettison optimize` compares the images themselves.",
        )


def _commands(texts: tuple[str, ...]) -> tuple[CustomCommand, ...]:
    try:
        return tuple(custom_command(Path(), tuple(shlex.split(text))) for text in texts)
    except ValueError as wrong:
        raise click.UsageError(f"--probe-command is no command: {str(wrong).lower()}.") from wrong
