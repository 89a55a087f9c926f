"""Walks the routers of frameworks."""

import inspect
import re

from jettison.verify.inside import constants, handlers

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def offered(endpoint):
    """Give the methods of a class that has one method for each, or of a plain application."""
    own = [name for name in METHODS if callable(getattr(endpoint, name.lower(), None))]
    return own if inspect.isclass(endpoint) and own else ["GET"]


def starlette(routes, prefix=""):
    """Walk Starlette's routes with what is mounted below."""
    for one in routes:
        path = prefix + getattr(one, "path", "")
        inner = getattr(one, "routes", None)
        endpoint = getattr(one, "endpoint", None)
        if inner:
            yield from starlette(inner, path)
        elif getattr(one, "methods", None):
            yield handlers.route(path, sorted(one.methods), endpoint)
        elif endpoint is not None:
            if "WebSocket" in type(one).__name__:
                yield handlers.route(path, ["WEBSOCKET"], endpoint)
            else:
                yield handlers.route(path, offered(endpoint), endpoint)


def documents(routes, prefix=""):
    """Give the documents of applications that are mounted in another, each with its place."""
    for one in routes:
        app, path = getattr(one, "app", None), prefix + getattr(one, "path", "")
        if app is not None and callable(getattr(app, "openapi", None)) and app.routes:
            yield {**app.openapi(), "basePath": path}
        if "Mount" in type(one).__name__ and getattr(one, "routes", None):
            yield from documents(one.routes, path)


def bounded(told, most):
    """Add to a route how large a body may be that the application takes."""
    most = constants.whole(most)
    for read in told.get("reads", {}).values() if most else ():
        if "body" in read:
            read.setdefault("sizes", {}).setdefault("", []).append(most)
    return told


def flask(app):
    """Walk werkzeug's rules."""
    most = getattr(app, "config", {}).get("MAX_CONTENT_LENGTH")
    functions = getattr(app, "view_functions", {})
    for rule in app.url_map.iter_rules():
        function = functions.get(getattr(rule, "endpoint", None))
        handler = getattr(function, "view_class", function)
        methods = {"WEBSOCKET"} if getattr(rule, "websocket", False) else rule.methods or {"GET"}
        yield bounded(handlers.route(rule.rule, methods, handler), most)


def smorest(app):
    """Give the document of the first API that flask-smorest has made, wherever it is served."""
    known = getattr(app, "extensions", {}).get("flask-smorest") or {}
    for one in (known.get("apis") or {"": known}).values():
        if "ext_obj" in one:
            return one["ext_obj"].spec.to_dict()
    return None


def opens_socket(handler):
    """Tell whether a handler opens a WebSocket by itself, as those of aiohttp do."""
    function = getattr(handler, "get", None) if inspect.isclass(handler) else handler
    code = getattr(inspect.unwrap(function), "__code__", None) if function else None
    return "WebSocketResponse" in getattr(code, "co_names", ())


def aiohttp(router, most=None):
    """Walk aiohttp's resources."""
    for one in router.routes():
        resource = getattr(one, "resource", None)
        if resource is None or hasattr(resource, "_directory"):
            continue  # without a file there is nothing to ask for
        handler = getattr(one, "handler", None)
        methods = offered(handler) if one.method == "*" else [one.method]
        if opens_socket(handler):
            methods = ["WEBSOCKET"]
        pattern = getattr(getattr(resource, "_pattern", None), "pattern", "")
        numbers = re.findall(r"\(\?P<(\w+)>(?:\\d|\[0-9\])[+*]?\)", pattern)
        path = resource.canonical
        for name in numbers:
            path = path.replace(f"{{{name}}}", f"{{{name}:int}}")
        yield bounded(handlers.route(path, methods, handler), most)


def typed(path):
    """Put the kind of a placeholder first, as Flask has it: ``<id:int>`` becomes ``<int:id>``."""
    path = re.sub(r"<(\w+):(\w+)[^<>]*>", r"<\2:\1>", path)
    return re.sub(r"(?<=/):(\w+)", r"<\1>", path)


def bottle(routes):
    """Walk Bottle's routes."""
    for one in routes:
        method = "GET" if one.method == "ANY" else one.method
        yield handlers.route(typed(one.rule), [method], getattr(one, "callback", None))


def sanic(routes):
    """Walk Sanic's routes."""
    for one in routes:
        handler = getattr(one, "handler", None)
        opened = getattr(getattr(handler, "func", None), "__name__", "")
        methods = ["WEBSOCKET"] if opened == "_websocket_handler" else sorted(one.methods)
        yield handlers.route(f"/{typed(one.path)}", methods, handler)


def falcon(nodes):
    """Walk the tree of Falcon's router."""
    for node in nodes:
        if node.uri_template and node.resource is not None:
            kinds = [name[3:].upper() for name in dir(node.resource) if name.startswith("on_")]
            for method in [name for name in kinds if name in (node.method_map or ())]:
                handler = getattr(node.resource, f"on_{method.lower()}")
                yield handlers.route(node.uri_template, [method], handler)
        yield from falcon(node.children)


def pyramid(introspector):
    """Walk Pyramid's routes with the methods of their views."""
    methods = {}
    for one in introspector.get_category("views") or ():
        view = one["introspectable"]
        named = view.get("request_methods") or ["GET"]
        methods.setdefault(view.get("route_name"), set()).update(
            [named] if isinstance(named, str) else named
        )
    for one in introspector.get_category("routes") or ():
        found = one["introspectable"]
        path = "/" + found["pattern"].lstrip("/")
        yield {"path": path, "methods": sorted(methods.get(found["name"], {"GET"}))}


def litestar(routes):
    """Walk Litestar's routes."""
    for one in routes:
        socket = "WebSocket" in type(one).__name__
        methods = ["WEBSOCKET"] if socket else getattr(one, "methods", ["GET"])
        yield {"path": one.path_format, "methods": sorted(methods)}


def path_of(pattern):
    """Put a placeholder in the place of every group of a pattern of Tornado, else as it is.

    Groups without a name get one by their number. Gives nothing of a pattern that is more than
    plain text and groups.
    """
    groups = list(re.finditer(r"\((?!\?:)(?:\?P<(\w+)>)?((?:[^()\\]|\\.)*)\)", pattern))
    path, end = "", 0
    for number, one in enumerate(groups):
        digits = ":int" if re.fullmatch(r"(\\d|\[0-9\])[+*]?", one[2]) else ""
        path += f"{pattern[end : one.start()]}{{{one[1] or f'group{number}'}{digits}}}"
        end = one.end()
    path = re.sub(r"/\?$", "", (path + pattern[end:]).removesuffix("$"))
    plain = re.sub(r"\\([^\w\s])", "", re.sub(r"\{\w+(:int)?\}", "", path))
    return None if re.search(r"[\\()\[\]|*+?^]", plain) else re.sub(r"\\([^\w\s])", r"\1", path)


def tornado_rules(router):
    """Give the rules of Tornado's router and of those below it that lead to a handler."""
    for rule in router.rules:
        if hasattr(rule.target, "rules"):
            yield from tornado_rules(rule.target)
        elif inspect.isclass(rule.target) and hasattr(rule.matcher, "regex"):
            yield rule


def tornado(app):
    """Walk Tornado's rules; a handler has the methods that its class does not leave undone."""
    for rule in tornado_rules(app.default_router):
        path, handler = path_of(rule.matcher.regex.pattern), rule.target
        if path is None or hasattr(handler, "validate_absolute_path"):
            continue  # without a file there is nothing to ask for
        undone = getattr(handler, "_unimplemented_method", None)
        own = [one for one in METHODS if getattr(handler, one.lower(), undone) is not undone]
        methods = ["WEBSOCKET"] if hasattr(handler, "on_message") else own
        yield handlers.route(path or "/", methods, handler)


# The beginning of an application's class, and its walk: a new framework is a function and a line.
WALKS = {
    "aiohttp.": lambda app: aiohttp(app.router, getattr(app, "_client_max_size", None)),
    "bottle.": lambda app: bottle(app.routes),
    "falcon.": lambda app: falcon(app._router._roots),
    "pyramid.": lambda app: pyramid(app.registry.introspector),
    "sanic.": lambda app: sanic(app.router.routes),
    "tornado.": tornado,
}


def documented(app):
    """Give FastAPI's document, with the routes that it hides, and those of what is mounted."""
    import json

    for route in app.routes:
        if hasattr(route, "include_in_schema") and hasattr(route, "dependant"):
            route.include_in_schema = True
    found = [app.openapi(), *documents(app.routes)]
    return json.loads(json.dumps(found, default=str))


def is_of(layer, start):
    """Tell whether an application is of a class that begins so, or of one made of such a class."""
    return any(f"{one.__module__}.{one.__name__}".startswith(start) for one in type(layer).__mro__)


def described(layer):
    """Give the routes and documents of an application object, or nothing."""
    constants.CURRENT["current_app"] = layer
    if is_of(layer, "litestar."):
        document = layer.openapi_schema.to_schema()
        return {"routes": list(litestar(layer.routes)), "openapi": [document]}
    if hasattr(layer, "url_map"):
        document = smorest(layer)
        found = list(flask(layer))
        return {"routes": found, "openapi": [document] if document else []}
    if callable(getattr(layer, "openapi", None)) and hasattr(layer, "routes"):
        found = list(starlette(layer.routes))
        return {"routes": found, "openapi": documented(layer)}
    walk = next((each for start, each in WALKS.items() if is_of(layer, start)), None)
    if walk:
        return {"routes": list(walk(layer)), "openapi": []}
    if hasattr(layer, "routes") and not callable(layer.routes):
        found = list(starlette(layer.routes))
        return {"routes": found, "openapi": list(documents(layer.routes))}
    return None


def flask_folders(app):
    """Give the folders that an application and its blueprints serve files of."""
    for rule in app.url_map.iter_rules():
        blueprint, _, kind = rule.endpoint.rpartition(".")
        owner = app.blueprints.get(blueprint) if blueprint else app
        folder = getattr(owner, "static_folder", None)
        if kind == "static" and folder:
            yield rule.rule.partition("<")[0], folder


def mounted_folders(routes, prefix=""):
    """Give the folders that are mounted among Starlette's routes."""
    for route in routes:
        path = prefix + getattr(route, "path", "")
        yield from mounted_folders(getattr(route, "routes", None) or (), path)
        for folder in getattr(getattr(route, "app", None), "all_directories", ()):
            yield f"{path}/", str(folder)


def litestar_folders(routes):
    """Give the folders that handlers of Litestar hold files of, once each."""
    for route in routes:
        single = getattr(route, "route_handler", None)
        found = {}
        for handler in getattr(route, "route_handlers", None) or [single]:
            function = getattr(handler, "fn", None)
            function = getattr(function, "value", function)
            cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
            for one in [function, *cells]:
                found.update((str(path), None) for path in getattr(one, "directories", ()))
        for path in found:
            yield route.path_format.partition("{")[0], path


def aiohttp_folders(router):
    """Give the folders of aiohttp's static resources, also of applications within another."""
    for resource in router.resources():
        told = resource.get_info()
        if "app" in told:
            yield from aiohttp_folders(told["app"].router)
        elif "directory" in told:
            yield f"{told['prefix']}/", str(told["directory"])


def tornado_folders(app):
    """Give the folders of Tornado's handlers of files, where the path is all that varies."""
    for rule in tornado_rules(app.default_router):
        folder = rule.target_kwargs.get("path")
        place = re.fullmatch(r"([\w/-]*/)\(\.\*\)\$?", rule.matcher.regex.pattern)
        if place and folder and hasattr(rule.target, "validate_absolute_path"):
            yield place[1], str(folder)


def served(layer):
    """Give the folders that files are served of, each after its address; none if it cannot say."""
    try:
        if hasattr(layer, "url_map"):
            return list(flask_folders(layer))
        if is_of(layer, "aiohttp."):
            return list(aiohttp_folders(layer.router))
        if hasattr(layer, "default_router"):
            return list(tornado_folders(layer))
        if is_of(layer, "litestar."):
            return list(litestar_folders(layer.routes))
        return list(mounted_folders(layer.routes))
    except Exception:
        return []


def hosts(layer):
    """Give the names under which an application answers, if any (starlette, trustedhost.py)."""
    wrapping = [getattr(one, "kwargs", {}) for one in getattr(layer, "user_middleware", ())]
    settings = dict(layer.config) if hasattr(layer, "url_map") else {}
    found = [settings.get("SERVER_NAME"), *(settings.get("TRUSTED_HOSTS") or ())]
    for one in (vars(layer), *wrapping):
        listed = one.get("allowed_hosts") if isinstance(one, dict) else None
        found += listed if isinstance(listed, (list, tuple, set)) else ()
    return [one for one in found if isinstance(one, str)]
