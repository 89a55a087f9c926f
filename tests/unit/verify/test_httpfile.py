import pytest

from jettison.errors import InputSyntaxError
from jettison.verify.http_file import parse_http_file
from jettison.verify.request import CustomRequest

FILE = """\
# a comment
GET http://localhost:8000/notes?tag=a HTTP/1.1
Accept: application/json

### create one
POST /notes
Content-Type: application/json

{"title": "x",

 "tags": []}

###
/health
"""


def test_requests_are_read_in_their_order() -> None:
    assert parse_http_file(FILE, "probes.http") == (
        CustomRequest(method="GET", path="/notes?tag=a", headers=(("Accept", "application/json"),)),
        CustomRequest(
            method="POST",
            path="/notes",
            headers=(("Content-Type", "application/json"),),
            body=b'{"title": "x",\n\n "tags": []}',
        ),
        CustomRequest(method="GET", path="/health"),
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [("GET notes", 1), ("\nGET /x\nnonsense here", 3), ("###\nGET {{host}}/x", 2)],
)
def test_what_is_wrong_is_shown_with_its_line(text: str, line: int) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse_http_file(text, "probes.http")
    assert str(caught.value.origin) == f"probes.http:{line}"


def test_a_file_without_requests_has_none() -> None:
    assert parse_http_file("# nothing\n\n###\n", "x") == ()
