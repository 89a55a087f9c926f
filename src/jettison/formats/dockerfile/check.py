"""What BuildKit refuses before it builds anything, as errors that teach."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile.model import Flag, Instruction
from jettison.values import Origin

# Flags by instruction: BuildKit, frontend/dockerfile/docs/reference.md, November 2026.
_FLAGS: dict[str, frozenset[str]] = {
    "ADD": frozenset({"chown", "chmod", "link", "keep-git-dir", "checksum", "exclude", "unpack"}),
    "COPY": frozenset({"from", "chown", "chmod", "link", "parents", "exclude"}),
    "FROM": frozenset({"platform"}),
    "HEALTHCHECK": frozenset({"interval", "timeout", "start-period", "start-interval", "retries"}),
    "RUN": frozenset({"mount", "network", "security", "device"}),
}
_SWITCHES = frozenset({"link", "keep-git-dir", "parents", "unpack"})
_REPEATED = frozenset({"mount", "device", "exclude"})
_KEYWORDS = frozenset(
    {
        *_FLAGS,
        *("ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "MAINTAINER", "ONBUILD"),
        *("SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
_NOT_TRIGGERS = frozenset({"ONBUILD", "MAINTAINER", "FROM"})


def check_keyword(keyword: str, origin: Origin) -> None:
    """Raise InputSyntaxError when no instruction has this name."""
    if keyword.upper() in _KEYWORDS:
        return
    near = get_close_matches(keyword.upper(), sorted(_KEYWORDS), n=1)
    raise InputSyntaxError(
        f"unknown instruction {keyword}",
        why="a line of a Dockerfile begins with an instruction, a comment, or continues another",
        hint=f"Write {near[0]}."
        if near
        else "Check whether the line before it should end with the escape character.",
        origin=origin,
    )


def check_flags(keyword: str, flags: Sequence[Flag], origin: Origin) -> None:
    """Raise InputSyntaxError for a flag that the instruction does not have or that is repeated."""
    known = _FLAGS.get(keyword, frozenset())
    seen: set[str] = set()
    for flag in flags:
        problem = _problem(flag, known, seen)
        if problem:
            raise InputSyntaxError(
                f"{problem} --{flag.name} of {keyword}",
                why=_known_flags(keyword, known),
                hint="Correct or remove the flag.",
                origin=origin,
            )
        seen.add(flag.name)


def _problem(flag: Flag, known: frozenset[str], seen: set[str]) -> str:
    if flag.name not in known:
        return "unknown flag"
    if flag.name in seen and flag.name not in _REPEATED:
        return "repeated flag"
    if flag.value is None and flag.name not in _SWITCHES:
        return "no value for flag"
    if flag.name in _SWITCHES and flag.value not in {None, "true", "false"}:
        return f"{flag.value} is not a value for flag"
    return ""


def _known_flags(keyword: str, known: frozenset[str]) -> str:
    names = ", ".join(f"--{name}" for name in sorted(known))
    return f"{keyword} has the flags {names}" if names else f"{keyword} has no flags"


def check_arguments(instruction: Instruction) -> None:
    """Raise InputSyntaxError when an instruction has too few or too many arguments."""
    problem, hint = _argument_problem(instruction)
    if problem:
        raise InputSyntaxError(problem, hint=hint, origin=instruction.origin)


def _argument_problem(instruction: Instruction) -> tuple[str, str]:
    keyword, words = instruction.keyword, instruction.words
    if instruction.exec_form is not None:
        words = instruction.exec_form
    if not instruction.arguments and keyword not in {"RUN", "CMD", "ENTRYPOINT"}:
        return f"{keyword} needs an argument", f"Add it, or remove the {keyword}."
    if keyword in {"ENV", "LABEL"} and (word := _without_value(words)):
        return f"{keyword} {word} has no value", f"Write `{keyword} {word}=value`."
    if keyword in {"ADD", "COPY"} and len(words) < 2:  # noqa: PLR2004
        return f"{keyword} needs a source and a destination", "Add the missing path."
    if keyword == "SHELL" and instruction.exec_form is None:
        return "SHELL takes a JSON array", 'Write it as `SHELL ["/bin/bash", "-c"]`.'
    return _stage_problem(instruction, words)


def _stage_problem(instruction: Instruction, words: Sequence[str]) -> tuple[str, str]:
    if instruction.keyword == "FROM" and not _is_from(words):
        return (
            "FROM takes a base image, and AS with a name",
            "Write `FROM image` or `FROM image AS name`.",
        )
    trigger = instruction.trigger
    if trigger is not None and trigger.keyword in _NOT_TRIGGERS:
        return f"{trigger.keyword} cannot be an ONBUILD trigger", "Remove the line."
    return "", ""


def _without_value(words: Sequence[str]) -> str:
    """Return the first word that needs a value; ``ENV name value`` is the old form of one pair."""
    if len(words) > 1 and "=" not in words[0]:
        return ""
    return next((word for word in words if "=" not in word), "")


def _is_from(words: Sequence[str]) -> bool:
    return len(words) == 1 or (len(words) == 3 and words[1].upper() == "AS")  # noqa: PLR2004


def not_a_trigger(keyword: str, origin: Origin) -> InputSyntaxError:
    """Return the error for an instruction that an ONBUILD cannot have."""
    return InputSyntaxError(
        f"{keyword} cannot be an ONBUILD trigger", hint="Remove the line.", origin=origin
    )


def check_order(instructions: Sequence[Instruction], file: str) -> None:
    """Raise InputSyntaxError when the first instruction but ARG is not FROM."""
    first = next((item for item in instructions if item.keyword != "ARG"), None)
    if first is not None and first.keyword == "FROM":
        return
    raise InputSyntaxError(
        "no FROM before the first instruction" if first else "the Dockerfile has no FROM",
        why="a build begins with a base image; only ARG may come before it",
        hint="Add a FROM with the base image, or `FROM scratch`.",
        origin=first.origin if first else Origin(file=file),
    )
