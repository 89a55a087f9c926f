"""Gives the syntax of handlers and of functions that they call."""

import ast
import functools
import inspect
import os
import textwrap


def source_of(function):
    """Give the syntax of a function or method, or nothing when its source is not there."""
    try:
        plain = inspect.unwrap(function)
        tree = ast.parse(textwrap.dedent(inspect.getsource(plain)))
    except (OSError, TypeError, ValueError, SyntaxError):
        return None
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return next((node for node in ast.walk(tree) if isinstance(node, kinds)), None)


@functools.lru_cache(maxsize=None)
def read_of(function):
    """Give the syntax of a function of the application, not of the library or a distribution."""
    path = getattr(getattr(function, "__code__", None), "co_filename", "")
    library = f"{os.path.dirname(os.__file__)}{os.sep}"
    installed = path.startswith(("<", library)) or "-packages" in path
    return None if installed else source_of(function)


class Arguments(ast.NodeTransformer):
    """Writes what Tornado's handlers read of the request by their own methods as others do."""

    def __init__(self, method):
        either = "args" if method in ("GET", "HEAD") else "form"
        self.parts = {"get_query_argument": "args", "get_body_argument": "form"}
        self.parts["get_argument"] = either

    def visit_Call(self, node):
        """Put a field of the query or form in the place of a call."""
        self.generic_visit(node)
        name = getattr(node.func, "attr", "")
        part = self.parts.get(name.removesuffix("s"))
        if part and node.args:
            request = ast.Attribute(value=node.func.value, attr="request", ctx=ast.Load())
            fields = ast.Attribute(value=request, attr=part, ctx=ast.Load())
            getter = "getlist" if name.endswith("s") else "get"
            node.func = ast.Attribute(value=fields, attr=getter, ctx=ast.Load())
        return node
