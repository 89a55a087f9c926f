"""Says what the function behind a route reads of its request, from its source."""

import ast
import functools
import inspect
import os
import textwrap

from jettison.verify.inside import hints, parts, reader


def is_installed(function):
    """Tell whether a function is one of the library or of a distribution."""
    path = getattr(getattr(function, "__code__", None), "co_filename", "")
    library = f"{os.path.dirname(os.__file__)}{os.sep}"
    return path.startswith(("<", library)) or "-packages" in path


def unwrapped(function):
    """Give the function that decorators wrap, also those that do not say that they do.

    What a distribution defines around one function of the application alone calls that one.
    """
    for _ in range(WRAPPED):
        function = inspect.unwrap(function)
        if not is_installed(function):
            return function
        inner = [held(cell) for cell in getattr(function, "__closure__", None) or ()]
        inner = [one for one in inner if inspect.isfunction(one)]
        if len(inner) != 1:
            return function
        function = inner[0]
    return function


def held(cell):
    """Give what a cell of a closure holds, or nothing."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def source_of(function):
    """Give the syntax of a function or method, or nothing when its source is not there."""
    try:
        plain = unwrapped(function)
        tree = ast.parse(textwrap.dedent(inspect.getsource(plain)))
    except (OSError, TypeError, ValueError, SyntaxError):
        return None
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return next((node for node in ast.walk(tree) if isinstance(node, kinds)), None)


@functools.lru_cache(maxsize=None)
def read_of(function):
    """Give the syntax of a function of the application, not of the library or a distribution."""
    return None if is_installed(function) else source_of(function)


# methods whose requests have no body
WITHOUT = ("GET", "HEAD", "DELETE", parts.METHOD)
# through how many decorators a function is followed
WRAPPED = 8
# How Falcon's methods begin that give a parameter of the query, and of which type they make it.
PARAMETER, PARAMETERS = "get_param", {"_as_int": "int", "_as_float": "float"}


class Arguments(ast.NodeTransformer):
    """Writes what Tornado's and Falcon's handlers read by methods of their own as others do.

    What Flask reads of the query or form is the query where there is no form.
    """

    def __init__(self, method):
        either = self.either = "args" if method in ("GET", "HEAD") else "form"
        self.parts = {"get_query_argument": "args", "get_body_argument": "form"}
        self.parts["get_argument"] = either

    def visit_Attribute(self, node):
        """Put the query or form in the place of both."""
        self.generic_visit(node)
        both = node.attr == "values" and getattr(node.value, "id", "") == "request"
        node.attr = self.either if both else node.attr
        return node

    def visit_Call(self, node):
        """Put a field of the query or form in the place of a call."""
        self.generic_visit(node)
        name = getattr(node.func, "attr", "")
        part = self.parts.get(name.removesuffix("s"))
        if name.startswith(PARAMETER) and node.args:
            fields = ast.Attribute(value=node.func.value, attr="args", ctx=ast.Load())
            node.func = ast.Attribute(value=fields, attr="get", ctx=ast.Load())
            kind = PARAMETERS.get(name.removeprefix(PARAMETER))
            node.keywords += [ast.keyword("type", ast.Name(kind, ctx=ast.Load()))] if kind else []
        elif part and node.args:
            request = ast.Attribute(value=node.func.value, attr="request", ctx=ast.Load())
            fields = ast.Attribute(value=request, attr=part, ctx=ast.Load())
            getter = "getlist" if name.endswith("s") else "get"
            node.func = ast.Attribute(value=fields, attr=getter, ctx=ast.Load())
        return node


def schema(fields, known):
    """Describe an object with these fields, of which some are known well."""
    inner = {"array": {"type": "array", "items": {"type": "integer"}}}
    inner |= {form: {"type": "string", "format": form} for form in hints.READS_TIME.values()}
    return {
        "type": "object",
        "properties": {
            name: known.get(name) or inner.get(kind, {"type": kind or "string"})
            for name, (kind, _) in fields.items()
        },
        "required": [name for name, (_, needed) in fields.items() if needed],
    }


def known_of(read):
    """Give what a reader found of the values, sizes and documents of fields."""
    told = {
        "compared": read.compared,
        "sizes": read.sizes,
        "documents": read.uploads(functools.partial(schema, known={})),
    }
    fitting = (
        (name, {one: found for one, found in known.items() if found})
        for name, known in told.items()
    )
    return {name: known for name, known in fitting if known}


def checked(model):
    """Give what the methods of a serializer compare its fields with."""
    read = reader.Reader(ast.parse("def nothing(): ...").body[0], {}, read_of)
    read.validated(model, "json")
    return known_of(read)


def takes(function, method):
    """Describe what a handler reads: ``body`` (media type and schema) and ``query`` (a schema)."""
    handed = None
    if method == parts.METHOD and inspect.isclass(function):
        function, handed = parts.handed(function)
    tree = source_of(function)
    if tree is None:
        return {}
    tree = Arguments(method).visit(tree)
    names = dict(getattr(unwrapped(function), "__globals__", {}))
    read = reader.Reader(tree, names, read_of)
    read.receives = method == parts.METHOD
    if handed:
        read.known[tree.args.args[-1].arg] = handed
    read.visit(tree)
    met = read.met
    read.headed()
    described = functools.partial(schema, known={**rows_of(met), **read.schemas})
    found = {"query": described(met["query"])} if met.get("query") else {}
    found.update(known_of(read))
    lines = parts.said(read) if read.receives else []
    if lines:
        found["body"] = ("text/plain", {"type": "string", "enum": ["\n".join(lines)]})
    body = None if method in WITHOUT else body_of(met, described)
    return {**found, "body": body} if body else found


def rows_of(met):
    """Describe the lists of objects that a body holds, by their fields."""
    ends = (hints.ROWS, hints.EACH)
    return {
        place.removeprefix(ends[0]).removesuffix(ends[1]): {
            "type": "array",
            "items": schema(fields, {}),
        }
        for place, fields in met.items()
        if place.startswith(ends[0]) and fields
    }


def body_of(met, described):
    """Give the media type and schema of a body of which these fields are read, or nothing."""
    if "files" in met:
        # where no part is named, each is taken as it comes
        files = met["files"] or ({} if met.get("form") else {"file": (None, True)})
        body = described({**met.get("form", {}), **files})
        told = body["properties"]
        for name in [one for one in files if told[one].get("format") != "binary"]:
            told[name] = {"type": "string", "format": "binary"}
        return "multipart/form-data", body
    if "json" in met:
        return "application/json", described(met["json"])
    if "form" in met:
        return "application/x-www-form-urlencoded", described(met["form"])
    raw = {"type": "string", "format": "binary"}
    return ("application/octet-stream", raw) if "raw" in met else None


def route(path, methods, handler=None):
    """Give a route with what its handler takes, method by method.

    A handler is a function, or a class with a method for each method.
    """
    reads = {}
    for method in methods:
        of_class = inspect.isclass(handler) and method != parts.METHOD
        one = getattr(handler, method.lower(), None) if of_class else handler
        try:
            found = takes(one, method) if one is not None else {}
        except Exception:
            # a route of which nothing is known is better than none
            found = {}
        if found:
            reads[method] = found
    told = {"path": path, "methods": sorted(methods)}
    return {**told, "reads": reads} if reads else told
