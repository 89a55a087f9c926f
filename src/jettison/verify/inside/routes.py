"""Says which routes the application has. ``ASKED`` is put in front of this text."""

import os
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"

# what the application prints while it is imported is no part of the answer
SAID = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def attribute(target):
    """Import ``module:attribute``; a factory is called."""
    import importlib

    module, _, name = target.partition(":")
    found = importlib.import_module(module)
    names = [name] if name else ["app", "application", "api", "create_app", "make_app", "init_app"]
    for one in names:
        is_call = one.endswith("()")
        value = getattr(found, one[:-2] if is_call else one, None)
        if value is not None:
            factory = is_call or (callable(value) and type(value).__name__ == "function")
            try:
                return awaited(value()) if factory else value
            except TypeError:
                return value  # a plain ASGI or WSGI function
    raise AttributeError(f"{module} has none of {names}")


def awaited(value):
    """Give what a coroutine makes, and anything else as it is."""
    import asyncio
    import inspect

    return asyncio.run(value) if inspect.iscoroutine(value) else value


def layers(app):
    """Give the application and what its middleware wraps."""
    seen = []
    while app is not None and app not in seen:
        seen.append(app)
        inner = [
            getattr(app, name, None) for name in ("app", "wsgi_app", "application", "asgi_app")
        ]
        app = next((one for one in inner if hasattr(one, "__dict__")), None)
    return seen


def starlette(routes, prefix=""):
    """Walk Starlette's routes with what is mounted below."""
    for route in routes:
        path = prefix + getattr(route, "path", "")
        inner = getattr(route, "routes", None)
        if inner:
            yield from starlette(inner, path)
        elif getattr(route, "methods", None):
            yield {"path": path, "methods": sorted(route.methods)}


def flask(url_map):
    """Walk werkzeug's rules."""
    for rule in url_map.iter_rules():
        yield {"path": rule.rule, "methods": sorted(rule.methods or ["GET"])}


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


def aiohttp_folders(router):
    """Give the folders of aiohttp's static resources."""
    for resource in router.resources():
        told = resource.get_info()
        if "directory" in told:
            yield f"{told['prefix']}/", str(told["directory"])


def served(layer):
    """Give the folders that files are served of, each after its address; none if it cannot say."""
    try:
        if hasattr(layer, "url_map"):
            return list(flask_folders(layer))
        if type(layer).__module__.startswith("aiohttp."):
            return list(aiohttp_folders(layer.router))
        return list(mounted_folders(layer.routes))
    except Exception:
        return []


def smorest(app):
    """Give the document of the first API that flask-smorest has made, wherever it is served."""
    known = getattr(app, "extensions", {}).get("flask-smorest") or {}
    for one in (known.get("apis") or {"": known}).values():
        if "ext_obj" in one:
            return one["ext_obj"].spec.to_dict()
    return None


def aiohttp(router):
    """Walk aiohttp's resources."""
    for route in router.routes():
        resource = getattr(route, "resource", None)
        if resource is not None:
            method = "GET" if route.method == "*" else route.method
            yield {"path": resource.canonical, "methods": [method]}


def typed(path):
    """Put the kind of a placeholder first, as Flask has it: ``<id:int>`` becomes ``<int:id>``."""
    import re

    path = re.sub(r"<(\w+):(\w+)[^<>]*>", r"<\2:\1>", path)
    return re.sub(r"(?<=/):(\w+)", r"<\1>", path)


def bottle(routes):
    """Walk Bottle's routes."""
    for route in routes:
        method = "GET" if route.method == "ANY" else route.method
        yield {"path": typed(route.rule), "methods": [method]}


def sanic(routes):
    """Walk Sanic's routes."""
    for route in routes:
        yield {"path": f"/{typed(route.path)}", "methods": sorted(route.methods)}


def falcon(nodes):
    """Walk the tree of Falcon's router."""
    for node in nodes:
        if node.uri_template and node.resource is not None:
            offered = [name[3:].upper() for name in dir(node.resource) if name.startswith("on_")]
            known = [name for name in offered if name in (node.method_map or ())]
            yield {"path": node.uri_template, "methods": sorted(known)}
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
        route = one["introspectable"]
        path = "/" + route["pattern"].lstrip("/")
        yield {"path": path, "methods": sorted(methods.get(route["name"], {"GET"}))}


def litestar(routes):
    """Walk Litestar's routes."""
    for route in routes:
        yield {"path": route.path_format, "methods": sorted(getattr(route, "methods", ["GET"]))}


WALKS = {
    "aiohttp.": lambda app: aiohttp(app.router),
    "bottle.": lambda app: bottle(app.routes),
    "falcon.": lambda app: falcon(app._router._roots),
    "pyramid.": lambda app: pyramid(app.registry.introspector),
    "sanic.": lambda app: sanic(app.router.routes),
}


def described(layer):
    """Give what an application object says about its routes, or nothing."""
    import json

    kind = f"{type(layer).__module__}.{type(layer).__name__}"
    if kind.startswith("litestar."):
        return {"routes": list(litestar(layer.routes)), "openapi": layer.openapi_schema.to_schema()}
    if hasattr(layer, "url_map"):
        return {"routes": list(flask(layer.url_map)), "openapi": smorest(layer)}
    if callable(getattr(layer, "openapi", None)) and hasattr(layer, "routes"):
        document = json.loads(json.dumps(layer.openapi(), default=str))
        return {"routes": list(starlette(layer.routes)), "openapi": document}
    walk = next((each for start, each in WALKS.items() if kind.startswith(start)), None)
    if walk:
        return {"routes": list(walk(layer)), "openapi": None}
    if hasattr(layer, "routes") and not callable(layer.routes):
        return {"routes": list(starlette(layer.routes)), "openapi": None}
    return None


def declared(app):
    """Give what an application, or what its middleware wraps, says about itself, or nothing."""
    for layer in layers(app):
        found = described(layer)
        if found is not None:
            return {**found, "folders": served(layer)}
    return None


def answer():
    """Try everything that was named, and keep what each attempt said."""
    failures = []
    for target in ASKED.get("targets", ()):
        try:
            found = declared(attribute(target))
        except BaseException as wrong:
            failures.append(f"{target}: {type(wrong).__name__}: {wrong}"[:300])
            continue
        if found is not None:
            return found
        failures.append(f"{target}: no known router")
    return {"routes": [], "openapi": None, "failures": failures}


sys.path.insert(0, os.getcwd())
for folder in ASKED.get("folders", ()):
    sys.path.insert(0, folder)
SAID.write(f"\n{MARKER}{answer()!r}\n")
SAID.flush()
os._exit(0)
