"""What an entrypoint sets by itself."""

import pytest

from jettison.formats.shell import assignments, parse, resolved, value
from jettison.values import Origin

ORIGIN = Origin(file="entrypoint.sh", line=1)


def known(text: str, **variables: str) -> dict[str, str]:
    return assignments(parse(text, origin=ORIGIN), variables)


def test_defaults_are_resolved() -> None:
    text = '#!/bin/sh\nHOST=0.0.0.0\nexport PORT="${PORT:-8000}"\nBIND=$HOST:${PORT}\n'
    assert known(text) == {"HOST": "0.0.0.0", "PORT": "8000", "BIND": "0.0.0.0:8000"}
    assert known(text, PORT="80")["BIND"] == "0.0.0.0:80"


@pytest.mark.parametrize(
    "text",
    ["A=$(date)", "A=`date`", "A=$B", "A=$1", "A=${B%x}", "A=(b c)", "A=1\nif x; then A=2; fi"],
)
def test_what_cannot_be_told_is_not_known(text: str) -> None:
    assert known(text) == {}


def test_an_assignment_for_one_command_is_not_one_of_the_script() -> None:
    assert known("A=1 make") == {}


def test_the_value_of_a_word() -> None:
    (command,) = parse("gunicorn -b :${PORT:-${P:=80}} $X", origin=ORIGIN).commands
    assert value(command.tokens[2], {}) == ":80"
    assert value(command.tokens[2], {"PORT": "1"}) == ":1"
    assert value(command.tokens[3], {}) is None


def test_quotes_in_a_default_are_taken_off() -> None:
    assert known('A=b\nC="${C:-"$A:d"}"') == {"A": "b", "C": "b:d"}


def test_a_variable_may_hold_several_words() -> None:
    script = parse('D=" gcc \\\n make "\napt-get install $D "$D" $E', origin=ORIGIN)
    command = resolved(script.commands[1], assignments(script))
    assert command.words == ("apt-get", "install", "gcc", "make", " gcc  make ", "$E")
