"""A script and the commands that are seen in it."""

import pytest

from jettison.formats.shell import Command, Script, parse
from jettison.values import Origin


def script(text: str) -> Script:
    return parse(text, origin=Origin(file="run.sh", line=1))


def one(text: str) -> Command:
    (command,) = script(text).commands
    return command


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("apt-get install -y a", ("apt-get", "install", "-y", "a")),
        ("echo 'a b' \"c d\" e\\ f", ("echo", "a b", "c d", "e f")),
        ('pip install "a[b]>=1" c==2', ("pip", "install", "a[b]>=1", "c==2")),
        ("rm -rf /var/lib/apt/lists/*", ("rm", "-rf", "/var/lib/apt/lists/*")),
        ("mkdir -p /a/{b,c}", ("mkdir", "-p", "/a/{b,c}")),
        ('echo "a \\"b\\" $c  " d"e f"$g', ("echo", 'a "b" $c  ', "de f$g")),
        ("echo $'a\\tb' \"\"", ("echo", "a\tb", "")),
        ("find . -exec rm {} \\;", ("find", ".", "-exec", "rm", "{}", ";")),
        ("X=1 Y=2 make all", ("make", "all")),
        ('[ -f /a -a -n "$b" ]', ("[", "-f", "/a", "-a", "-n", "$b", "]")),
        ("export A=1 B", ("export", "A=1", "B")),
        ("echo é ü", ("echo", "é", "ü")),
        ("a \\\n  b", ("a", "b")),
        ("A=1", ()),
        ("pip install a>=1 b>=2 -r c", ("pip", "install", "a", "b", "-r", "c")),
        ("A=1 echo > /f a 2>&1 b", ("echo", "a", "b")),
    ],
)
def test_words_have_no_quotes(text: str, words: tuple[str, ...]) -> None:
    assert one(text).words == words


def test_a_word_with_a_variable_is_not_literal() -> None:
    tokens = one('a b "$c" d${e}f $(g)').tokens
    assert [token.literal for token in tokens] == [True, True, False, False, False]
    assert [token.text for token in tokens] == ["a", "b", "$c", "d${e}f", "$(g)"]


@pytest.mark.parametrize(
    ("text", "connectors"),
    [
        ("a && b || c", ["", "&&", "||"]),
        ("set -eux; a; b", ["", ";", ";"]),
        ("a\nb\n\nc", ["", "newline", "newline"]),
        ("a | b && c", ["", "|", "&&"]),
        ("a & b", ["", "&"]),
        ("a && b > f && c", ["", "&&", "&&"]),
        ("a # note\nb", ["", "newline"]),
    ],
)
def test_connectors_stand_before_commands(text: str, connectors: list[str]) -> None:
    assert [command.connector for command in script(text).commands] == connectors


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        ("a && b; c | d", True),
        ("a && b > f", True),
        ("X=$(a) && b", True),
        ("if a; then b; fi", False),
        ("for i in 1 2; do a; done", False),
        ("(a; b)", False),
        ("{ a; }", False),
        ("! a", False),
        ("a & b", False),
        ("f() { a; }", False),
        ("cat <<E > f && b\nx\nE\n", False),
    ],
)
def test_a_flat_script_is_a_plain_sequence(text: str, flat: bool) -> None:
    assert script(text).flat == flat
    assert script(text).understood


def test_blocks_are_parts_of_the_sequence() -> None:
    found = script("a && if b; then c; fi > f; ! d; (e; g) | h")
    assert [found.text[part.start : part.end] for part in found.parts] == [
        "a",
        "if b; then c; fi > f",
        "! d",
        "(e; g)",
        "h",
    ]
    assert [part.connector for part in found.parts] == ["", "&&", ";", ";", "|"]
    assert found.editable
    assert not script("a & b").editable


def test_commands_in_conditions_are_nested() -> None:
    found = script("if [ -f a ]; then b; else c; fi; d").commands
    assert [(command.name, command.nested) for command in found] == [
        ("[", True),
        ("b", True),
        ("c", True),
        ("d", False),
    ]


def test_pipelines_are_numbered() -> None:
    found = script("a | b; c; d && e > f | g").commands
    assert [command.pipeline for command in found] == [0, 0, None, None, 1, 1]


def test_redirects() -> None:
    command = one("a b 2>/dev/null >> out")
    assert [(one.operator, one.target and one.target.text) for one in command.redirects] == [
        (">", "/dev/null"),
        (">>", "out"),
    ]
    assert command.raw == "a b 2>/dev/null >> out"


def test_a_redirect_after_a_list_belongs_to_its_last_command() -> None:
    first, second = script("a && b > f").commands
    assert first.redirects == ()
    assert second.raw == "b > f"


def test_a_heredoc_may_have_a_redirect_on_its_line() -> None:
    first, second = script("cat <<E > /f\nx $y\nE\nb").commands
    assert first.redirects[1].target is not None
    assert first.redirects[1].target.text == "/f"
    assert second.name == "b"


def test_assignments() -> None:
    command = one('A=1 B="c d" E= make')
    assert [(name, word.text) for name, word in command.assignments] == [
        ("A", "1"),
        ("B", "c d"),
        ("E", ""),
    ]


def test_substitutions_belong_to_their_command() -> None:
    command = one('echo "$(a | b)" x=$(c $(d)) ${E:-$(f)} <(g)')
    assert [inner.name for inner in command.substitutions] == ["a", "b", "c", "f", "g"]
    assert [inner.name for inner in command.substitutions[2].substitutions] == ["d"]
    assert [inner.name for inner in script("a $(b)").programs] == ["b", "a"]


def test_commands_know_their_lines() -> None:
    found = parse(
        "#!/bin/sh\nset -e\n\nexec \\\n  gunicorn app\n", origin=Origin(file="e.sh", line=1)
    )
    assert found.commands[1].origin == Origin(file="e.sh", line=4, end_line=5)
    assert found.commands[1].tokens[1].origin == Origin(file="e.sh", line=5, end_line=5)


def test_offsets_count_characters() -> None:
    text = "echo 'ééé' && bé"
    assert [text[one.start : one.end] for one in script(text).commands] == ["echo 'ééé'", "bé"]


JOINED = "".join(f"a{number} {'|' if number % 3 else '&&'} " for number in range(2000)) + "b"


@pytest.mark.parametrize(
    "text", ["if a; then", "a 'b", "#!/usr/bin/env python3\nprint(1)\n", JOINED]
)
def test_what_is_not_understood_is_said(text: str) -> None:
    found = script(text)
    assert not found.understood
    assert not found.flat


@pytest.mark.parametrize(
    "line", ["#!/bin/sh", "#!/usr/bin/env bash", "#!/bin/bash -e", "#! /bin/ash"]
)
def test_shells_are_known_by_their_first_line(line: str) -> None:
    assert script(f"{line}\na").understood
