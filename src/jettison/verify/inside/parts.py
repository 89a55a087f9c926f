"""Says which part of a request, and which field of it, an expression is."""

import ast

from jettison.verify.inside import constants

# what attributes and methods of the requests of frameworks give
KINDS = {
    "json": "json", "get_json": "json", "json_body": "json", "media": "json", "get_media": "json",
    "data": "json", "form": "form", "forms": "form", "POST": "form", "post": "form",
    "values": "form", "files": "files", "FILES": "files", "args": "query", "query": "query",
    "query_params": "query", "GET": "query", "params": "query", "query_args": "query",
    "headers": "headers", "multipart": "files",
}  # fmt: skip
# what a part of a multipart body has, and what the value of a field has that is a file
PART, OF_FILES = "name", {"filename", "file"}
RAW = {"body", "get_data", "read", "stream", "bounded_stream"}  # the body as it came
SAME = {"to_dict", "copy", "multi_items", "items", "dict"}
REQUESTS = {"request", "req"}
# how a field is named that is a header, and what servers make of one
HEADER = "header "
FROM_HEADERS = {"subprotocols": f"{HEADER}Sec-WebSocket-Protocol"}
# methods that give a text in another form
FORMS = {"lower", "upper", "strip", "casefold", "title"}


class Parts:
    """Knows the request and what is taken of it; ``known`` and ``fields`` are a reader's."""

    def of_request(self, node):
        """Tell whether an expression is the request itself."""
        if isinstance(node, ast.Name):
            return node.id in self.requests
        return isinstance(node, ast.Attribute) and node.attr in REQUESTS

    def kind(self, node):
        """Give which part of the request an expression is, or nothing."""
        if isinstance(node, ast.Await):
            return self.kind(node.value)
        if isinstance(node, ast.BoolOp):
            return self.kind(node.values[0])
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        found = self.called(node) if isinstance(node, ast.Call) else None
        return found or self.gives.get(id(node)) or self.part(node)

    def attribute(self, node):
        """Give which part of the request an attribute is."""
        named = getattr(node.value, "id", getattr(node.value, "attr", ""))
        if node.attr in RAW and named in REQUESTS:
            return "raw"
        return KINDS.get(node.attr) if self.of_request(node.value) else None

    def called(self, node):
        """Give which part of the request a call gives."""
        function = node.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        if isinstance(function, ast.Attribute):
            if found := self.received(name):
                return found
            if name in KINDS and self.of_request(function.value):
                return KINDS[name]
            # the next part of a body in parts
            if name in SAME or (name == "next" and self.kind(function.value) == "files"):
                return self.kind(function.value)
        inner = node.args[0] if node.args else None
        if name in ("load", "loads", "dict") and inner is not None:
            about = self.kind(inner)
            text = {one.id for one in ast.walk(inner) if isinstance(one, ast.Name)}
            if self.upload(inner) in self.met.get("files", ()):
                return None
            read = name != "dict" and (text & self.requests or about == "raw")
            return "json" if read else about
        return None

    def field(self, node):
        """Give the name of the field or parameter that an expression is, or nothing."""
        inner = constants.wrapped(node)
        if inner is not None:
            return self.field(inner)
        if isinstance(node, ast.Name):
            return self.fields.get(node.id)
        if isinstance(node, ast.Attribute):
            # of a model that is given as a parameter
            return (
                node.attr if isinstance(node.value, ast.Name) and self.field(node.value) else None
            )
        owner, key = getattr(node, "value", None), getattr(node, "slice", None)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if node.func.attr in FORMS and not node.args:
                return self.field(owner)
            key = node.args[0] if node.func.attr in constants.GETTERS and node.args else None
        return self.named(self.kind(owner), getattr(key, "value", None))

    def named(self, kind, text):
        """Give the name of a field by the part of the request and its key there, or nothing."""
        if text in FROM_HEADERS:
            return FROM_HEADERS[text]
        if not (kind and isinstance(text, str)):
            return None
        return f"{HEADER}{text}" if kind == "headers" else text
