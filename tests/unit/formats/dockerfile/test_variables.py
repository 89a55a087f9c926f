"""Which variables an instruction sees, and how they are replaced."""

import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile import (
    base_reference,
    environments,
    expand,
    final_environment,
    parse,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("$X", "x"),
        ("${X}y", "xy"),
        ("$Xy", ""),
        ("${U:-d}", "d"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${U-d}", "d"),
        ("${X:+a}", "a"),
        ("${E:+a}", ""),
        ("${E+a}", "a"),
        ("${U:-${X}z}", "xz"),
        ("${X?no}", "x"),
        (r"\$X", "$X"),
        ("'$X'", "$X"),
        ('"$X y"', "x y"),
        ("${P#*.}", "b.c"),
        ("${P##*.}", "c"),
        ("${P%.*}", "a.b"),
        ("${P/./-}", "a-b.c"),
        ("${P//./-}", "a-b-c"),
        ("$", "$"),
    ],
)
def test_substitution(word: str, expected: str) -> None:
    assert expand(word, {"X": "x", "E": "", "P": "a.b.c"}) == expected


def test_the_escape_character_of_the_file_counts() -> None:
    assert expand(r"c:\$X `$X", {"X": "x"}, escape="`") == r"c:\x $X"


def test_a_variable_without_value_may_stay() -> None:
    assert expand("a:$U-${V:-w}", {}, keep_unset=True) == "a:$U-${V:-w}"


@pytest.mark.parametrize("word", ["${X", "${U?must be given}", "${U:?}", "${X!y}", "'a"])
def test_a_bad_substitution(word: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        expand(word, {"X": "x"})
    assert caught.value.hint


def variables(text: str, **build_args: str) -> dict[str, str]:
    """The variables that the last instruction sees."""
    return dict(environments(parse(text, file="Dockerfile"), build_args)[-1].variables)


def test_an_argument_has_its_default() -> None:
    assert variables("FROM a\nARG B=1\nRUN c") == {"B": "1"}


def test_a_build_argument_wins_over_the_default() -> None:
    assert variables("FROM a\nARG B=1\nRUN c", B="2") == {"B": "2"}


def test_a_build_argument_needs_its_arg() -> None:
    assert variables("FROM a\nRUN c", B="2") == {}


def test_an_argument_before_from_is_seen_where_it_is_repeated() -> None:
    assert variables("ARG B=1\nFROM a\nRUN c") == {}
    assert variables("ARG B=1\nFROM a\nARG B\nRUN c") == {"B": "1"}
    assert variables("ARG B=1\nFROM a\nARG B=2\nRUN c") == {"B": "2"}


def test_an_argument_without_value_is_not_set() -> None:
    assert variables("FROM a\nARG B\nRUN c") == {}


def test_env_wins_over_arg() -> None:
    assert variables("FROM a\nENV B=env\nARG B=arg\nRUN c") == {"B": "env"}


def test_one_env_does_not_see_its_own_values() -> None:
    assert variables("FROM a\nENV B=1\nENV B=2 C=$B\nRUN c") == {"B": "2", "C": "1"}


def test_env_may_use_arg() -> None:
    assert variables("FROM a\nARG V=3\nENV B=\"v$V\" C='$V'\nRUN c") == {
        "V": "3",
        "B": "v3",
        "C": "$V",
    }


def test_a_stage_inherits_env_but_not_arg() -> None:
    assert variables("FROM a AS b\nENV C=1\nARG D=2\nFROM b\nRUN c") == {"C": "1"}


def test_the_end_of_a_stage() -> None:
    dockerfile = parse("FROM a AS b\nENV C=1\nFROM x\nENV D=2\n", file="Dockerfile")
    assert dict(final_environment(dockerfile, dockerfile.stages[0]).env) == {"C": "1"}
    assert dict(final_environment(dockerfile, dockerfile.stages[1]).env) == {"D": "2"}


@pytest.mark.parametrize(
    ("text", "build_args", "expected"),
    [
        ("ARG V=3.11\nFROM python:${V}-slim", {}, "python:3.11-slim"),
        ("ARG V=3.11\nFROM python:${V}-slim", {"V": "3.12"}, "python:3.12-slim"),
        ("ARG V\nFROM python:${V:-3.13}", {}, "python:${V:-3.13}"),
        ("ARG V=1\nARG W=a$V\nFROM $W", {}, "a1"),
        ("FROM python:$V", {}, "python:$V"),
        ('ARG I="python:3.11"\nFROM ${I}', {}, "python:3.11"),
    ],
)
def test_the_reference_of_a_base(text: str, build_args: dict[str, str], expected: str) -> None:
    dockerfile = parse(text, file="Dockerfile")
    assert base_reference(dockerfile.stages[0], dockerfile, build_args) == expected


def test_a_value_that_is_demanded_is_that_of_the_build() -> None:
    text = "FROM base-${ARCH:?}\nARG ARCH\nENV A=${ARCH:?} B=${ARCH?no}\n"
    dockerfile = parse(text, file="Dockerfile")
    stage = dockerfile.stages[0]
    assert base_reference(stage, dockerfile) == "base-${ARCH}"
    assert final_environment(dockerfile, stage).env == {"A": "", "B": ""}
    assert final_environment(dockerfile, stage, {"ARCH": "arm64"}).env["B"] == "arm64"
