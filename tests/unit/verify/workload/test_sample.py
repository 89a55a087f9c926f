import re
from typing import Any

import pytest

from jettison.verify.workload.sample import FILE, Extent, choices, following, sample

TYPICAL, MINIMAL = Extent.TYPICAL, Extent.MINIMAL


@pytest.mark.parametrize(
    ("schema", "name", "value"),
    [
        ({"type": "string", "format": "email"}, "x", "mara@example.org"),
        ({"type": "string", "format": "date"}, "x", "2024-05-17"),
        ({"type": "string"}, "start_date", "2024-05-17"),
        ({"type": "string"}, "end_date", "2024-05-18"),
        ({"type": "string"}, "starts", "2024-05-17T09:30:00Z"),
        ({"type": "string"}, "deadline", "2024-05-18T09:30:00Z"),
        ({"type": "string"}, "unit_price", "12"),
        ({"type": "string", "maxLength": 4}, "title", "Gard"),
        ({"type": "string", "minLength": 20}, "title", "Garden plan onexxxxx"),
        ({"type": "string", "pattern": "^#[0-9a-f]{6}$"}, "colour", "#3a7bd5"),
        ({"type": "string", "pattern": "^[0-9]{5}$"}, "zip", "12345"),
        ({"type": "integer", "minimum": 3, "maximum": 9}, "x", 3),
        ({"type": "integer", "exclusiveMinimum": 3}, "x", 4),
        ({"type": "integer", "maximum": -2}, "x", -2),
        ({"type": "boolean", "default": True}, "x", False),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "x", 1),
        ({"enum": ["red", "blue"]}, "x", "red"),
        ({"const": 7}, "x", 7),
        ({"type": ["null", "boolean"]}, "x", True),
        ({"type": "string", "format": "binary"}, "x", FILE),
    ],
)
def test_a_value_fits_its_schema(schema: dict[str, Any], name: str, value: Any) -> None:
    assert sample(schema, name, TYPICAL) == value


def test_an_object_is_given_whole_or_as_far_as_required() -> None:
    schema = {
        "type": "object",
        "required": ["title"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "title": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    assert sample(schema, "", TYPICAL) == {"title": "Garden plan one", "tags": ["garden"]}
    assert sample(schema, "", MINIMAL) == {"title": "Garden plan one"}


def test_parts_of_a_schema_are_joined() -> None:
    schema = {
        "allOf": [
            {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"b": {"type": "boolean"}}, "required": ["b"]},
        ]
    }
    assert sample(schema, "", MINIMAL) == {"a": 1, "b": True}


def test_a_recursive_schema_ends() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["inner"] = schema
    assert "inner" in sample(schema, "", TYPICAL)


def test_account_fields_agree_with_each_other() -> None:
    text = {"type": "string"}
    assert sample(text, "password", MINIMAL) == sample(text, "current_password", MINIMAL)
    assert sample(text, "password", MINIMAL) != sample(text, "new_password", MINIMAL)
    assert re.fullmatch(r"[A-Za-z0-9_-]{3,50}", sample(text, "username", MINIMAL))


def test_choices_are_enumerated_or_quoted() -> None:
    assert choices({"enum": ["a", "b"]}) == ("a", "b")
    said = "Method: 'checkpoint' (recommended), 'all_files', or 'vacuum'"
    assert choices({"type": "string", "description": said}) == ("checkpoint", "all_files", "vacuum")
    assert choices({"type": "string", "description": "the 'one' thing"}) == ()
    assert choices({"type": "boolean"}) == (True, False)
    assert choices({"type": "integer"}) == ()


@pytest.mark.parametrize(("limits", "count"), [({}, 3), ({"maxItems": 2}, 2), ({"minItems": 5}, 5)])
def test_a_series_of_quantities_has_several_that_differ(limits: dict[str, int], count: int) -> None:
    schema = {"type": "array", "items": {"type": "number"}, **limits}
    found = sample(schema, "values", Extent.TYPICAL)
    assert len(found) == count
    assert len(set(found)) == min(count, 3)


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("^(name|length|first-seen)$", ("name", "length", "first-seen")),
        ("^(?:asc|desc)$", ("asc", "desc")),
        ("^[a-z]+$", ()),
    ],
)
def test_a_pattern_of_alternatives_is_an_enumeration(pattern: str, values: tuple[str, ...]) -> None:
    schema = {"type": "string", "pattern": pattern}
    assert choices(schema) == values
    assert re.search(pattern, sample(schema, "sort", TYPICAL)) or not values


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": "integer", "minimum": 1}, (2,)),
        ({"type": "integer", "minimum": 1, "maximum": 1}, ()),
        ({"type": "string"}, ()),
        ({"type": "number"}, (12.75,)),
        ({"type": "number", "multipleOf": 0.5}, (1.0,)),
        ({"type": "number", "maximum": 5}, ()),
    ],
)
def test_another_number_leads_to_the_next_page(
    schema: dict[str, Any], values: tuple[int, ...]
) -> None:
    assert following(schema) == values
