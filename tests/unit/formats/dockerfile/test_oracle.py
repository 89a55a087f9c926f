"""The parser of Docker itself reads the same files in the same way."""

from pathlib import Path

import dockerfile as docker
import pytest

from jettison.formats.dockerfile import Instruction, parse, raw_pairs, render

CASES = sorted((Path(__file__).parent / "cases").glob("*.Dockerfile"))
WORDS = {"ADD", "ARG", "COPY", "EXPOSE", "FROM", "VOLUME"}
PAIRS = {"ENV", "LABEL"}


def read(path: Path) -> str:
    return path.read_bytes().decode()


def value(instruction: Instruction) -> tuple[str, ...]:
    """The values of an instruction in the manner of the oracle."""
    if instruction.keyword == "HEALTHCHECK":
        kind, _, command = instruction.arguments.partition(" ")
        rest = instruction.exec_form or ((command.strip(),) if command else ())
        return (kind, *rest)
    if instruction.exec_form is not None:
        return instruction.exec_form
    if instruction.keyword in PAIRS:
        return tuple(part or "" for pair in raw_pairs(instruction) for part in pair)
    if instruction.keyword in WORDS:
        return instruction.words
    return (instruction.arguments,) if instruction.arguments else ()


def flags(instruction: Instruction) -> tuple[str, ...]:
    return tuple(
        f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}"
        for flag in instruction.flags
    )


def same(instruction: Instruction, command: docker.Command) -> None:
    assert instruction.keyword == command.cmd.upper()
    assert (instruction.origin.line, instruction.origin.end_line) == (
        command.start_line,
        command.end_line,
    )
    inner = instruction.trigger
    if inner is not None:
        assert inner.keyword == command.sub_cmd.upper()
        assert value(inner) == command.value
        return
    assert flags(instruction) == command.flags
    assert value(instruction) == command.value
    assert (instruction.exec_form is not None) == command.json


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_instructions_are_those_of_docker(path: Path, ending: str) -> None:
    text = read(path).replace("\n", ending)
    ours = parse(text, file=path.name)
    assert render(ours) == text
    theirs = docker.parse_string(text)
    assert len(ours.instructions) == len(theirs)
    for instruction, command in zip(ours.instructions, theirs, strict=True):
        same(instruction, command)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_character_has_its_place(path: Path) -> None:
    for instruction in parse(read(path), file=path.name).instructions:
        excerpt = instruction.excerpt
        for offset, character in enumerate(excerpt.text):
            assert excerpt.source[excerpt.place(offset)] == character
            line = instruction.text.split("\n")[
                excerpt.line(offset) - (instruction.origin.line or 1)
            ]
            assert character in line
