"""What single instructions say, as types. Each view is for the instructions that it names."""

from __future__ import annotations

import re

from msgspec import Struct

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile.lines import heredoc_marker, unquote
from jettison.formats.dockerfile.model import Instruction
from jettison.values import Origin, once_each

# The instructions that ``copy`` reads.
COPIES = ("COPY", "ADD")
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_LONGEST_DURATION = 100
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def raw_pairs(instruction: Instruction) -> tuple[tuple[str, str | None], ...]:
    """Names and values of ENV, LABEL or ARG with their quotes; None for an ARG without default."""
    words = instruction.words
    if instruction.keyword != "ARG" and words and "=" not in words[0]:
        name, value = re.split(r"[\t\v\f\r ]+", instruction.arguments, maxsplit=1)
        return ((name, value),)
    parts = (word.partition("=") for word in words)
    return tuple((name, value if equals else None) for name, equals, value in parts)


@once_each
def pairs(instruction: Instruction) -> tuple[tuple[str, str], ...]:
    """Names and values of ENV, LABEL or ARG, unquoted, with variables as written.

    An ARG without default has the value "" here; ``raw_pairs`` tells them apart.
    """
    return tuple(
        (unquote(name, instruction.escape), unquote(value or "", instruction.escape))
        for name, value in raw_pairs(instruction)
    )


class Copy(Struct, frozen=True, kw_only=True):
    """A COPY or ADD. ``stage`` is the value of ``--from``: a stage name, an index or an image.

    ``documents`` are the names of heredocs among the sources.
    """

    sources: tuple[str, ...]
    documents: tuple[str, ...]
    destination: str
    stage: str | None
    chown: str | None
    chmod: str | None
    parents: bool
    exclude: tuple[str, ...]


@once_each
def copy(instruction: Instruction) -> Copy:
    """Return the view of COPY and ADD; words unquoted, variables as written."""
    words = _plain_words(instruction)
    markers = {word: heredoc_marker(word) for word in instruction.words if instruction.heredocs}
    documents = tuple(marker.name for marker in markers.values() if marker)
    sources = [word for word in words[:-1] if not markers.get(word)]
    exclude = (flag.value for flag in instruction.flags if flag.name == "exclude")
    return Copy(
        sources=tuple(sources),
        documents=documents,
        destination=words[-1],
        stage=instruction.flag("from"),
        chown=instruction.flag("chown"),
        chmod=instruction.flag("chmod"),
        parents=instruction.has_flag("parents"),
        exclude=tuple(value for value in exclude if value),
    )


class HealthCheck(Struct, frozen=True, kw_only=True):
    """A HEALTHCHECK: its command in exec form or shell form, or neither when ``none``.

    Times are seconds; None where the instruction leaves the engine's default.
    """

    none: bool
    exec_form: tuple[str, ...] | None = None
    shell_form: str | None = None
    interval: float | None = None
    timeout: float | None = None
    start_period: float | None = None
    start_interval: float | None = None
    retries: int | None = None
    origin: Origin


def healthcheck(instruction: Instruction) -> HealthCheck:
    """Return the view of HEALTHCHECK. Raises InputSyntaxError for a bad kind, duration or count."""
    kind = instruction.words[0]
    command = instruction.arguments[len(kind) :].strip()
    if kind == "NONE":
        return HealthCheck(none=True, origin=instruction.origin)
    if kind != "CMD" or not command:
        raise InputSyntaxError(
            f"HEALTHCHECK {kind} is not a health check",
            why="a health check is CMD with a command, or NONE",
            hint="Write `HEALTHCHECK CMD command`.",
            origin=instruction.origin,
        )
    shell_form = command if instruction.exec_form is None else None
    return HealthCheck(
        none=False,
        exec_form=instruction.exec_form,
        shell_form=shell_form,
        interval=_duration(instruction, "interval"),
        timeout=_duration(instruction, "timeout"),
        start_period=_duration(instruction, "start-period"),
        start_interval=_duration(instruction, "start-interval"),
        retries=_retries(instruction),
        origin=instruction.origin,
    )


def seconds(duration: str) -> float:
    """Return the seconds of a duration such as ``1m30s``. Raises ValueError when it is not one."""
    parts = _DURATION.findall(duration[:_LONGEST_DURATION])
    whole = "".join(number + unit for number, unit in parts) or "0"
    if whole != duration:
        raise ValueError(f"{duration} is not a duration")
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def _duration(instruction: Instruction, flag: str) -> float | None:
    value = instruction.flag(flag)
    if value is None or "$" in value:
        return None
    try:
        return seconds(value)
    except ValueError as error:
        raise InputSyntaxError(
            f"--{flag}={value} is not a duration",
            why=str(error),
            hint="Write a number with its unit: 30s, 1m30s.",
            origin=instruction.origin,
        ) from None


def _retries(instruction: Instruction) -> int | None:
    value = instruction.flag("retries")
    if value is None or "$" in value:
        return None
    if not value.isdecimal():
        raise InputSyntaxError(
            f"--retries={value} is not a count",
            hint="Write a whole number.",
            origin=instruction.origin,
        )
    return int(value)


def user(instruction: Instruction) -> str:
    """Return the user of USER, with its group when one is given, variables as written."""
    return unquote(instruction.arguments, instruction.escape)


def workdir(instruction: Instruction) -> str:
    """Return the directory of WORKDIR, variables as written."""
    return unquote(instruction.arguments, instruction.escape)


def stopsignal(instruction: Instruction) -> str:
    """Return the signal of STOPSIGNAL."""
    return unquote(instruction.arguments, instruction.escape)


def ports(instruction: Instruction) -> tuple[str, ...]:
    """Return the ports of EXPOSE as written: ``8000``, ``53/udp``, ``8000-8010``."""
    return _plain_words(instruction)


def volumes(instruction: Instruction) -> tuple[str, ...]:
    """Return the paths of VOLUME, in either form."""
    return _plain_words(instruction)


def _plain_words(instruction: Instruction) -> tuple[str, ...]:
    if instruction.exec_form is not None:
        return instruction.exec_form
    return tuple(unquote(word, instruction.escape) for word in instruction.words)
