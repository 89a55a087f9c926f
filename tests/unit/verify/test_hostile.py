"""Documents and answers of a hostile image lead to fewer requests, not to tracebacks or hangs."""

from __future__ import annotations

import copy
import json
import tracemalloc
from collections.abc import Iterator, Mapping
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.engines import ImageFacts, ImageID
from jettison.errors import EngineError, InputSyntaxError, ProgramError
from jettison.processes import Completed
from jettison.values import replace
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.comparison import compare_exchanges
from jettison.verify.exchange.forms import read_page
from jettison.verify.exchange.pages import landing_steps, page_steps
from jettison.verify.http_file import parse_http_file
from jettison.verify.interior import ask, find_interpreter
from jettison.verify.request import VerificationRequest
from jettison.verify.tracing import read_installed
from jettison.verify.workload.openapi import interface, query_steps
from jettison.verify.workload.plan import usable, workload
from jettison.verify.workload.routes import join, placed, route_operations
from jettison.verify.workload.sample import Extent, sample

DOCUMENT: dict[str, Any] = {
    "servers": [{"url": "/api"}],
    "paths": {
        "/plain": {"get": {}},
        "/notes/{id}": {
            "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
            "post": {
                "parameters": [{"name": "q", "in": "query", "schema": {"pattern": "^a+$"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/it"}}}},
                "security": [],
            },
            "put": {"parameters": [{"name": "f", "in": "formData", "type": "file"}]},
        },
    },
    "it": {"properties": {"a": {"type": "array", "items": {"minimum": 1}}, "b": {"$ref": "#/it"},
                          "c": {"anyOf": [{"enum": ["x"]}], "minLength": 2}}, "required": ["a"]},
    "components": {"securitySchemes": {"o": {"flows": {"password": {"tokenUrl": "/token"}}}}},
}  # fmt: skip
ROUTES: list[dict[str, Any]] = [
    {"path": "/plain", "methods": ["GET"]},
    {"path": "/x/<int:id>", "methods": ["GET", "POST"],
     "reads": {"POST": {"body": ["application/json", {}], "compared": {"id": ["a"]},
                        "query": {"properties": {"q": {}}, "required": []}}}},
]  # fmt: skip
ODD = st.sampled_from(
    [None, 1, -1.5, "", "#/it", [], {}, [1], [[]], {"a": 1}, True, 10**30, "\ud800", [None],
     {"$ref": "#/paths"}, {"$ref": 5}, "9" * 400]
)  # fmt: skip
GRAPHQL = {"data": {"__schema": {"queryType": {"name": "Q"}, "types": [
    {"kind": "OBJECT", "name": "Q", "fields": [
        {"name": "a", "args": [], "type": {"kind": "SCALAR", "name": "Int", "ofType": None}},
    ]},
]}}}  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values within one."""
    inner = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else inner:
        yield (*path, key)
        yield from places(one, (*path, key))


@st.composite
def spoiled(draw: st.DrawFn, whole: Any) -> Any:
    """Put odd values into a document."""
    document = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(list(places(document))))
        inner = document
        for key in path:
            inner = inner[key]
        inner[last] = copy.deepcopy(draw(ODD))
    return document


@given(spoiled(DOCUMENT), spoiled(ROUTES))
def test_a_document_of_any_shape_is_read_as_far_as_it_goes(
    document: dict[str, Any], routes: list[Any]
) -> None:
    found = usable(join(placed(document, ()), route_operations(routes)))
    workload(found)
    paths = document["paths"]
    if isinstance(paths, dict) and paths.get("/plain") == {"get": {}}:
        assert any(one.path.endswith("/plain") for one in found.operations)


@given(spoiled(GRAPHQL))
def test_a_schema_of_graphql_of_any_shape_is_read_as_far_as_it_goes(document: Any) -> None:
    assert len(list(query_steps("/graphql", document))) <= 1


def test_references_that_multiply_end() -> None:
    schema = {"properties": {f"p{number}": {"$ref": "#/it"} for number in range(20)}}
    document = {
        "it": schema,
        "paths": {"/a": {"post": {"requestBody": {
            "content": {"application/json": {"schema": {"$ref": "#/it"}}}}}}},
    }  # fmt: skip
    found = usable(interface(document))
    assert found.operations[0].body is not None
    assert len(json.dumps(found.operations[0].body.schema)) < 10_000_000
    assert workload(found)


@pytest.mark.parametrize(
    "pattern",
    ["^(x+x+)+y$", "(((x+)+)+)+y", "^(x|x|x|x|x)*$", "x*x*x*x*x*x*x*y", "(?:x{1,9}){1,9}y", "[[x]",
     "(.*)*(.*)*(.*)*y", "(" * 300 + "x" + ")" * 300, "(x"],
)  # fmt: skip
def test_a_pattern_that_takes_years_is_not_tried(pattern: str) -> None:
    schema = {"type": "string", "pattern": pattern, "minLength": 10**30}
    value = sample(schema, "title", Extent.TYPICAL)
    assert isinstance(value, str)
    assert len(value) <= 10_000


@pytest.mark.parametrize("link", ["http://[", "//[::", "http://localhost\uff0f", "javascript:["])
def test_a_link_that_is_no_address_is_not_followed(link: str) -> None:
    page = f'<a href="{link}">x</a><a href="/next">y</a><form method="post" action="{link}"></form>'
    steps = page_steps({"/": page}, {"/old": link}, (), {"/a.css": f"url({link})"})
    assert "/next" in {one.path for one in steps}
    assert landing_steps({"/": link}, ()) == ()
    with pytest.raises(InputSyntaxError, match="address"):
        parse_http_file(f"GET {link}\n", "probes.http")


def test_a_metric_that_is_no_number_is_text() -> None:
    answers = [
        Exchange(name="GET /metrics", answer=Answer(
            status=200, headers={"content-type": "text/plain; version=0.0.4"}, body=body
        )) for body in (b"a 1e\n", b"a 2e\n")
    ]  # fmt: skip
    assert compare_exchanges([answers[:1]], [answers[1:]]).differences


class Says:
    """A container whose Python says the same to everything."""

    id = ""

    def __init__(self, text: bytes) -> None:
        self.text = text

    def execute(self, command: tuple[str, ...], **_: object) -> Completed:
        return Completed(command=command, status=0, stdout=self.text, stderr=b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs."""

    def run(self, *_: object) -> Says:
        return self


@pytest.mark.parametrize(
    "said",
    [b"[" * 100_000, b"-" * 100_000 + b"1", b"1+" * 100_000 + b"1", b"{[]: 1}", b"a(", b"\xff",
     b"7", b"[7]", b""],
)  # fmt: skip
def test_an_answer_of_another_shape_is_no_answer(said: bytes) -> None:
    answer, why = ask(
        Says(b"jettison-says:" + said), "python", "lists", {"list": "library"}, list[str]
    )
    assert answer is None
    assert "its Python answered otherwise" in why


class Silent(Says):
    """A container whose Python never ends."""

    def execute(self, command: tuple[str, ...], **_: object) -> Completed:
        raise ProgramError(f"{command[0]} did not end")


FACTS: Mapping[str, Any] = {
    "id": ImageID("sha256:0"), "size": 1, "layers": (),
    "environment": (), "entrypoint": (), "command": ("python",), "user": "",
    "working_directory": "", "ports": (), "volumes": (), "labels": (), "stop_signal": "",
    "health_check": None,
}  # fmt: skip


@pytest.mark.parametrize("said", [b"", b"[" * 100_000, b"\xdb\xff\xff\x7f", b"7", b'{"site": 7}'])
def test_an_environment_of_another_shape_is_an_error(
    said: bytes, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engine: Any = Says(said)
    with pytest.raises(EngineError, match="the environment could not be read"):
        read_installed(engine, "image", ImageFacts(**FACTS), "")


@pytest.mark.parametrize("odd", ["<![x[", "<![ y", "</" * 300_000, "<!" * 300_000, "<a " * 99_999])
def test_what_is_no_html_of_a_page_is_passed_over(odd: str) -> None:
    links, forms = read_page(f"<a href='/x'>x</a>{odd}<a href='/y'>")
    assert (links, forms) == (("/x", "/y"), ())


def test_no_image_is_waited_for_as_long_as_it_asks() -> None:
    request = VerificationRequest(image_before="", image_after="")
    assert request.patient(300.0).startup_timeout == 300.0
    assert request.patient(2.0**62 / 1e9).startup_timeout == 600.0
    assert replace(request, startup_timeout=900.0).patient(2.0**33).startup_timeout == 900.0


def test_a_python_that_never_ends_is_asked_once() -> None:
    silent: Any = Silent(b"")
    with pytest.raises(EngineError, match="Python of the image does not respond") as caught:
        find_interpreter(silent, ImageFacts(**{**FACTS, "id": ImageID("sha256:silent")}))
    assert "`python -c ''` in the image, which does nothing, was stopped" in caught.value.why


def test_a_python_that_says_nothing_is_told() -> None:
    says: Any = Says(b"")
    assert ask(says, "python", "facts", {}, int) == (None, "its Python wrote nothing (status 0)")


def test_lines_without_end_of_an_images_python_take_little_memory() -> None:
    says: Any = Says(b"x\n" * 2**20 + b"jettison-says: 7\r\n")
    tracemalloc.start()
    try:
        assert ask(says, "python", "facts", {}, int) == (7, "")
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
