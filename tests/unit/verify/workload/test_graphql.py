"""What a GraphQL schema offers is asked for, field by field."""

from __future__ import annotations

from typing import Any

from jettison.verify.workload import Interface, Operation
from jettison.verify.workload.openapi import call_steps, query_steps, schema_steps

ID = {"kind": "SCALAR", "name": "ID", "ofType": None}


def needed(kind: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "NON_NULL", "name": None, "ofType": kind}


def field(name: str, kind: dict[str, Any], *args: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": kind, "args": list(args)}


def argument(name: str, kind: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": kind, "defaultValue": None}


BOOK = {"kind": "OBJECT", "name": "Book", "ofType": None}
COLOUR = {"kind": "ENUM", "name": "Colour", "ofType": None}
SCHEMA = {
    "queryType": {"name": "Query"},
    "types": [
        {"name": "ID", "fields": None},
        {"name": "Colour", "fields": None, "enumValues": [{"name": "RED"}]},
        {
            "name": "Query",
            "fields": [
                field(
                    "book",
                    BOOK,
                    argument("id", needed(ID)),
                    argument("colour", needed(COLOUR)),
                    argument("page", ID),
                ),
                field("count", ID),
            ],
        },
        {
            "name": "Book",
            "fields": [
                field("id", ID),
                field("next", BOOK),
                field("find", ID, argument("q", needed(ID))),
            ],
        },
    ],
}  # fmt: skip


def test_the_schema_is_asked_for_where_a_path_looks_like_it() -> None:
    paths = ("/graphql", "/graphql", "/books")
    interface = Interface(operations=tuple(Operation(method="GET", path=one) for one in paths))
    assert [one.path for one in schema_steps(interface)] == ["/graphql"]


def test_each_query_asks_for_the_plain_fields_of_what_it_gives() -> None:
    steps = tuple(query_steps("/graphql", {"data": {"__schema": SCHEMA}}))
    assert [one.name for one in steps] == [
        "POST /graphql (query book)",
        "POST /graphql (query count)",
    ]
    text = steps[0].payload.value["query"] if steps[0].payload else ""
    assert text.startswith('{ book(id: "')
    assert "colour: RED) { __typename id next { __typename id next { __typename id } } } }" in text
    assert "find" not in text


def test_each_function_of_gradio_is_called_and_asked_for_its_result() -> None:
    text = {"label": "name", "type": {"type": "string"}, "example_input": "Hello!!"}
    count = {"label": "n", "parameter_has_default": True, "parameter_default": 3}
    picture = {"label": "image", "example_input": {"url": "https://example.org/bus.png"}}
    named = {
        "/greet": {"parameters": [text, count]},
        "/show": {"parameters": [picture]},
        "/odd": {},
    }
    steps = tuple(call_steps("/gradio_api/info", {"named_endpoints": named}))
    assert [one.name for one in steps] == [
        "POST /gradio_api/call/greet",
        "GET /gradio_api/call/greet/{event_id}",
    ]
    assert steps[0].payload
    assert steps[0].payload.value == {"data": ["Hello!!", 3]}
    assert list(call_steps("/info", ["no", "functions"])) == []


def test_another_answer_gives_no_queries() -> None:
    assert list(query_steps("/graphql", {"errors": [{"message": "no introspection"}]})) == []
