"""Says what the function behind a route reads of its request, from its source."""

import inspect

from jettison.verify.inside import reader, sources


def schema(fields):
    """Describe an object with these fields."""
    inner = {"array": {"type": "array", "items": {"type": "integer"}}}
    return {
        "type": "object",
        "properties": {
            name: inner.get(kind, {"type": kind or "string"}) for name, (kind, _) in fields.items()
        },
        "required": [name for name, (_, needed) in fields.items() if needed],
    }


def takes(function, method):
    """Describe what a handler reads: ``body`` (media type and schema) and ``query`` (a schema)."""
    tree = sources.source_of(function)
    if tree is None:
        return {}
    tree = sources.Arguments(method).visit(tree)
    read = reader.Reader(tree, dict(getattr(inspect.unwrap(function), "__globals__", {})))
    read.visit(tree)
    met = read.met
    found = {"query": schema(met["query"])} if met.get("query") else {}
    if any(read.compared.values()):
        found["compared"] = {name: known for name, known in read.compared.items() if known}
    if method in ("GET", "HEAD", "DELETE", "WEBSOCKET"):
        return found
    if "files" in met:
        body = schema({**met.get("form", {}), **met["files"]})
        for name in met["files"]:
            body["properties"][name] = {"type": "string", "format": "binary"}
        found["body"] = ("multipart/form-data", body)
    elif "json" in met:
        found["body"] = ("application/json", schema(met["json"]))
    elif "form" in met:
        found["body"] = ("application/x-www-form-urlencoded", schema(met["form"]))
    elif "raw" in met:
        found["body"] = ("application/octet-stream", {"type": "string", "format": "binary"})
    return found


def route(path, methods, handler=None):
    """Give a route with what its handler takes, method by method.

    A handler is a function, or a class with a method for each method.
    """
    reads = {}
    for method in methods:
        one = getattr(handler, method.lower(), None) if inspect.isclass(handler) else handler
        found = takes(one, method) if one is not None else {}
        if found:
            reads[method] = found
    told = {"path": path, "methods": sorted(methods)}
    return {**told, "reads": reads} if reads else told
