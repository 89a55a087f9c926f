"""Says which routes the application has. ``ASKED`` is put in front of this text."""

import os
import sys

from jettison.verify.inside import routers, running

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


def declared(app):
    """Give what an application, or what its middleware wraps, says about itself, or nothing."""
    for layer in layers(app):
        found = routers.described(layer)
        if found is not None:
            return {**found, "folders": routers.served(layer)}
    return None


def started(process):
    """Give what a process serves."""
    app, factory = running.application(*process)
    if isinstance(app, str):
        return attribute(f"{app}()" if factory else app)
    return awaited(app()) if factory else app


def attempts():
    """Give ways to the application, the cheapest first."""
    for target in ASKED.get("targets", ()):
        yield target, lambda target=target: attribute(target)
    for process in running.processes(ASKED["processes"]) if ASKED.get("processes") else ():
        yield " ".join(process[0]), lambda process=process: started(process)


def answer():
    """Try everything that was named, and keep what each attempt said."""
    failures = []
    for name, attempt in attempts():
        try:
            found = declared(attempt())
        except BaseException as wrong:
            failures.append(f"{name}: {type(wrong).__name__}: {wrong}"[:300])
            continue
        if found is not None:
            return found
        failures.append(f"{name}: no known router")
    return {"routes": [], "openapi": [], "failures": failures}


sys.path.insert(0, os.getcwd())
for folder in ASKED.get("folders", ()):
    sys.path.insert(0, folder)
SAID.write(f"\n{MARKER}{answer()!r}\n")
SAID.flush()
os._exit(0)
