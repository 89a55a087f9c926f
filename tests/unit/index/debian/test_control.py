import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.debian_control import paragraph, paragraphs, render

TWO = """\
Package: a
Description: short
 long line
 .
 another
Depends: b,
 c

# a comment
Package: b
Empty:
"""


def test_paragraphs_keep_fields_and_continuations():
    first, second = paragraphs(TWO.splitlines(keepends=True))
    assert first["Description"] == "short\n long line\n .\n another"
    assert first["Depends"] == "b,\n c"
    assert second == {"Package": "b", "Empty": ""}


def test_a_paragraph_survives_writing_and_reading():
    fields = {"Package": "a", "SHA256": "\n abc 1 x\n def 2 y", "Description": "s\n l"}
    assert paragraph(render(fields)) == fields


@pytest.mark.parametrize(
    "text", ["no colon here\n", " starts with space\n", "A: 1\nA: 2\n", ": x\n"]
)
def test_what_is_not_a_field_is_refused_with_its_line(text):
    with pytest.raises(InputSyntaxError, match="line"):
        list(paragraphs(text.splitlines()))


@pytest.mark.parametrize("text", ["", TWO])
def test_one_paragraph_means_one(text):
    with pytest.raises(InputSyntaxError, match="expected one"):
        paragraph(text)
