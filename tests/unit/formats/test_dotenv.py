import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.dotenv import beside, is_example, parse

FILE = """\
# settings
export A=1
B = "x # y $A ${NONE:-d}"  # a comment
C='raw $A'
D=plain words  # a comment
PASSED
F=
G="several
lines"
H: colon
I="tab\\tquote\\" cost\\$"
J=a#b

K=$B
"""


def test_values_are_read_as_compose_reads_them() -> None:
    read = [(one.name, one.value, one.origin.line) for one in parse(FILE, file=".env")]
    assert read == [
        ("A", "1", 2),
        ("B", "x # y 1 d", 3),
        ("C", "raw $A", 4),
        ("D", "plain words", 5),
        ("PASSED", None, 6),
        ("F", "", 7),
        ("G", "several\nlines", 8),
        ("H", "colon", 10),
        ("I", 'tab\tquote" cost$', 11),
        ("J", "a#b", 12),
        ("K", "x # y 1 d", 14),
    ]


def test_outer_variables_are_seen() -> None:
    _, one = parse("HOST=h\r\nURL=http://$HOST\r\n", file=".env")
    assert one.value == "http://h"


@pytest.mark.parametrize(
    ("text", "line"), [("A=1\nB='open\n", 2), ("=x", 1), ("A=1\n\nnot a variable\n", 3)]
)
def test_a_broken_line_is_named(text: str, line: int) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse(text, file=".env")
    assert caught.value.origin is not None
    assert caught.value.origin.line == line


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".env", ".env.example"), (".env", "env.sample"), (".env", "example.env"),
        (".env", ".env-dist"), (".env", "dotenv.template"),
        ("shop/.env.dev", "shop/.env.dev.example"),
        ("shop/db.env", "shop/db.env.dist"),
    ],
)  # fmt: skip
def test_an_example_stands_for_a_file_that_is_not_there(path: str, name: str) -> None:
    assert [(one.name, one.value) for one in beside({name: "A=1"}.get, path)] == [("A", "1")]
    assert is_example(name)


def test_a_file_that_is_there_comes_before_its_example() -> None:
    texts = {".env": "A=1", ".env.example": "A=2\nB=2"}
    assert [one.value for one in beside(texts.get)] == ["1"]
    assert not is_example(".env.production")


def test_an_example_leaves_choices_and_placeholders() -> None:
    text = "S=shop.<test/development/production>\nL=<debug|info>\nB=<True/False>\nK=<your key>\n"
    found = {one.name: one.value for one in beside({".env.example": text}.get)}
    assert found == {"S": "shop.production", "L": "debug", "B": "False"}
    assert beside({".env": text}.get)[3].value == "<your key>"
