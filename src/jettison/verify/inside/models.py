"""Says what fields a model has that a handler makes of its request.

Models are serializers of Django's REST framework, Django's forms, schemas of marshmallow, and
models of pydantic. The tables of Django's own are made where a database has none.
"""

import ast
import contextlib
import importlib
import inspect

KINDS = {
    "BooleanField": {"type": "boolean"},
    "IntegerField": {"type": "integer"},
    "FloatField": {"type": "number"},
    "DecimalField": {"type": "string", "pattern": r"^[0-9]+$"},
    "DateField": {"type": "string", "format": "date"},
    "DateTimeField": {"type": "string", "format": "date-time"},
    "TimeField": {"type": "string", "format": "time"},
    "EmailField": {"type": "string", "format": "email"},
    "URLField": {"type": "string", "format": "uri"},
    "UUIDField": {"type": "string", "format": "uuid"},
    "SlugField": {"type": "string", "pattern": r"^[-a-zA-Z0-9_]+$"},
    "FileField": {"type": "string", "format": "binary"},
    "ImageField": {"type": "string", "format": "binary", "contentMediaType": "image/*"},
    "PrimaryKeyRelatedField": {"type": "integer"},
    "ManyRelatedField": {"type": "array", "items": {"type": "integer"}},
    "ListField": {"type": "array", "items": {"type": "string"}},
    "JSONField": {"type": "object"},
    "DictField": {"type": "object"},
    # those of Django's forms and of marshmallow that are called otherwise
    "NullBooleanField": {"type": "boolean"},
    "ModelChoiceField": {"type": "integer"},
    "Boolean": {"type": "boolean"},
    "Integer": {"type": "integer"},
    "Float": {"type": "number"},
    "Decimal": {"type": "number"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
    "Time": {"type": "string", "format": "time"},
    "Email": {"type": "string", "format": "email"},
    "Url": {"type": "string", "format": "uri"},
    "UUID": {"type": "string", "format": "uuid"},
    "List": {"type": "array", "items": {"type": "string"}},
    "Mapping": {"type": "object"},
}
LIMITS = (
    ("max_length", "maxLength"),
    ("min_length", "minLength"),
    ("max_value", "maximum"),
    ("min_value", "minimum"),
)
# what tells a model from another class, and what fills one
MARKS = ("model_json_schema", "_declared_fields", "base_fields")
FILLS = {"load", "loads", "validate", "model_validate", "model_validate_json", "parse_obj"}
# what checks that no other has the same value (djangorestframework 3, validators.py)
UNIQUE = "UniqueValidator"
# how deep what a schema refers to is followed
DEEP = 6


def options(field):
    """Give the values among which a field chooses."""
    names = "".join(kind.__name__ for kind in type(field).__mro__)
    if "RelatedField" in names or "ModelChoice" in names:
        return []
    listed = getattr(field, "choices", None) or ()
    for one in getattr(field, "validators", ()):
        listed = listed or getattr(one, "choices", ())
    values = [one[0] if isinstance(one, (tuple, list)) else one for one in listed]
    return [value for value in values if value not in ("", None)]


def field_schema(field):
    """Describe a field of a serializer, form or schema."""
    names = [kind.__name__ for kind in type(field).__mro__]
    schema = dict(next((KINDS[name] for name in names if name in KINDS), {"type": "string"}))
    listed = options(field)
    if listed:
        schema = {"enum": listed}
    for limit, word in LIMITS:
        value = getattr(field, limit, None)
        if isinstance(value, (int, float)):
            schema[word] = value
    if any(type(one).__name__ == UNIQUE for one in getattr(field, "validators", ())):
        schema["unique"] = True
    return schema


def resolved(schema, known, depth=0):
    """Give a schema with what it refers to in its place."""
    if isinstance(schema, dict) and "$ref" in schema and depth < DEEP:
        return resolved(known.get(schema["$ref"].rpartition("/")[2], {}), known, depth + 1)
    if isinstance(schema, dict):
        return {name: resolved(one, known, depth) for name, one in schema.items() if name != "$ref"}
    if isinstance(schema, list):
        return [resolved(one, known, depth) for one in schema]
    return schema


def fields_of(kind):
    """Give the schema of each field that a model takes, and whether it has to be there."""
    if hasattr(kind, "model_json_schema"):
        told = kind.model_json_schema()
        inner = resolved(told.get("properties", {}), told.get("$defs", {}))
        return {name: (one, name in told.get("required", ())) for name, one in inner.items()}
    fields = getattr(kind, "base_fields", None) or kind().fields
    return {
        name: (field_schema(field), bool(field.required))
        for name, field in fields.items()
        if not (getattr(field, "read_only", False) or getattr(field, "dump_only", False))
    }


class Models:
    """Sees which models are made of the request; ``kind``, ``met`` and others are a reader's."""

    def model(self, function):
        """Give the model that a call makes or fills, or nothing."""
        if isinstance(function, ast.Attribute) and function.attr in FILLS:
            function = getattr(function.value, "func", function.value)
        found = self.stands_for(function)
        kind = found if isinstance(found, type) else type(found)
        return kind if any(hasattr(kind, mark) for mark in MARKS) else None

    def modelled(self, node):
        """Write down the fields of a model that is made of a part of the request."""
        kind = self.model(node.func)
        given = [*node.args, *(word.value for word in node.keywords)] if kind else []
        parts = [part for part in map(self.kind, given) if part in ("json", "form", "query")]
        if not parts:
            return
        try:
            fields = fields_of(kind)
        except Exception:
            return  # what cannot be asked what it takes
        self.validated(kind, parts[0])
        files = {name for name, (one, _) in fields.items() if one.get("format") == "binary"}
        # files do not travel in JSON
        rest = "form" if files and parts[0] == "json" else parts[0]
        for name, (schema, needed) in fields.items():
            place = "files" if name in files else rest
            self.met.setdefault(place, {})[name] = (schema.get("type"), needed)
            self.schemas[name] = schema

    def validated(self, kind, place):
        """Read the methods of a serializer or schema that check a field, or all of them."""
        for name in dir(kind):
            function = getattr(kind, name, None)
            checks = name.startswith("validate") and inspect.isfunction(function)
            tree = self.read_of(function) if checks and self.depth < DEEP else None
            if tree is None or not tree.args.args[1:]:
                continue
            inner = type(self)(tree, dict(function.__globals__), self.read_of, self.depth + 1)
            field, value = name.partition("_")[2], tree.args.args[1].arg
            inner.requests, inner.known = set(), {} if field else {value: place}
            inner.fields = {value: field} if field else {}
            inner.visit(tree)
            self.learn(inner)


def migrate():
    """Make the tables, as whoever deploys a site does, where its database has none of them."""
    with contextlib.suppress(Exception):  # a site without a database, or one that is not there
        found = importlib.import_module("django.db").connection.introspection.table_names()
        if "django_migrations" not in found:
            call = importlib.import_module("django.core.management").call_command
            call("migrate", interactive=False, verbosity=0)
